"""Merge requests: opened once, listed, changed, closed; and what happens to them when branches move."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from gitlab.exceptions import GitlabError

from gitops_actions.testing import repos

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground


def test_there_is_one_open_request_for_two_branches(ground: Ground) -> None:
    first = ground.request()
    with pytest.raises(GitlabError) as caught:
        ground.request()
    assert caught.value.response_code == 409
    assert caught.value.response_body == (
        b'{"message": ["Another open merge request already exists for this source branch: !1"]}'
    )
    ground.api.mergerequests.update(first.iid, {"state_event": "close"})
    assert ground.request().iid == 2
    with pytest.raises(GitlabError) as caught:
        ground.api.mergerequests.update(first.iid, {"state_event": "reopen"})
    assert caught.value.response_code == 409


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"source_branch": "nowhere"}, 400, "{'source_branch': ['does not exist']}"),
        ({"target_branch": "nowhere"}, 400, "{'target_branch': ['does not exist']}"),
        ({"source_branch": "main"}, 422, '["You can\'t use same project/branch for source and target"]'),
        ({"title": " "}, 400, "{'title': [\"can't be blank\"]}"),
        ({"title": "x" * 256}, 400, "{'title': ['is too long (maximum is 255 characters)']}"),
        ({"title": None}, 400, "title is missing"),
    ],
)
def test_what_cannot_be_opened(ground: Ground, given: dict[str, str], status: int, message: str) -> None:
    ground.change("b", {"x": "1"})
    document = {"source_branch": "b", "target_branch": "main", "title": "t", **given}
    path = f"/api/v4/projects/{ground.project.id}/merge_requests"
    token = {"PRIVATE-TOKEN": ground.server.add_token("ada")}
    answered, _, shown = ground.call(path, method="POST", document=document, headers=token)
    assert (answered, str(shown.get("message") or shown.get("error"))) == (status, message)
    assert ground.project.merge_requests == []


def test_labels_people_and_milestones(ground: Ground) -> None:
    milestone = ground.server.add_milestone(ground.project, "Q1")
    eve = ground.server.add_user("eve")
    ids = {user.username: user.id for user in ground.server.state.users}
    one = ground.request(
        labels="dev,web",
        assignee_ids=[ids["dev"], eve.id],
        reviewer_ids=[ids["rita"], ids["ada"]],
        milestone_id=milestone.id,
    )
    assert one.labels == ["dev", "web"]
    assert [user["username"] for user in one.assignees] == ["dev"]
    assert [user["username"] for user in one.reviewers] == ["rita", "ada"]
    assert one.milestone["title"] == "Q1"
    assert sorted(label.name for label in ground.api.labels.list(get_all=True)) == ["dev", "web"]
    ground.api.mergerequests.update(one.iid, {"add_labels": "new", "remove_labels": "dev,missing", "reviewer_ids": [0]})
    changed = ground.api.mergerequests.get(one.iid)
    assert (changed.labels, changed.reviewers) == (["new", "web"], [])
    ground.project.plan = "free"
    ground.api.mergerequests.update(one.iid, {"reviewer_ids": [ids["rita"], ids["ada"]]})
    assert [user["username"] for user in ground.api.mergerequests.get(one.iid).reviewers] == ["rita"]


def test_of_many_who_open_the_same_request_one_wins(ground: Ground) -> None:
    ground.change("b", {"x": "1"})

    def attempt(_: int) -> int:
        try:
            return int(
                ground.as_("ada")
                .mergerequests.create({"source_branch": "b", "target_branch": "main", "title": "t"})
                .iid
            )
        except GitlabError as error:
            return int(error.response_code or 0)

    with ThreadPoolExecutor(16) as pool:
        answers = sorted(pool.map(attempt, range(16)))
    assert answers == [1, *[409] * 15]


def test_requests_are_filtered(ground: Ground) -> None:
    for branch in ("a", "b", "c"):
        ground.request(branch, labels="x" if branch == "a" else "x,y")
    ground.api.mergerequests.update(1, {"state_event": "close"})

    def iids(**query: Any) -> list[int]:
        return [one.iid for one in ground.api.mergerequests.list(get_all=True, **query)]

    assert iids() == [3, 2, 1]
    assert iids(state="opened", sort="asc") == [2, 3]
    assert iids(source_branch="b", target_branch="main") == [2]
    assert iids(labels="x,y") == [3, 2]
    assert iids(labels=["x"], state="closed") == [1]
    assert iids(iids=[1, 3]) == [3, 1]
    with pytest.raises(GitlabError, match="state does not have a valid value"):
        iids(state="open")


def test_a_request_follows_its_branch(ground: Ground) -> None:
    one = ground.checked()
    newer = ground.change(one.source_branch, {"x": "1"})
    assert ground.api.mergerequests.get(one.iid).sha == newer
    assert next(iter(ground.look(one.iid).commits())).id == newer
    assert ground.look(one.iid).changes_count == "2"


def test_a_request_whose_branch_is_deleted_is_closed(ground: Ground) -> None:
    one = ground.request()
    ground.api.branches.delete(one.source_branch)
    assert ground.api.mergerequests.get(one.iid).state == "closed"
    ground.api.mergerequests.update(one.iid, {"state_event": "reopen"})
    assert ground.api.mergerequests.get(one.iid).state == "closed"


def test_a_request_whose_commits_arrive_by_a_push_is_merged(ground: Ground) -> None:
    one = ground.request()
    repos.git(ground.project.repository.path, "update-ref", "refs/heads/main", one.sha)
    merged = ground.api.mergerequests.get(one.iid)
    assert (merged.state, merged.detailed_merge_status) == ("merged", "not_open")
    ground.api.mergerequests.update(one.iid, {"state_event": "close"})
    assert ground.api.mergerequests.get(one.iid).state == "merged"


def test_quick_actions_in_a_description_are_run(ground: Ground) -> None:
    ground.api.labels.create({"name": "bad", "color": "#ff0000"})
    one = ground.request(description="Hello\n/label ~bad\n\n```\n/close\n```\n/tmp/file is no command\n")
    assert one.labels == ["bad"]
    assert one.state == "opened"
    assert one.description == "Hello\n\n```\n/close\n```\n/tmp/file is no command"
    assert ground.project.merge_requests[0].commands == ["/label ~bad"]
    ground.api.mergerequests.update(one.iid, {"description": "/close"})
    assert ground.api.mergerequests.get(one.iid).state == "closed"


def test_a_draft_is_said_by_its_title(ground: Ground) -> None:
    one = ground.request(title="Draft: Deploy")
    assert (one.draft, one.work_in_progress) == (True, True)
    ground.api.mergerequests.update(one.iid, {"title": "Deploy"})
    assert ground.api.mergerequests.get(one.iid).draft is False


def test_an_update_has_to_change_something(ground: Ground) -> None:
    one = ground.request()
    with pytest.raises(GitlabError, match="at least one parameter must be provided"):
        ground.api.mergerequests.update(one.iid, {})
    with pytest.raises(GitlabError, match="404 Not found"):
        ground.api.mergerequests.get(99)
