"""Repositories on this machine: what permissions and work trees forbid is said as what it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.git.checkout import Checkout
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import FileChange, RefUpdate, Signature
from gitops_actions.testing import repos
from gitops_actions.testing.nobody import Nobody

Open = Callable[..., Repository]
ROBOT = Signature("Robot", "robot@example.com", 1)


def publish(repository: Repository) -> str:
    store = GitStore(repository)
    tip = store.snapshot("main", []).commit
    files = [FileChange("a/b", b"x")]
    return store.publish("main", expected=tip, parent=tip, files=files, message="m\n", author=ROBOT)


@pytest.fixture
def loaded(bare: Path, opened: Open) -> None:
    """What is imported late has been imported by root."""
    publish(opened(bare))
    with pytest.raises(UsageError):
        opened(bare).resolve("nope")


def loop(folder: Path) -> Path:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    return folder / "a"


@pytest.mark.parametrize(
    "path", [lambda folder: folder / ("x" * 300), loop, lambda folder: folder / "file" / "repository"]
)
def test_a_path_that_cannot_be_is_a_usage_error(path: Callable[[Path], Path], tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError) as error:
        Repository(str(path(tmp_path)), temporary=temporary).__enter__()
    assert error.value.hint is not None


def test_a_repository_that_lost_its_configuration(bare: Path, temporary: Path) -> None:
    (bare / "config").unlink()
    with pytest.raises(UsageError, match=r"cannot be read: .*config: No such file"):
        Repository(str(bare), temporary=temporary).__enter__()


@pytest.mark.parametrize(
    ("file", "common"),
    [(b"", b""), (b"\0\xff", b""), (b"gitdir: nowhere", b""), (b"gitdir: x", b"\xff"), (b"gitdir: x", b"\0")],
)
def test_a_file_that_names_no_repository(file: bytes, common: bytes, tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "commondir").write_bytes(common)
    (tmp_path / ".git").write_bytes(file)
    with pytest.raises(UsageError) as error:
        Repository(str(tmp_path), temporary=temporary).__enter__()
    assert error.value.hint is not None


@pytest.mark.parametrize("locked", [".", "objects", "refs", "config"])
def test_a_repository_of_somebody_else(nobody: Nobody, loaded: None, locked: str) -> None:
    bare = repos.bare(nobody.folder / "config.git", {"a": "1"})
    (bare / locked).chmod(0o000)
    nobody.own(nobody.folder)
    opening = Repository(str(bare), temporary=nobody.folder / "temporary")
    with nobody(), pytest.raises(NotAllowed) as error, opening as repository:
        repository.resolve("main")
    assert str(bare) in error.value.message
    assert "Permission denied" in error.value.message
    assert error.value.hint == "check the permissions of the folder"
    (bare / locked).chmod(0o755)


def test_a_checkout_that_cannot_be_read_tells_no_order(nobody: Nobody) -> None:
    (nobody.folder / "locked").mkdir(mode=0o000)
    with nobody():
        assert not Checkout(nobody.folder / "locked").exists


@pytest.mark.parametrize("locked", ["objects", "refs"])
def test_a_repository_that_may_not_be_written_to(nobody: Nobody, loaded: None, locked: str) -> None:
    bare = repos.bare(nobody.folder / "config.git", {"a/b": "1"})
    nobody.own(nobody.folder)
    for folder in ((bare / locked), *(path for path in (bare / locked).rglob("*") if path.is_dir())):
        folder.chmod(0o555)
    opening = Repository(str(bare), temporary=nobody.folder / "temporary")
    with nobody(), pytest.raises(NotAllowed) as error, opening as repository:
        publish(repository)
    assert error.value.hint == "you may not write to this folder"
    assert str(bare) in error.value.message


@pytest.fixture
def work(tmp_path: Path, bare: Path) -> Path:
    """A clone with `main` checked out."""
    repos.git(bare, "clone", "-q", str(bare), str(tmp_path / "work"))
    return tmp_path / "work"


@pytest.mark.parametrize("given", [".", ".git"])
def test_a_push_to_what_is_checked_out(work: Path, opened: Open, given: str) -> None:
    with pytest.raises(NotAllowed) as error:
        publish(opened(work / given))
    assert error.value.message == f"{work} is a work tree with main checked out; git refuses pushes to it"
    assert error.value.hint == f"use a bare repository: git clone --bare {work} {work}.git"
    repository = opened(work)
    tip = repository.resolve("main")
    repository.push([RefUpdate("refs/heads/other", None, tip)])
    assert repos.git(work, "rev-parse", "other") == tip


def test_a_work_tree_that_takes_pushes_and_a_hook_that_does_not(work: Path, opened: Open) -> None:
    repos.git(work, "config", "receive.denyCurrentBranch", "ignore")
    hook = work / ".git/hooks/pre-receive"
    shutil.rmtree(hook.parent, ignore_errors=True)
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho not today >&2; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(NotAllowed, match="not today"):
        publish(opened(work))
    hook.unlink()
    assert publish(opened(work)) == repos.git(work, "rev-parse", "main")


def test_branches_of_requests_are_not_offered(bare: Path, opened: Open) -> None:
    for name in ("gitops/dev/web", "gitops/dev/api"):
        repos.git(bare, "branch", name, "main")
    with pytest.raises(UsageError) as error:
        opened(bare).resolve("gitops/dev/wab")
    assert error.value.hint == "give one that exists: main"
    repos.git(bare, "branch", "-m", "main", "gitops/main")
    with pytest.raises(UsageError) as error:
        opened(bare).resolve("main")
    assert "gitops/" not in (error.value.hint or "")


def test_a_push_to_a_linked_work_tree_has_gits_words(work: Path, tmp_path: Path, opened: Open) -> None:
    repos.git(work, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    repository = opened(tmp_path / "side")
    tip = repository.resolve("main")
    new = repository.commit(parents=[tip], files=[FileChange("x", b"1")], message="1\n", author=ROBOT)
    with pytest.raises(NotAllowed, match="refuses the push to side") as error:
        repository.push([RefUpdate("refs/heads/side", tip, new)])
    assert error.value.hint != "you may not write to this folder"
