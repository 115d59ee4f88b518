"""Commit statuses and the pipelines that they belong to."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_actions.testing.gitlab import work_shapes
from gitops_actions.testing.gitlab.params import not_found, refused
from gitops_actions.testing.gitlab.records import Pipeline, Project, Status, User
from gitops_actions.testing.gitlab.state import State
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()
STATES = ("pending", "running", "success", "failed", "canceled", "skipped")
EVENTS = {"pending": "enqueue", "running": "run", "success": "success", "failed": "drop", "canceled": "cancel"}
DONE = ("success", "failed", "canceled", "skipped")


def statuses_of(project: Project, sha: str, *, everything: bool = False) -> list[Status]:
    """The statuses of a commit, oldest first; only the latest of each name unless ``everything``."""
    return [one for one in project.statuses if one.sha == sha and (everything or not one.retried)]


def pipeline_of(project: Project, sha: str) -> Pipeline | None:
    """The newest pipeline of a commit."""
    return next((one for one in reversed(project.pipelines) if one.sha == sha), None)


def pipeline_status(project: Project, pipeline: Pipeline) -> str:
    """What its jobs amount to."""
    jobs = [one for one in project.statuses if one.pipeline == pipeline.id and not one.retried]
    states = {one.status for one in jobs if not (one.allow_failure and one.status == "failed")}
    for state in ("running", "pending", "failed", "canceled"):
        if state in states:
            return "running" if state == "pending" and "success" in states else state
    return "skipped" if states == {"skipped"} else "success"


def run_ci(state: State, project: Project, sha: str, ref: str, user: User, source: str) -> None:
    """Start the project's own jobs for a commit; a test ends them with `GitLab.finish`."""
    if not project.ci:
        return
    pipeline = _pipeline(state, project, sha, ref, user, source)
    for name in project.ci:
        made = Status(state.id(), sha, ref, name, "running", user, state.now(), pipeline.id, external=False)
        made.started_at = made.created_at
        project.statuses.append(made)


def _pipeline(state: State, project: Project, sha: str, ref: str, user: User, source: str) -> Pipeline:
    iid = len(project.pipelines) + 1
    made = Pipeline(state.id(), iid, sha, ref, source, user, state.now(), state.now())
    project.pipelines.append(made)
    return made


@routes.at("GET", "projects/:id/repository/commits/:sha/statuses")
def statuses(ask: Ask) -> object:
    project = ask.project("read_code")
    if project.repository.resolve(ask.names["sha"]) is None:
        raise not_found("Commit")
    found = statuses_of(project, ask.names["sha"], everything=bool(ask.given.flag("all")))
    for name, value in (("ref", ask.given.text("ref")), ("name", ask.given.text("name"))):
        found = [one for one in found if value is None or getattr(one, name) == value]
    if ask.given.text("sort") == "desc":
        found.reverse()
    return ask.page(found, lambda one: work_shapes.status(ask.state, one))


@routes.at("POST", "projects/:id/statuses/:sha")
def set_status(ask: Ask) -> object:
    """https://docs.gitlab.com/api/commits/#set-commit-pipeline-status. A status that is not over is moved on; one
    that is over stays, and a newer one takes its place."""
    project, given, sha = ask.project("status"), ask.given, ask.names["sha"]
    given.need("state")
    state = str(given.choice("state", STATES))
    commit = project.repository.resolve(sha)
    if commit is None:
        raise not_found("Commit")
    ref = given.text("ref") or _ref(project, commit)
    if ref is None:
        raise not_found("References for commit")
    name = given.text("name") or given.text("context") or "default"
    assert ask.visitor.user
    pipeline = pipeline_of(project, commit)
    wanted = given.number("pipeline_id")
    if wanted is not None and (pipeline is None or pipeline.id != wanted):
        raise not_found("Pipeline")
    pipeline = pipeline or _pipeline(ask.state, project, commit, ref, ask.visitor.user, "external")
    same = [one for one in statuses_of(project, commit) if one.name == name and one.ref == ref]
    going = [one for one in same if one.status not in DONE]
    if going:
        one = going[0]
        if state in ("pending", "running") and (one.status == state or one.status == "running"):
            event = EVENTS[state]
            reason = f'Reason(s): Status cannot transition via "{event}"'
            raise refused(400, f"Cannot transition status via :{event} from :{one.status} ({reason})")
    else:
        one = Status(ask.state.id(), commit, ref, name, state, ask.visitor.user, ask.state.now(), pipeline.id)
        for old in same:
            old.retried = True
        project.statuses.append(one)
    one.status = state
    one.target_url = given.text("target_url", one.target_url)
    one.description = given.text("description", one.description)
    one.started_at = one.started_at or (None if state == "pending" else ask.state.now())
    one.finished_at = ask.state.now() if state in DONE else None
    pipeline.updated_at = ask.state.now()
    return work_shapes.status(ask.state, one)


def _ref(project: Project, commit: str) -> str | None:
    """A branch that has the commit: the default branch if it does."""
    names: Sequence[str] = sorted(project.refs, key=lambda name: (name != project.default_branch, name))
    exact = [name for name in names if project.refs[name] == commit]
    return next(iter(exact), None) or next(
        (name for name in names if project.repository.is_ancestor(commit, project.refs[name])), None
    )


@routes.at("GET", "projects/:id/pipelines")
def pipelines(ask: Ask) -> object:
    project = ask.project("read_code")
    sha, ref, status = ask.given.text("sha"), ask.given.text("ref"), ask.given.text("status")
    found = [
        one
        for one in reversed(project.pipelines)
        if sha in (None, one.sha) and ref in (None, one.ref) and status in (None, pipeline_status(project, one))
    ]
    return ask.page(found, lambda one: work_shapes.pipeline(ask.state, project, one, pipeline_status(project, one)))


@routes.at("GET", "projects/:id/pipelines/:pipeline")
def pipeline(ask: Ask) -> object:
    project = ask.project("read_code")
    found = [one for one in project.pipelines if str(one.id) == ask.names["pipeline"]]
    if not found:
        raise not_found()
    return work_shapes.full_pipeline(ask.state, project, found[0], pipeline_status(project, found[0]))
