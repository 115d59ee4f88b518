"""Endpoints that bring a merge request into its target: merge, auto-merge, trains, rebase, approvals."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.gitlab import events, merging, shapes
from gitops_actions.testing.gitlab.params import forbidden, not_found, refused
from gitops_actions.testing.gitlab.records import AutoMerge, MergeRequest, Project
from gitops_actions.testing.gitlab.request_shapes import found, full
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()


@routes.at("PUT", "projects/:id/merge_requests/:iid/merge")
def merge(ask: Ask) -> object:
    """https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request, with the checks in the order of GitLab's
    ``lib/api/merge_requests.rb``. Auto-merge of what nothing stands in the way of is refused with 405, unless a green
    pipeline lets it merge at once."""
    project, given = ask.project(), ask.given
    one = found(ask, project)
    if not ask.visitor.can_merge(project, one.target):
        raise refused(401, "401 Unauthorized")
    waits = bool(given.flag("auto_merge") or given.flag("merge_when_pipeline_succeeds"))
    obstacles = merging.obstacles(project, one)
    checking = one.state == "opened" and bool({"preparing", "checking"} & set(one.pending[:1]))
    status = merging.ci_status(project, one)
    way = _way(ask, project, one)
    automatically = waits and not checking and _can_wait(project, one, obstacles)
    at_once = status == "success" and not obstacles if waits else not obstacles
    if checking or not (automatically or at_once):
        raise refused(405, "405 Method Not Allowed")
    sha = given.text("sha")
    if sha is not None and sha != one.head:
        raise refused(409, f"SHA does not match HEAD of source branch: {one.head}")
    if given.flag("squash"):
        one.squash = True
    if given.flag("should_remove_source_branch") is not None:
        one.remove_on_merge = given.flag("should_remove_source_branch")
    one.updated_at = ask.state.now()
    if at_once and not (automatically and project.merge_trains_enabled):
        try:
            merging.merge(ask.state, project, one, way)
        except merging.Unmergeable as error:
            one.merge_error = str(error)
            raise refused(422, "Branch cannot be merged") from None
        events.remark(ask.state, one, way.user, "merged")
    else:
        _board(ask, one, way)
    events.look(ask.state, project)
    return full(ask, project, one)


def _way(ask: Ask, project: Project, one: MergeRequest) -> AutoMerge:
    assert ask.visitor.user
    # `squash: false` does not take back what the request says: GitLab only looks whether it is true.
    return AutoMerge(
        ask.visitor.user,
        "merge_train" if project.merge_trains_enabled else "merge_when_checks_pass",
        one.head,
        one.squash or bool(ask.given.flag("squash")),
        ask.given.text("merge_commit_message"),
        ask.given.text("squash_commit_message"),
    )


def _can_wait(project: Project, one: MergeRequest, obstacles: list[str]) -> bool:
    """Whether auto-merge is available: there is something to wait for, or a train to board."""
    if one.state != "opened" or set(obstacles) - merging.WAITABLE:
        return False
    running = merging.ci_status(project, one) in ("running", "pending")
    return bool(obstacles) or running or project.merge_trains_enabled


def _board(ask: Ask, one: MergeRequest, way: AutoMerge) -> None:
    one.auto_merge = way
    way.car = ask.state.id() if way.strategy == "merge_train" else None
    text = (
        "started a merge train" if way.car else f"enabled an automatic merge when all merge checks for {one.head} pass"
    )
    events.remark(ask.state, one, way.user, text)


@routes.at("POST", "projects/:id/merge_requests/:iid/cancel_merge_when_pipeline_succeeds")
def cancel(ask: Ask) -> object:
    project = ask.project("update_request")
    one = found(ask, project)
    if one.auto_merge is None:
        raise refused(406, "Can't cancel the automatic merge")
    one.auto_merge = None
    return full(ask, project, one)


@routes.at("PUT", "projects/:id/merge_requests/:iid/rebase")
def rebase(ask: Ask) -> object:
    """GitLab rebases in the background; here it is done when the answer comes, and its failure is in
    ``merge_error`` all the same."""
    project = ask.project("update_request")
    one = found(ask, project)
    if not ask.visitor.can_push(project, one.source):
        raise forbidden("Cannot push to source branch")
    if one.source not in project.refs:
        raise forbidden("Source branch does not exist")
    assert ask.visitor.user
    try:
        merging.rebase(ask.state, project, one, ask.visitor.user)
    except merging.Unmergeable as error:
        one.merge_error = str(error)
    events.look(ask.state, project)
    return Answer.of(202, {"rebase_in_progress": True})


# --- approvals ---


@routes.at("GET", "projects/:id/merge_requests/:iid/approvals")
def approvals(ask: Ask) -> object:
    """https://docs.gitlab.com/api/merge_request_approvals/."""
    project = ask.project("read_code")
    return _approvals(ask, project, found(ask, project))


@routes.at("POST", "projects/:id/merge_requests/:iid/approve")
def approve(ask: Ask) -> object:
    project = ask.project("approve")
    one, user = found(ask, project), ask.visitor.user
    if user is None or user in one.approved_by or one.state != "opened":
        raise refused(401, "401 Unauthorized")
    if (sha := ask.given.text("sha")) and sha != one.head:
        raise refused(409, f"SHA does not match HEAD of source branch: {one.head}")
    one.approved_by.append(user)
    events.look(ask.state, project)
    return _approvals(ask, project, one)


@routes.at("GET", "projects/:id/approvals")
def approval_settings(ask: Ask) -> object:
    project = ask.project("read_settings")
    return {
        "approvals_before_merge": project.approvals_required,
        "reset_approvals_on_push": False,
        "disable_overriding_approvers_per_merge_request": False,
        "merge_requests_author_approval": False,
        "merge_requests_disable_committers_approval": False,
        "require_password_to_approve": False,
    }


@routes.at("GET", "projects/:id/approval_rules")
def approval_rules(ask: Ask) -> object:
    project = ask.project("read_code")
    rule = {"id": project.id, "name": "All Members", "rule_type": "any_approver", "report_type": None}
    rules = [rule | {"approvals_required": project.approvals_required}] if project.approvals_required else []
    return ask.page(rules, dict)


def _approvals(ask: Ask, project: Project, one: MergeRequest) -> dict[str, Any]:
    left = max(0, project.approvals_required - len(one.approved_by))
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": project.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "merge_status": merging.merge_status(project, one),
        "approved": left == 0,
        "approvals_required": project.approvals_required,
        "approvals_left": left,
        "approved_by": [
            {"user": shapes.user(ask.state, user), "approved_at": one.updated_at} for user in one.approved_by
        ],
    }


# --- merge trains ---


@routes.at("GET", "projects/:id/merge_trains")
def trains(ask: Ask) -> object:
    """https://docs.gitlab.com/api/merge_trains/."""
    project = _with_trains(ask)
    rows = [one for one in project.merge_requests if one.auto_merge and one.auto_merge.car]
    return ask.page(
        sorted(rows, key=lambda one: one.auto_merge.car or 0 if one.auto_merge else 0),
        lambda one: _car(ask, project, one),
    )


@routes.at("GET", "projects/:id/merge_trains/merge_requests/:iid")
def train_of(ask: Ask) -> object:
    project = _with_trains(ask)
    one = found(ask, project)
    if one.auto_merge is None or not one.auto_merge.car:
        raise not_found()
    document = _car(ask, project, one)
    one.auto_merge.seen = True
    return document


@routes.at("POST", "projects/:id/merge_trains/merge_requests/:iid")
def board(ask: Ask) -> object:
    project = _with_trains(ask)
    one = found(ask, project)
    if not ask.visitor.can_merge(project, one.target):
        raise forbidden()
    if (sha := ask.given.text("sha")) and sha != one.head:
        raise refused(409, f"SHA does not match HEAD of source branch: {one.head}")
    obstacles = merging.obstacles(project, one)
    if one.state != "opened" or set(obstacles) - merging.WAITABLE or (obstacles and not ask.given.flag("auto_merge")):
        raise refused(400, "Failed to add merge request to the merge train")
    _board(ask, one, _way(ask, project, one))
    rows = [one for one in project.merge_requests if one.auto_merge and one.auto_merge.car]
    return Answer.of(202 if obstacles else 201, [_car(ask, project, row) for row in rows])


def _with_trains(ask: Ask) -> Project:
    project = ask.project("read_code")
    if not project.merge_trains_enabled:
        raise forbidden()
    return project


def _car(ask: Ask, project: Project, one: MergeRequest) -> dict[str, Any]:
    way = one.auto_merge
    assert way
    return {
        "id": way.car,
        "merge_request": {
            "id": one.id,
            "iid": one.iid,
            "project_id": project.id,
            "title": one.title,
            "description": one.description,
            "state": one.state,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "web_url": f"{ask.state.url}/{project.path}/-/merge_requests/{one.iid}",
        },
        "user": shapes.user(ask.state, way.user),
        "pipeline": None,
        "created_at": one.updated_at,
        "updated_at": one.updated_at,
        "target_branch": one.target,
        "status": "fresh",
        "merged_at": None,
        "duration": None,
    }
