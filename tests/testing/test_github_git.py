"""git against the GitHub fake: smart HTTP with tokens, and branches that are protected."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.client import Client
from gitops_actions.testing.github import GitHub

REPO = "/repos/acme/deploy"


class Checkout:
    """A clone, from which commits are pushed with a token."""

    def __init__(self, hub: GitHub, folder: Path, token: str) -> None:
        self.folder = folder
        self.url = f"{hub.url}/acme/deploy.git"
        secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {secret}",
        }

    def git(self, *arguments: str) -> tuple[int, str]:
        """(exit code, what git complains about)."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    def push(self, branch: str, *options: str) -> tuple[int, str]:
        """Push a new commit."""
        repos.commit(self.folder, {"pushed": os.urandom(4).hex()}, message="Pushed", branch="mine", start="origin/main")
        return self.git("push", *options, "origin", f"mine:{branch}")


@pytest.fixture
def checkout(hub: GitHub, tmp_path: Path) -> Checkout:
    made = Checkout(hub, tmp_path, "tok")
    code, errors = made.git("clone", "--bare", made.url, "clone.git")
    assert code == 0, errors
    made.folder = tmp_path / "clone.git"
    made.git("update-ref", "refs/remotes/origin/main", "main")
    return made


def test_a_push_is_seen_by_the_api(hub: GitHub, ask: Client, checkout: Checkout) -> None:
    code, errors = checkout.push("work")
    assert code == 0, errors
    assert ask("GET", f"{REPO}/branches/work").status == 200
    assert ask("POST", f"{REPO}/pulls", {"title": "T", "head": "work", "base": "main"}).status == 201
    code, errors = checkout.git("push", "origin", "mine:main")
    assert code == 0, errors
    assert ask("GET", f"{REPO}/pulls/1").json["merged"] is True
    writes = hub.writes()
    assert [one.method for one in writes] == ["POST", "POST", "POST"]
    assert all(one.token for one in writes)


def test_who_may_not(hub: GitHub, tmp_path: Path, checkout: Checkout) -> None:
    hub.add_token("reader", permissions={"contents": "read"})
    hub.add_token("narrow", repositories=["acme/other"])
    for token, words in (("reader", "403"), ("narrow", "not found"), ("wrong", "Authentication failed")):
        environment = Checkout(hub, tmp_path, token).environment
        checkout.environment = environment
        code, errors = checkout.push("work")
        assert code != 0
        assert words in errors or "could not read Username" in errors, errors


def test_an_archived_repository(hub: GitHub, checkout: Checkout) -> None:
    hub.settings("acme/deploy").archived = True
    code, errors = checkout.push("work")
    assert (code != 0, "403" in errors) == (True, True)


def test_a_protected_branch_takes_no_push(hub: GitHub, checkout: Checkout) -> None:
    hub.protect("acme/deploy")
    code, errors = checkout.push("main")
    assert code != 0
    assert "Changes must be made through a pull request." in errors
    assert checkout.push("other")[0] == 0
    hub.protect("acme/deploy", bypass=frozenset({"octocat"}))
    assert checkout.push("main", "--force")[0] == 0


def test_unsigned_commits_are_refused_where_signatures_are_required(
    hub: GitHub, ask: Client, checkout: Checkout
) -> None:
    hub.protect("acme/deploy", pull_requests=False, signatures=True)
    code, errors = checkout.push("main")
    assert (code != 0, "verified signatures" in errors) == (True, True)
    assert checkout.git("push", "origin", "mine:work")[0] == 0
    assert checkout.git("push", "origin", "mine:main")[0] != 0  # whether or not it is elsewhere already
    text = base64.b64encode(b"x").decode()
    assert ask("PUT", f"{REPO}/contents/x", {"message": "M", "content": text}).status == 201


def test_required_checks_bind_pushes(hub: GitHub, checkout: Checkout) -> None:
    hub.protect("acme/deploy", pull_requests=False, checks=("ci",))
    code, errors = checkout.push("main")
    assert (code != 0, "Required status check" in errors) == (True, True)
    assert checkout.git("push", "origin", "mine:work")[0] == 0
    hub.set_status("acme/deploy", repos.git(checkout.folder, "rev-parse", "mine"), "ci", "success")
    code, errors = checkout.git("push", "origin", "mine:main")
    assert code == 0, errors


def test_force_and_deletion_of_a_protected_branch(hub: GitHub, checkout: Checkout) -> None:
    checkout.push("kept")
    hub.protect("acme/deploy", "kept", pull_requests=False)
    first = repos.git(checkout.folder, "rev-parse", "origin/main")
    code, errors = checkout.git("push", "--force", "origin", f"{first}:kept")
    assert (code != 0, "force-push" in errors) == (True, True)
    code, errors = checkout.git("push", "origin", ":kept")
    assert (code != 0, "delete" in errors) == (True, True)


def test_the_heads_of_requests_can_be_fetched(hub: GitHub, ask: Client, checkout: Checkout) -> None:
    checkout.push("work")
    ask("POST", f"{REPO}/pulls", {"title": "T", "head": "work", "base": "main"})
    assert checkout.git("fetch", "origin", "refs/pull/1/head:kept")[0] == 0
    assert repos.git(checkout.folder, "rev-parse", "kept") == repos.git(checkout.folder, "rev-parse", "mine")
    assert checkout.git("push", "--force", "origin", "main:refs/pull/1/head")[0] != 0


def test_a_lost_answer_of_a_push(hub: GitHub, checkout: Checkout) -> None:
    hub.fault(1, "drop-after")
    code, _ = checkout.push("work")
    assert code != 0
    assert hub.repository("acme/deploy").objects.branch("work") == repos.git(checkout.folder, "rev-parse", "mine")


def test_a_push_to_a_branch_of_a_pattern(hub: GitHub, checkout: Checkout) -> None:
    hub.protect("acme/deploy", "gitops/**/*", pull_requests=False, creation=True)
    code, errors = checkout.push("gitops/dev/web")
    assert (code != 0, "creations being restricted" in errors) == (True, True)
    hub.protect("acme/deploy", "gitops/**/*", pull_requests=False, pushers=frozenset({"ann"}))
    code, errors = checkout.push("gitops/dev/web")
    assert (code != 0, "not authorized" in errors) == (True, True)
    assert checkout.push("gitops-dev")[0] == 0
    hub.protect("acme/deploy", "gitops/**/*", pull_requests=False)
    assert checkout.push("gitops/dev/web")[0] == 0
