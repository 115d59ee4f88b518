"""What the store does not need, but the local forge does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.git.repository import Repository
from gitops_actions.model import FileChange, RefUpdate, Signature
from gitops_actions.testing import repos

Open = Callable[..., Repository]
ANN, BOB = Signature("Ann <x>\n", "ann@example.com", 7), Signature("Bob", "bob@example.com", 8)


def test_the_first_commit_of_an_empty_repository(tmp_path: Path, opened: Open) -> None:
    bare = repos.bare(tmp_path / "empty.git", {})
    repository = opened(bare)
    assert repository.refs() == {}
    first = repository.commit(
        parents=[], files=[FileChange("data/1", b"x")], message="no line end", author=ANN, committer=BOB
    )
    repository.push([RefUpdate("refs/gitops/data", None, first)])
    assert repos.git(bare, "cat-file", "commit", "refs/gitops/data").split("\n", 1)[1] == (
        "author Ann  x <ann@example.com> 7 +0000\ncommitter Bob <bob@example.com> 8 +0000\n\nno line end"
    )
    assert repository.read("refs/gitops/data", ["data/1"]).files["data/1"].content == b"x"


def test_trees(bare: Path, opened: Open) -> None:
    repository = opened(bare)
    main = repository.resolve("main")
    other = repos.commit(bare, {"only/here": "1", "a/b": None}, message="x", branch="other")
    tree = repos.git(bare, "rev-parse", f"{other}^{{tree}}")
    replaced = repository.commit(parents=[main], files=[], tree=tree, message="t\n", author=ANN)
    assert repository.paths(replaced) == ("only/here",)
    based = repository.commit(
        parents=[main, other], files=[FileChange("new", b"1")], tree=tree, message="b\n", author=ANN
    )
    assert repository.paths(based) == ("new", "only/here")
    emptied = repository.commit(parents=[other], files=[FileChange("only/here", None)], message="e\n", author=ANN)
    assert repository.paths(emptied) == ()
    repository.push([RefUpdate("refs/heads/based", None, based)])
    assert repos.git(bare, "rev-list", "--parents", "-1", "based") == f"{based} {main} {other}"


def test_merge_tree(bare: Path, opened: Open) -> None:
    repos.commit(bare, {"a/b": "changed", "name\nwith \"odd'": "1"}, message="x", branch="side", start="main")
    repos.commit(bare, {"a/c": "changed"}, message="y")
    repos.commit(bare, {"a/b": "otherwise", "name\nwith \"odd'": "2"}, message="z", branch="clash", start="main")
    repository = opened(bare)
    tree, conflicts = repository.merge_tree("main", "side")
    assert tree is not None
    assert conflicts == ()
    assert repos.show(bare, "side", "a/b") == b"changed"
    merged = repository.commit(parents=["main", "side"], files=[], tree=tree, message="m\n", author=ANN)
    files = repository.read(merged, ["a/b", "a/c"]).files
    assert {file.content for file in files.values()} == {b"changed"}
    assert repository.merge_tree("clash", "side") == (None, ("a/b", "name\nwith \"odd'"))
    same, _ = repository.merge_tree("main", "main")
    assert same == repos.git(bare, "rev-parse", "main^{tree}")
    repos.commit(bare, {"x": "1"}, message="x", branch="unrelated")
    with pytest.raises(UsageError):
        opened(bare).merge_tree("main", "unrelated")


def test_ancestry(bare: Path, opened: Open) -> None:
    start = repos.git(bare, "rev-parse", "main")
    repos.commit(bare, {"x": "1"}, message="x", branch="side", start="main")
    repos.commit(bare, {"y": "1"}, message="y")
    repos.commit(bare, {"y": "1"}, message="y", branch="unrelated")
    repository = opened(bare)
    assert repository.merge_base("main", "side") == start
    assert repository.merge_base("main", "unrelated") is None
    assert repository.is_ancestor(start, "main")
    assert repository.is_ancestor("main", "main")
    assert not repository.is_ancestor("side", "main")
    with pytest.raises(UsageError):
        repository.is_ancestor("1" * 40, "main")


def test_tags_are_followed(bare: Path, opened: Open) -> None:
    repos.git(bare, "tag", "-a", "-m", "x", "v1", "main")
    repos.git(bare, "tag", "blob", "main:gitops.yaml")
    repository = opened(bare)
    assert repository.resolve("refs/tags/v1") == repository.resolve("main")
    with pytest.raises(UsageError, match="blob"):
        repository.resolve("refs/tags/blob")


def test_a_message_that_git_would_cut_is_refused(bare: Path, opened: Open) -> None:
    with pytest.raises(UsageError, match="NUL"):
        opened(bare).commit(parents=["main"], files=[], message="a\0b", author=ANN)


def test_a_file_that_is_to_be_a_folder_too_is_refused(bare: Path, opened: Open) -> None:
    new = [FileChange("new", b"1"), FileChange("new.d", b"1"), FileChange("new/x/y", b"2")]
    for files in (new, new[::-1]):
        with pytest.raises(UsageError, match="'new' is to be a file and a folder"):
            opened(bare).commit(parents=["main"], files=files, message="m\n", author=ANN)


def test_a_checkout_and_a_linked_work_tree(bare: Path, tmp_path: Path, opened: Open) -> None:
    checkout, linked = tmp_path / "checkout", tmp_path / "linked"
    subprocess.run(["git", "clone", "-q", bare, checkout], check=True)
    repos.git(checkout, "worktree", "add", "-q", "-b", "side", str(linked))
    for place in (checkout, checkout / ".git", linked):
        assert opened(place).read("main", ["gitops.yaml"]).files["gitops.yaml"].content == b"version: 1\n"
    assert opened(linked).head() == "side"


def test_a_shallow_checkout(bare: Path, tmp_path: Path, opened: Open) -> None:
    repos.commit(bare, {"x": "1"}, message="Two")
    subprocess.run(["git", "clone", "-q", "--depth=1", bare.as_uri(), tmp_path / "shallow"], check=True)
    assert [commit.subject for commit in opened(tmp_path / "shallow").log("main")] == ["Two"]


def test_sha256(tmp_path: Path, opened: Open) -> None:
    bare = tmp_path / "sha256.git"
    bare.mkdir()
    repos.git(bare, "init", "-q", "--bare", "--object-format=sha256", "-b", "main", ".")
    repos.commit(bare, {"a/b": "1"}, message="x")
    repository = opened(bare)
    tip = repository.resolve("main")
    new = repository.commit(parents=[tip], files=[FileChange("a/b", b"2")], message="m\n", author=ANN)
    repository.push([RefUpdate("refs/heads/main", tip, new)])
    assert len(new) == 64
    assert repos.show(bare, "main", "a/b") == b"2"


def test_odd_places(tmp_path: Path, opened: Open) -> None:
    for name in ('with "quotes" and \\', "-rf", "a:b", "#hash; x", "ümlaut"):
        bare = repos.bare(tmp_path / name / "x.git", {"a": "1"})
        repository = opened(bare)
        tip = repository.resolve("main")
        new = repository.commit(parents=[tip], files=[FileChange("a", b"2")], message="m\n", author=ANN)
        repository.push([RefUpdate("refs/heads/main", tip, new)])
        assert repos.show(bare, "main", "a") == b"2"


def test_a_head_that_names_nothing(bare: Path, opened: Open) -> None:
    repos.git(bare, "symbolic-ref", "HEAD", "refs/heads/none")
    with pytest.raises(UsageError, match="which branch is its main one"):
        opened(bare).head()


def test_odd_branch_names_are_not_shown(bare: Path, opened: Open) -> None:
    repos.git(bare, "branch", "mai\u202en\u2028x", "main")
    assert len(opened(bare).refs()) == 2
    with pytest.raises(UsageError) as error:
        opened(bare).resolve("mai")
    assert "\u202e" not in str(error.value)


def test_many_branches_are_not_all_named(bare: Path, opened: Open) -> None:
    tip = repos.git(bare, "rev-parse", "main")
    repos.git(
        bare, "update-ref", "--stdin", data="".join(f"create refs/heads/b{n} {tip}\n" for n in range(30)).encode()
    )
    with pytest.raises(UsageError, match="no branch 'b12x'") as error:
        opened(bare).resolve("b12x")
    assert "b12, " in (error.value.hint or "")
    assert "and 21 more" in (error.value.hint or "")
