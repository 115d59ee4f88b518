"""What is fetched of a remote, and by how many connections."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.errors import NotAllowed, Temporary, UsageError
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import FileChange, Secret, Signature
from gitops_actions.testing import repos
from gitops_actions.testing.githttp import GitServer

Open = Callable[..., Repository]
ROBOT = Signature("Robot", "robot@example.com", 1)


def kinds(temporary: Path) -> dict[str, int]:
    """How many objects of each kind are in the one open repository."""
    (folder,) = (path for path in temporary.glob("*/*") if path.is_dir())
    listed = repos.git(folder, "cat-file", "--batch-check", "--batch-all-objects").split("\n")
    found = [line.split()[1] for line in listed]
    return {kind: found.count(kind) for kind in ("commit", "tree", "blob")}


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """Twenty apps in three environments, with some history."""
    files: dict[str, str | bytes] = {"gitops.yaml": "version: 1\n"}
    for app in range(20):
        for environment in ("dev", "staging", "production"):
            files[f"apps/app{app}/{environment}/values.yaml"] = f"tag: {app}-{environment}\n"
            files[f"apps/app{app}/{environment}/logo-app1.png"] = f"{app}{environment}"
    bare = repos.bare(tmp_path / "served" / "config.git", files)
    for number in range(5):
        repos.commit(bare, {"apps/app0/dev/values.yaml": f"tag: {number}\n"}, message=f"{number}")
    return bare


def test_a_deploy_waits_for_three_connections_and_fetches_no_other_blobs(
    busy: Path, server: GitServer, opened: Open, temporary: Path
) -> None:
    repository = opened(f"{server.url}/config.git")
    store = GitStore(repository)
    snapshot = store.snapshot("main", ["gitops.yaml"], likely=["app1", "dev", "staging"])
    assert kinds(temporary)["commit"] == 1
    assert kinds(temporary)["blob"] == 3  # gitops.yaml, and of app1 what is text in dev and in staging
    reads = [(method, path) for method, path in server.requests if "receive" not in path]
    store.snapshot("main", ["apps/app1/dev/values.yaml", "apps/app1/staging/values.yaml", "no/such"])
    assert [request for request in server.requests if "receive" not in request[1]] == reads
    files = [FileChange("apps/app1/dev/values.yaml", b"tag: new\n")]
    tip = snapshot.commit
    new = store.publish("main", expected=tip, parent=tip, files=files, message="m\n", author=ROBOT)
    assert kinds(temporary)["blob"] == 4
    assert store.branches() == {"main": new}
    assert server.connections == 4  # the list of refs is asked for while the branch is fetched
    config = next(temporary.glob("*/*/config")).read_text()
    assert "partial" not in config
    assert repos.git(busy, "fsck", "--strict") == ""


def test_the_next_tip_is_fetched_as_a_difference(busy: Path, server: GitServer, opened: Open, temporary: Path) -> None:
    repository = opened(f"{server.url}/config.git")
    repository.resolve("main")
    before = kinds(temporary)
    repos.commit(busy, {"apps/app7/dev/values.yaml": "tag: 7\n"}, message="7")
    repository.refresh()
    repository.resolve("main")
    assert kinds(temporary) == {"commit": 2, "tree": before["tree"] + 4, "blob": 0}


def test_ahead_fetches_no_more_history_than_it_answers(
    busy: Path, server: GitServer, opened: Open, temporary: Path
) -> None:
    repos.commit(busy, {"x": "1"}, message="One", branch="side", start="main~2")
    repos.commit(busy, {"x": "2"}, message="Two", branch="side")
    repository = opened(f"{server.url}/config.git")
    repository.resolve("main")
    assert [commit.subject for commit in repository.ahead("main", "side")] == ["Two", "One"]
    assert kinds(temporary) | {"tree": 0} == {"commit": 3, "tree": 0, "blob": 0}


def test_log_after_ahead_and_a_new_tip(busy: Path, server: GitServer, opened: Open) -> None:
    repos.commit(busy, {"x": "1"}, message="One", branch="side", start="main~2")
    repository = opened(f"{server.url}/config.git")
    repository.resolve("main")
    repository.ahead("main", "side")
    assert len(repository.log("side")) == 5
    assert len(repository.log("main")) == 6
    assert repository.merge_base("main", "side") == repos.git(busy, "rev-parse", "main~2")
    assert repository.is_ancestor(repos.git(busy, "rev-parse", "main~5"), "main")
    assert not repository.is_ancestor("side", "main")
    repos.commit(busy, {"x": "1"}, message="Newest")
    repository.refresh()
    assert len(repository.log("main")) == 7
    assert [commit.subject for commit in repository.ahead("side", "main")] == ["Newest", "4", "3"]


def test_a_branch_that_is_gone_does_not_keep_the_history_from_others(
    busy: Path, server: GitServer, opened: Open
) -> None:
    repos.commit(busy, {"x": "1"}, message="One", branch="side", start="main~2")
    repository = opened(f"{server.url}/config.git")
    store = GitStore(repository)
    store.delete("side", expected=store.snapshot("side", ["x"]).commit)
    with pytest.raises(UsageError, match="no branch 'never'"):
        store.snapshot("never", ["x"])
    assert len(store.log("main")) == 6


def test_what_is_left_of_a_branch_that_is_gone_has_its_history_when_asked_for(
    busy: Path, server: GitServer, opened: Open
) -> None:
    side = repos.commit(busy, {"x": "1"}, message="One", branch="side", start="main~2")
    repository = opened(f"{server.url}/config.git")
    repository.resolve("side")
    repos.git(busy, "update-ref", "-d", "refs/heads/side")
    repository.refresh()
    assert len(repository.log("main")) == 6
    assert len(repository.log(side)) == 5


def test_history_waits_for_what_was_begun(busy: Path, server: GitServer, opened: Open) -> None:
    repository = opened(f"{server.url}/config.git")
    repository.begin("main")
    assert len(repository.log("main")) == 6
    assert repository.resolve("main") == repos.git(busy, "rev-parse", "main")


def test_a_branch_makes_way_for_branches_below_it(bare: Path, server: GitServer, opened: Open) -> None:
    repos.commit(bare, {"x": "1"}, message="One", branch="gitops/dev", start="main")
    repository = opened(f"{server.url}/config.git")
    repository.resolve("gitops/dev")
    repos.git(bare, "branch", "-m", "gitops/dev", "gitops/dev/web")
    repository.refresh()
    assert repository.resolve("gitops/dev/web") == repos.git(bare, "rev-parse", "gitops/dev/web")


def test_merging_is_left_to_its_forge(bare: Path, server: GitServer, opened: Open) -> None:
    with pytest.raises(UsageError):
        opened(f"{server.url}/config.git").merge_tree("main", "main")


def test_no_credentials_and_wrong_ones(bare: Path, tmp_path: Path, opened: Open) -> None:
    with GitServer(tmp_path / "served", token="right") as server:
        for credentials in (None, Credentials(Secret("wrong"))):
            for call in (Repository.head, Repository.refs, lambda repository: repository.resolve("main")):
                with pytest.raises(NotAllowed, match="credentials") as error:
                    call(opened(f"{server.url}/config.git", credentials))
                assert "GITOPS_TOKEN" in str(error.value)
                assert "wrong" not in str(error.value)


def test_no_such_repository_or_not_for_us(server: GitServer, opened: Open) -> None:
    for call in (Repository.head, lambda repository: repository.resolve("main")):
        with pytest.raises(UsageError, match="not visible with these credentials"):
            call(opened(f"{server.url}/nothing.git"))


def test_sha256_is_not_tried_again(tmp_path: Path, server: GitServer, opened: Open) -> None:
    bare = tmp_path / "served" / "sha256.git"
    bare.mkdir(parents=True)
    repos.git(bare, "init", "-q", "--bare", "--object-format=sha256", "-b", "main", ".")
    repos.commit(bare, {"a": "1"}, message="x")
    with pytest.raises(UsageError, match="SHA-256"):
        opened(f"{server.url}/sha256.git").resolve("main")


@pytest.mark.parametrize("path", ["nothing", "."])
def test_no_such_repository_here(path: str, tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(UsageError, match=r"not exist|not a git repository"):
        Repository(str(tmp_path / path), temporary=temporary).__enter__()


def test_a_server_that_fails_or_is_not_there(bare: Path, server: GitServer, opened: Open) -> None:
    server.fault(lambda _method, _path: True, "502")
    with pytest.raises(Temporary):
        opened(f"{server.url}/config.git").refs()
    with GitServer(bare.parent) as gone:
        repository = opened(f"{gone.url}/config.git")
    with pytest.raises(Temporary):
        repository.resolve("main")


def test_what_was_asked_before_is_not_asked_again(busy: Path, server: GitServer, opened: Open) -> None:
    repos.commit(busy, {"x": "1"}, message="One", branch="side", start="main~2")
    repository = opened(f"{server.url}/config.git")

    def ask() -> object:
        return (
            repository.head(),
            repository.ahead("main", "side"),
            repository.read("main", ["gitops.yaml"]),
            tuple(repository.log("side", ["apps"])),
            repository.merge_base("main", "side"),
            repository.ahead("side", "main"),
            repository.refs(),
        )

    first = ask()
    before = list(server.requests)
    assert ask() == first
    assert server.requests == before


def test_a_redirect_is_not_followed_with_credentials(
    bare: Path, server: GitServer, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gitops_actions.testing import githttp

    def moved(self: githttp._Handler) -> None:
        self._answer("301 Moved Permanently", [("Location", f"{server.url}/config.git{self.path}")], b"")

    with GitServer(bare.parent) as old:
        monkeypatch.setattr(githttp._Handler, "do_GET", moved)
        with pytest.raises(UsageError, match="has moved"):
            opened(f"{old.url}/config.git", Credentials(Secret("s3sam"))).refs()


def test_git_itself_agrees_that_the_repository_is_whole(bare: Path, server: GitServer, tmp_path: Path) -> None:
    """The server of the tests is a real one."""
    subprocess.run(["git", "clone", "-q", f"{server.url}/config.git", tmp_path / "clone"], check=True)
    assert (tmp_path / "clone" / "gitops.yaml").read_bytes() == b"version: 1\n"
