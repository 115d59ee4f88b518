"""What came of a push is asked of the remote, never read off the text of an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.errors import LostRace, NotAllowed, Temporary, UsageError
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import FileChange, RefUpdate, Secret, Signature
from gitops_actions.testing import repos
from gitops_actions.testing.githttp import GitServer

Open = Callable[..., Repository]
ROBOT = Signature("Robot", "robot@example.com", 1)


def publish(repository: Repository, content: bytes = b"x") -> str:
    store = GitStore(repository)
    tip = store.snapshot("main", []).commit
    files = [FileChange("a/b", content)]
    return store.publish("main", expected=tip, parent=tip, files=files, message="m\n", author=ROBOT)


def pushes(server: GitServer) -> int:
    return sum(method == "POST" and path.endswith("git-receive-pack") for method, path in server.requests)


def refuse(bare: Path, script: str) -> Path:
    """A server's policy that counts how often it was asked."""
    count = bare / "count"
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho x >> '{count}'\n{script}\n")
    hook.chmod(0o755)
    return count


@pytest.mark.parametrize("over", ["path", "http"])
def test_a_refusal_has_the_servers_words_after_two_pushes(
    over: str, bare: Path, server: GitServer, opened: Open
) -> None:
    count = refuse(bare, "printf 'no deploys on \\033[31mFriday\\033[0m\\007, ask Ann\\n' >&2; exit 1")
    repository = opened(bare if over == "path" else f"{server.url}/config.git")
    before = repos.git(bare, "rev-parse", "main")
    with pytest.raises(NotAllowed) as error:
        publish(repository)
    assert "no deploys on Friday, ask Ann" in error.value.message
    assert error.value.hint is not None
    assert not any(ord(char) < 32 and char != "\n" for char in str(error.value))
    assert len(count.read_text().splitlines()) == 2
    assert repos.git(bare, "rev-parse", "main") == before


def test_a_refusal_that_was_for_once_is_overcome(bare: Path, opened: Open) -> None:
    count = refuse(bare, f"[ $(wc -l < '{bare}/count') -gt 1 ]")
    new = publish(opened(bare))
    assert repos.git(bare, "rev-parse", "main") == new
    assert len(count.read_text().splitlines()) == 2


def test_an_answer_that_was_lost_is_looked_up(bare: Path, server: GitServer, opened: Open) -> None:
    server.fault(1, "drop-after")
    new = publish(opened(f"{server.url}/config.git"))
    assert repos.git(bare, "rev-parse", "main") == new
    assert pushes(server) == 1


@pytest.mark.parametrize("how", ["drop-before", "502"])
def test_a_push_that_did_not_arrive_is_repeated_once(how: str, bare: Path, server: GitServer, opened: Open) -> None:
    server.fault(1, "drop-before" if how == "drop-before" else "502")
    new = publish(opened(f"{server.url}/config.git"))
    assert repos.git(bare, "rev-parse", "main") == new
    assert pushes(server) == 2


def test_a_push_that_never_arrives_is_temporary(bare: Path, server: GitServer, opened: Open) -> None:
    before = repos.git(bare, "rev-parse", "main")
    server.fault(1, "502")
    server.fault(2, "502")
    with pytest.raises(Temporary) as error:
        publish(opened(f"{server.url}/config.git"))
    assert not isinstance(error.value, LostRace)
    assert repos.git(bare, "rev-parse", "main") == before


def test_when_the_remote_is_gone_it_is_not_guessed(bare: Path, server: GitServer, opened: Open) -> None:
    repository = opened(f"{server.url}/config.git")
    repository.resolve("main")
    server.fault(1, "drop-after")
    server.fault(lambda _, path: "info/refs?service=git-upload-pack" in path, "502")
    with pytest.raises(Temporary, match="whether the push"):
        publish(repository)


def test_a_lost_answer_and_then_somebody_else(bare: Path, server: GitServer, opened: Open) -> None:
    repository = opened(f"{server.url}/config.git")
    repository.resolve("main")
    theirs: list[str] = []

    def moved_meanwhile(method: str, path: str) -> bool:
        if method == "POST" and path.endswith("git-receive-pack"):
            theirs.append(repos.commit(bare, {"x": "1"}, message="Theirs"))
        return False

    server.fault(moved_meanwhile, "502")
    with pytest.raises(LostRace, match="main was moved"):
        publish(repository)
    assert repos.git(bare, "rev-parse", "main") == theirs[0]
    assert pushes(server) == 1


def test_several_refs_move_together_or_not_at_all(bare: Path, opened: Open) -> None:
    repository = opened(bare)
    tip = repository.resolve("main")
    one = repository.commit(parents=[tip], files=[FileChange("x", b"1")], message="1\n", author=ROBOT)
    repository.push([RefUpdate("refs/heads/side", None, one), RefUpdate("refs/gitops/data", None, tip)])
    assert repository.refs() == {"refs/heads/main": tip, "refs/heads/side": one, "refs/gitops/data": tip}
    with pytest.raises(LostRace):
        repository.push([RefUpdate("refs/heads/main", tip, one), RefUpdate("refs/gitops/data", one, None)])
    assert repos.git(bare, "rev-parse", "main") == tip
    repository.push([RefUpdate("refs/heads/main", tip, one), RefUpdate("refs/gitops/data", tip, None)])
    assert repos.git(bare, "for-each-ref", "--format=%(refname) %(objectname)").splitlines() == [
        f"refs/heads/main {one}",
        f"refs/heads/side {one}",
    ]
    repository.push([])


def test_a_branch_in_the_way_is_no_race(bare: Path, opened: Open) -> None:
    repository = opened(bare)
    tip = repository.resolve("main")
    with pytest.raises(NotAllowed, match="main/sub"):
        repository.push([RefUpdate("refs/heads/main/sub", None, tip)])


def test_another_writer_in_the_same_instant_is_a_race(bare: Path, opened: Open) -> None:
    (bare / "refs" / "heads" / "main.lock").write_text("")
    with pytest.raises(LostRace, match="at this moment"):
        publish(opened(bare))


@pytest.mark.parametrize("ref", ["--exec=touch", "refs/heads/a:b", "refs/heads/a b", "refs/heads/-x/../y"])
def test_odd_refs_are_refused(ref: str, bare: Path, opened: Open) -> None:
    repository = opened(bare)
    tip = repository.resolve("main")
    with pytest.raises(UsageError):
        repository.push([RefUpdate(ref, None, tip)])
    with pytest.raises(UsageError):
        repository.push([RefUpdate("refs/heads/x", None, "main")])


def test_a_token_that_may_only_read(bare: Path, tmp_path: Path, opened: Open) -> None:
    with GitServer(tmp_path / "served", token="right") as server:
        repository = opened(f"{server.url}/config.git", Credentials(Secret("right")))
        repository.resolve("main")
        server.token = "changed meanwhile"
        with pytest.raises(NotAllowed, match="credentials"):
            publish(repository)
