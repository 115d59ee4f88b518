"""Endpoints about who is who and how projects are set up."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.gitlab import shapes
from gitops_actions.testing.gitlab.params import not_found
from gitops_actions.testing.gitlab.records import Project, User
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()
VERSION = "18.6.0"


@routes.at("GET", "user", scopes=["read_user"], anonymous=False)
def current_user(ask: Ask) -> object:
    assert ask.visitor.user
    return shapes.own_user(ask.state, ask.visitor.user)


@routes.at("GET", "users", scopes=["read_user"], anonymous=False)
def users(ask: Ask) -> object:
    name, search = ask.given.text("username"), ask.given.text("search")
    found = [one for one in ask.state.users if name is None or one.username.lower() == name.lower()]
    if search:
        found = [one for one in found if search.lower() in f"{one.username} {one.name}".lower()]
    return ask.page(sorted(found, key=lambda one: -one.id), lambda one: shapes.user(ask.state, one))


@routes.at("GET", "users/:id", scopes=["read_user"], anonymous=False)
def one_user(ask: Ask) -> object:
    found = [one for one in ask.state.users if str(one.id) == ask.names["id"]]
    if not found:
        raise not_found("User")
    return shapes.user(ask.state, found[0])


@routes.at("GET", "personal_access_tokens/self", scopes=["*"], anonymous=False)
def own_token(ask: Ask) -> object:
    assert ask.visitor.token
    return shapes.token(ask.visitor.token)


@routes.at("GET", "metadata", scopes=["read_user"], anonymous=False)
def metadata(_: Ask) -> object:
    """https://docs.gitlab.com/api/metadata/."""
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    return {"version": VERSION, "revision": "0a1b2c3d4e5", "kas": kas, "enterprise": True}


@routes.at("GET", "version", scopes=["read_user"], anonymous=False)
def version(_: Ask) -> object:
    return {"version": VERSION, "revision": "0a1b2c3d4e5"}


@routes.at("GET", "job", job=True, anonymous=False)
def job(ask: Ask) -> object:
    """The job of a job token (https://docs.gitlab.com/api/jobs/#retrieve-a-job-tokens-job)."""
    token = ask.visitor.token
    if token is None or token.kind != "job":
        raise not_found()
    assert ask.visitor.user
    return {"id": token.id, "status": "running", "name": token.name, "user": shapes.user(ask.state, ask.visitor.user)}


# --- groups and members ---


@routes.at("GET", "groups/:id")
def group(ask: Ask) -> object:
    found = [one for one in ask.state.groups if ask.names["id"] in (str(one.id), one.path)]
    if not found or not ask.visitor.sees_group(found[0]):
        raise not_found("Group")
    return shapes.group(ask.state, found[0])


@routes.at("GET", "groups/:id/members")
def group_members(ask: Ask) -> object:
    return _group_members(ask, inherited=False)


@routes.at("GET", "groups/:id/members/all")
def all_group_members(ask: Ask) -> object:
    return _group_members(ask, inherited=True)


def _group_members(ask: Ask, *, inherited: bool) -> object:
    found = [one for one in ask.state.groups if ask.names["id"] in (str(one.id), one.path)]
    if not found or not ask.visitor.sees_group(found[0]):
        raise not_found("Group")
    levels: dict[int, int] = {}
    for source in ask.state.groups_of(found[0].path) if inherited else found:
        levels |= source.members
    return _members(ask, levels)


@routes.at("GET", "projects/:id/members")
def project_members(ask: Ask) -> object:
    return _members(ask, ask.project("read_members").members)


@routes.at("GET", "projects/:id/members/all")
def all_project_members(ask: Ask) -> object:
    return _members(ask, ask.state.members(ask.project("read_members")))


@routes.at("GET", "projects/:id/members/all/:user")
def project_member(ask: Ask) -> object:
    level = ask.state.members(ask.project("read_members")).get(int(ask.names["user"]))
    found = [one for one in ask.state.users if str(one.id) == ask.names["user"]]
    if level is None or not found:
        raise not_found()
    return shapes.member(ask.state, found[0], level)


@routes.at("GET", "projects/:id/users")
def project_users(ask: Ask) -> object:
    levels = ask.state.members(ask.project("read_members"))
    search = (ask.given.text("search") or "").lower()
    found = [one for one in ask.state.users if one.id in levels and search in f"{one.username} {one.name}".lower()]
    return ask.page(found, lambda one: shapes.user(ask.state, one))


def _members(ask: Ask, levels: dict[int, int]) -> Answer:
    query = (ask.given.text("query") or "").lower()
    found = [one for one in ask.state.users if one.id in levels and query in f"{one.username} {one.name}".lower()]
    return ask.page(found, lambda one: shapes.member(ask.state, one, levels[one.id]))


# --- projects ---


def shown(ask: Ask, project: Project) -> dict[str, Any]:
    """A project as this visitor sees it."""
    level, mine = ask.visitor.level(project), ask.visitor.user
    inherited = (
        max((one.members.get(mine.id, 0) for one in ask.state.groups_of(project.namespace)), default=0) if mine else 0
    )
    document = shapes.project(ask.state, project, level, inherited)
    if mine is None:
        del document["permissions"]
    return document


@routes.at("GET", "projects/:id")
def project(ask: Ask) -> object:
    return shown(ask, ask.project())


@routes.at("GET", "projects")
def projects(ask: Ask) -> object:
    search = (ask.given.text("search") or "").lower()
    found = [one for one in ask.state.projects if ask.visitor.sees(one) and search in one.path.lower()]
    if ask.given.flag("membership"):
        found = [one for one in found if ask.visitor.level(one)]
    return ask.page(sorted(found, key=lambda one: -one.id), lambda one: shown(ask, one))


@routes.at("GET", "projects/:id/job_token_scope")
def job_token_scope(ask: Ask) -> object:
    """https://docs.gitlab.com/api/project_job_token_scopes/."""
    project = ask.project("read_settings")
    return {"inbound_enabled": project.job_token_scope, "outbound_enabled": False}


@routes.at("GET", "projects/:id/job_token_scope/allowlist")
def job_token_allowlist(ask: Ask) -> object:
    project = ask.project("read_settings")
    found = [one for one in ask.state.projects if one is project or one.id in project.job_token_allowlist]
    return ask.page(found, lambda one: shown(ask, one))


def people(ask: Ask, project: Project, ids: list[int]) -> list[User]:
    """The users with these ids who are members; others are left out silently, as is everybody after the first where
    the plan allows one."""
    levels = ask.state.members(project)
    found = [one for number in ids for one in ask.state.users if one.id == number and one.id in levels]
    return found if project.plan == "premium" else found[:1]
