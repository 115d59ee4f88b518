"""Source projects on GitLab: what the suite of all forges cannot know."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gitops_actions.errors import NotAllowed, Temporary
from gitops_actions.model import Deployment
from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import Answer, How
from gitops_actions.testing.gitlab import DEVELOPER, REPORTER, Project
from gitops_actions.testing.repos import Step
from tests.forge.lab import GitLabGround


class Place:
    """The source `acme/shop/web`, whose commits are ``ids``."""

    def __init__(self, ground: GitLabGround, steps: int) -> None:
        self.server = ground.server
        self.forge = ground.forge
        self.project: Project = ground.server.add_project("acme/shop/web", members={"robot": REPORTER})
        self.ids = repos.history(self.project.repository.path, [Step(f"number {number}") for number in range(steps)])

    def asked(self) -> list[str]:
        return [request.path for request in self.server.requests]


@pytest.fixture
def place(gitlab_ground: GitLabGround, request: pytest.FixtureRequest) -> Place:
    return Place(gitlab_ground, getattr(request, "param", 3))


@pytest.mark.parametrize(("place", "requests"), [(3, 1), (100, 1), (101, 4), (301, 4)], indirect=["place"])
def test_one_request_tells_all_of_a_usual_release(place: Place, requests: int) -> None:
    forge, ends = place.forge(), (place.ids[0], place.ids[-1])
    assert forge.compare("acme/shop/web", *ends) == "descendant"
    found = forge.changes("acme/shop/web", *ends, limit=50)
    assert found is not None
    assert found.total == len(place.ids) - 1
    url = forge.compare_url("acme/shop/web", *ends)
    assert url == f"{place.server.url}/acme/shop/web/-/compare/{ends[0]}...{ends[1]}"
    assert len(place.asked()) == requests
    assert not any("compare" in path for path in place.asked()), "it would make a diff of everything"


def test_the_order_of_an_older_build_is_asked_once(place: Place) -> None:
    forge = place.forge()
    for _ in range(2):
        assert forge.compare("acme/shop/web", place.ids[2], place.ids[0]) == "ancestor"
    assert len(place.asked()) == 2


@pytest.mark.parametrize("place", [150], indirect=True)
def test_a_gitlab_that_cannot_count(place: Place) -> None:
    place.server.fault(lambda one: one.path.partition("?")[0].endswith("/sequence"), 404, times=9)
    found = place.forge().changes("acme/shop/web", place.ids[0], place.ids[-1], limit=50)
    assert found is not None
    assert (len(found.commits), found.total) == (50, 100), "at least so many"


def test_histories_without_a_common_commit(place: Place) -> None:
    (other,) = repos.history(place.project.repository.path, [Step("other", (), "other")])
    forge = place.forge()
    assert forge.compare("acme/shop/web", place.ids[2], other) == "diverged"
    found = forge.changes("acme/shop/web", other, place.ids[2], limit=50)
    assert found is not None
    assert found.total == 3


def test_a_source_is_known_by_its_url_too(place: Place) -> None:
    forge, url = place.forge(), f"{place.server.url}/acme/shop/web"
    assert forge.compare(url, *place.ids[:2]) == "descendant"
    assert forge.compare_url(url, *place.ids[:2]) == forge.compare_url("acme/shop/web", *place.ids[:2])
    assert forge.compare("https://gitlab.com/acme/shop/web", *place.ids[:2]) is None


def test_a_project_that_was_renamed_is_followed(place: Place) -> None:
    place.server.move_project(place.project, "acme/till")
    forge = place.forge()
    found = forge.changes("acme/shop/web", place.ids[0], place.ids[2], limit=50)
    assert found is not None
    assert [commit.id for commit in found.commits] == [place.ids[2], place.ids[1]]
    assert forge.compare("acme/shop/web", place.ids[2], place.ids[0]) == "ancestor"


def test_no_token_is_sent_after_a_project_that_has_gone_elsewhere(place: Place) -> None:
    place.server.fault(lambda _: True, Answer.of(301, {}, {"Location": "http://localhost:1/api/v4/x"}))
    forge = place.forge()
    assert forge.compare("acme/shop/web", *place.ids[:2]) is None
    assert forge.changes("acme/shop/web", *place.ids[:2], limit=50) is None
    assert len(place.asked()) == 1


@pytest.mark.parametrize("how", ["drop-before", "drop-after", "502-after", "truncate", 500, 503])
def test_what_lies_between_is_asked_for_again(place: Place, how: How) -> None:
    place.server.fault(lambda _: True, how, seconds=0, times=2)
    assert place.forge().compare("acme/shop/web", *place.ids[:2]) == "descendant"
    assert len(place.asked()) == 3


def test_a_gitlab_that_is_down_leaves_the_order_open(place: Place) -> None:
    """Else an older build could overwrite a newer one."""
    place.server.fault(lambda _: True, 503, seconds=0, times=9)
    with pytest.raises(Temporary):
        place.forge().compare("acme/shop/web", *place.ids[:2])


# --- deployments ---


def deployment(place: Place, build: int = 0, **more: Any) -> Deployment:
    place.project.members[next(iter(place.project.members))] = DEVELOPER
    given = Deployment("acme/shop/web", place.ids[build], "staging", "web", "1.0", "in_progress")
    return replace(given, **more)


def reported(place: Place) -> list[tuple[str, str, str, str]]:
    found = place.project.deployments
    return [(one.environment.name, one.sha, one.ref, one.status) for one in found]


@pytest.mark.parametrize("how", ["drop-before", "drop-after", "502-after", "truncate", 500, 503])
def test_a_report_that_goes_wrong(place: Place, how: How) -> None:
    revision = place.ids[0]
    for state in ("running", "success"):
        place.server.fault(1, how, seconds=0)
        word: Any = {"running": "in_progress"}.get(state, state)
        place.forge().report_deployment(deployment(place, state=word))
        assert reported(place) == [("staging", revision, revision, state)]


def test_what_only_waits_asks_nothing(place: Place) -> None:
    place.forge().report_deployment(deployment(place, state="queued"))
    assert place.asked() == []


def test_what_is_over_begins_anew_as_another_one(place: Place) -> None:
    for state in ("in_progress", "success", "in_progress"):
        place.forge().report_deployment(deployment(place, state=state))
    assert [status for *_, status in reported(place)] == ["success", "running"]


def test_those_of_jobs_are_left_alone(place: Place) -> None:
    """GitLab lets nobody change them but the job."""
    place.forge().report_deployment(deployment(place))
    (made,) = place.project.deployments
    made.job = "deploy"
    place.forge().report_deployment(deployment(place, state="success"))
    assert [status for *_, status in reported(place)] == ["running", "success"]


def test_a_reporter_may_not_report(place: Place) -> None:
    given = deployment(place)
    place.project.members[next(iter(place.project.members))] = REPORTER
    with pytest.raises(NotAllowed, match="report deployments of acme/shop/web"):
        place.forge().report_deployment(given)
