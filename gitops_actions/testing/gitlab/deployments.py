"""Endpoints about environments and deployments; job tokens may use them."""

from __future__ import annotations

from gitops_actions.testing.gitlab import work_shapes
from gitops_actions.testing.gitlab.params import forbidden, not_found, refused
from gitops_actions.testing.gitlab.records import Deployment, Environment, Project
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()
STATES = ("running", "success", "failed", "canceled")
# The events of `Deployment`'s state machine in GitLab's source, and from where they do not lead.
EVENTS = {"running": "run", "success": "succeed", "failed": "drop", "canceled": "cancel"}
TIERS = ("production", "staging", "testing", "development", "other")


@routes.at("GET", "projects/:id/environments", job=True)
def environments(ask: Ask) -> object:
    project, given = ask.project("read_code"), ask.given
    name, search, states = given.text("name"), given.text("search"), given.text("states")
    rows = [one for one in project.environments if name in (None, one.name) and states in (None, one.state)]
    rows = [one for one in rows if not search or search.lower() in one.name.lower()]
    return ask.page(rows, lambda one: work_shapes.environment(project, one))


@routes.at("GET", "projects/:id/environments/:environment", job=True)
def environment(ask: Ask) -> object:
    project = ask.project("read_code")
    one = _environment(ask, project)
    last = next(
        (row for row in reversed(project.deployments) if row.environment is one and row.status == "success"), None
    )
    shown = work_shapes.environment(project, one)
    return shown | {"last_deployment": work_shapes.deployment(ask.state, last) if last else None, "cluster_agent": None}


@routes.at("POST", "projects/:id/environments", job=True)
def create_environment(ask: Ask) -> object:
    project = ask.project("deploy")
    (name,) = ask.given.need("name")
    if any(one.name == name for one in project.environments):
        raise refused(400, {"name": ["has already been taken"], "slug": ["has already been taken"]})
    one = _new(ask, project, name)
    one.tier, one.external_url = ask.given.choice("tier", TIERS), ask.given.text("external_url")
    one.description = ask.given.text("description")
    return work_shapes.environment(project, one)


@routes.at("PUT", "projects/:id/environments/:environment", job=True)
def update_environment(ask: Ask) -> object:
    project = ask.project("deploy")
    one = _environment(ask, project)
    one.tier, one.external_url = (
        ask.given.choice("tier", TIERS, one.tier),
        ask.given.text("external_url", one.external_url),
    )
    one.description = ask.given.text("description", one.description)
    one.updated_at = ask.state.now()
    return work_shapes.environment(project, one)


@routes.at("POST", "projects/:id/environments/:environment/stop", job=True)
def stop_environment(ask: Ask) -> object:
    project = ask.project("deploy")
    one = _environment(ask, project)
    one.state, one.updated_at = "stopped", ask.state.now()
    return work_shapes.environment(project, one)


def _new(ask: Ask, project: Project, name: str) -> Environment:
    one = Environment(ask.state.id(), name, ask.state.now(), ask.state.now())
    project.environments.append(one)
    return one


def _environment(ask: Ask, project: Project) -> Environment:
    one = next((one for one in project.environments if str(one.id) == ask.names["environment"]), None)
    if one is None:
        raise not_found()
    return one


@routes.at("GET", "projects/:id/deployments", job=True)
def deployments(ask: Ask) -> object:
    project, given = ask.project("read_code"), ask.given
    environment = given.text("environment")
    status = given.choice("status", ("created", *STATES, "blocked"))
    rows = [one for one in project.deployments if status in (None, one.status)]
    rows = [one for one in rows if environment in (None, one.environment.name)]
    key = str(given.choice("order_by", ("id", "iid", "created_at", "updated_at", "finished_at", "ref"), "id"))
    backward = given.choice("sort", ("asc", "desc"), "asc") == "desc"
    rows = sorted(rows, key=lambda one: getattr(one, key, one.updated_at), reverse=backward)
    return ask.page(rows, lambda one: work_shapes.deployment(ask.state, one))


@routes.at("GET", "projects/:id/deployments/:deployment", job=True)
def deployment(ask: Ask) -> object:
    return work_shapes.deployment(ask.state, _deployment(ask, ask.project("read_code")))


@routes.at("POST", "projects/:id/deployments", job=True)
def create_deployment(ask: Ask) -> object:
    """The environment is made if need be; the commit has to exist."""
    project = ask.project("deploy")
    name, sha, ref = ask.given.need("environment", "sha", "ref")
    ask.given.need("tag", "status")
    status = str(ask.given.choice("status", STATES))
    commit = project.repository.resolve(sha)
    if commit is None:
        raise refused(400, {"sha": ["The commit does not exist"]})
    if project.repository.resolve(ref) is None:
        raise refused(400, {"ref": ["The branch or tag does not exist"]})
    found = next((one for one in project.environments if one.name == name), None)
    home = found or _new(ask, project, name)
    home.state = "available"
    assert ask.visitor.user
    iid, now = len(project.deployments) + 1, ask.state.now()
    tag = bool(ask.given.flag("tag"))
    one = Deployment(ask.state.id(), iid, home, commit, ref, tag, status, ask.visitor.user, now, now)
    project.deployments.append(one)
    return work_shapes.deployment(ask.state, one)


@routes.at("PUT", "projects/:id/deployments/:deployment", job=True)
def update_deployment(ask: Ask) -> object:
    project = ask.project("deploy")
    one = _deployment(ask, project)
    ask.given.need("status")
    status = str(ask.given.choice("status", STATES))
    if one.job is not None:
        raise forbidden("Deployments created using GitLab CI can not be updated using the API")
    if one.status == status or (status == "running" and one.status not in ("created", "blocked")):
        raise refused(400, {"status": [f'cannot transition via "{EVENTS[status]}"']})
    one.status, one.updated_at = status, ask.state.now()
    return work_shapes.deployment(ask.state, one)


def _deployment(ask: Ask, project: Project) -> Deployment:
    one = next((one for one in project.deployments if str(one.id) == ask.names["deployment"]), None)
    if one is None:
        raise not_found()
    return one
