"""The server that the fakes share: its log and its faults, tried on the GitHub fake."""

from __future__ import annotations

import http.client
import threading
import time

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.client import Client
from gitops_actions.testing.forgehttp import Answer, Recorded
from gitops_actions.testing.github import GitHub

REPO = "/repos/acme/deploy"
COMMENT = {"body": "Hello"}


@pytest.fixture
def comments(hub: GitHub, ask: Client) -> str:
    """The path of the comments of an open request."""
    repos.commit(hub.root / "acme" / "deploy.git", {"a": "b"}, message="W", branch="work", start="main")
    assert ask("POST", f"{REPO}/pulls", {"title": "T", "head": "work", "base": "main"}).status == 201
    return f"{REPO}/issues/1/comments"


def count(ask: Client, comments: str) -> int:
    return len(ask("GET", comments).json)


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 502, 503])
def test_a_status_and_nothing_done(hub: GitHub, ask: Client, comments: str, status: int) -> None:
    hub.fault(1, status, seconds=7)
    said = ask("POST", comments, COMMENT)
    assert said.status == status
    assert said.headers.get("retry-after") == ("7" if status in (429, 503) else None)
    assert count(ask, comments) == 0
    assert ask("POST", comments, COMMENT).status == 201  # once


@pytest.mark.parametrize(("how", "done"), [("drop-before", 0), ("drop-after", 1)])
def test_a_lost_connection(hub: GitHub, ask: Client, comments: str, how: str, done: int) -> None:
    hub.fault(1, how)  # type: ignore[arg-type]
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask("POST", comments, COMMENT)
    assert count(ask, comments) == done


def test_a_truncated_answer(hub: GitHub, ask: Client, comments: str) -> None:
    hub.fault(1, "truncate")
    with pytest.raises(http.client.IncompleteRead):
        ask("POST", comments, COMMENT)
    assert count(ask, comments) == 1


def test_502_after_it_was_done(hub: GitHub, ask: Client, comments: str) -> None:
    hub.fault(1, "502-after")
    assert ask("POST", comments, COMMENT).status == 502
    assert count(ask, comments) == 1


def test_a_request_that_is_repeated_on_its_way(hub: GitHub, ask: Client, comments: str) -> None:
    hub.fault(1, "duplicate")
    assert ask("POST", comments, COMMENT).status == 201
    assert count(ask, comments) == 2
    ask("PATCH", f"{REPO}/pulls/1", {"state": "closed"})
    hub.fault(1, "duplicate")
    assert ask("POST", f"{REPO}/pulls", {"title": "T", "head": "work", "base": "main"}).status == 422
    assert len(hub.requests_of("acme/deploy")) == 2


def test_a_stale_list(hub: GitHub, ask: Client, comments: str) -> None:
    ask("POST", comments, COMMENT)
    ask("POST", comments, COMMENT)
    hub.fault(lambda one: one.method == "GET", "stale")
    assert count(ask, comments) == 1
    assert count(ask, comments) == 2
    ask("PATCH", f"{REPO}/pulls/1", {"state": "closed"})
    hub.fault(lambda one: one.method == "GET", "stale")
    assert len(ask("GET", f"{REPO}/pulls?state=open").json) == 1
    assert len(ask("GET", f"{REPO}/pulls?state=open").json) == 0


def test_a_stale_list_by_graphql(hub: GitHub, ask: Client, comments: str) -> None:
    document = '{repository(owner: "acme", name: "deploy") {pullRequests(first: 5, states: OPEN) {totalCount}}}'

    def open_ones() -> int:
        said = Client(hub.graphql_url, "tok")("POST", "", {"query": document})
        found: int = said.json["data"]["repository"]["pullRequests"]["totalCount"]
        return found

    hub.fault(lambda one: one.operation == "query", "stale")
    assert [open_ones(), open_ones()] == [0, 1]


def test_an_answer_of_ones_own(hub: GitHub, ask: Client, comments: str) -> None:
    hub.fault(lambda one: one.write, Answer(302, {"Location": "http://127.0.0.1:1/"}), times=2)
    assert [ask("POST", comments, COMMENT).status for _ in range(3)] == [302, 302, 201]


def test_rate_limits(hub: GitHub, ask: Client, comments: str) -> None:
    hub.fault(1, hub.primary_limit(60))
    said = ask("POST", comments, COMMENT)
    assert (said.status, said.headers["x-ratelimit-remaining"]) == (403, "0")
    assert float(said.headers["x-ratelimit-reset"]) > time.time() + 50
    hub.fault(1, hub.secondary_limit(60))
    said = ask("POST", comments, COMMENT)
    assert (said.status, said.headers["retry-after"]) == (403, "60")
    assert "secondary rate limit" in said.json["message"]
    assert count(ask, comments) == 0


def test_a_function_is_called_when_it_is_done(hub: GitHub, ask: Client, comments: str) -> None:
    seen: list[tuple[Recorded, int]] = []
    state = hub.repository("acme/deploy")
    hub.fault(1, lambda one: seen.append((one, len(state.comments))))
    ask("POST", comments, COMMENT)
    assert [(one.method, done) for one, done in seen] == [("POST", 1)]


def test_delays(hub: GitHub, ask: Client, comments: str) -> None:
    def took() -> float:
        begun = time.monotonic()
        ask("GET", REPO)
        return time.monotonic() - begun

    hub.fault(lambda one: one.method == "GET", "delay", seconds=0.2)
    assert took() >= 0.2
    hub.request_delay = hub.connection_delay = 0.1
    assert took() >= 0.2


def test_the_first_fault_that_fits_is_used_up(hub: GitHub, ask: Client, comments: str) -> None:
    hub.fault(2, 500)
    hub.fault(1, 503)
    assert [ask("POST", comments, COMMENT).status for _ in range(3)] == [503, 500, 201]


def test_the_log_keeps_no_secret(hub: GitHub, ask: Client, comments: str) -> None:
    ask("POST", comments, COMMENT)
    ask("GET", REPO, headers={"X-Mine": "1"})
    Client(hub.api_url, None)("GET", "/rate_limit")
    wrote, read, nobody = hub.requests[-3:]
    assert (wrote.write, read.write) == (True, False)
    assert (read.token, nobody.token) == (True, False)
    assert read.headers["x-mine"] == "1"
    assert wrote.document == COMMENT
    assert [one.status for one in (wrote, read, nobody)] == [201, 200, 200]
    assert "tok" not in "".join(repr(one.headers) for one in hub.requests)
    assert hub.connections == len(hub.requests)


def test_the_operation_of_a_graphql_request(hub: GitHub) -> None:
    graph = Client(hub.graphql_url, "tok")
    for document, operation, write in (
        ("query Look { viewer { login } }", "Look", False),
        ("{ viewer { login } }", "query", False),
        ("# why\nmutation Open { createRef(input: {}) { clientMutationId } }", "Open", True),
        ("mutation($a: Int) { x }", "mutation", True),
    ):
        graph("POST", "", {"query": document})
        assert (hub.requests[-1].operation, hub.requests[-1].write) == (operation, write)


def test_many_at_once(hub: GitHub, ask: Client) -> None:
    """32 writers of one branch by API: each finds its commit refused or lands, and what landed is all there."""
    graph = Client(hub.graphql_url, "tok")
    document = """mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { commit { oid } } }"""
    landed: list[str] = []

    def write(number: int) -> None:
        while True:
            tip = ask("GET", f"{REPO}/git/ref/heads/main").json["object"]["sha"]
            said = graph("POST", "", {"query": document, "variables": {"i": {
                "branch": {"repositoryNameWithOwner": "acme/deploy", "branchName": "main"}, "expectedHeadOid": tip,
                "message": {"headline": str(number)},
                "fileChanges": {"additions": [{"path": f"f{number}", "contents": "MQo="}]}}}}).json  # fmt: skip
            if "errors" not in said:
                landed.append(f"f{number}")
                return
            assert said["errors"][0]["type"] == "STALE_DATA"

    threads = [threading.Thread(target=write, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = repos.git(hub.root / "acme" / "deploy.git", "ls-tree", "--name-only", "main").split()
    assert sorted(landed) == sorted(name for name in names if name.startswith("f"))
    assert len(landed) == 32
