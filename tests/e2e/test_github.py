"""The story on GitHub: real processes against a real HTTP server with real git behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.hubworld import PLAIN, REPOSITORY, HubWorld, hub_world

BRANCH = "gitops/dev/web"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubWorld]:
    with hub_world(tmp_path) as world:
        yield world


def test_commits_are_verified_and_ours(hub: HubWorld) -> None:
    hub.deploy("1.0.1")
    raw = hub.git("cat-file", "commit", BRANCH)
    assert "gpgsig" in raw
    assert "committer GitHub <noreply@github.com>" in raw
    assert hub.deploy("1.0.2").outcomes == [("dev", "updated")]
    assert hub.git("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_auto_merge_uses_the_merge_queue(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN.replace("dev: {}", "dev: {auto-merge: true}")) as hub:
        hub.hub.protect(REPOSITORY, queue=True)
        hub.deploy("1.0.1")
        assert hub.open_requests()[0]["auto_merge"] is True
        assert hub.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert hub.hub.run_queue(REPOSITORY) == [1]
        assert hub.tag("dev") == "1.0.1"


def test_auto_merge_that_is_not_allowed_says_how_to_allow_it(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN.replace("dev: {}", "dev: {auto-merge: true}")) as hub:
        hub.hub.settings(REPOSITORY).allow_auto_merge = False
        done = hub.deploy("1.0.1", code=4)
        assert done.outcomes == [("dev", "opened")]
        assert "Allow auto-merge" in done.errors


def test_by_git_it_is_the_same(hub: HubWorld) -> None:
    assert hub.deploy("1.0.1", "--transport", "git").outcomes == [("dev", "opened")]
    assert hub.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    assert hub.deploy("1.0.2", "--transport", "git").outcomes == [("dev", "updated")]
    assert hub.tag("dev", BRANCH) == "1.0.2"
    assert len(hub.requests()) == 1


@pytest.mark.parametrize(("runs", "most"), [(1, 3), (2, 2)])
def test_the_budget_of_requests(hub: HubWorld, runs: int, most: int) -> None:
    """`deploy` with a new request, and the same again."""
    for _ in range(runs):
        before = len(hub.hub.requests)
        hub.deploy("1.0.1")
    assert len(hub.hub.requests) - before <= most
    assert hub.hub.connections <= runs


def test_bad_input(hub: HubWorld) -> None:
    for url, words in (
        (f"{hub.hub.url}/acme", "does not name a repository"),
        (f"{hub.hub.url}/acme/nothing", "no repository acme/nothing on GitHub, or it is not visible"),
        ("https://user:s3sam@github.com/acme/deploy", "user name or a password"),
        ("http://github.com/acme/deploy", "in the clear"),
    ):
        done = hub.run("deploy", "--config-repo", url, "--image", "ghcr.io/acme/web:1.0.1", code=2)
        assert words in done.errors
        assert "s3sam" not in done.errors
    missing = hub.run("deploy", "--base", "mian", "--image", "ghcr.io/acme/web:1.0.1", code=2)
    assert "no branch 'mian'" in missing.errors
    assert "main" in missing.errors
    hub.hub.add_repository("acme/empty")
    empty = hub.run("deploy", "--config-repo", f"{hub.hub.url}/acme/empty", "--image", "ghcr.io/acme/web:1", code=2)
    assert "is empty" in empty.errors
    hub.hub.rename_branch(REPOSITORY, "main", "trunk")
    assert hub.deploy("1.0.1").results[0]["base"] == "trunk"
    hub.hub.settings(REPOSITORY).archived = True
    assert "archived" in hub.deploy("1.0.2", code=4).errors


def test_a_title_that_says_draft_is_a_title_like_any_other(hub: HubWorld) -> None:
    assert hub.deploy("1.0.1", "--title", "Draft: web").outcomes == [("dev", "opened")]
    assert (hub.requests()[0].title, hub.requests()[0].draft) == ("Draft: web", False)
    assert hub.deploy("1.0.1", "--title", "Draft: web").outcomes == [("dev", "unchanged")]


def test_a_label_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN.replace("dev: {}", "dev: {labels: [Production]}")) as hub:
        hub.hub.work.label(hub.hub.repository(REPOSITORY), "production")
        assert hub.deploy("1.0.1").outcomes == [("dev", "opened")]
        assert hub.requests()[0].labels == ["production"]
        assert hub.deploy("1.0.1").outcomes == [("dev", "unchanged")]
