"""What happens by itself in a project: branches move, and merge requests follow."""

from __future__ import annotations

from gitops_actions.testing.gitlab import merging
from gitops_actions.testing.gitlab.records import MergeRequest, Note, Project, User
from gitops_actions.testing.gitlab.state import State
from gitops_actions.testing.gitlab.statuses import run_ci


def look(state: State, project: Project) -> None:
    """See how the branches have moved since the last look, whoever moved them, and do what is due.

    An open request whose head arrived in its target is merged, one whose source branch is gone is closed, one with a
    new head is to be checked again; and what was set to merge by itself and can be, is merged.
    """
    while True:
        before, now = project.refs, project.repository.branches()
        project.refs = now
        for request in [one for one in project.merge_requests if one.state == "opened"]:
            _follow(state, project, request, before, now)
        if not _settle(state, project):
            return


def _follow(state: State, project: Project, request: MergeRequest, before: dict[str, str], now: dict[str, str]) -> None:
    source, target = now.get(request.source), now.get(request.target)
    was = before.get(request.target)
    if source is not None and source != request.head:
        request.head = source
        request.updated_at = state.now()
        _measure(project, request)
        merging.forget_checks(state, request)
        remark(state, request, request.author, "added 1 commit")
        if request.auto_merge and request.auto_merge.sha != source:
            request.auto_merge = None
            remark(state, request, request.author, "aborted the automatic merge because source branch was updated")
        run_ci(state, project, source, request.source, request.author, "merge_request_event")
    if target != was and target is not None:
        merging.forget_checks(state, request)
        arrived = project.repository.is_ancestor(request.head, target)
        if arrived and was is not None and not project.repository.is_ancestor(request.head, was):
            request.state, request.merged_at, request.merge_user = "merged", state.now(), request.author
            request.merge_commit, request.auto_merge, request.updated_at = target, None, state.now()
            return
    if source is None:
        request.state, request.closed_at, request.closed_by = "closed", state.now(), request.author
        request.auto_merge, request.updated_at = None, state.now()


def _settle(state: State, project: Project) -> bool:
    """Merge one request that waits to merge by itself and can be; whether there was one."""
    for request in project.merge_requests:
        way = request.auto_merge
        if request.state != "opened" or way is None or merging.obstacles(project, request):
            continue
        if way.strategy == "merge_train" and not _arrived(project, request):
            continue
        if way.strategy == "merge_when_checks_pass" and merging.ci_status(project, request) in ("running", "pending"):
            continue
        try:
            merging.merge(state, project, request, way)
        except merging.Unmergeable as error:
            request.auto_merge, request.merge_error = None, str(error)
            continue
        remark(state, request, way.user, "merged")
        return True
    return False


def _arrived(project: Project, request: MergeRequest) -> bool:
    """Whether a request has come to the front of the merge train: those before it went first, its pipeline is green,
    and somebody has had the time to see it there."""
    way = request.auto_merge
    if way is None or not way.seen:
        return False
    ahead = [
        one
        for one in project.merge_requests
        if one.auto_merge
        and one.target == request.target
        and (one.auto_merge.car or 0) < (way.car or 0)
        and one is not request
    ]
    return not ahead and merging.ci_status(project, request) in (None, "success", "skipped")


def _measure(project: Project, request: MergeRequest) -> None:
    """Where the request's diff begins."""
    target = project.refs.get(request.target) or request.head
    request.start = target
    request.base = project.repository.merge_base(target, request.head) or target
    project.repository.keep(f"refs/merge-requests/{request.iid}/head", request.head)


def prepare(state: State, project: Project, request: MergeRequest) -> None:
    """What GitLab does after a request was opened."""
    _measure(project, request)
    request.pending = ["preparing", "checking"][: state.merge_checks]
    request.prepared_at = None if request.pending else state.now()
    run_ci(state, project, request.head, request.source, request.author, "merge_request_event")


def turn(state: State, project: Project, request: MergeRequest, user: User, event: str) -> None:
    """Close or reopen; what is merged stays so, and what has no source branch stays closed."""
    if event == "close" and request.state == "opened":
        request.state, request.closed_at, request.closed_by, request.auto_merge = "closed", state.now(), user, None
        remark(state, request, user, "closed")
    elif event == "reopen" and request.state == "closed" and request.source in project.refs:
        request.state, request.closed_at, request.closed_by = "opened", None, None
        request.head = project.refs[request.source]
        _measure(project, request)
        merging.forget_checks(state, request)
        remark(state, request, user, "reopened")


def commits_of(project: Project, request: MergeRequest) -> list[str]:
    """The ids of a request's commits, newest first."""
    return [one.id for one in project.repository.commits(f"{request.base}..{request.head}")]


def remark(state: State, request: MergeRequest, user: User, text: str) -> None:
    """Add a system note."""
    request.notes.append(Note(state.id(), text, user, state.now(), state.now(), system=True))
