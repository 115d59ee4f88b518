"""Endpoints about labels, milestones and protected branches."""

from __future__ import annotations

from gitops_actions.testing.gitlab import shapes
from gitops_actions.testing.gitlab.params import not_found, refused
from gitops_actions.testing.gitlab.records import Label, Project, Protection
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()


def label_named(ask: Ask, project: Project, name: str) -> Label:
    """A label, made if need be, as GitLab does it for those who may."""
    found = next((one for one in project.labels if one.name == name), None)
    if found is None:
        found = Label(ask.state.id(), name)
        project.labels.append(found)
    return found


@routes.at("GET", "projects/:id/labels")
def labels(ask: Ask) -> object:
    project, search = ask.project(), (ask.given.text("search") or "").lower()
    found = [one for one in project.labels if search in one.name.lower()]
    counts = bool(ask.given.flag("with_counts"))
    return ask.page(sorted(found, key=lambda one: one.name), lambda one: shapes.label(one, counts=counts))


@routes.at("GET", "projects/:id/labels/:label")
def one_label(ask: Ask) -> object:
    return shapes.label(_label(ask, ask.project()), counts=False)


@routes.at("POST", "projects/:id/labels")
def create_label(ask: Ask) -> object:
    project = ask.project("label")
    name, color = ask.given.need("name", "color")
    if any(one.name == name for one in project.labels):
        raise refused(409, "Label already exists")
    if "," in name:
        raise refused(400, {"title": ["is invalid"]})
    made = Label(ask.state.id(), name, color, ask.given.text("description"))
    project.labels.append(made)
    return shapes.label(made)


@routes.at("DELETE", "projects/:id/labels/:label")
def delete_label(ask: Ask) -> object:
    project = ask.project("label")
    gone = _label(ask, project)
    project.labels.remove(gone)
    for request in project.merge_requests:
        request.labels = [name for name in request.labels if name != gone.name]
    return None


def _label(ask: Ask, project: Project) -> Label:
    wanted = ask.names["label"]
    found = next((one for one in project.labels if wanted in (str(one.id), one.name)), None)
    if found is None:
        raise not_found("Label")
    return found


@routes.at("GET", "projects/:id/milestones")
def milestones(ask: Ask) -> object:
    project = ask.project()
    title, state, iids = ask.given.text("title"), ask.given.text("state"), ask.given.numbers("iids")
    found = [
        one
        for one in project.milestones
        if title in (None, one.title) and state in (None, one.state) and (iids is None or one.iid in iids)
    ]
    return ask.page(found, lambda one: shapes.milestone(ask.state, project, one))


@routes.at("GET", "projects/:id/protected_branches")
def protected_branches(ask: Ask) -> object:
    return ask.page(ask.project("read_protected").protections, shapes.protection)


@routes.at("GET", "projects/:id/protected_branches/:name")
def protected_branch(ask: Ask) -> object:
    return shapes.protection(_protection(ask, ask.project("read_protected")))


@routes.at("POST", "projects/:id/protected_branches")
def protect(ask: Ask) -> object:
    project = ask.project("admin")
    (name,) = ask.given.need("name")
    if any(one.name == name for one in project.protections):
        raise refused(409, f"Protected branch '{name}' already exists")
    push, merge = ask.given.number("push_access_level"), ask.given.number("merge_access_level")
    made = Protection(ask.state.id(), name, 40 if push is None else push, 40 if merge is None else merge)
    made.force = bool(ask.given.flag("allow_force_push"))
    project.protections.append(made)
    return shapes.protection(made)


@routes.at("DELETE", "projects/:id/protected_branches/:name")
def unprotect(ask: Ask) -> object:
    project = ask.project("admin")
    project.protections.remove(_protection(ask, project))
    return None


def _protection(ask: Ask, project: Project) -> Protection:
    found = next((one for one in project.protections if one.name == ask.names["name"]), None)
    if found is None:
        raise not_found()
    return found
