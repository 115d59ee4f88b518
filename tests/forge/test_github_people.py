"""Who is asked to review a request on GitHub, and how often."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gitops_actions.forge.github.forge import GitHubForge
from gitops_actions.model import RequestText
from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import Recorded
from gitops_actions.testing.github.records import Request
from gitops_actions.testing.github.server import GitHub
from tests.forge.hub import TOKEN, connected

CONFIG, BRANCH = "acme/config", "gitops/dev/web"


class Place:
    def __init__(self, hub: GitHub, make: Callable[[], GitHubForge]) -> None:
        self.hub = hub
        self.forge = make
        self.folder = hub.add_repository(CONFIG, files={"a": "a"}).objects.folder

    def release(self, version: str, text: RequestText) -> Request:
        """What `deploy` does with a request for the next release."""
        repos.commit(self.folder, {"a": version}, message=version, branch=BRANCH, start="main")
        number = self.forge().open(BRANCH, "main", text).number
        return self.hub.repository(CONFIG).requests[number]

    def asked(self) -> list[str]:
        request = self.hub.repository(CONFIG).requests[1]
        return [event.removeprefix("asked ") for event in request.events if event.startswith("asked ")]

    def writes(self) -> int:
        return sum(one.path.endswith("/requested_reviewers") for one in self.hub.writes())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        hub = stack.enter_context(GitHub(tmp_path / "served"))
        for login in ("alice", "bob", "carol"):
            hub.add_user(login)
        hub.add_team("acme", "sre")
        hub.add_token(TOKEN)
        yield Place(hub, lambda: stack.enter_context(connected(hub, CONFIG, tmp_path)))


def test_who_has_reviewed_is_not_asked_again(place: Place) -> None:
    request = place.release("1", RequestText("one", "", reviewers=("Alice", "bob")))
    assert request.reviewers == ["alice", "bob"]
    place.hub.approve(CONFIG, 1, "alice")
    place.release("2", RequestText("two", "", reviewers=("Alice", "bob")))
    assert (request.reviewers, place.asked(), place.writes()) == (["bob"], ["alice", "bob"], 1)
    place.release("3", RequestText("three", "", reviewers=("Alice", "bob", "carol")))
    assert (request.reviewers, place.asked(), place.writes()) == (["bob", "carol"], ["alice", "bob", "carol"], 2)


def test_who_asked_himself_for_another_look_stays_asked(place: Place) -> None:
    request = place.release("1", RequestText("one", "", reviewers=("alice",)))
    place.hub.approve(CONFIG, 1, "alice")
    request.reviewers.append("alice")
    place.release("2", RequestText("two", "", reviewers=("alice",)))
    assert (request.reviewers, place.asked()) == (["alice"], ["alice"])


@pytest.mark.parametrize("reviewed", [False, True])
def test_a_team_is_asked_until_somebody_has_reviewed(place: Place, reviewed: bool) -> None:
    """Who answers for a team takes it off the list."""
    request = place.release("1", RequestText("one", "", team_reviewers=("sre",)))
    request.teams.clear()
    if reviewed:
        place.hub.approve(CONFIG, 1, "alice")
    place.release("2", RequestText("two", "", team_reviewers=("sre",)))
    assert request.teams == ([] if reviewed else ["sre"])


def test_an_answer_that_was_lost_and_a_quick_reviewer(place: Place) -> None:
    def looks(one: Recorded) -> bool:
        """When it is looked what became of the write, she has answered already."""
        if one.operation == "OneRequest" and place.asked():
            place.hub.approve(CONFIG, 1, "alice")
        return False

    place.hub.fault(lambda one: one.path.endswith("/requested_reviewers"), "502-after", seconds=0)
    place.hub.fault(looks, 500)
    request = place.release("1", RequestText("one", "", reviewers=("alice",)))
    assert (place.asked(), request.reviewers, place.writes()) == (["alice"], [], 1)
