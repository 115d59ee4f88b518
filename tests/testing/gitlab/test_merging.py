"""When a merge request can be merged, what merging makes, and merging that waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from gitlab.exceptions import GitlabError
from gitlab.v4.objects import ProjectMergeRequest

from gitops_actions.testing import repos

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground


def merge(ground: Ground, one: ProjectMergeRequest, **given: Any) -> tuple[int, Any]:
    """Ask for a merge. Returns (status, the request's state or the message)."""
    path = f"/api/v4/projects/{ground.project.id}/merge_requests/{one.iid}/merge"
    token = {"PRIVATE-TOKEN": ground.server.add_token("ada")}
    status, _, document = ground.call(path, method="PUT", document=given, headers=token)
    return status, document.get("state") or document.get("message")


NOT_ALLOWED = (405, "405 Method Not Allowed")


def test_it_takes_a_while_until_a_request_is_checked(ground: Ground) -> None:
    one = ground.request()
    assert one.detailed_merge_status == "preparing"
    assert (one.diff_refs, one.changes_count, one.prepared_at) == (None, None, None)
    assert merge(ground, one) == NOT_ALLOWED
    seen = [ground.api.mergerequests.get(one.iid).detailed_merge_status for _ in range(3)]
    assert seen == ["preparing", "checking", "mergeable"]
    assert merge(ground, one, sha="0" * 40) == (409, f"SHA does not match HEAD of source branch: {one.sha}")
    assert merge(ground, one, sha=one.sha) == (200, "merged")
    assert merge(ground, one) == NOT_ALLOWED


def test_checks_can_be_instant_or_slow(make: Callable[..., Ground]) -> None:
    assert make(merge_checks=0).request().detailed_merge_status == "mergeable"
    slow = make(merge_checks=1)
    one = slow.request()
    assert [slow.api.mergerequests.get(one.iid).detailed_merge_status for _ in range(2)] == ["preparing", "mergeable"]


def test_a_merge_makes_a_merge_commit_and_deletes_the_branch(ground: Ground) -> None:
    one, base = ground.checked(), ground.project.refs["main"]
    merged = one.merge(should_remove_source_branch=True)
    assert one.source_branch not in ground.project.refs
    folder = ground.project.repository.path
    assert repos.git(folder, "rev-parse", "main^1", "main^2") == f"{base}\n{one.sha}"
    assert repos.git(folder, "log", "-1", "--format=%B", "main") == (
        f"Merge branch '{one.source_branch}' into 'main'\n\n{one.title}\n\nSee merge request acme/ops/deploy!1"
    )
    assert merged["merge_commit_sha"] == ground.project.refs["main"]
    assert merged["merge_user"]["username"] == "ada"


def test_a_squash_is_one_commit(ground: Ground) -> None:
    one = ground.checked()
    ground.change(one.source_branch, {"x": "1"})
    ground.project.merge_method = "ff"
    merged = ground.look(one.iid).merge(squash=True, squash_commit_message="All\n\nGitops-App: web\n")
    assert merged["squash_commit_sha"] == ground.project.refs["main"]
    assert repos.git(ground.project.repository.path, "log", "-1", "--format=%B", "main").startswith("All\n\nGitops-App")
    assert len(ground.api.commits.list(ref_name="main", get_all=True)) == 2


def test_squashing_is_decided_by_project_request_and_merge(ground: Ground) -> None:
    ground.project.squash_option = "default_on"
    one = ground.checked(branch="a")
    assert one.squash is True
    assert one.merge(squash=False)["squash_commit_sha"]
    ground.change("b", {"x": "1"})
    assert ground.checked(branch="b", squash=False).merge()["squash_commit_sha"] is None
    ground.project.squash_option = "never"
    ground.change("c", {"y": "1"})
    assert ground.checked(branch="c").merge(squash=True)["squash_commit_sha"] is None


def test_conflicts(ground: Ground) -> None:
    one = ground.checked()
    ground.change("main", {"apps/web/values.yaml": "tag: other\n"})
    again = ground.look(one.iid)
    assert (again.detailed_merge_status, again.has_conflicts, again.merge_status) == (
        "conflict",
        True,
        "cannot_be_merged",
    )
    assert merge(ground, one) == NOT_ALLOWED
    assert merge(ground, one, auto_merge=True) == NOT_ALLOWED


@pytest.mark.parametrize("method", ["ff", "rebase_merge"])
def test_without_merge_commits_a_request_has_to_be_rebased(ground: Ground, method: Any) -> None:
    ground.project.merge_method = method
    one = ground.checked()
    ground.change("main", {"README.md": "newer"})
    assert ground.look(one.iid).detailed_merge_status == "need_rebase"
    assert merge(ground, one) == NOT_ALLOWED
    one.rebase()
    again = ground.look(one.iid)
    assert again.sha != one.sha
    assert again.detailed_merge_status == "mergeable"
    assert merge(ground, again, sha=again.sha) == (200, "merged")
    assert (ground.project.refs["main"] == again.sha) == (method == "ff")


def test_a_rebase_that_conflicts_says_so_in_the_request(ground: Ground) -> None:
    one = ground.checked()
    ground.change("main", {"apps/web/values.yaml": "tag: other\n"})
    one.rebase()
    assert "Rebase failed" in ground.api.mergerequests.get(one.iid).merge_error


def test_drafts_approvals_and_pipelines_stand_in_the_way(ground: Ground) -> None:
    one = ground.checked(title="Draft: Deploy")
    ground.project.approvals_required, ground.project.only_allow_merge_if_pipeline_succeeds = 1, True
    seen = []
    for step in (
        lambda: None,
        lambda: ground.api.mergerequests.update(one.iid, {"title": "Deploy"}),
        lambda: ground.server.approve(ground.project.merge_requests[0], "dev"),
        lambda: status(ground, one.sha, "running"),
        lambda: status(ground, one.sha, "failed"),
        lambda: status(ground, one.sha, "success"),
    ):
        step()
        seen.append(ground.look(one.iid).detailed_merge_status)
        if seen[-1] != "mergeable":
            assert merge(ground, one) == NOT_ALLOWED
    assert seen == ["draft_status", "not_approved", "ci_must_pass", "ci_still_running", "ci_must_pass", "mergeable"]
    assert merge(ground, one) == (200, "merged")


def status(ground: Ground, sha: str, state: str) -> None:
    ground.api.commits.get(sha).statuses.create({"state": state, "name": "test"})


def test_auto_merge_waits_for_what_is_required(ground: Ground) -> None:
    ground.project.only_allow_merge_if_pipeline_succeeds = True
    ground.project.ci = ("test",)
    one = ground.checked()
    assert merge(ground, one, auto_merge=True, sha=one.sha) == (200, "opened")
    waiting = ground.api.mergerequests.get(one.iid)
    assert (waiting.merge_when_pipeline_succeeds, waiting.merge_user["username"]) == (True, "ada")
    ground.server.finish(ground.project, one.sha, "failed")
    assert ground.api.mergerequests.get(one.iid).state == "opened"
    status(ground, one.sha, "success")
    assert ground.api.mergerequests.get(one.iid).state == "merged"


def test_auto_merge_waits_for_a_pipeline_that_is_not_required_too(ground: Ground) -> None:
    ground.project.ci = ("test",)
    one = ground.checked()
    assert merge(ground, one, merge_when_pipeline_succeeds=True) == (200, "opened")
    ground.server.finish(ground.project, one.sha)
    assert ground.api.mergerequests.get(one.iid).state == "merged"


def test_auto_merge_of_what_is_clean_is_refused_unless_a_pipeline_is_green(ground: Ground) -> None:
    one = ground.checked()
    assert merge(ground, one, auto_merge=True) == NOT_ALLOWED
    status(ground, one.sha, "success")
    assert merge(ground, one, auto_merge=True) == (200, "merged")


def test_auto_merge_ends_with_a_new_commit_and_can_be_cancelled(ground: Ground) -> None:
    ground.project.approvals_required = 1
    one = ground.checked()
    assert merge(ground, one, auto_merge=True) == (200, "opened")
    ground.change(one.source_branch, {"x": "1"})
    assert ground.look(one.iid).merge_when_pipeline_succeeds is False
    assert merge(ground, one, auto_merge=True) == (200, "opened")
    ground.api.mergerequests.get(one.iid).cancel_merge_when_pipeline_succeeds()
    assert ground.api.mergerequests.get(one.iid).merge_when_pipeline_succeeds is False
    with pytest.raises(GitlabError) as caught:
        ground.api.mergerequests.get(one.iid).cancel_merge_when_pipeline_succeeds()
    assert caught.value.response_code == 406


def test_an_approval_lets_auto_merge_go(ground: Ground) -> None:
    ground.project.approvals_required = 1
    one = ground.checked()
    assert merge(ground, one, auto_merge=True, should_remove_source_branch=True) == (200, "opened")
    ground.as_("dev").mergerequests.get(one.iid).approve()
    assert ground.api.mergerequests.get(one.iid).state == "merged"
    assert one.source_branch not in ground.project.refs


def test_who_may_not_merge_is_unauthorized(ground: Ground) -> None:
    one = ground.checked()
    with pytest.raises(GitlabError) as caught:
        ground.as_("dev").mergerequests.get(one.iid).merge()
    assert caught.value.response_code == 401
    ground.project.protections[0].merge = 30
    assert ground.as_("dev").mergerequests.get(one.iid).user["can_merge"] is True
    assert ground.as_("dev").mergerequests.get(one.iid).merge()["state"] == "merged"


def test_a_merge_train_is_seen_before_it_arrives(ground: Ground) -> None:
    ground.project.merge_trains_enabled = True
    one = ground.checked(branch="a")
    ground.change("c", {"x": "1"})
    two = ground.checked(branch="c")
    assert merge(ground, one, auto_merge=True, sha=one.sha) == (200, "opened")
    assert merge(ground, two, auto_merge=True, sha=two.sha) == (200, "opened")
    cars = ground.api.merge_trains.list(get_all=True)
    assert [car.merge_request["iid"] for car in cars] == [1, 2]
    ground.api.mergerequests.get(2)
    assert ground.api.mergerequests.get(2).state == "opened"
    assert ground.api.mergerequests.get(1).state == "opened"
    assert ground.api.mergerequests.get(1).state == "merged"
    assert ground.api.mergerequests.get(2).state == "merged"
    ground.project.merge_trains_enabled = False
    with pytest.raises(GitlabError, match="403 Forbidden"):
        ground.api.merge_trains.list(get_all=True)
