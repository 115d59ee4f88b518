"""What GitLab and others do to a store, and limits, failures and redirects."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from gitops_actions.errors import GitOpsError, LostRace, Temporary
from gitops_actions.forge.gitlab.client import PAGE
from gitops_actions.model import FileChange, RequestText
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.gitlab import GitLab
from tests.forge.lab import GitLabGround

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


def test_a_page_of_another_place_is_not_asked_for(gitlab_ground: GitLabGround, tmp_path: Path) -> None:
    """GitLab's links are text from outside: the next page is asked for by its number, from whom we asked before."""
    forge = gitlab_ground.forge()
    commit = gitlab_ground.branches()["main"]
    one = dict.fromkeys(("description", "target_url", "created_at", "finished_at")) | {
        "name": "build",
        "status": "success",
    }
    page = [{**one, "id": number} for number in range(PAGE)]
    with GitLab(tmp_path / "other") as other:
        away = f"{other.url}/api/v4/projects/1/repository/commits/{commit}/statuses?page=2"
        link = {"Link": f'<{away}>; rel="next"', "X-Next-Page": "2"}
        gitlab_ground.server.fault(lambda request: "/statuses?" in request.path, Answer.of(200, page, link))
        forge.statuses(commit)
        assert other.requests == []
    asked = [request.path for request in gitlab_ground.server.requests if "/statuses?" in request.path]
    assert [parse_qs(urlsplit(path).query)["page"] for path in asked] == [["1"], ["2"]]
