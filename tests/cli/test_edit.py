"""`gitops-actions edit`: what it changes, and what it says."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_actions import plugins
from gitops_actions.testing.runs import Runs

IMAGE = "ghcr.io/acme/web:1.4.2"
KUSTOMIZATION = "images:\n  - name: ghcr.io/acme/web  # ours\n    newTag: 1.4.1\n"
VALUES = "image:\n  repository: ghcr.io/acme/web\n  tag: '1.4.1'\nreplicas: 2\ndebug: false\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - image: ghcr.io/acme/web:1.4.1\n"


def written(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("name", ["apps/web", "apps/web/", "./apps/web", "apps/web/kustomization.yaml"])
def test_a_kustomization_by_its_folder_or_name(edit: Runs, name: str) -> None:
    path = written("apps/web/kustomization.yaml", KUSTOMIZATION)
    done = edit("kustomize", name, "--image", IMAGE)
    assert (done.code, done.errors) == (0, "")
    assert done.text.endswith("apps/web/kustomization.yaml:3  images[0].newTag  1.4.1 -> 1.4.2\n")
    assert path.read_text() == KUSTOMIZATION.replace("1.4.1", "1.4.2")


def test_the_current_folder_and_a_file_of_another_name(edit: Runs) -> None:
    here, other = written("Kustomization", KUSTOMIZATION), written("other", KUSTOMIZATION)
    assert edit("kustomize", ".", "--image", IMAGE).text.startswith("Kustomization:3  ")
    assert edit("kustomize", "other", "--image", IMAGE).text.startswith("other:3  ")
    assert here.read_text() == other.read_text() == KUSTOMIZATION.replace("1.4.1", "1.4.2")


def test_a_moved_image(edit: Runs) -> None:
    path = written("kustomization.yaml", KUSTOMIZATION)
    assert edit("kustomize", ".", "--image", "ghcr.io/acme/web=quay.io/acme/web:1.4.2").code == 0
    assert "    newName: quay.io/acme/web\n    newTag: 1.4.2\n" in path.read_text()


def test_several_manifests_outside_of_the_current_folder(edit: Runs, tmp_path: Path) -> None:
    files = [written(str(tmp_path.parent / f"{tmp_path.name}-{name}/pod.yaml"), POD) for name in "ab"]
    done = edit("manifest", str(files[0]), f"../{tmp_path.name}-b/pod.yaml", "--image", IMAGE)
    assert done.code == 0
    assert [line.partition("  ")[2] for line in done.text.splitlines()] == [
        "spec.containers[0].image  ghcr.io/acme/web:1.4.1 -> ghcr.io/acme/web:1.4.2"
    ] * 2
    assert {file.read_text() for file in files} == {POD.replace("1.4.1", "1.4.2")}


def test_several_values_in_one_text(edit: Runs) -> None:
    path = written("values.yaml", VALUES)
    sets = ["--set", "replicas=3", "--set", "image.tag=2", "--set-string", "debug=true", "--set-json", "/new=null"]
    done = edit("helm", "values.yaml", *sets, "--create")
    assert done.code == 0
    assert done.text.splitlines() == [
        "values.yaml:3  image.tag  1.4.1 -> 2",
        "values.yaml:4  replicas  2 -> 3",
        "values.yaml:5  debug  false -> true",
        "values.yaml:6  new  (new) -> null",
    ]
    text = VALUES.replace("'1.4.1'", "'2'").replace("2\nd", "3\nd").replace("false", '"true"') + "new: null\n"
    assert path.read_text() == text


def test_lines_are_those_of_the_new_file(edit: Runs) -> None:
    written("a.yaml", "a:\n  x: 1\nb:\n  y: 1\n")
    done = edit("yaml", "a.yaml", "--set", "b.y=2", "--set", "a.z=3", "--create", output="json")
    changes = done.document["files"][0]["changes"]
    assert [(change["path"], change["line"]) for change in changes] == [("a.z", 3), ("b.y", 5)]


def test_helm_by_image_and_path(edit: Runs) -> None:
    path = written("values.yaml", "web:\n" + "".join(f"  {line}\n" for line in VALUES.splitlines()))
    assert edit("helm", "values.yaml", "--image", IMAGE, "--path", "web.image.tag").code == 0
    assert "    tag: '1.4.2'\n" in path.read_text()


def test_one_document_of_several(edit: Runs) -> None:
    path = written("all.yaml", "kind: A\nx: 1\n---\nkind: B\nx: 1\n")
    assert edit("yaml", "all.yaml", "--set", "x=2").code == 5
    assert edit("yaml", "all.yaml", "--set", "x=2", "--document", "kind=B").code == 0
    assert edit("yaml", "all.yaml", "--set", "x=3", "--document", "0").code == 0
    assert path.read_text() == "kind: A\nx: 3\n---\nkind: B\nx: 2\n"


def test_placeholders(edit: Runs) -> None:
    path = written("main.tf", 'a = "x"\nb = "y"\n')
    facts = ["--image", IMAGE, "--revision", "0123456789abcdef", "--app", "web", "--version", "9"]
    value = "{version} {tag} {image} {short_revision} {app} {} { tag } {1}"
    done = edit("text", "main.tf", "--pattern", 'a = "(?P<value>[^"]*)"', "--value", value, *facts)
    assert done.code == 0
    assert path.read_text() == f'a = "9 1.4.2 {IMAGE} 0123456 web {{}} {{ tag }} {{1}}"\nb = "y"\n'
    assert edit("text", "main.tf", "--pattern", 'b = "(?P<value>[^"]*)"', "--value", "{version}", *facts[:2]).code == 0
    assert path.read_text().endswith('b = "1.4.2"\n')


def test_unchanged(edit: Runs) -> None:
    path = written("values.yaml", VALUES)
    before = path.stat()
    done = edit("helm", "values.yaml", "--image", IMAGE.replace("1.4.2", "1.4.1"))
    assert (done.code, done.text, done.errors) == (0, "values.yaml: unchanged\n", "")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_json(edit: Runs) -> None:
    written("a.yaml", VALUES)
    written("b.yaml", VALUES.replace("1.4.1", "1.4.2"))
    done = edit("helm", "a.yaml", "b.yaml", "--image", IMAGE, output="json")
    change = {"path": "image.tag", "line": 3, "old": "1.4.1", "new": "1.4.2"}
    assert done.document == {
        "schema_version": 1,
        "command": "edit",
        "files": [{"file": "a.yaml", "changes": [change]}, {"file": "b.yaml", "changes": []}],
        "diff": None,
        "findings": [],
    }


DIFF = """\
--- a/values.yaml
+++ b/values.yaml
@@ -1,5 +1,5 @@
 image:
   repository: ghcr.io/acme/web
-  tag: '1.4.1'
+  tag: '1.4.2'
 replicas: 2
 debug: false
"""


def test_diff_and_check_write_nothing(edit: Runs) -> None:
    path = written("values.yaml", VALUES)
    path.chmod(0o444)
    call = ("helm", "values.yaml", "--image", IMAGE)
    done = edit(*call, "--diff")
    assert (done.code, done.text, done.errors) == (0, DIFF, "")
    assert edit(*call, "--diff", output="json").document["diff"] == DIFF
    done = edit(*call, "--check")
    assert (done.code, done.text) == (10, "values.yaml:3  image.tag  1.4.1 -> 1.4.2\n")
    done = edit(*call, "--check", "--diff")
    assert (done.code, done.text) == (10, DIFF)
    assert edit(*call, "--check", output="json").code == 10
    assert path.read_text() == VALUES
    same = ("helm", "values.yaml", "--set", "replicas=2")
    assert edit(*same, "--check").code == 0
    done = edit(*same, "--diff")
    assert (done.text, done.errors) == ("", "values.yaml: unchanged\n")


def test_a_diff_is_a_patch_and_cannot_fool_a_terminal(edit: Runs) -> None:
    path = written("a.yaml", "# \x1b[2J\u202e\r\nv: 1\r\nw: 2")
    done = edit("text", "a.yaml", "--pattern", "w: (?P<value>.)", "--value", "3", "--diff")
    assert done.out == (
        b"--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n # [2J\r\n v: 1\r\n-w: 2\n\\ No newline at end of file\n"
        b"+w: 3\n\\ No newline at end of file\n"
    )
    path.write_bytes(b"v: 1\r\nw: 2")
    patch = edit("yaml", "a.yaml", "--set", "v=2", "--set", "w=3", "--diff").out
    subprocess.run(["git", "apply"], input=patch, check=True)
    assert path.read_bytes() == b"v: 2\r\nw: 3"


def on_a_terminal(folder: Path, **environ: str) -> bytes:
    """What `edit --diff` shows on a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gitops_actions", "edit", "yaml", "a.yaml", "--set", "v=2", "--diff"]
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", **environ}
    done = subprocess.run(command, cwd=folder, stdout=theirs, stderr=subprocess.PIPE, env=environment, check=False)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    shown = os.read(ours, 10_000)
    os.close(ours)
    return shown


def test_colours_on_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("v: 1\n")
    shown = on_a_terminal(tmp_path)
    assert b"\x1b[31m-v: 1\x1b[0m\r\n\x1b[32m+v: 2\x1b[0m\r\n" in shown
    assert b"\x1b[1m--- a/a.yaml\x1b[0m" in shown
    assert b"\x1b" not in on_a_terminal(tmp_path, NO_COLOR="1")
    assert b"\x1b" not in on_a_terminal(tmp_path, TERM="dumb")


def test_standard_input(edit: Runs) -> None:
    text = b"\xef\xbb\xbfv: 1 # x\r\n..."
    done = edit("yaml", "-", "--set", "v=2", stdin=text)
    assert (done.code, done.out) == (0, text.replace(b"1", b"2"))
    assert done.errors == "-:1  v  1 -> 2\n"
    done = edit("yaml", "-", "--set", "v=1", stdin=text, verbosity=-1)
    assert (done.out, done.errors) == (text, "")
    done = edit("yaml", "-", "--set", "v=2", "--check", stdin=text)
    assert (done.code, done.out) == (10, b"-:1  v  1 -> 2\n")
    assert edit("yaml", "-", "-", "--set", "v=2", stdin=text).out == text.replace(b"1", b"2")
    assert edit("yaml", "-", "--set", "v=2", "--diff", stdin=b"v: 1\n").text.startswith("--- a/-\n")


def test_standard_input_and_json_make_one_document(edit: Runs) -> None:
    (file,) = edit("yaml", "-", "--set", "v=2", stdin=b"v: 1\r\n", output="json").document["files"]
    assert file == {
        "file": "-",
        "changes": [{"path": "v", "line": 1, "old": "1", "new": "2"}],
        "text": "v: 2\r\n",
    }


def test_a_refusal_of_standard_input_writes_nothing(edit: Runs) -> None:
    done = edit("yaml", "-", "--set", "x=2", stdin=b"v: 1\n")
    assert (done.code, done.out) == (5, b"")
    assert done.errors.startswith("error: -:1:1: x is not there")
    assert edit("yaml", "-", "--set", "x=2", stdin=b"v: \xff\n").code == 5
    written("a.yaml", "x: 1\n")
    assert edit("yaml", "-", "a.yaml", "--set", "x=2").code == 2


def test_files_that_lack_the_place_can_be_skipped(edit: Runs) -> None:
    paths = [written("a.yaml", "v: 1\nw: 1\n"), written("b.yaml", "v: 1\n"), written("c.yaml", "- v\n")]
    call = ("yaml", "a.yaml", "b.yaml", "c.yaml", "--set", "v=2", "--set", "w=2")
    assert edit(*call).code == 5
    done = edit(*call, "--skip-missing", verbosity=1)
    assert done.code == 0
    assert done.text == "a.yaml:1  v  1 -> 2\na.yaml:2  w  1 -> 2\n"
    assert [line.split()[2] for line in done.errors.splitlines()] == ["b.yaml:1:1:", "c.yaml:1:1:"]
    assert [path.read_text() for path in paths] == ["v: 2\nw: 2\n", "v: 1\n", "- v\n"]
    found = edit(*call, "--skip-missing", output="json").document
    assert [file["file"] for file in found["files"]] == ["a.yaml"]
    assert [(one["code"], one["severity"], one["file"]) for one in found["findings"]] == [
        ("GA101", "notice", "b.yaml"), ("GA101", "notice", "c.yaml"),
    ]  # fmt: skip
    assert edit(*call[:1], *call[2:], "--skip-missing").code == 5, "none has it"
    assert edit(*call, "gone.yaml", "--skip-missing").code == 2, "a name that is wrong is no file that lacks something"


def test_a_file_is_edited_once(edit: Runs, tmp_path: Path) -> None:
    written("sub/a.yaml", "v: 1\n")
    names = ["sub/a.yaml", "./sub/../sub/a.yaml", str(tmp_path / "sub/a.yaml")]
    assert edit("yaml", *names, "--set", "v=2").text == "sub/a.yaml:1  v  1 -> 2\n"


def test_variables(edit: Runs) -> None:
    path = written("kustomization.yaml", KUSTOMIZATION)
    environ = {"GITOPS_IMAGE": IMAGE, "GITOPS_VERSION": "7", "GITOPS_PATTERN": "x", "GITOPS_APP": "web"}
    done = edit("kustomize", ".", environ=environ)
    assert done.code == 0, "what stands in variables may be meant for another command"
    assert path.read_text() == KUSTOMIZATION.replace("1.4.1", "1.4.2")
    path = written("values.yaml", VALUES)
    assert edit("yaml", "values.yaml", environ={"GITOPS_SET": "replicas=3\ndebug=true\n"}).code == 0
    assert "replicas: 3\ndebug: true\n" in path.read_text()
    environ = {"GITOPS_SET": "replicas=4", "GITOPS_PATH": "nowhere", "GITOPS_CHECK": "1"}
    assert edit("helm", "values.yaml", "--image", IMAGE, "--path", "image.tag", environ=environ).code == 10
    assert edit("yaml", "values.yaml", "--set", "replicas=5", environ=environ | {"GITOPS_CHECK": "0"}).code == 0
    assert "replicas: 5" in path.read_text()


@pytest.mark.parametrize(
    "name", ["-rf.yaml", "a b.yaml", "a\nb\x1b[2J.yaml", "\u202efdp.yaml", "a\udcff.yaml", "$(x).yaml"]
)
def test_names_that_mean_harm(edit: Runs, name: str) -> None:
    path = written(name, "v: 1\n")
    done = edit("yaml", "--set", "v=2", "--", name)
    assert done.code == 0
    assert path.read_text() == "v: 2\n"
    assert len(done.text.splitlines()) == 1
    assert done.text[:-1].isprintable()
    assert edit("yaml", "--set", "v=3", "--diff", "--", name).text.count("\n") == 5
    found = edit("yaml", "--set", "v=3", "--check", "--", name, output="json").document["files"]
    assert found[0]["file"] == name.replace("\udcff", "\\xff")
    refused = edit("yaml", "--set", "w=3", "--", name)
    assert refused.code == 5
    assert refused.errors.splitlines()[0].isprintable()
    assert len(refused.errors.splitlines()) == 2
    gone = edit("yaml", "--set", "w=3", "--", "gone" + name)
    assert gone.code == 2
    assert gone.errors.splitlines()[0].isprintable()


PLUGIN = """\
from gitops_actions.model import Edited, Take, ValueChange

class Shout:
    kind = "shout"
    takes = {"version": Take(needed=True), "app": Take(default="{app}"), "end": Take()}

    def paths(self, spec):
        return (spec.file + "/shout.txt", spec.file)

    def read(self, text, spec):
        return ()

    def edit(self, text, spec, release):
        new = release.version.upper() + spec.options.get("app", "") + spec.options.get("end", "")
        return Edited(new, (ValueChange("all", 1, text, new),))
"""


def test_a_kind_of_an_installed_package(edit: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written("site/shouting.py", PLUGIN)
    info = "site/shout-1.0.dist-info"
    written(f"{info}/METADATA", "Metadata-Version: 2.1\nName: shout\nVersion: 1.0\n")
    written(f"{info}/entry_points.txt", "[gitops_actions.editors]\nshout = shouting:Shout\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    path = written("folder/shout.txt", "quiet")
    done = edit("shout", "folder", "--version", "loud", "--app", "!")
    assert (done.code, done.text) == (0, "folder/shout.txt:1  all  quiet -> LOUD!\n")
    assert path.read_text() == "LOUD!"
    assert edit("shout", "folder", "--version", "a", "--option", "end=?").text.endswith(" -> A?\n")
    done = edit("shout", "folder", "--version", "a", "--option", "end=?", "--option", "other=1")
    assert (done.code, "no use for --option here" in done.errors) == (2, True)
    assert edit("shout", "folder", "--version", "a", "--option", "end").code == 2
    done = edit("shout", "folder", "--revision", "0" * 40)
    assert done.code == 0, "a revision that serves as the version has its use"
    done = edit("shout", "folder")
    assert (done.code, "[GA032]" in done.errors) == (2, True)
    done = edit("shout", "folder", "--version", "1", "--document", "0", "--image", IMAGE)
    assert (done.code, "--document and --image" in done.errors, "[GA056]" in done.errors) == (2, True, True)
    assert path.read_text() == "0" * 40


@pytest.mark.parametrize(
    ("kind", "text", "arguments", "new"),
    [
        ("json", '{"v": 1, "w": "1"}', ["--set", "v=2", "--set-string", "w=2"], '{"v": 2, "w": "2"}'),
        ("toml", "v = 1 # x\n", ["--set", "v=2", "--set", "w=3", "--create"], 'v = 2 # x\nw = "3"\n'),
        ("chart", "name: web\nappVersion: 1.0.0\n", ["--version", "1.1.0"], "name: web\nappVersion: 1.1.0\n"),
        ("marker", 'v: a # {"$gitops": "web:version"}\n', ["--app", "web", "--version", "b"],
         'v: b # {"$gitops": "web:version"}\n'),
    ],
)  # fmt: skip
def test_other_kinds(edit: Runs, kind: str, text: str, arguments: list[str], new: str) -> None:
    if kind not in plugins.BUILT_IN["editors"]:
        pytest.skip(f"kind {kind} is not built in")
    path = written("file", text)
    done = edit(kind, "file", *arguments)
    assert (done.code, path.read_text()) == (0, new), done.errors


@pytest.mark.parametrize("kind", plugins.BUILT_IN["editors"])
def test_every_kind_says_what_it_lacks(edit: Runs, kind: str) -> None:
    written("file.yaml", "v: 1\n")
    done = edit(kind, "file.yaml")
    assert done.code in (2, 5)
    assert "hint: " in done.errors
