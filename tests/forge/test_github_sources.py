"""Source repositories on GitHub: what the suite of all forges cannot know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.errors import NotAllowed, Temporary, UsageError
from gitops_actions.forge.github.forge import GitHubForge
from gitops_actions.model import Deployment
from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import Answer, How
from gitops_actions.testing.github.server import GitHub
from gitops_actions.testing.repos import Step
from tests.forge.hub import TOKEN, connected


class Place:
    """A GitHub with a config repository and the source `acme/web`, whose commits are ``ids``."""

    def __init__(self, hub: GitHub, make: Callable[[], GitHubForge], steps: int) -> None:
        self.hub = hub
        self.forge = make
        source = hub.add_repository("acme/web").objects.folder
        self.ids = repos.history(source, [Step(f"number {number}") for number in range(steps)])

    def asked(self) -> list[str]:
        return [request.path for request in self.hub.requests]


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    with ExitStack() as stack:
        hub = stack.enter_context(GitHub(tmp_path / "served"))
        hub.add_repository("acme/config", files={"a": "a"})
        hub.add_token(TOKEN)
        steps = getattr(request, "param", 3)
        yield Place(hub, lambda: stack.enter_context(connected(hub, "acme/config", tmp_path)), steps)


@pytest.mark.parametrize("place", [3, 60, 301], indirect=True)
def test_one_request_tells_all(place: Place) -> None:
    forge, ends = place.forge(), (place.ids[0], place.ids[-1])
    assert forge.compare("acme/web", *ends) == "descendant"
    found = forge.changes("acme/web", *ends, limit=50)
    assert found is not None
    assert found.total == len(place.ids) - 1
    assert forge.compare_url("acme/web", *ends) == f"{place.hub.url}/acme/web/compare/{ends[0]}...{ends[1]}"
    assert len(place.asked()) == 1


def test_the_order_of_an_older_build_is_one_request(place: Place) -> None:
    forge = place.forge()
    for _ in range(2):
        assert forge.compare("acme/web", place.ids[2], place.ids[0]) == "ancestor"
    assert len(place.asked()) == 1


def test_a_source_is_known_by_its_url_too(place: Place) -> None:
    forge, url = place.forge(), f"{place.hub.url}/acme/web"
    assert forge.compare(url, *place.ids[:2]) == "descendant"
    assert forge.compare_url(url, *place.ids[:2]) == forge.compare_url("acme/web", *place.ids[:2])
    assert forge.compare("https://github.com/acme/web", *place.ids[:2]) is None


def test_a_repository_that_was_renamed_is_followed(place: Place) -> None:
    place.hub.rename_repository("acme/web", "acme/shop")
    found = place.forge().changes("acme/web", place.ids[0], place.ids[2], limit=50)
    assert found is not None
    assert [commit.id for commit in found.commits] == [place.ids[2], place.ids[1]]
    assert len(place.asked()) == 2


def test_no_token_is_sent_after_a_repository_that_has_gone_elsewhere(place: Place) -> None:
    place.hub.fault(lambda _: True, Answer.of(301, {}, {"Location": "http://localhost:1/repositories/1/compare/x"}))
    forge = place.forge()
    assert forge.compare("acme/web", *place.ids[:2]) is None
    assert forge.changes("acme/web", *place.ids[:2], limit=50) is None
    assert len(place.asked()) == 1


@pytest.mark.parametrize("how", ["drop-before", "drop-after", "502-after", "truncate", 500, 503])
def test_a_comparison_is_asked_for_again(place: Place, how: How) -> None:
    place.hub.fault(lambda _: True, how, seconds=0, times=2)
    assert place.forge().compare("acme/web", *place.ids[:2]) == "descendant"
    assert len(place.asked()) == 3


def test_a_github_that_is_down_leaves_the_order_open(place: Place) -> None:
    """Else an older build could overwrite a newer one."""
    place.hub.fault(lambda _: True, 503, seconds=0, times=9)
    with pytest.raises(Temporary):
        place.forge().compare("acme/web", *place.ids[:2])


# --- deployments ---


def deployment(place: Place, build: int = 0, **more: Any) -> Deployment:
    given = Deployment("acme/web", place.ids[build], "staging", "web", "1.0", "in_progress", "https://example.com/7")
    return replace(given, **more)


def reported(place: Place, name: str = "acme/web") -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Task, and each status with its text and link."""
    found = place.hub.repository(name).deployments.values()
    return [(one.task, [(s.state, s.description, s.target) for s in one.statuses]) for one in found]


ONE = [("deploy:web", [("in_progress", "web 1.0", "https://example.com/7")])]


def test_what_a_deployment_tells(place: Place) -> None:
    place.forge().report_deployment(deployment(place))
    assert reported(place) == ONE
    (made,) = place.hub.repository("acme/web").deployments.values()
    assert (made.sha, made.ref, made.environment, made.description) == (
        place.ids[0], place.ids[0], "staging", "web 1.0",
    )  # fmt: skip
    assert not made.production


def test_without_an_url_it_leads_to_the_commit(place: Place) -> None:
    place.forge().report_deployment(deployment(place, url=None, commit="c" * 40))
    ((_, [(_, _, link)]),) = reported(place)
    assert link == f"{place.hub.url}/acme/config/commit/{'c' * 40}"
    place.forge().report_deployment(deployment(place, 1, url="javascript:alert(1)"))
    assert reported(place)[1][1] == [("in_progress", "web 1.0", "")]


def test_checks_that_are_red_do_not_keep_a_release_from_being_told(place: Place) -> None:
    place.hub.set_status("acme/web", place.ids[0], "ci", "failure")
    place.forge().report_deployment(deployment(place))
    assert reported(place) == ONE


def test_the_apps_of_one_repository_are_told_apart(place: Place) -> None:
    for app, build in (("web", 0), ("api", 1), ("web", 0)):
        place.forge().report_deployment(deployment(place, build, app=app))
    assert [task for task, _ in reported(place)] == ["deploy:web", "deploy:api"]


def test_a_deployment_without_a_state_gets_one(place: Place) -> None:
    """As if a run had been killed between the two."""
    place.hub.fault(2, 403)
    with pytest.raises(NotAllowed, match="report deployments of acme/web"):
        place.forge().report_deployment(deployment(place))
    assert reported(place) == [("deploy:web", [])]
    place.forge().report_deployment(deployment(place), once=True)
    assert reported(place) == ONE


def test_a_repository_that_was_renamed_is_told(place: Place) -> None:
    place.hub.rename_repository("acme/web", "acme/shop")
    for _ in range(2):
        place.forge().report_deployment(deployment(place))
    assert reported(place, "acme/shop") == ONE


def test_nothing_is_written_where_another_place_is_named(place: Place) -> None:
    place.hub.fault(1, Answer.of(307, {}, {"Location": "http://localhost:1/repositories/1/deployments"}))
    with pytest.raises(UsageError, match="redirects to localhost"):
        place.forge().report_deployment(deployment(place))


@pytest.mark.parametrize("write", [1, 2])
@pytest.mark.parametrize("how", ["drop-before", "drop-after", "502-after", "truncate", 500, 503])
def test_a_report_that_goes_wrong(place: Place, how: How, write: int) -> None:
    place.hub.fault(write, how, seconds=0)
    place.forge().report_deployment(deployment(place))
    assert reported(place) == ONE
