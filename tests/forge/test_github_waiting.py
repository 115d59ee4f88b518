"""What is waited for, and what no longer: late answers, rate limits, silence."""

from __future__ import annotations

import time

import pytest

from gitops_actions.errors import Temporary, UsageError
from gitops_actions.model import RequestText
from gitops_actions.testing import repos
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.forgehttp import Answer, Recorded
from tests.forge.hub import BRANCH, NAME, TEXT, Place


def anything(_request: Recorded) -> bool:
    return True


def test_a_request_that_is_not_found_yet_is_waited_for(place: Place) -> None:
    """As in https://github.com/peter-evans/create-pull-request/issues/4321."""
    message = "Could not resolve to a node with the global id of 'PR_kwDOOCYeos7H8Z48'."
    error = {"resource": "Label", "code": "unprocessable", "field": "data", "message": message}
    refusal = Answer.of(422, {"message": "Validation Failed", "errors": [error]})
    place.hub.fault(lambda request: request.path.endswith("/labels"), refusal, times=2)
    forge = place.forge()
    head = place.publish(forge)
    request = forge.open(BRANCH, "main", RequestText("Title", "Body", labels=("dev",)))
    nobody = Answer.of(200, {"data": {"repository": {"pullRequest": None}}})
    place.hub.fault(lambda request: request.operation == "OneRequest", nobody, times=2)
    assert forge.get(request.number).head_sha == head
    (there,) = place.hub.requests_of(NAME)
    assert there.labels == ["dev"]


def test_a_request_that_is_never_found_is_temporary(place: Place) -> None:
    forge = place.forge(budget=30)
    place.publish(forge)
    number = forge.open(BRANCH, "main", TEXT).number
    del place.hub.repository(NAME).requests[number]
    with pytest.raises(Temporary, match="does not find #1"):
        forge.get(number)
    with pytest.raises(UsageError, match="no pull request #2"):
        forge.get(2)


def test_a_rate_limit_is_waited_for_and_then_the_write_is_made(place: Place) -> None:
    forge = place.forge()
    assert forge.find() == ()
    place.hub.fault(1, place.hub.secondary_limit(1))
    began = time.monotonic()
    place.publish(forge)
    assert time.monotonic() - began >= 1
    assert BRANCH in repos.git(place.repo, "for-each-ref")


@pytest.mark.parametrize("graphql", [True, False])
def test_a_primary_limit_is_waited_for(place: Place, graphql: bool) -> None:
    place.hub.fault(anything, place.hub.primary_limit(1, graphql=graphql))
    assert place.forge().find() == ()
    assert len(place.hub.requests) == 2


@pytest.mark.parametrize("seconds", [300, None])
def test_a_wait_beyond_the_budget_ends_at_once_with_the_time(place: Place, seconds: float | None) -> None:
    place.hub.fault(anything, place.hub.secondary_limit(seconds))
    began = time.monotonic()
    with pytest.raises(Temporary, match=r"wait for (300|60) s, until \d\d:\d\d:\d\d UTC") as caught:
        place.forge().find()
    assert time.monotonic() - began < 5
    assert caught.value.exit_code == 6
    assert "--budget" in (caught.value.hint or "")


@pytest.mark.stress
@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_server_that_is_silent_at_the_end_of_the_budget_is_not_waited_for(place: Place, kind: str) -> None:
    number = place.open()
    forge = place.forge(budget=12)
    forge.get(number)
    time.sleep(6.5)
    place.hub.fault(lambda request: request.write is (kind == "write"), "delay", seconds=9, times=3)
    if kind == "read":
        with pytest.raises(Temporary):
            forge.get(number)
    else:  # after five seconds it was looked at, and done
        began = time.monotonic()
        assert forge.update(number, title="New").title == "New"
        assert time.monotonic() - began < 9


def test_a_server_that_stays_broken_is_temporary(place: Place) -> None:
    place.hub.fault(anything, 502, times=9)
    with pytest.raises(Temporary):
        place.forge().find()
    assert len(place.hub.requests) == 5


def test_a_host_that_does_not_answer_is_temporary(place: Place) -> None:
    forge = place.forge()
    place.hub._server.server_close()
    place.hub._server.shutdown()
    with pytest.raises(Temporary, match="cannot be reached"):
        forge.find()


def test_what_github_does_not_know_yet_is_waited_for(place: Place) -> None:
    number = place.open()
    place.hub.settings(NAME).unknown_mergeability = 2
    head = repos.git(place.repo, "rev-parse", BRANCH)
    assert place.forge().request_auto_merge(number, expected_head=head, method=None, author=AUTHOR).state == "merged"
