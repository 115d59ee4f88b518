"""The story on GitHub: real processes against a real HTTP server with real git behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from tests.e2e.hubworld import PLAIN, REPOSITORY, REQUESTS, HubWorld, hub_world

BRANCH = "gitops/dev/web"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubWorld]:
    with hub_world(tmp_path) as world:
        yield world


def test_a_release_goes_all_the_way(hub: HubWorld) -> None:
    opened = hub.deploy("1.0.1")
    assert opened.outcomes == [("dev", "opened")]
    assert hub.tag("dev", BRANCH) == "1.0.1"
    assert hub.tag("dev") == "1.0.0"
    assert hub.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    assert hub.deploy("1.0.2").outcomes == [("dev", "updated")]
    assert hub.tag("dev", BRANCH) == "1.0.2"
    (request,) = hub.open_requests()
    assert (request["number"], request["versions"]) == (1, {"web": "1.0.2"})
    assert hub.run("pr", "merge", "1").code == 0
    assert hub.tag("dev") == "1.0.2"
    assert hub.branches() == {"main"}
    assert hub.run("promote").outcomes == [("staging", "opened")]
    assert hub.run("promote").outcomes == [("staging", "unchanged")]
    (cell,) = [
        cell for cell in hub.run("status").document["cells"] if (cell["app"], cell["environment"]) == ("web", "dev")
    ]
    assert cell["version"] == "1.0.2"
    assert cell["since"]
    (entry, *_) = hub.run("history", "--app", "web").document["entries"]
    assert (entry["version"], entry["environment"]) == ("1.0.2", "dev")


def test_commits_are_verified_and_ours(hub: HubWorld) -> None:
    hub.deploy("1.0.1")
    raw = hub.git("cat-file", "commit", BRANCH)
    assert "gpgsig" in raw
    assert "committer GitHub <noreply@github.com>" in raw
    assert hub.deploy("1.0.2").outcomes == [("dev", "updated")]
    assert hub.git("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_a_request_goes_on_to_the_new_base(hub: HubWorld) -> None:
    hub.deploy("1.0.1")
    repos.commit(hub.config, {"README.md": "new\n"}, message="Other")
    hub.deploy("1.0.2")
    assert hub.git("rev-parse", f"{BRANCH}^") == hub.tip()
    assert hub.hub.requests_of(REPOSITORY)[0].events[0] == "opened"
    assert "closed" not in hub.hub.requests_of(REPOSITORY)[0].events
    assert hub.branches() == {"main", BRANCH}


def test_a_difference_that_vanished_closes_the_request(hub: HubWorld) -> None:
    hub.deploy("1.0.1")
    hub.git("update-ref", "refs/heads/main", hub.tip(BRANCH) or "")
    repos.commit(hub.config, {"README.md": "new\n"}, message="Other")
    assert hub.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    assert hub.open_requests() == []


def test_a_closed_request_is_not_opened_again(hub: HubWorld) -> None:
    hub.deploy("1.0.1")
    hub.run("pr", "close", "1")
    assert hub.deploy("1.0.1").outcomes == [("dev", "skipped-closed")]
    assert hub.deploy("1.0.2").outcomes == [("dev", "opened")]


def test_other_peoples_commits_stay(hub: HubWorld) -> None:
    hub.deploy("1.0.1")
    theirs = repos.commit(hub.config, {"README.md": "theirs\n"}, message="Fix", branch=BRANCH)
    assert hub.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]
    assert hub.tip(BRANCH) == theirs
    assert hub.deploy("1.0.2", "--on-foreign", "append").outcomes == [("dev", "updated")]
    assert hub.git("rev-parse", f"{BRANCH}^") == theirs


def test_a_commit_straight_to_the_base(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN.replace("dev: {}", "dev: {deliver: push}")) as hub:
        done = hub.deploy("1.0.1")
        assert done.outcomes == [("dev", "committed")]
        assert done.results[0]["commit"] == hub.tip()
        assert hub.tag("dev") == "1.0.1"


def test_labels_and_people_are_set_once(tmp_path: Path) -> None:
    with hub_world(tmp_path, REQUESTS) as hub:
        hub.deploy("1.0.1")
        request = hub.hub.requests_of(REPOSITORY)[0]
        assert (request.labels, request.reviewers, request.teams) == (["dev", "gitops"], ["alice"], ["sre"])
        writes = len(hub.hub.writes())
        assert hub.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert len(hub.hub.writes()) == writes


def test_auto_merge_waits_for_what_is_required(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN.replace("dev: {}", "dev: {auto-merge: true}")) as hub:
        hub.hub.protect(REPOSITORY, checks=("build",))
        assert hub.deploy("1.0.1").outcomes == [("dev", "opened")]
        assert hub.open_requests()[0]["auto_merge"] is True
        assert hub.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        hub.hub.set_status(REPOSITORY, hub.tip(BRANCH) or "", "build", "success")
        assert hub.tag("dev") == "1.0.1"


def test_auto_merge_merges_what_is_clean(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN.replace("dev: {}", "dev: {auto-merge: true}")) as hub:
        assert hub.deploy("1.0.1").outcomes == [("dev", "merged")]
        assert hub.tag("dev") == "1.0.1"
        assert hub.branches() == {"main"}


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
