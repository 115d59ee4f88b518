"""`gitops-actions edit`, given what it must refuse: code, place and reason, and no file is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_actions.testing.runs import Runs

IMAGE = "ghcr.io/acme/web:1.4.2"
SOPS = "v: 1\nsops:\n    mac: ENC[AES256_GCM,data:x]\n"
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def snapshot(folder: Path) -> dict[str, object]:
    """All that must stay: names, bytes and times."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_ino, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


FILES = {
    "good.yaml": b"v: 1\n",
    "marked.yaml": b'v: 1 # {"$gitops": "web:version"}\n',
    "twice.yaml": b"v: 1\nv: 2\n",
    "list.yaml": b"a:\n- {n: x, v: 1}\n- {n: x, v: 2}\n",
    "block.yaml": b"v: |\n  a\n  b\n",
    "alias.yaml": b"a: &a 1\nv: *a\n",
    "broken.yaml": b"v: 1\n  - x: [\n",
    "latin1.yaml": b"# a\nv: \xe9\n",
    "utf16.yaml": "v: 1\n".encode("utf-16"),
    "nul.yaml": b"v: \0\n",
    "sops.yaml": SOPS.encode(),
    "lfs.yaml": LFS.encode(),
    "empty.yaml": b"",
    "large.yaml": b"v: 1\n" + b"# x\n" * (11 * 1024 * 1024 // 4),
    "deep.yaml": b"v: 1\nd: " + b"[" * 200 + b"]" * 200 + b"\n",
    "folder/file.yaml": b"v: 1\n",
}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["yaml", "xyz", "--set", "v=2"], 2, "xyz: there is no such file\n  hint: check the name [GA055]"),
        (["yaml", "god.yaml", "--set", "v=2"], 2, "god.yaml: there is no such file\n  hint: did you mean 'good.yaml'?"),
        (["yaml", "*.yml", "--set", "v=2"], 2, "*.yml: there is no such file\n  hint: the shell found no file"),
        (["yaml", "good.yaml/x", "--set", "v=2"], 2, "good.yaml/x: there is no such file"),
        (["yaml", "x" * 300, "--set", "v=2"], 2, "there is no such file"),
        (["yaml", "", "--set", "v=2"], 2, "the name of a file is empty"),
        (["kustomize", "folder", "--image", IMAGE], 2, "there is no folder/kustomization.yaml or folder/kus"),
        (["kustomize", "/", "--image", IMAGE], 2, "there is no /./kustomization.yaml or /./kustomization.yml or"),
        (["yaml", "folder", "--set", "v=2"], 5, "folder: this is a folder\n  hint: name the files in it [GA110]"),
        (["yaml", "link.yaml", "--set", "v=2"], 5, "link.yaml: this is a symbolic link"),
        (["yaml", "nowhere.yaml", "--set", "v=2"], 5, "nowhere.yaml: this is a symbolic link"),
        (["yaml", "away/file.yaml", "--set", "v=2"], 5, "away/file.yaml: 'away' is a symbolic link"),
        (["kustomize", "away", "--image", IMAGE], 5, "away: this is a symbolic link"),
        (["yaml", "pipe", "--set", "v=2"], 5, "pipe: this is a device, a pipe or a socket"),
        (["yaml", "/dev/null", "--set", "v=2"], 5, "/dev/null: this is a device, a pipe or a socket"),
        (["yaml", "good.yaml", "--set", "w.x=2"], 5, "good.yaml:1:1: w.x is not there\n  hint: the document has"),
        (["yaml", "empty.yaml", "--set", "v=2"], 5, "empty.yaml: v is not there: the file is empty"),
        (["yaml", "twice.yaml", "--set", "v=2"], 5, "twice.yaml:2:1: v is there twice: on lines 1 and 2"),
        (["yaml", "list.yaml", "--set", "a[?n=='x'].v=2"], 5, "list.yaml:3:3: a[?n=='x'] matches 2 items"),
        (["yaml", "block.yaml", "--set", "v=2"], 5, "block.yaml:1:4: v is a block of lines"),
        (["yaml", "alias.yaml", "--set", "v=2"], 5, "alias.yaml:2:1: v is an alias"),
        (["yaml", "broken.yaml", "--set", "v=2"], 5, "broken.yaml:2:"),
        (["yaml", "latin1.yaml", "--set", "v=2"], 5, "latin1.yaml:2: this is not UTF-8 text (byte 7)"),
        (["yaml", "utf16.yaml", "--set", "v=2"], 5, "utf16.yaml: this is UTF-16 text"),
        (["yaml", "nul.yaml", "--set", "v=2"], 5, "nul.yaml: this is a binary file"),
        (["yaml", "sops.yaml", "--set", "v=2"], 5, "sops.yaml:2:1: the file is encrypted with SOPS"),
        (["yaml", "lfs.yaml", "--set", "v=2"], 5, "lfs.yaml: this is a Git LFS pointer"),
        (["yaml", "large.yaml", "--set", "v=2"], 5, "large.yaml: the file has 11534341 bytes, more than 10485760"),
        (["yaml", "deep.yaml", "--set", "v=2"], 5, "deep.yaml:2:"),
        (["kustomize", "good.yaml", "--image", IMAGE], 5, "images has no entry for 'ghcr.io/acme/web'"),
        (["kustomize", "good.yaml"], 5, "images has no entry for an image"),
        (["text", "good.yaml", "--pattern", "x(?P<value>y)", "--value", "2"], 5, "good.yaml: pattern"),
        (["text", "good.yaml", "--pattern", "(", "--value", "2"], 2, "is not a regular expression"),
        (["text", "good.yaml", "--pattern", "v", "--value", "2"], 2, "has no group named value"),
        (["yaml", "good.yaml", "--set", "v"], 2, "'v' is not PATH=VALUE\n  hint: such as --set image.tag=1.2 [GA050]"),
        (["yaml", "good.yaml", "--set", "=2"], 2, "'=2' is not PATH=VALUE"),
        (["yaml", "good.yaml", "--set-json", "v"], 2, "hint: such as --set-json"),
        (["yaml", "good.yaml", "--set-json", "v=[1]"], 2, "is not a JSON string, number, boolean or null"),
        (["yaml", "good.yaml", "--set", "v[=2"], 2, "is not PATH=VALUE"),
        (["yaml", "good.yaml", "--set", "v..w=2"], 2, "path 'v..w' cannot be read at character 2"),
        (["yaml", "good.yaml", "--set", "v=2", "--set", "/v=3"], 2, "to different values\n  hint: leave one of"),
        (["yaml", "good.yaml", "--set", "v={verison}"], 2, "`{verison}` is no placeholder\n  hint: did you mean"),
        (["yaml", "good.yaml", "--set-json", 'v="{x}"'], 2, "no placeholder\n  hint: the placeholders are {version}"),
        (["text", "good.yaml", "--pattern", "(?P<value>v)", "--value", "{sha}"], 2, "`{sha}` is no placeholder"),
        (["yaml", "good.yaml", "--set", "v=2", "--document", "8"], 5, "by its index (--document 0 is the first)"),
        (["kustomize", "good.yaml", "--image", IMAGE], 5, "hint: give --create, or add"),
        (["chart", "good.yaml", "--version", "1"], 5, "hint: write --path version, give --create, or"),
        (["argocd", "good.yaml", "--image", IMAGE], 5, "with --path"),
        (["yaml", "good.yaml", "--set", "v=2", "--document", "x"], 2, "document 'x' cannot be read"),
        (["yaml", "good.yaml", "--set", "v=2", "--document", "3"], 5, "good.yaml: there is no document 3"),
        (["yaml", "good.yaml", "--set", "v={version}"], 2, "a version is needed"),
        (["yaml", "good.yaml", "--set", "v={tag}"], 2, "writes {tag}, and the options give none\n  hint: give"),
        (["yaml", "good.yaml", "--set", "v={environment}"], 2, "without a gitops.yaml there is none"),
        (["yaml", "good.yaml", "--set", "v=\udcff"], 2, "is not valid Unicode"),
        (["yaml", "good.yaml", "--set", "v=2", "--path", "v"], 2, "--set names path and value itself"),
        (["yaml", "good.yaml"], 2, "kind yaml needs a path and a value\n  hint: give --set"),
        (["yaml", "good.yaml", "--path", "v"], 2, "a value\n  hint: give --set PATH=VALUE, or --path and --value"),
        (["yaml", "good.yaml", "--path", "", "--value", "1"], 2, "kind yaml needs a path"),
        (["text", "good.yaml", "--value", "1"], 2, "kind text needs a pattern\n  hint: give --pattern [GA121]"),
        (["text", "good.yaml", "--set", "v=2"], 2, "no use for --set here\n  hint: leave it out; it takes --pattern"),
        (["text", "good.yaml", "--pattern", "(?P<value>1)", "--value", "2", "--create"], 2, "no use for --create here"),
        (["kustomize", "good.yaml", "--image", IMAGE, "--revision", "a"], 2, "kustomize has no use for --revision"),
        (["kustomize", "good.yaml", "--image", IMAGE, "--value", "a"], 2, "kustomize has no use for --value here"),
        (["kustomize", "good.yaml", "--image", IMAGE, "--option", "remot=a"], 2, "no use for --option here"),
        (["kustomize", "good.yaml", "--image", IMAGE, "--option", "images=a"], 2, "no use for --option here"),
        (["argocd", "good.yaml", "--image", IMAGE, "--value", "a"], 2, "argocd has no use for --value here"),
        (["argocd", "good.yaml", "--image", IMAGE, "--version", "a"], 2, "argocd has no use for --version here"),
        (["flux", "good.yaml", "--image", IMAGE, "--path", "v", "--value", "2"], 2, "flux has no use for --image here"),
        (["flux", "good.yaml", "--path", "v"], 2, "a version is needed, and the options give none"),
        (["chart", "good.yaml", "--value", "1", "--version", "2"], 2, "chart has no use for --version here"),
        (["marker", "good.yaml", "--value", "1", "--app", "web"], 2, "marker has no use for --value here"),
        (["marker", "good.yaml", "--path", "web", "--app", "web"], 2, "marker has no use for --app here"),
        (["marker", "marked.yaml", "--app", "web"], 2, "a marker asks for the version, and the release has"),
        (["helm", "good.yaml", "--image", IMAGE, "--value", "1"], 2, "helm has no use for --value here"),
        (["manifest", "good.yaml", "--image", IMAGE, "--path", "v"], 2, "manifest has no use for --path here"),
        (["yaml", "good.yaml", "--set", "v=2", "--image", IMAGE], 2, "kind yaml has no use for --image here"),
        (["yaml", "good.yaml", "--set", "v=2", "--version", "1", "--app", "a"], 2, "for --app and --version here"),
        (["manifest", "good.yaml", "--image", "ghcr.io/acme/web"], 2, "web has neither tag nor digest"),
        (["manifest", "good.yaml", "--image", "A:1"], 2, "'A:1' is not an image"),
        (["manifest", "good.yaml", "--image", "a:1", "--image", "a:2"], 2, "image a is given twice"),
        (["yaml", "good.yaml", "--set", "v=2", "--version", "a b"], 2, "'a b' cannot be a --version"),
        (["kustomise", "good.yaml", "--image", IMAGE], 2, "hint: did you mean 'kustomize'? [GA027]"),
        (["os:system", "good.yaml"], 2, "no editor 'os:system' is installed (known: kustomize, "),
        (["yaml"], 2, "Missing argument 'FILE...'"),
        ([], 2, "Missing argument 'KIND'"),
        (["yaml", "good.yaml", "--sett", "v=2"], 2, "No such option"),
    ],
)  # fmt: skip
def test_refused(edit: Runs, tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "link.yaml").symlink_to("good.yaml")
    (tmp_path / "nowhere.yaml").symlink_to("gone.yaml")
    (tmp_path / "away").symlink_to("folder")
    os.mkfifo(tmp_path / "pipe")
    before = snapshot(tmp_path)
    done = edit(*arguments)
    assert (done.code, done.out) == (code, b"")
    assert said in done.errors
    assert snapshot(tmp_path) == before


def test_all_refusals_are_told_and_nothing_is_written(edit: Runs, tmp_path: Path) -> None:
    for name in ("good.yaml", "twice.yaml", "utf16.yaml"):
        (tmp_path / name).write_bytes(FILES[name])
    before = snapshot(tmp_path)
    call = ("yaml", "good.yaml", "twice.yaml", "gone.yaml", "utf16.yaml", "--set", "v=2")
    done = edit(*call)
    assert (done.code, done.out) == (2, b"")
    places = [line.split()[1] for line in done.errors.splitlines() if line.startswith("error: ")]
    assert places == ["twice.yaml:2:1:", "gone.yaml:", "utf16.yaml:"]
    document = edit(*call, output="json").document
    assert (document["command"], document["exit_code"]) == ("edit", 2)
    assert [finding["code"] for finding in document["findings"]] == ["GA103", "GA055", "GA110"]
    assert edit(*call[:3], *call[4:]).code == 5
    assert snapshot(tmp_path) == before


def test_a_failure_is_one_document_too(tmp_path: Path) -> None:
    """Also where `main` has to make it."""
    command = [sys.executable, "-m", "gitops_actions", "--output", "json", "edit", "kustomise", "x"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert '"GA027"' in done.stdout
    assert done.stderr.startswith("error: no editor 'kustomise'")
