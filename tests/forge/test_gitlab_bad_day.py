"""Whatever becomes of one write: after at most one more run, everything is there once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops_actions.errors import GitOpsError, LostRace, Temporary
from gitops_actions.model import CommitStatus, FileChange, RequestText
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.forgehttp import Answer, How
from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.repos import commit, show
from gitops_actions.testing.world import POLICY
from tests.forge.lab import GitLabGround, Lab

FAULTS: tuple[How, ...] = ("drop-before", "drop-after", "502-after", "duplicate", "truncate")
REQUESTS = POLICY.replace("dev: {deliver: push}", "dev: {labels: [dev, web], reviewers: [ada]}")


@pytest.fixture
def labs(tmp_path: Path) -> Iterator[Callable[[str], Lab]]:
    with GitLab(tmp_path / "gitlab", merge_checks=1) as server:
        yield lambda policy: Lab(tmp_path, server, policy)


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("write", [1, 2])
def test_a_new_request(labs: Callable[[str], Lab], write: int, how: How) -> None:
    lab = labs(REQUESTS)
    lab.server.fault(write, how)
    done = lab.deploy("1.0.1", code=None)
    if done.code == 6:
        done = lab.deploy("1.0.1")
    assert done.code == 0, done.errors
    assert len(lab.server.writes()) <= 4
    (request,) = lab.project.merge_requests
    assert (request.state, request.source, sorted(request.labels)) == ("opened", "gitops/dev/web", ["dev", "web"])
    assert [user.username for user in request.reviewers] == ["ada"]
    assert [note for note in request.notes if not note.system] == []
    assert "newTag: '1.0.1'" in lab.overlay("dev", request.head)
    assert len(lab.project.repository.commits(f"main..{request.head}")) == 1
    writes = len(lab.server.writes())
    assert lab.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    assert len(lab.server.writes()) == writes


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("write", [1, 2])
def test_a_newer_release(labs: Callable[[str], Lab], write: int, how: How) -> None:
    lab = labs(REQUESTS)
    lab.deploy("1.0.1")
    commit(lab.project.repository.path, {"other": "x"}, message="Other\n")
    lab.server.fault(write, how)
    done = lab.deploy("1.0.2", code=None)
    if done.code == 6:
        done = lab.deploy("1.0.2")
    assert done.code == 0, done.errors
    (request,) = lab.project.merge_requests
    assert (request.state, request.title) == ("opened", "Deploy web 1.0.2 to dev")
    assert "newTag: '1.0.2'" in lab.overlay("dev", request.head)
    assert len(lab.project.repository.commits(f"main..{request.head}")) == 1
    assert lab.deploy("1.0.2").outcomes == [("dev", "unchanged")]


@pytest.mark.parametrize("how", FAULTS)
def test_a_commit_to_the_base(labs: Callable[[str], Lab], how: How) -> None:
    lab = labs(POLICY)
    lab.server.fault(1, how)
    done = lab.deploy("1.0.1", code=None)
    if done.code == 6:
        done = lab.deploy("1.0.1")
    assert done.code == 0, done.errors
    assert len(lab.project.repository.commits("main")) == 2
    assert "newTag: '1.0.1'" in lab.overlay("dev")
    assert done.results[0]["commit"] == lab.project.repository.branches()["main"]


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_request_that_is_no_longer_due(labs: Callable[[str], Lab], write: int, how: How) -> None:
    """Marked, commented, closed, and its branch deleted."""
    lab = labs(REQUESTS)
    lab.deploy("1.0.1")
    base = lab.project.repository.path
    paths = ("apps/web/overlays/dev/kustomization.yaml", ".gitops/releases/dev/web.yaml")
    commit(base, {path: show(base, "gitops/dev/web", path) for path in paths}, message="By hand\n")
    lab.server.fault(write, how)
    for _ in range(2):
        done = lab.deploy("1.0.1", code=None)
        if done.code == 0:
            break
    assert done.code == 0, done.errors
    (request,) = lab.project.merge_requests
    assert (request.state, request.labels.count("gitops/obsolete")) == ("closed", 1)
    assert sum(not note.system for note in request.notes) == 1
    assert list(lab.project.repository.branches()) == ["main"] or how == "drop-before"


# --- call by call ---


@pytest.mark.parametrize("how", FAULTS)
def test_each_call_of_the_forge(gitlab_ground: GitLabGround, how: How) -> None:
    server, project = gitlab_ground.server, gitlab_ground.project
    head = gitlab_ground.commit("gitops/dev/web", {"web": b"1"})
    text = RequestText("Title", "Body", labels=("a",), assignees=("ada",), reviewers=("bob",))

    def faulty(call: Callable[[], object]) -> object:
        server.fault(1, how)
        try:
            return call()
        except Temporary:
            return call()

    forge = gitlab_ground.forge()
    faulty(lambda: forge.open("gitops/dev/web", "main", text))
    (request,) = project.merge_requests
    faulty(lambda: forge.update(1, title="New", add_labels=["b"], remove_labels=["a"]))
    assert (request.title, request.labels) == ("New", ["b"])
    for body in ("one", "two"):
        faulty(lambda body=body: forge.comment(1, "diff", body))  # type: ignore[misc]
    assert [note.body.partition("\n\n")[2] for note in request.notes if not note.system] == ["two"]
    faulty(lambda: forge.set_status(head, CommitStatus("gitops/dev", "success", "fine")))
    assert [(one.context, one.state) for one in forge.statuses(head)] == [("gitops/dev", "success")]
    assert len([one for one in project.statuses if not one.retried]) == 1
    faulty(lambda: forge.merge(1, expected_head=head, method="merge", author=AUTHOR))
    assert request.state == "merged"
    assert len(project.repository.commits("main")) == 3
    assert len(project.merge_requests) == 1


@pytest.mark.parametrize("how", FAULTS)
def test_auto_merge(gitlab_ground: GitLabGround, how: How) -> None:
    gitlab_ground.project.ci = ("test",)
    head = gitlab_ground.commit("gitops/dev/web", {"web": b"1"})
    forge = gitlab_ground.forge()
    forge.open("gitops/dev/web", "main", RequestText("Title", "Body"))
    gitlab_ground.server.fault(1, how)
    request = forge.request_auto_merge(1, expected_head=head, method="squash", author=AUTHOR)
    assert (request.state, request.auto_merge) == ("open", True)


# --- what GitLab and others do to a store ---


def test_somebody_slips_in_between_two_files(gitlab_ground: GitLabGround) -> None:
    """GitLab puts a commit to the base on top of whatever is there; nothing of ours was touched, so that is fine."""
    forge = gitlab_ground.forge()
    assert forge.store is not None
    tip = forge.store.snapshot("main", ["shared"]).commit
    theirs: list[str] = []

    def slip(recorded: object) -> bool:
        if getattr(recorded, "write", False) and not theirs:
            theirs.append(gitlab_ground.commit("main", {"other": b"theirs"}))
        return False

    gitlab_ground.server.fault(slip, 500)
    new = forge.store.publish(
        "main", expected=tip, parent=tip, files=[FileChange("shared", b"ours")], message="m\n", author=AUTHOR
    )
    assert gitlab_ground.branches()["main"] == new
    assert gitlab_ground.files(new) == {"shared": b"ours", "other": b"theirs"}


@pytest.mark.parametrize("number", [1, 25])
def test_a_file_that_was_changed_in_between_is_not_lost(gitlab_ground: GitLabGround, number: int) -> None:
    """`last_commit_id` tells; and where GitLab does not compare it, we see it afterwards and put it back."""
    names = ["shared", *(f"f{one}" for one in range(1, number))]
    gitlab_ground.commit("main", dict.fromkeys(names, b"old"))
    forge = gitlab_ground.forge()
    assert forge.store is not None
    tip = forge.store.snapshot("main", names).commit
    theirs: list[str] = []

    def slip(recorded: object) -> bool:
        if getattr(recorded, "write", False) and not theirs:
            theirs.append(gitlab_ground.commit("main", {"shared": b"theirs"}))
        return False

    gitlab_ground.server.fault(slip, 500)
    files = [FileChange(name, b"ours") for name in names]
    with pytest.raises(LostRace):
        forge.store.publish("main", expected=tip, parent=tip, files=files, message="m\n", author=AUTHOR)
    assert gitlab_ground.files(gitlab_ground.branches()["main"])["shared"] == b"theirs"


# --- limits, failures, redirects ---


def test_reads_are_repeated(gitlab_ground: GitLabGround) -> None:
    for how in (502, "drop-before", "truncate"):
        gitlab_ground.server.fault(lambda one: not one.write, how)
        assert gitlab_ground.forge().find() == ()


def test_a_limit_is_waited_for_as_long_as_the_budget_allows(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.server.fault(lambda _: True, 429, seconds=1)
    assert gitlab_ground.forge().find() == ()
    gitlab_ground.server.fault(lambda _: True, 429, seconds=300)
    began = time.monotonic()
    with pytest.raises(Temporary, match="300 s"):
        gitlab_ground.forge().find()
    assert time.monotonic() - began < 5


def test_a_write_that_was_limited_is_made_once(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.commit("gitops/dev/web", {"web": b"1"})
    gitlab_ground.server.fault(1, 429, seconds=1)
    gitlab_ground.forge().open("gitops/dev/web", "main", RequestText("T", "B"))
    assert len(gitlab_ground.project.merge_requests) == 1


def test_a_list_that_lags_makes_no_second_request(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.commit("gitops/dev/web", {"web": b"1"})
    gitlab_ground.server.fault(1, "drop-after")
    gitlab_ground.server.fault(lambda one: not one.write and "merge_requests?" in one.path, "stale", times=2)
    request = gitlab_ground.forge().open("gitops/dev/web", "main", RequestText("T", "B"))
    assert [one.iid for one in gitlab_ground.project.merge_requests] == [request.number]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_not_shown_the_token(gitlab_ground: GitLabGround, tmp_path: Path, method: str) -> None:
    with GitLab(tmp_path / "other") as other:
        away = Answer(307, {"Location": f"{other.url}/api/v4/projects"})
        gitlab_ground.commit("gitops/dev/web", {"web": b"1"})
        gitlab_ground.server.fault(lambda one: one.method == method, away, times=9)
        forge = gitlab_ground.forge()
        with pytest.raises(GitOpsError, match="has moved to") as caught:
            forge.find() if method == "GET" else forge.open("gitops/dev/web", "main", RequestText("T", "B"))
        assert caught.value.exit_code == 2
        assert other.requests == []
