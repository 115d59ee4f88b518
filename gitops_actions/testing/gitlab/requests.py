"""Endpoints about merge requests: open, list, look, change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_actions.testing.gitlab import code_shapes, events, merging, shapes, work_shapes
from gitops_actions.testing.gitlab.accounts import people
from gitops_actions.testing.gitlab.params import forbidden, invalid, refused
from gitops_actions.testing.gitlab.quick import Actions
from gitops_actions.testing.gitlab.records import MergeRequest, Project
from gitops_actions.testing.gitlab.request_shapes import basic, found, full
from gitops_actions.testing.gitlab.settings import label_named
from gitops_actions.testing.gitlab.statuses import pipeline_status
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()
CHANGEABLE = (
    "assignee_id", "assignee_ids", "reviewer_ids", "description", "labels", "add_labels", "remove_labels",
    "milestone_id", "remove_source_branch", "allow_collaboration", "squash", "target_branch", "title", "state_event",
    "discussion_locked", "merge_after",
)  # fmt: skip


@routes.at("GET", "projects/:id/merge_requests")
def listed(ask: Ask) -> object:
    project, given = ask.project("read_code"), ask.given
    there = ask.past.merge_requests.get(project.id, []) if ask.past else project.merge_requests
    tests = list(_filters(ask))
    rows = [one for one in there if all(test(one) for test in tests)]
    by = given.choice("order_by", ("created_at", "updated_at", "title", "merged_at", "priority"), "created_at")
    keys: dict[str, Callable[[MergeRequest], Any]] = {
        "updated_at": lambda one: (one.updated_at, one.iid),
        "title": lambda one: one.title,
        "merged_at": lambda one: one.merged_at or "",
    }
    backward = given.choice("sort", ("asc", "desc"), "desc") == "desc"
    rows = sorted(rows, key=keys.get(str(by), lambda one: one.iid), reverse=backward)
    return ask.page(rows, lambda one: basic(ask, project, one))


def _filters(ask: Ask) -> list[Callable[[MergeRequest], bool]]:
    given, tests = ask.given, []
    state = given.choice("state", ("opened", "closed", "locked", "merged", "all"), "all")
    source, target, iids = given.text("source_branch"), given.text("target_branch"), given.numbers("iids")
    labels, search, author = given.texts("labels"), given.text("search"), given.text("author_username")
    tests.append(lambda one: state in ("all", one.state))
    tests.append(lambda one: source in (None, one.source) and target in (None, one.target))
    if iids is not None:
        tests.append(lambda one: one.iid in iids)
    if labels and labels[0].lower() == "none":
        tests.append(lambda one: not one.labels)
    elif labels and labels[0].lower() == "any":
        tests.append(lambda one: bool(one.labels))
    elif labels:
        tests.append(lambda one: set(labels) <= set(one.labels))
    if search:
        tests.append(lambda one: search.lower() in f"{one.title}\n{one.description}".lower())
    if author:
        tests.append(lambda one: one.author.username == author)
    wip = given.choice("wip", ("yes", "no"))
    if wip or given.flag("draft") is not None:
        wanted = wip == "yes" if wip else given.flag("draft")
        tests.append(lambda one: one.draft == wanted)
    return tests


@routes.at("POST", "projects/:id/merge_requests")
def create(ask: Ask) -> object:
    project, given = ask.project("create_request"), ask.given
    source, target, title = given.need("source_branch", "target_branch", "title")
    other = given.number("target_project_id")
    if other not in (None, project.id):
        raise refused(422, ["Source project is not a fork of the target project"])
    if not project.merge_requests_enabled:
        raise forbidden()
    if not title.strip():
        raise refused(400, {"title": ["can't be blank"]})
    _length(title, given.text("description"))
    if source == target:
        raise refused(422, ["You can't use same project/branch for source and target"])
    absent = {
        name: ["does not exist"]
        for name, branch in (("source_branch", source), ("target_branch", target))
        if branch not in project.refs
    }
    if absent:
        raise refused(400, absent)
    twin = next(
        (
            one
            for one in project.merge_requests
            if one.state == "opened" and (one.source, one.target) == (source, target)
        ),
        None,
    )
    if twin:
        raise refused(409, [f"Another open merge request already exists for this source branch: !{twin.iid}"])
    assert ask.visitor.user
    iid = max((one.iid for one in project.merge_requests), default=0) + 1
    now, head = ask.state.now(), project.refs[source]
    one = MergeRequest(ask.state.id(), iid, title, "", source, target, ask.visitor.user, head, now, now)
    squash = given.flag("squash")
    one.squash = project.squash_option in ("always", "default_on") if squash is None else squash
    one.remove_source = bool(given.flag("remove_source_branch"))
    project.merge_requests.append(one)
    events.prepare(ask.state, project, one)
    _change(ask, project, one)
    events.look(ask.state, project)
    return full(ask, project, one)


@routes.at("GET", "projects/:id/merge_requests/:iid")
def get(ask: Ask) -> object:
    """Each look brings GitLab's checks one step further: they are made when somebody asks."""
    project = ask.project("read_code")
    one = found(ask, project)
    document = full(ask, project, one)
    if one.pending:
        del one.pending[0]
        if not one.pending and one.prepared_at is None:
            one.prepared_at = ask.state.now()
    if one.auto_merge:
        one.auto_merge.seen = True
    return document


@routes.at("PUT", "projects/:id/merge_requests/:iid")
def update(ask: Ask) -> object:
    project = ask.project()
    one = found(ask, project)
    if not (ask.visitor.can(project, "update_request") or (one.author is ask.visitor.user and not project.archived)):
        raise forbidden()
    if not any(name in ask.given for name in CHANGEABLE):
        raise invalid(f"{', '.join(CHANGEABLE)} are missing, at least one parameter must be provided")
    _length(ask.given.text("title"), ask.given.text("description"))
    title = ask.given.text("title", one.title) or ""
    if not title.strip():
        raise invalid("title is empty")
    event = ask.given.choice("state_event", ("close", "reopen"))
    target = ask.given.text("target_branch", one.target) or one.target
    if target not in project.refs and target != one.target:
        raise refused(400, {"target_branch": ["does not exist"]})
    opened = event == "reopen" or (one.state == "opened" and event is None)
    _alone(project, one, target, opened=opened)
    one.title = title
    if target != one.target:
        one.target = target
        merging.forget_checks(ask.state, one)
    if ask.given.flag("squash") is not None:
        one.squash = bool(ask.given.flag("squash"))
    if ask.given.flag("remove_source_branch") is not None:
        one.remove_source = bool(ask.given.flag("remove_source_branch"))
    assert ask.visitor.user
    if event:
        events.turn(ask.state, project, one, ask.visitor.user, event)
    _change(ask, project, one)
    one.updated_at = ask.state.now()
    events.look(ask.state, project)
    return full(ask, project, one)


def _alone(project: Project, one: MergeRequest, target: str, *, opened: bool) -> None:
    twins = [
        other
        for other in project.merge_requests
        if other is not one and other.state == "opened" and (other.source, other.target) == (one.source, target)
    ]
    if twins and opened and one.state != "merged":
        raise refused(409, [f"Another open merge request already exists for this source branch: !{twins[0].iid}"])


def _length(title: str | None, description: str | None) -> None:
    """https://docs.gitlab.com/administration/instance_limits/ and the documented length of a description."""
    if title and len(title) > 255:
        raise refused(400, {"title": ["is too long (maximum is 255 characters)"]})
    if description and len(description) > 1_048_576:
        raise refused(400, {"description": ["is too long (maximum is 1048576 characters)"]})


def _change(ask: Ask, project: Project, one: MergeRequest) -> None:
    """Labels, people, milestone and description, with the quick actions in it."""
    given = ask.given
    may_label = ask.visitor.can(project, "label")
    for name, change in (("labels", None), ("add_labels", True), ("remove_labels", False)):
        names = given.texts(name)
        if names is None or not may_label:
            continue
        if change is not False:
            names = [label_named(ask, project, label).name for label in names]
        kept = [] if change is None else [label for label in one.labels if change or label not in names]
        one.labels = list(dict.fromkeys([*kept, *(names if change is not False else [])]))
    assignees, single = given.numbers("assignee_ids"), given.number("assignee_id")
    if assignees is None and "assignee_id" in given:
        assignees = [single] if single else []
    if assignees is not None:
        one.assignees = people(ask, project, assignees)
    reviewers = given.numbers("reviewer_ids")
    if reviewers is not None:
        one.reviewers = people(ask, project, reviewers)
    if "milestone_id" in given:
        one.milestone = next((m for m in project.milestones if m.id == given.number("milestone_id")), None)
    if "description" in given:
        one.description = Actions(ask, project, one).run(given.text("description") or "")


# --- what a request holds ---


@routes.at("GET", "projects/:id/merge_requests/:iid/commits")
def commits(ask: Ask) -> object:
    project = ask.project("read_code")
    one = found(ask, project)
    rows = project.repository.commits(f"{one.base}..{one.head}")
    return ask.page(rows, lambda commit: code_shapes.commit(ask.state, project, commit))


@routes.at("GET", "projects/:id/merge_requests/:iid/diffs")
def diffs(ask: Ask) -> object:
    project = ask.project("read_code")
    one = found(ask, project)
    return ask.page(code_shapes.diffs(project.repository.diff(one.base, one.head)), dict)


@routes.at("GET", "projects/:id/merge_requests/:iid/changes")
def changes(ask: Ask) -> object:
    project = ask.project("read_code")
    one = found(ask, project)
    return full(ask, project, one) | {
        "changes": code_shapes.diffs(project.repository.diff(one.base, one.head)),
        "overflow": False,
    }


@routes.at("GET", "projects/:id/merge_requests/:iid/pipelines")
def pipelines(ask: Ask) -> object:
    project = ask.project("read_code")
    one = found(ask, project)
    ids = {one.head, *events.commits_of(project, one)}
    rows = [pipeline for pipeline in reversed(project.pipelines) if pipeline.sha in ids]
    return ask.page(rows, lambda row: work_shapes.pipeline(ask.state, project, row, pipeline_status(project, row)))


@routes.at("GET", "projects/:id/merge_requests/:iid/reviewers")
def reviewers(ask: Ask) -> object:
    project = ask.project("read_code")
    one = found(ask, project)
    rows = [
        {"user": shapes.user(ask.state, user), "state": "unreviewed", "created_at": one.created_at}
        for user in one.reviewers
    ]
    return ask.page(rows, dict)
