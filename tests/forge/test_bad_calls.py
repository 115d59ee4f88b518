"""Each call of a forge on a bad day: whatever becomes of one of its writes, once repeated it comes to the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops_actions import plugins
from gitops_actions.errors import Temporary
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import CommitStatus, FileChange, RequestText, Secret
from gitops_actions.protocols import Connection, Forge
from gitops_actions.testing import repos
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.forgehttp import How
from tests.forge.sky import BRANCH, KINDS, TOKEN, Kind, Sky, sky
from tests.forge.test_bad_day import DOUBTS

TEXT = RequestText("Title", "Body", labels=("a",), assignees=("alice",), reviewers=("alice",))


class Calls:
    """A forge with a branch to ask for, calls of which the n-th write goes wrong."""

    def __init__(self, there: Sky, forge: Forge, how: How, write: int) -> None:
        self.sky, self.forge, self.how, self.write = there, forge, how, write
        repos.commit(there.config, {"web": b"1"}, message="m\n", branch=BRANCH, start="main")

    def faulty(self, call: Callable[[], object]) -> None:
        """Call; and once more if nobody knows what came of it."""
        self.sky.server.fault(self.write, self.how, seconds=0)
        try:
            call()
        except Temporary:
            call()
        self.sky.server.mend()

    def open(self) -> str:
        """Open the request, on a good day; its head."""
        return self.forge.open(BRANCH, "main", TEXT).head_sha


@pytest.fixture
def calls(tmp_path: Path, kind: Kind, how: How, write: int) -> Iterator[Calls]:
    with (
        sky(kind, tmp_path, "version: 1\n") as there,
        Repository(there.address, credentials=Credentials(Secret(TOKEN)), temporary=tmp_path / "git") as repository,
    ):
        secrets = {"GITOPS_TOKEN": Secret(TOKEN)}
        store, api = GitStore(repository), there.environ.get("GITOPS_API_URL")
        connection = Connection(there.address, api, secrets, AUTHOR, math.inf, lambda _: None, store, repository)
        yield Calls(there, plugins.load("forges", kind)(connection), how, write)


pytestmark = [
    pytest.mark.parametrize("kind", KINDS),
    pytest.mark.parametrize("how", DOUBTS, ids=str),
]
once = pytest.mark.parametrize("write", [1])
twice = pytest.mark.parametrize("write", [1, 2])
each = pytest.mark.parametrize("write", [1, 2, 3, 4])


@each
def test_open(calls: Calls) -> None:
    calls.faulty(lambda: calls.forge.open(BRANCH, "main", TEXT))
    request = calls.sky.request()
    assert (request.state, request.title, request.labels) == ("open", "Title", ("a",))
    assert (request.reviewers, request.comments) == (("alice",), ())


@each
def test_update(calls: Calls) -> None:
    calls.open()
    calls.faulty(lambda: calls.forge.update(1, title="New", body="Text", add_labels=["b"], remove_labels=["a"]))
    request = calls.sky.request()
    assert (request.title, request.labels) == ("New", ("b",))


@twice
def test_comment(calls: Calls) -> None:
    """A comment of a topic is made, then another, then the first is changed."""
    calls.open()
    for topic, body in (("diff", "one"), ("close", "two"), ("diff", "three")):
        calls.faulty(lambda topic=topic, body=body: calls.forge.comment(1, topic, body))  # type: ignore[misc]
    comments = calls.sky.request().comments
    assert sorted(body.split("\n")[-1] for body in comments) == ["three", "two"]


@twice
def test_close(calls: Calls) -> None:
    calls.open()
    calls.faulty(lambda: calls.forge.close(1, comment="no more"))
    request = calls.sky.request()
    assert (request.state, request.turns, len(request.comments)) == ("closed", ("closed",), 1)


@once
def test_set_status(calls: Calls) -> None:
    head = calls.open()
    calls.faulty(lambda: calls.forge.set_status(head, CommitStatus("gitops/dev", "success", "fine")))
    assert [(one.context, one.state) for one in calls.forge.statuses(head)] == [("gitops/dev", "success")]


@twice
def test_merge(calls: Calls) -> None:
    head = calls.open()
    calls.faulty(lambda: calls.forge.merge(1, expected_head=head, method="merge", author=AUTHOR))
    assert calls.sky.request().state == "merged"
    assert calls.sky.commits("main") == 3
    assert calls.sky.branches() == {"main"}


@once
def test_request_auto_merge(calls: Calls) -> None:
    calls.sky.require("build")
    head = calls.open()
    calls.faulty(lambda: calls.forge.request_auto_merge(1, expected_head=head, method="squash", author=AUTHOR))
    request = calls.sky.request()
    assert (request.state, request.auto_merge) == ("open", True)


@twice
def test_publish_and_delete(calls: Calls) -> None:
    """A branch is made, goes on, starts anew elsewhere, and is deleted."""
    store = calls.forge.store
    assert store is not None
    made: list[str] = []

    def publish(expected: str | None, parent: str) -> None:
        store.refresh()
        files = [FileChange(f"f{len(made)}", b"x")]
        call = lambda: store.publish("b", expected=expected, parent=parent, files=files, message="m\n", author=AUTHOR)  # noqa: E731
        calls.faulty(call)
        made.append(calls.sky.tip("b") or "")
        assert calls.sky.git("rev-parse", f"{made[-1]}^") == parent

    base = str(calls.sky.tip())
    publish(None, base)
    publish(made[0], made[0])
    publish(made[1], calls.sky.push({"README.md": "new\n"}))
    assert calls.sky.commits("main..b") == 1
    calls.faulty(lambda: store.delete("b", expected=made[2]))
    assert "b" not in calls.sky.branches()
