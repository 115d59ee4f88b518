"""`milestone:` of an environment: on the requests that are opened, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_actions.testing.forgehttp import How
from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.world import POLICY, Done, World, files
from tests.e2e.hubworld import REPOSITORY, HubWorld, hub_world, outcome
from tests.forge.lab import Lab

BY_REQUEST = POLICY.replace("dev: {deliver: push}", 'dev: {milestone: "Sprint 5, Q3"}')
TITLE = "Sprint 5, Q3"


def codes(done: Done) -> list[str]:
    (result,) = done.results
    return [finding["code"] for finding in result["findings"]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubWorld]:
    with hub_world(tmp_path, BY_REQUEST) as world:
        world.hub.add_milestone(REPOSITORY, "Sprint 5")
        yield world


def milestone(hub: HubWorld) -> str | None:
    """That of the only request on GitHub."""
    (request,) = hub.requests()
    return hub.hub.repository(REPOSITORY).milestones[request.milestone].title if request.milestone else None


def test_on_github(hub: HubWorld) -> None:
    hub.hub.add_milestone(REPOSITORY, TITLE)
    for version, expected, most in (("1.0.1", "opened", 4), ("1.0.1", "unchanged", 2), ("1.0.2", "updated", 7)):
        before = len(hub.hub.requests)
        done = hub.released(version)
        assert (outcome(done), codes(done), milestone(hub)) == (expected, [], TITLE)
        assert len(hub.hub.requests) - before <= most
    hub.hub.plan(REPOSITORY, 1, None)
    for version, expected in (("1.0.2", "unchanged"), ("1.0.3", "updated"), ("1.0.3", "unchanged")):
        done = hub.released(version)
        assert (outcome(done), codes(done), milestone(hub)) == (expected, [], None)


def test_one_that_github_does_not_have_is_a_warning_until_it_does(hub: HubWorld) -> None:
    for expected in ("opened", "unchanged"):
        done = hub.released("1.0.1")
        assert (done.code, outcome(done), codes(done), milestone(hub)) == (0, expected, ["GA316"], None)
        assert "there is no open milestone 'Sprint 5, Q3' on github: #1 has none" in done.errors
    hub.hub.add_milestone(REPOSITORY, TITLE)
    done = hub.released("1.0.1")
    assert (outcome(done), codes(done), milestone(hub)) == ("updated", [], TITLE)


@pytest.mark.parametrize("how", ["drop-before", "drop-after", "502-after", "duplicate", "truncate", 500])
def test_a_bad_day(hub: HubWorld, how: How) -> None:
    hub.hub.add_milestone(REPOSITORY, TITLE)
    hub.hub.fault(2, how, seconds=0)
    hub.released("1.0.1")
    assert outcome(hub.released("1.0.1")) == "unchanged"
    assert milestone(hub) == TITLE
    assert len(hub.requests()[0].milestoned) == 1


def test_a_run_that_is_killed_before_it_is_set_is_made_good(hub: HubWorld) -> None:
    hub.hub.add_milestone(REPOSITORY, TITLE)
    arguments = ("deploy", "--image", "ghcr.io/acme/web:1.0.1")
    process = hub.start(*arguments)

    def kill(_: object) -> None:
        process.kill()
        process.wait()

    hub.hub.fault(1, kill)
    process.communicate(timeout=120)
    assert milestone(hub) is None
    assert outcome(hub.released("1.0.1")) == "updated"
    assert milestone(hub) == TITLE
    assert outcome(hub.released("1.0.1")) == "unchanged"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with GitLab(tmp_path / "gitlab") as server:
        made = Lab(tmp_path, server, BY_REQUEST)
        made.world.address = made.repo
        yield made


def released(lab: Lab, version: str) -> Done:
    environ = {"GITOPS_TOKEN": lab.token, "GITOPS_FORGE": "gitlab"}
    return lab.world.play("deploy", "--image", f"ghcr.io/acme/web:{version}", code=None, environ=environ)


def test_on_gitlab(lab: Lab) -> None:
    wanted = lab.server.add_milestone(lab.project, TITLE)
    lab.server.add_milestone(lab.project, "Sprint 6")
    done = released(lab, "1.0.1")
    assert len(lab.server.requests) <= 5
    (request,) = lab.open_requests()
    assert (outcome(done), codes(done), request.milestone) == ("opened", [], wanted)
    request.pending.clear()  # GitLab has found out meanwhile whether it can be merged
    for title in (TITLE, "Sprint 6", None):
        lab.server.plan(request, title)
        before = len(lab.server.requests)
        done = released(lab, "1.0.1")
        assert (outcome(done), codes(done)) == ("unchanged", [])
        assert len(lab.server.requests) - before <= 3
    done = released(lab, "1.0.2")
    assert (outcome(done), codes(done), request.milestone) == ("updated", [], None)


def test_one_that_gitlab_does_not_have_is_a_warning(lab: Lab) -> None:
    lab.server.add_milestone(lab.project, TITLE).state = "closed"
    for version, expected in (("1.0.1", "opened"), ("1.0.2", "updated")):
        done = released(lab, version)
        assert (done.code, outcome(done), codes(done)) == (0, expected, ["GA316"])
    (request,) = lab.open_requests()
    assert request.milestone is None


def test_on_this_machine(tmp_path: Path) -> None:
    world = World(tmp_path, files(BY_REQUEST))
    for version, expected in (("1.0.1", "opened"), ("1.0.1", "unchanged"), ("1.0.2", "updated")):
        done = world.play("deploy", "--image", f"ghcr.io/acme/web:{version}", code=None)
        assert (outcome(done), codes(done)) == (expected, [])
        kept = json.loads(world.git("show", "refs/gitops/requests:requests/1.json"))
        assert kept["milestone"] == TITLE
