"""Comments, commit statuses, environments and deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from gitlab.exceptions import GitlabError

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground


def test_comments_are_written_and_replaced(ground: Ground) -> None:
    one = ground.request()
    note = one.notes.create({"body": "First"})
    one.notes.update(note.id, {"body": "Second"})
    assert [found.body for found in one.notes.list(get_all=True) if not found.system] == ["Second"]
    with pytest.raises(GitlabError, match="403 Forbidden"):
        ground.as_("rita").mergerequests.get(one.iid).notes.update(note.id, {"body": "x"})
    ground.as_("rita").mergerequests.get(one.iid).notes.create({"body": "Fine"})
    assert ground.api.mergerequests.get(one.iid).user_notes_count == 2
    one.notes.delete(note.id)
    with pytest.raises(GitlabError, match="404 Not found"):
        one.notes.get(note.id)
    for body, message in (("  ", "can't be blank"), ("x" * 1_000_001, "too long")):
        with pytest.raises(GitlabError, match=message):
            one.notes.create({"body": body})


def test_comments_have_pages_newest_first(ground: Ground) -> None:
    one = ground.request()
    for number in range(5):
        one.notes.create({"body": str(number)})
    assert [note.body for note in one.notes.list(iterator=True, per_page=2)] == ["4", "3", "2", "1", "0"]
    assert [note.body for note in one.notes.list(sort="asc", per_page=2, page=1)] == ["0", "1"]


def test_quick_actions_in_a_comment_are_run(ground: Ground) -> None:
    one = ground.request()
    note = one.notes.create({"body": "Sorry\n/close\n"})
    assert (note.body, ground.api.mergerequests.get(one.iid).state) == ("Sorry", "closed")
    one.notes.create({"body": "/reopen"})
    assert ground.api.mergerequests.get(one.iid).state == "opened"
    assert [found.body for found in one.notes.list(get_all=True) if not found.system] == ["Sorry"]
    one.notes.create({"body": "```\n/close\n```\n\\/close"})
    assert ground.api.mergerequests.get(one.iid).state == "opened"


def test_a_quick_action_needs_the_right_to_it(ground: Ground) -> None:
    one = ground.request()
    ground.as_("rita").mergerequests.get(one.iid).notes.create({"body": "x\n/close"})
    assert ground.api.mergerequests.get(one.iid).state == "opened"


def test_statuses(ground: Ground) -> None:
    sha = ground.project.refs["main"]
    statuses = ground.api.commits.get(sha).statuses
    for state in ("pending", "running", "success"):
        made = statuses.create({"state": state, "context": "gitops/dev", "description": state})
    assert (made.status, made.name, made.ref, made.description) == ("success", "gitops/dev", "main", "success")
    statuses.create({"state": "failed", "name": "gitops/dev"})
    statuses.create({"state": "running", "name": "other"})
    now = [(status.name, status.status) for status in statuses.list(get_all=True)]
    assert now == [("gitops/dev", "failed"), ("other", "running")]
    assert len(statuses.list(get_all=True, all=True)) == 3
    assert ground.api.commits.get(sha).status == "running"
    assert ground.api.pipelines.list(get_all=True, sha=sha)[0].source == "external"
    for given, message in (
        ({"state": "running", "name": "other"}, "Cannot transition status via :run from :running .Reason"),
        ({"state": "done"}, "state does not have a valid value"),
    ):
        with pytest.raises(GitlabError, match=message):
            statuses.create(given)
    with pytest.raises(GitlabError, match="403 Forbidden"):
        ground.as_("rita").commits.get(sha, lazy=True).statuses.create({"state": "success"})
    with pytest.raises(GitlabError, match="404 Commit Not Found"):
        ground.api.commits.get("0" * 40, lazy=True).statuses.create({"state": "success"})


def test_many_statuses_have_pages(ground: Ground) -> None:
    statuses = ground.api.commits.get(ground.project.refs["main"]).statuses
    for number in range(25):
        statuses.create({"state": "success", "name": f"check-{number:02}"})
    assert len(list(statuses.list(iterator=True))) == 25
    assert len(statuses.list(page=1)) == 20


def test_deployments(ground: Ground) -> None:
    given: dict[str, Any] = {"sha": ground.project.refs["main"], "ref": "main", "tag": False, "status": "running"}
    made = ground.api.deployments.create({"environment": "production", **given})
    assert made.environment["name"] == "production"
    ground.api.deployments.update(made.id, {"status": "success"})
    found = ground.api.deployments.list(environment="production", status="success", get_all=True)
    assert [one.id for one in found] == [made.id]
    environment = ground.api.environments.list(name="production", get_all=True)[0]
    assert environment.tier == "production"
    assert ground.api.environments.get(environment.id).last_deployment["id"] == made.id
    with pytest.raises(GitlabError, match="cannot transition"):
        ground.api.deployments.update(made.id, {"status": "running"})
    assert ground.api.deployments.update(made.id, {"status": "failed"})["status"] == "failed"
    with pytest.raises(GitlabError, match="The branch or tag does not exist"):
        ground.api.deployments.create({"environment": "x", **given, "ref": "nowhere"})
    with pytest.raises(GitlabError, match="The commit does not exist"):
        ground.api.deployments.create({"environment": "x", **given, "sha": "0" * 40})
    with pytest.raises(GitlabError, match="has already been taken"):
        ground.api.environments.create({"name": "production"})
