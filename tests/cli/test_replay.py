"""`gitops-actions replay` on real git repositories."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gitops_actions import plugins
from gitops_actions.cli import replay
from gitops_actions.cli.settings import Settings
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.model import Edited, EditSpec, Release
from gitops_actions.testing import repos
from gitops_actions.testing.githttp import GitServer

ROOT = Path(__file__).parents[2]
BUNDLES = ROOT.parent / "shared" / "data" / "repos"
DAY = 86_400
KUSTOMIZATION = "images:\n  - name: web # ours\n    newTag: 1.0.0\n"


def run(repo: Path | str, *arguments: str, output: str = "json", verbosity: int = 0, **environ: str) -> Result:
    settings = Settings(output, verbosity, environ, repos.EPOCH + 10 * DAY)  # type: ignore[arg-type]
    return CliRunner().invoke(replay.command, [str(repo), *arguments], obj=settings)


def found(repo: Path | str, *arguments: str, token: str = "") -> dict[str, Any]:
    result = run(repo, *arguments, GITOPS_TOKEN=token)
    assert result.exit_code == 0, (result.output, result.exception)
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def totals(document: dict[str, Any]) -> dict[str, int]:
    return {
        key: sum(row[key] for row in document["shapes"])
        for key in ("files", "values", "exact", "minimal", "refused", "wrong")
    }


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """One commit a day: exact, minimal, refused, and what is not replayed."""
    files: dict[str, str | bytes] = {
        "web/kustomization.yaml": KUSTOMIZATION,
        "values.yaml": "image:\n  repository: acme/web\n  tag: 1.0.0\n",
        "twice.yaml": "a: 1\na: 2\n",
        "link.yaml": "values.yaml",
        "latin.yaml": "a: \xe4\n".encode("latin-1"),
        "readme.md": "a: 1\n",
    }
    path = repos.bare(tmp_path / "config.git", files, modes={"link.yaml": "120000"})
    changes: list[dict[str, str | bytes | None]] = [
        {"web/kustomization.yaml": KUSTOMIZATION.replace("1.0.0", "1.0.1"), "readme.md": "a: 2\n"},
        {"values.yaml": "# now\nimage:\n  repository: acme/web\n  tag: 1.1.0\n"},
        {"twice.yaml": "a: 1\na: 3\n"},
        {"latin.yaml": "a: \xf6\n".encode("latin-1")},
        {"link.yaml": "twice.yaml"},
        {"twice.yaml": None, "moved.yaml": "a: 1\na: 3\n"},
        {"values.yaml": "image:\n  repository: acme/web\n  tag: 1.1.0\n  more: 1\n"},
    ]
    for day, change in enumerate(changes, 1):
        modes = {"link.yaml": "120000"} if "link.yaml" in change else None
        repos.commit(path, change, message="Change", time=repos.EPOCH + day * DAY, modes=modes)
    return path


def test_what_is_found(repo: Path) -> None:
    tip = repos.git(repo, "rev-parse", "main")
    counts = {"exact": 0, "minimal": 0, "refused": 0, "wrong": 0}
    refused = found(repo)["refusals"][0]["example"]
    assert re.fullmatch(r"[0-9a-f]{7} twice\.yaml:2: a is there twice: on lines 1 and 2", refused)
    assert found(repo) == {
        "schema_version": 1,
        "command": "replay",
        "repository": str(repo),
        "commit": tip,
        "shallow": False,
        "commits": 8,
        "shapes": [
            {"shape": "kustomization", "files": 1, "values": 1, **counts, "exact": 1},
            {"shape": "helm values", "files": 1, "values": 1, **counts, "minimal": 1},
            {"shape": "yaml", "files": 1, "values": 1, **counts, "refused": 1},
        ],
        "bumps": [
            {"kind": "helm", "files": 1, **counts, "minimal": 1},
            {"kind": "kustomize", "files": 1, **counts, "exact": 1},
        ],
        "refusals": [{"code": "GA103", "count": 1, "example": refused}],
        "skipped": [
            {"why": "more than values changed", "files": 1},
            {"why": "not UTF-8 text, or a Git LFS pointer", "files": 1},
        ],
        "shown": [],
    }


def test_the_text(repo: Path) -> None:
    result = run(repo, "--show", "minimal", "--show", "refused", output="text")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert re.sub(r"\b[0-9a-f]{7}\b", "<commit>", result.stdout) == (
        "refused  <commit> twice.yaml:2  a  2 -> 3\n"
        "  kind yaml, line 2: a is there twice: on lines 1 and 2 [GA103]\n"
        "\n"
        "minimal  <commit> values.yaml:3  image.tag  1.0.0 -> 1.1.0\n"
        "  kind yaml: the author also changed quotes, comments or layout\n"
        "  --- the author's\n"
        "  +++ ours\n"
        "  @@ -1,2 +1 @@\n"
        "  -# now\\n\n"
        "   image:\\n\n"
        "\n"
        "minimal  <commit> values.yaml:3  image.tag  1.0.0 -> 1.1.0\n"
        "  kind helm: the author also changed quotes, comments or layout\n"
        "  --- the author's\n"
        "  +++ ours\n"
        "  @@ -1,2 +1 @@\n"
        "  -# now\\n\n"
        "   image:\\n\n"
        "\n"
        "In 8 commits, 3 files were changed in nothing but values (3 values).\n"
        "\n"
        "SHAPE          FILES  VALUES  EXACT  MINIMAL  REFUSED  WRONG\n"
        "kustomization  1      1       1      0        0        0\n"
        "helm values    1      1       0      1        0        0\n"
        "yaml           1      1       0      0        1        0\n"
        "all            3      3       1      1        1        0\n"
        "\n"
        "AS IMAGE BUMP  FILES  EXACT  MINIMAL  REFUSED  WRONG\n"
        "helm           1      0      1        0        0\n"
        "kustomize      1      1      0        0        0\n"
        "\n"
        "REFUSED  TIMES  FOR EXAMPLE\n"
        "GA103    1      <commit> twice.yaml:2: a is there twice: on lines 1 and 2\n"
        "\n"
        "NOT REPLAYED                          FILES\n"
        "more than values changed              1\n"
        "not UTF-8 text, or a Git LFS pointer  1\n"
    )


def test_exact_ones_are_shown_too(repo: Path) -> None:
    shown = found(repo, "--show", "exact")["shown"]
    assert [(one["verdict"], one["kind"], one["file"], one["diff"]) for one in shown] == [
        ("exact", "yaml", "web/kustomization.yaml", None),
        ("exact", "kustomize", "web/kustomization.yaml", None),
    ]
    assert shown[0]["changes"] == [{"path": "images[0].newTag", "line": 3, "old": "1.0.0", "new": "1.0.1"}]


def test_which_commits(repo: Path) -> None:
    assert totals(found(repo, "--limit", "1"))["files"] == 0
    assert found(repo, "--limit", "3")["commits"] == 3
    assert totals(found(repo, "--since", "8d"))["files"] == 2
    assert totals(found(repo, "--since", "2025-06-19"))["files"] == 0
    assert totals(found(repo, "--since", "2025-06-17"))["files"] == 2
    assert found(repo, "--path", "web")["commits"] == 2
    assert totals(found(repo, "--path", "web/", "--path", "values.yaml"))["files"] == 2
    assert totals(found(repo, "--path", "nowhere")) == dict.fromkeys(totals(found(repo)), 0)
    parent = repos.git(repo, "rev-parse", "main~6")
    assert found(repo, "--ref", parent)["commit"] == parent
    repos.git(repo, "branch", "old", "main~6")
    assert totals(found(repo, "--ref", "old"))["files"] == 1
    assert totals(found(repo, "--ref", "refs/heads/old"))["files"] == 1


def test_merges_are_left_out_and_both_sides_looked_at(tmp_path: Path) -> None:
    path = repos.bare(tmp_path / "r.git", {"a.yaml": "a: 1\n", "b.yaml": "b: 1\n"})
    repos.commit(path, {"a.yaml": "a: 2\n"}, message="a", branch="side", start="main")
    repos.commit(path, {"b.yaml": "b: 2\n"}, message="b")
    tree = repos.git(path, "merge-tree", "--write-tree", "main", "side")
    merge = repos.git(path, "commit-tree", "-p", "main", "-p", "side", "-m", "m", tree)
    repos.git(path, "update-ref", "refs/heads/main", merge)
    document = found(path)
    assert (document["commits"], totals(document)["exact"]) == (3, 2)


def test_a_work_tree_with_a_detached_head_is_read_and_not_written(repo: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(repo), str(clone)], check=True)
    repos.git(clone, "checkout", "--quiet", "--detach", "HEAD~5")
    before = sorted((path, path.stat().st_mtime_ns) for path in clone.rglob("*"))
    document = found(clone)
    assert (document["commits"], totals(document)["files"]) == (3, 2)
    assert sorted((path, path.stat().st_mtime_ns) for path in clone.rglob("*")) == before


def test_a_shallow_clone_says_so(repo: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=6", f"file://{repo}", str(clone)], check=True)
    result = run(clone)
    document = json.loads(result.stdout)
    assert (document["shallow"], document["commits"], totals(document)["files"]) == (True, 6, 1)
    assert result.stderr == f"{clone} is a shallow clone: what is older than it was not looked at\n"


def test_what_a_partial_clone_lacks_is_counted(repo: Path, tmp_path: Path) -> None:
    repos.git(repo, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone.git"
    filtered = ["git", "clone", "--quiet", "--bare", "--filter=blob:none", f"file://{repo}", str(clone)]
    subprocess.run(filtered, check=True)
    assert found(clone)["skipped"] == [{"why": "the content is not in this (partial) clone", "files": 5}]


@pytest.mark.parametrize("filters", [True, False])
def test_an_url_with_a_token(repo: Path, filters: bool) -> None:
    with GitServer(repo.parent, token="s3cret", filters=filters) as server:
        url = f"{server.url}/config.git"
        here = found(url, token="s3cret")
        assert here | {"repository": ""} == found(repo) | {"repository": ""}
        assert here["repository"] == url
        assert isinstance(run(url, GITOPS_TOKEN="other").exception, NotAllowed)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--ref", "nope"), "there is no branch 'nope'"),
        (("--ref", "-x"), "starts with '-'"),
        (("--ref", "0" * 40), "there is no commit"),
        (("--path", "/etc"), "is absolute"),
        (("--path", "../x"), "holds a '..' segment"),
    ],
)
def test_wrong_options(repo: Path, arguments: tuple[str, ...], words: str) -> None:
    error = run(repo, *arguments).exception
    assert isinstance(error, UsageError)
    assert words in error.message


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "5"])
def test_a_time_that_is_none(repo: Path, since: str) -> None:
    assert run(repo, "--since", since).exit_code == 2


def test_no_repository(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        assert isinstance(run(path).exception, UsageError)
    empty = repos.bare(tmp_path / "empty.git", {})
    error = run(empty).exception
    assert isinstance(error, UsageError)
    assert "no branch" in error.message or "empty" in error.message
    repos.commit(empty, {"a": "1"}, message="x", branch="other")
    error = run(empty).exception
    assert isinstance(error, UsageError)
    assert error.hint == "name one with --ref; there is other"


def test_an_empty_repository(tmp_path: Path) -> None:
    result = run(repos.bare(tmp_path / "empty.git", {}))
    assert isinstance(result.exception, UsageError)
    assert "is empty" in str(result.exception)
    assert result.exception.hint == "push a first commit to its main branch"


def test_nothing_to_replay(tmp_path: Path) -> None:
    path = repos.bare(tmp_path / "r.git", {"a.txt": "1"})
    assert run(path, output="text").stdout == "In 1 commit, no file was changed in nothing but values.\n"


def test_hostile_names_and_values(tmp_path: Path) -> None:
    names = ["\x1b[2J.yaml", "new\nline.yaml", "-x.yaml", ":(glob)*.yaml", "\u202egnp.yaml", '"q".yaml', "a\t.yaml"]
    path = repos.bare(tmp_path / "r.git", dict.fromkeys(names, "a: 1\n"))
    repos.commit(path, dict.fromkeys(names, 'a: "\\x1b[31m\\u202e"\n'), message="\x1b[2J")
    repos.git(path, "config", "core.quotePath", "true")
    raw = b"commit refs/heads/main\ncommitter a <a@b> 1 +0000\ndata 1\nx\nfrom refs/heads/main^0\n"
    for value in (b"a: 1\n", b"a: 2\n"):
        raw = raw + b'M 100644 inline "\\377.yaml"\ndata 5\n' + value
        repos.git(path, "fast-import", "--quiet", "--date-format=raw", data=raw)
        raw = raw.partition(b"M ")[0]
    result = run(path, "--show", "exact", "--show", "minimal", output="text")
    assert result.exit_code == 0, result.exception
    assert "8 files were changed" in result.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", result.stdout)
    assert totals(found(path, "--path", ":(glob)*.yaml"))["files"] == 1
    assert totals(found(path, "--show", "exact"))["files"] == 8


def test_halves_of_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "Editors", lambda: {"json": YamlValue()})
    path = repos.bare(tmp_path / "r.git", {"a.json": '{"\\ud800": "\\ud800"}'})
    repos.commit(path, {"a.json": '{"\\ud800": "\\udfff"}'}, message="x")
    (shown,) = found(path, "--show", "refused")["shown"]
    assert shown["changes"] == [{"path": "?", "line": None, "old": "?", "new": "?"}]


def test_large_files_are_not_read(tmp_path: Path) -> None:
    large = "a: 1\n#" + "x" * 10 * 1024 * 1024
    path = repos.bare(tmp_path / "r.git", {"a.yaml": large})
    repos.commit(path, {"a.yaml": large.replace("1", "2", 1)}, message="x")
    assert found(path)["skipped"] == [{"why": "more than 10 MiB", "files": 1}]


def test_many_commits_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_FILES", 7)
    monkeypatch.setattr(replay, "_COMMITS", 5)
    monkeypatch.setattr(replay, "_BYTES", 20)
    path = repos.bare(tmp_path / "r.git", {"a.yaml": "a: 0\n", "b.yaml": "a: 0\n"})
    for number in range(1, 30):
        repos.commit(path, {"a.yaml": f"a: {number}\n", "b.yaml": f"a: v{number // 2}\n"}, message="x")
    document = found(path)
    assert (document["commits"], totals(document)["exact"]) == (30, 29 + 15)


class Careless(YamlValue):
    """Writes more than it should."""

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        edited = super().edit(text, spec, release)
        return Edited(edited.text.replace(" # ours", ""), edited.changes)


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "Editors", lambda: {"yaml": Careless()})


@pytest.mark.usefixtures("careless")
def test_a_wrong_result_is_a_bug_with_a_report(repo: Path) -> None:
    result = run(repo, output="text")
    assert result.exit_code == 1
    assert "kustomization  1      1       0      0        0        1\n" in result.stdout
    assert "1.0.1" not in result.output, "what is pasted into an issue holds nothing of the files"
    assert "1 x kind yaml in kustomization: bytes outside the values differ from the old file\n" in result.stderr
    assert "Please report it" in result.stderr
    document = json.loads(run(repo).stdout)
    (shown,) = document["shown"]
    assert (shown["verdict"], shown["shape"], shown["kind"]) == ("wrong", "kustomization", "yaml")
    assert "-  - name: web # ours" in shown["diff"]
    result = run(repo, "--show", "wrong", output="text")
    assert result.exit_code == 1
    assert re.match(r"wrong  [0-9a-f]{7} web/kustomization.yaml:3  images\[0\].newTag  1.0.0 -> 1.0.1\n", result.stdout)


def test_the_command_line(repo: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GITOPS_", "GIT_"))}
    words = [sys.executable, "-m", "gitops_actions"]
    done = subprocess.run(
        [*words, "--output", "json", "replay", str(repo)], env=environ, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["commits"] == 8
    assert done.stderr == "", "no bar where nobody looks"
    environ["GITOPS_SHOW"] = "minimal\nrefused"
    done = subprocess.run([*words, "replay", str(repo)], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.count("\nminimal  ") == 2


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_a_bar_on_a_terminal(repo: Path) -> None:
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "gitops_actions", "replay", str(repo)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    assert b"Replaying" in os.read(ours, 65536)
    os.close(ours)
    assert b"Replaying" not in done.stdout


def test_random_bumps_are_never_wrong(tmp_path: Path) -> None:
    """An author who writes bytes, not editors: quotes, comments, line ends, anchors, several values in a commit."""
    luck = random.Random(7)
    shapes = [
        'images:\n- name: a\n  newTag: {0} # c\n- {{name: b, newTag: {1}}}\n---\nx: [{2}, "{3}"]\n',
        "image: {{repository: r/x, tag: {0}}}\r\nport: 80\r\nsub:\r\n    - image: r:5000/y:{3}\r\n      k: {1}\r\n",
        '\ufeff# {3}\napiVersion: v1\nkind: Pod\ncontainers:\n  - image: "r/a:{3}"\n  - {{image: r/b:{3}}}\nz: {0}',
        "base: &b {0}\nuse: *b\n<<: {{m: {1}}}\n'q.k':\n  -\t{2}\nn: {4}\n...\n",
    ]  # fmt: skip
    tags = ["1.2", "v1", "0123", "6801028", "1e3", "on", "a1b2c3d", "2024-01-01", "12:30", "1.10.0-rc.1", "null"]

    def written(shape: str) -> str:
        careful = {tag: tag if tag in ("v1", "a1b2c3d", "1.10.0-rc.1") else f'"{tag}"' for tag in tags}
        plain = [luck.choice([careful[tag]] * 5 + [tag, f"'{tag}'"]) for tag in luck.choices(tags, k=3)]
        return shape.format(*plain, luck.choice(tags), luck.randint(0, 9))

    path = repos.bare(tmp_path / "r.git", {f"{n}/values.yaml": written(shape) for n, shape in enumerate(shapes)})
    for _ in range(60):
        chosen = luck.sample(range(len(shapes)), 2)
        repos.commit(path, {f"{n}/values.yaml": written(shapes[n]) for n in chosen}, message="x")
    document = found(path, "--show", "wrong")
    counts = totals(document)
    assert counts["wrong"] == 0, document["shown"]
    assert counts["exact"] > 10
    assert {row["code"] for row in document["refusals"]} <= {"GA105", "GA106"}


@pytest.mark.skipif(not BUNDLES.is_dir(), reason="the histories of ../shared/data/repos are not here")
@pytest.mark.parametrize("name", ["flux2-hub-spoke-example", "flux2-kustomize-helm-example", "podinfo-deploy"])
def test_histories_of_others(name: str, tmp_path: Path) -> None:
    clone = tmp_path / "clone.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(BUNDLES / f"{name}.bundle"), str(clone)], check=True)
    branch = repos.git(clone, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()[0]
    document = found(clone, "--ref", branch, "--show", "wrong", "--show", "refused")
    counts = totals(document)
    assert counts["wrong"] == 0, document["shown"]
    assert counts["exact"] > 0
    assert counts["files"] == counts["exact"] + counts["minimal"] + counts["refused"]
    # All of them are scripts and patches in blocks of several lines.
    assert {row["code"] for row in document["refusals"]} <= {"GA106"}
    assert all(one["reason"] for one in document["shown"])
