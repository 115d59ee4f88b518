"""The order of two commits of a source, by a checkout that happens to be here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitops_actions.git.checkout import Checkout
from gitops_actions.testing import repos


@pytest.fixture
def pair(bare: Path) -> tuple[str, str]:
    """Two commits, the older one first."""
    return repos.git(bare, "rev-parse", "main"), repos.commit(bare, {"x": "1"}, message="Two")


def clone(bare: Path, to: Path, *options: str) -> Path:
    subprocess.run(["git", "clone", "-q", *options, bare.as_uri(), to], check=True)
    return to


def test_order(bare: Path, tmp_path: Path, pair: tuple[str, str]) -> None:
    old, new = pair
    other = repos.commit(bare, {"y": "1"}, message="Other", branch="other", start=old)
    here = clone(bare, tmp_path / "here")
    repos.git(here, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    for checkout in (Checkout(here / ".git"), Checkout(here), Checkout(bare), Checkout(tmp_path / "linked")):
        assert checkout.relation(old, new) == "descendant"
        assert checkout.relation(new, old) == "ancestor"
        assert checkout.relation(new, new) == "same"
        assert checkout.relation(new, other) == "diverged"
        assert checkout.relation(old[:10], new) == "descendant"
        assert checkout.relation("1" * 40, new) is None
    assert not Checkout(tmp_path).exists


@pytest.mark.parametrize("name", ["HEAD", "origin/main", "HEAD~1", "--all", ""])
def test_names_are_of_another_repository(name: str, bare: Path, tmp_path: Path, pair: tuple[str, str]) -> None:
    checkout = Checkout(clone(bare, tmp_path / "here"))
    assert checkout.relation(name, pair[1]) is None
    assert checkout.relation(pair[0], name) is None


def test_what_a_partial_clone_lacks_is_not_fetched(bare: Path, tmp_path: Path, pair: tuple[str, str]) -> None:
    """git would fetch all the history of the missing commit, with what this machine has for credentials."""
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        repos.git(bare, "config", setting, "true")
    here = clone(bare, tmp_path / "here", "--depth=1", "--filter=blob:none")
    repos.git(here, "config", "protocol.allow", "always")
    before = sorted(here.rglob("*.pack"))
    assert Checkout(here).relation(*pair) is None
    assert sorted(here.rglob("*.pack")) == before


def test_changes(bare: Path, tmp_path: Path, pair: tuple[str, str]) -> None:
    old, new = pair
    side = repos.commit(bare, {"y": "1"}, message="Side", branch="side", start=old)
    merge = repos.git(
        bare, "commit-tree", f"{new}^{{tree}}", "-p", new, "-p", side, "-m", "Merge pull request #1 from a/b"
    )
    repos.git(bare, "update-ref", "refs/heads/main", merge)
    last = repos.commit(bare, {"z": "1"}, message="Last\n\nGitops-App: x\n")
    checkout = Checkout(clone(bare, tmp_path / "here"))
    found = checkout.changes(old, last, limit=10)
    assert found is not None
    assert [commit.subject for commit in found.commits] == ["Last", "Merge pull request #1 from a/b", "Two"]
    assert found.total == 3
    assert found.commits[0].message == "Last\n\nGitops-App: x\n"
    assert found.commits[1].parents == (new, side)
    found = checkout.changes(old, last, limit=1)
    assert found is not None
    assert ([commit.id for commit in found.commits], found.total) == ([last], 3)
    for ids in ((last, old), (last, last), (old, "1" * 40), ("HEAD~1", "HEAD"), ("--all", last)):
        assert checkout.changes(*ids, limit=10) is None
    assert Checkout(tmp_path).changes(old, new, limit=10) is None
    shallow = Checkout(clone(bare, tmp_path / "shallow", "--depth=2"))
    assert shallow.changes(old, last, limit=10) is None


def test_configuration_of_a_checkout_does_not_change_what_is_read(
    bare: Path, tmp_path: Path, pair: tuple[str, str]
) -> None:
    here = clone(bare, tmp_path / "here")
    settings = (
        "log.showSignature=true", "color.ui=always", "log.decorate=full", "format.pretty=oneline", "log.showRoot=true",
        "log.diffMerges=on", "core.pager=false", "i18n.logOutputEncoding=latin1",
    )  # fmt: skip
    for setting in settings:
        repos.git(here, "config", *setting.split("="))
    found = Checkout(here).changes(*pair, limit=10)
    assert found is not None
    assert [commit.subject for commit in found.commits] == ["Two"]
