"""`apps:`, what is released on its own."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_actions.config.decoding import decode
from gitops_actions.config.edits import check_placeholders, read_edits
from gitops_actions.config.environments import check_names
from gitops_actions.config.problems import Problems, shown
from gitops_actions.config.shapes import AppShape
from gitops_actions.config.tree import Node
from gitops_actions.config.values import IN_PLACES
from gitops_actions.model import App, EditSpec, Environment, placeholders
from gitops_actions.names import complaint_about_name
from gitops_actions.protocols import Editor

WILDCARD = "*"


def read_apps(
    section: Node, environments: Mapping[str, Environment], kinds: Mapping[str, Editor], problems: Problems
) -> dict[str, App]:
    """The apps that can be read, in the order of the file; the rest are problems."""
    found: dict[str, App] = {}
    for name, node in section.mapping.items():
        complaint = complaint_about_name(name) if name != WILDCARD else None
        if complaint:
            problems.add(section.keys[name], f"the app name {shown(name)} {complaint}")
        app = _app(name, node, kinds, problems)
        if app is None:
            continue
        found[name] = app
        check_names(node.at("environments"), app.environments, environments, problems)
        if name == WILDCARD:
            _check_wildcard(node, app.edits, problems)
        _check_apart(node, app, environments, problems)
    return found


def _app(name: str, node: Node, kinds: Mapping[str, Editor], problems: Problems) -> App | None:
    where = f"app {shown(name)}"
    shape = decode(AppShape, node, where, problems)
    section = node.child("edits")
    edits = read_edits(section, kinds, problems)
    if shape is None:
        return None
    if not section.items:
        problems.add(section.place, f"{where} has no edits", "list the places that carry its release")
    images = tuple(shape.images)
    if shape.image:
        if "images" in node.mapping:
            problems.add(node.keys["images"], f"{where} has both `image` and `images`", "put all of them into `images`")
        images = (shape.image, *images)
    if len(set(images)) < len(images):
        problems.add(node.at("images").place, f"{where} has the same image twice")
    for image in [node.child("image"), *node.child("images").items]:
        check_placeholders(image, image.content if isinstance(image.content, str) else "", ("app",), problems)
    check_placeholders(node.at("source"), shape.source or "", ("app",), problems)
    check_placeholders(node.at("path"), shape.path or "", IN_PLACES, problems)
    return App(name, images, shape.source, tuple(dict.fromkeys(shape.environments)), shape.path, edits)


def _check_wildcard(node: Node, edits: tuple[EditSpec, ...], problems: Problems) -> None:
    for edit in edits:
        if "app" not in placeholders(edit.file):
            problems.add(
                (edit.line or 1, edit.column or 1),
                f"the path {shown(edit.file)} does not hold {{app}}, which the names of the apps are read off",
                "put {app} where the app's name stands",
            )
    if "path" in node.mapping and "app" not in placeholders(str(node.at("path").content)):
        problems.add(node.at("path").place, f"the `path` of app {shown(WILDCARD)} does not hold {{app}}")


def _check_apart(node: Node, app: App, environments: Mapping[str, Environment], problems: Problems) -> None:
    """Two environments of one branch whose places are all the same could never hold different releases."""
    if not app.edits or any(
        "{environment}" in text
        for edit in app.edits
        for text in (edit.file, edit.path, edit.pattern, edit.document)
        if text
    ):
        return
    homes: dict[tuple[str | None, str | None], str] = {}
    for name in app.environments or environments:
        environment = environments.get(name)
        if environment is None:
            continue
        other = homes.setdefault((environment.repository, environment.branch), name)
        if other != name:
            problems.add(
                node.at("edits").place,
                f"the edits of app {shown(app.name)} point to the same places in {other} and in {name}",
                "put {environment} into a path, or give the environments branches of their own",
            )
            return
