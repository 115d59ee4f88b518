"""People whom the forge does not know, or does not let near: the request is there, and it is said what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.world import POLICY, Done
from tests.e2e.hubworld import REPOSITORY, HubWorld, hub_world
from tests.forge.lab import Lab

GONE = "labels: [release], reviewers: [gone, alice]"
# Two environments that a release goes to at once; the first one is the one with the people.
BOTH = POLICY.replace("dev: {deliver: push}", f"dev: {{{GONE}}}").replace("staging: {after: dev}", "staging: {}")


def told(done: Done) -> list[tuple[str, str, bool, int | None, list[tuple[str, str]]]]:
    return [
        (
            one["environment"],
            one["outcome"],
            one["changed"],
            one["pull_request"] and one["pull_request"]["number"],
            [(each["code"], each["severity"]) for each in one["findings"]],
        )
        for one in done.results
    ]


def deploy(version: str, *more: str) -> list[str]:
    return ["deploy", "--image", f"ghcr.io/acme/web:{version}", "--assignee", "away", *more]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubWorld]:
    with hub_world(tmp_path, BOTH) as world:
        yield world


def test_on_github(hub: HubWorld) -> None:
    """An unknown reviewer is refused; an unknown assignee is left out without a word."""
    done = hub.play(*deploy("1.0.1"), code=4)
    away = ("GA319", "warning")
    lacks = [("dev", "opened", True, 1, [("GA319", "error"), away]), ("staging", "opened", True, 2, [away])]
    assert told(done) == lacks
    assert "#1 is open, but gone is not asked for a review: " in done.errors
    assert "#2 is open, but away is not assigned" in done.errors
    first, second = hub.hub.requests_of(REPOSITORY)
    assert (first.reviewers, first.assignees, second.assignees) == (["alice"], [], [])
    assert hub.labels() >= {"release"}
    assert hub.play(*deploy("1.0.1")).outcomes == [("dev", "unchanged"), ("staging", "unchanged")]
    done = hub.play(*deploy("1.0.2"), code=4)
    assert done.outcomes == [("dev", "updated"), ("staging", "updated")]
    assert "1.0.2" in first.title


def test_what_may_not_be_labelled_is_open_all_the_same(hub: HubWorld) -> None:
    hub.hub.fault(lambda one: one.path.endswith("/labels"), 403)
    done = hub.play(*deploy("1.0.1"), code=4)
    assert [one[:4] for one in told(done)] == [("dev", "opened", True, 1), ("staging", "opened", True, 2)]


def test_on_gitlab(tmp_path: Path) -> None:
    """Nobody has an unknown name; who has no access is left out without a word."""
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, BOTH)
        for name in ("alice", "away"):
            server.add_user(name)
        lab.world.address = lab.repo
        environ = {"GITOPS_TOKEN": lab.token, "GITOPS_FORGE": "gitlab"}
        done = lab.world.play(*deploy("1.0.1"), code=4, environ=environ)
        away = ("GA319", "warning")
        gone, alice = ("GA319", "error"), ("GA319", "warning")
        assert told(done) == [
            ("dev", "opened", True, 1, [gone, alice, away]),
            ("staging", "opened", True, 2, [away]),
        ]
        assert "!1 is open, but gone is not asked for a review: there is no user of this name on" in done.errors
        first, second = lab.open_requests()
        assert (first.labels, second.labels) == (["release"], [])
        done = lab.world.play(*deploy("1.0.1"), environ=environ)
        assert done.outcomes == [("dev", "unchanged"), ("staging", "unchanged")]
        done = lab.world.play(*deploy("1.0.2"), code=4, environ=environ)
        assert done.outcomes == [("dev", "updated"), ("staging", "updated")]


def test_what_a_forge_refuses_late_takes_nothing_from_what_was_done(tmp_path: Path) -> None:
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, BOTH.replace(f"{{{GONE}}}", "{}"))
        lab.world.address = lab.repo
        environ = {"GITOPS_TOKEN": lab.token, "GITOPS_FORGE": "gitlab"}
        refusal = Answer.of(422, {"message": "no"})
        server.fault(lambda one: "merge_requests" in one.path and b"gitops/staging/web" in one.body, refusal, times=9)
        done = lab.world.play("deploy", "--image", "ghcr.io/acme/web:1.0.1", code=2, environ=environ)
        assert [one[:4] for one in told(done)] == [("dev", "opened", True, 1), ("staging", "refused", False, None)]
