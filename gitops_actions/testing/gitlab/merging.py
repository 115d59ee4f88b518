"""When a merge request can be merged, and the commits that merging it makes.

The checks and their order are those of https://docs.gitlab.com/api/merge_requests/#merge-status and of GitLab's
``MergeRequests::Mergeability::DetailedMergeStatusService``.
"""

from __future__ import annotations

from gitops_actions.testing.forgegit import RefMoved
from gitops_actions.testing.gitlab.records import AutoMerge, MergeRequest, Project, User
from gitops_actions.testing.gitlab.repository import Person, Repository
from gitops_actions.testing.gitlab.state import State
from gitops_actions.testing.gitlab.statuses import pipeline_of, pipeline_status

# What auto-merge waits for; anything else that stands in the way is for a person to solve.
WAITABLE = frozenset({"draft_status", "not_approved", "ci_must_pass", "ci_still_running"})


class Unmergeable(Exception):
    """Merging or rebasing failed; the text is GitLab's ``merge_error``."""


def ci_status(project: Project, request: MergeRequest) -> str | None:
    """The status of the head's pipeline, or None when there is none."""
    pipeline = pipeline_of(project, request.head)
    return pipeline_status(project, pipeline) if pipeline else None


def obstacles(project: Project, request: MergeRequest) -> list[str]:
    """All that keeps a request from being merged, the first is the one that GitLab names."""
    found = []
    target = project.refs.get(request.target)
    if request.state != "opened":
        return ["not_open"]
    if request.draft:
        found.append("draft_status")
    if request.source not in project.refs or target is None:
        return [*found, "commits_status"]
    repository = project.repository
    if repository.is_ancestor(request.head, target):
        found.append("commits_status")
    if len(request.approved_by) < project.approvals_required:
        found.append("not_approved")
    if project.merge_method != "merge" and not repository.is_ancestor(target, request.head):
        found.append("need_rebase")
    if repository.merged_tree(target, request.head) is None:
        found.append("conflict")
    if project.only_allow_merge_if_pipeline_succeeds:
        status = ci_status(project, request)
        passed = status == "success" or (status == "skipped" and project.allow_merge_on_skipped_pipeline)
        if not passed:
            found.append("ci_still_running" if status in ("running", "pending") else "ci_must_pass")
    return found


def conflicts(project: Project, request: MergeRequest) -> bool:
    """Whether source and target conflict, checked or not."""
    target = project.refs.get(request.target)
    if request.state != "opened" or request.source not in project.refs or target is None:
        return False
    return project.repository.merged_tree(target, request.head) is None


def detailed_status(project: Project, request: MergeRequest) -> str:
    """What ``detailed_merge_status`` says now."""
    if request.state == "opened" and request.pending:
        return request.pending[0]
    return next(iter(obstacles(project, request)), "mergeable")


def merge_status(project: Project, request: MergeRequest) -> str:
    """The older ``merge_status``, which knows of conflicts only."""
    if request.state == "opened" and request.pending:
        return request.pending[0]
    return "cannot_be_merged" if conflicts(project, request) else "can_be_merged"


def forget_checks(state: State, request: MergeRequest) -> None:
    """The next looks see that GitLab has to check again."""
    if not (request.pending and request.pending[0] == "preparing"):
        request.pending = ["unchecked", "checking"][: state.merge_checks]


def squashes(project: Project, wanted: bool) -> bool:
    """Whether a merge squashes, given what the request says and the project allows."""
    return project.squash_option == "always" or (wanted and project.squash_option != "never")


def merge(state: State, project: Project, request: MergeRequest, way: AutoMerge) -> None:
    """Merge now, delete the source branch if that is wanted. Raises Unmergeable, leaving everything as it was."""
    repository, target = project.repository, project.refs[request.target]
    by = _person(state, way.user)
    head, squashed, made = request.head, None, None
    if squashes(project, way.squash):
        base = target if project.merge_method != "merge" else repository.merge_base(target, head) or target
        tree = _tree(repository, base, head)
        author = _person(state, request.author)
        message = way.squash_message or request.title
        squashed = head = repository.commit_tree(tree, [base], message, author, by)
    if project.merge_method == "ff":
        new = head
    else:
        message = way.merge_message or _merge_message(project, request)
        made = new = repository.commit_tree(_tree(repository, target, head), [target, head], message, by, by)
    try:
        repository.update(request.target, new, target)
    except RefMoved:
        raise Unmergeable("Something went wrong during merge: the target branch has moved") from None
    project.refs[request.target] = new
    project.signed |= {one for one in (made, squashed) if one}
    request.state, request.merged_at, request.merge_user = "merged", state.now(), way.user
    request.merge_commit, request.squash_commit, request.auto_merge = made, squashed, None
    request.updated_at, request.pending = state.now(), []
    remove = request.remove_source if request.remove_on_merge is None else request.remove_on_merge
    if remove and request.source != project.default_branch and project.refs.get(request.source) == request.head:
        try:
            repository.update(request.source, None, request.head)
            del project.refs[request.source]
        except RefMoved:
            pass  # somebody has pushed meanwhile: the branch stays, as in GitLab


def rebase(state: State, project: Project, request: MergeRequest, user: User) -> None:
    """Put the source branch's commits on top of the target. Raises Unmergeable."""
    repository, target = project.repository, project.refs[request.target]
    current = target
    for commit in reversed(repository.commits(f"{target}..{request.head}")):
        if len(commit.parents) != 1:
            continue
        ours = repository.tree_of(current)
        tree = repository.picked(ours, commit.id, commit.parents)
        if tree is None:
            request.merge_error = "Rebase failed: Rebase locally, resolve all conflicts, then push the branch."
            raise Unmergeable(request.merge_error)
        if tree != ours:
            by = _person(state, user)
            author = Person(commit.author, commit.author_mail, int(state.clock()))
            current = repository.commit_tree(tree, [current], commit.message, author, by)
    request.merge_error = None
    try:
        repository.update(request.source, current, request.head)
    except RefMoved:
        raise Unmergeable("Rebase failed: the source branch has moved") from None


def _tree(repository: Repository, ours: str, theirs: str) -> str:
    tree = repository.merged_tree(ours, theirs)
    if tree is None:
        raise Unmergeable("Merge request is not mergeable")
    return tree


def _merge_message(project: Project, request: MergeRequest) -> str:
    """https://docs.gitlab.com/user/project/merge_requests/commit_templates/, the default."""
    see = f"See merge request {project.path}!{request.iid}"
    return f"Merge branch '{request.source}' into '{request.target}'\n\n{request.title}\n\n{see}"


def _person(state: State, user: User) -> Person:
    return Person(user.name, user.email, int(state.clock()))
