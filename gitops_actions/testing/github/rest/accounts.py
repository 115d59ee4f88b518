"""Accounts, limits and what the server is (https://docs.github.com/en/rest/users and `rate-limit`, `meta`)."""

from __future__ import annotations

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.rest.routing import Ask, route
from gitops_actions.testing.github.state import Refusal


@route("GET", "/user")
def _user(ask: Ask) -> Answer:
    if ask.token is None:
        raise Refusal(401, "Requires authentication")
    if ask.token.kind in ("app", "actions"):
        raise Refusal(403, "Resource not accessible by integration")
    return Answer.of(200, ask.shapes.user(ask.token.account))


@route("GET", "/users/{username}")
def _other_user(ask: Ask) -> Answer:
    found = ask.world.account(ask.values["username"])
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.user(found))


@route("GET", "/rate_limit")
def _rate_limit(ask: Ask) -> Answer:
    limit = {"limit": 5000, "used": 0, "remaining": 5000, "reset": int(ask.world.clock()) + 3600}
    resources = {"core": limit, "search": {**limit, "limit": 30, "remaining": 30}, "graphql": limit}
    return Answer.of(200, {"resources": resources, "rate": limit})


@route("GET", "/meta")
def _meta(_ask: Ask) -> Answer:
    return Answer.of(200, {"verifiable_password_authentication": False})
