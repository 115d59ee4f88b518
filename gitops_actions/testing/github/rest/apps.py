"""GitHub Apps and their installations (https://docs.github.com/en/rest/apps)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.access import app_of
from gitops_actions.testing.github.records import App, Token
from gitops_actions.testing.github.rest.routing import Ask, route
from gitops_actions.testing.github.shapes import Json
from gitops_actions.testing.github.state import Refusal, World, stamp


@route("GET", "/repos/{owner}/{repo}/installation")
def _installation(ask: Ask) -> Answer:
    app = app_of(ask.world, ask.call.headers)
    repository = ask.world.repository(f"{ask.values['owner']}/{ask.values['repo']}")
    owner = repository.owner.login if repository is not None else ""
    chosen = app.repositories.get(owner)
    if repository is None or owner not in app.installations or (
        chosen is not None and repository.full_name.lower() not in chosen
    ):  # fmt: skip
        raise Refusal(404, "Not Found")
    id = app.installations[owner]
    return Answer.of(200, {
        "id": id,
        "client_id": app.client_id,
        "account": ask.shapes.account(repository.owner),
        "repository_selection": "all" if chosen is None else "selected",
        "access_tokens_url": f"{ask.shapes.api}/app/installations/{id}/access_tokens",
        "repositories_url": f"{ask.shapes.api}/installation/repositories",
        "html_url": f"{ask.shapes.web}/organizations/{owner}/settings/installations/{id}",
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": repository.owner.id,
        "target_type": repository.owner.type,
        "permissions": dict(app.permissions),
        "events": [],
        "created_at": stamp(repository.created),
        "updated_at": stamp(repository.created),
        "single_file_name": None,
        "suspended_by": ask.shapes.account(repository.owner) if owner in app.suspended else None,
        "suspended_at": stamp(ask.world.clock()) if owner in app.suspended else None,
    })  # fmt: skip


@route("POST", "/app/installations/{id}/access_tokens")
def _installation_token(ask: Ask) -> Answer:
    app = app_of(ask.world, ask.call.headers)
    owner = next((login for login, id in app.installations.items() if id == ask.number("id")), None)
    if owner is None:
        raise Refusal(404, "Not Found")
    if owner in app.suspended:
        raise Refusal(403, "This installation has been suspended")
    return Answer.of(201, _minted(ask.world, app, owner, ask.document()))


@route("GET", "/installation/repositories")
def _reached(ask: Ask) -> Answer:
    if ask.token is None or ask.token.kind not in ("app", "actions"):
        raise Refusal(403, "You must authenticate with an installation access token in order to list repositories for "
                           "an installation.", kind="FORBIDDEN")  # fmt: skip
    reached = ask.token.repositories
    found = [one for name, one in ask.world.repositories.items() if reached is None or name in reached]
    return ask.page([ask.shapes.repository(one, ask.token) for one in found], "repositories")


@route("GET", "/app")
def _app(ask: Ask) -> Answer:
    return Answer.of(200, ask.shapes.app(app_of(ask.world, ask.call.headers)))


def _minted(world: World, app: App, owner: str, wanted: Mapping[str, Any]) -> Json:
    """A token of an installation: of what is asked for, as far as the installation goes. Raises Refusal."""
    reached = app.repositories[owner]
    asked = wanted.get("repositories")
    if asked is None and wanted.get("repository_ids") is not None:
        by_id = {one.id: one.name for one in world.repositories.values()}
        asked = [by_id.get(id, "?") for id in wanted["repository_ids"]]
    if asked is not None:
        names = frozenset(f"{owner}/{name}".lower() for name in asked)
        known = frozenset(world.repositories) if reached is None else reached
        if not names <= known:
            raise Refusal(422, "There is at least one repository that does not exist or is not accessible to the "
                               "parent installation.")  # fmt: skip
        reached = names
    elif reached is None:
        reached = frozenset(name for name in world.repositories if name.startswith(f"{owner.lower()}/"))
    permissions = dict(wanted.get("permissions") or app.permissions)
    order = ("none", "read", "write", "admin")
    for name, held in permissions.items():
        if order.index(held) > order.index(app.permissions.get(name, "none")):
            raise Refusal(422, "The permissions requested are not granted to this installation.")
    text = "ghs_" + secrets.token_hex(18)
    expires = world.clock() + 3600
    world.tokens[text] = Token(app.bot, "app", permissions, reached, "write", None, app.id, expires)
    made: Json = {
        "token": text,
        "expires_at": stamp(expires),
        "permissions": {"metadata": "read", **permissions},
        "repository_selection": "all" if asked is None and app.repositories[owner] is None else "selected",
    }
    return made
