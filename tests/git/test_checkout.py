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
