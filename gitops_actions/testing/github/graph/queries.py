"""What can be asked at the root of a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.state import Refusal, stamp


def _limit(_root: object, info: Any, **_given: Any) -> Node:
    reset = stamp(info.context.work.world.clock() + 3600)
    return {"cost": 1, "limit": 5000, "nodeCount": 0, "remaining": 4999, "resetAt": reset, "used": 1}


def _user(_root: object, info: Any, login: str) -> Node | None:
    graph = Graph(info.context)
    found = graph.world.account(login)
    if found is None or found.type != "User":
        raise Refusal(404, f"Could not resolve to a User with the login of '{login}'.", kind="NOT_FOUND")
    return graph.account(found)


def _organization(_root: object, info: Any, login: str) -> Node | None:
    graph = Graph(info.context)
    found = graph.world.account(login)
    if found is None or found.type != "Organization":
        raise Refusal(404, f"Could not resolve to an Organization with the login of '{login}'.", kind="NOT_FOUND")
    return graph.account(found)


def _repository(_root: object, info: Any, owner: str, name: str, **_given: Any) -> Node:
    graph = Graph(info.context)
    return graph.repository(graph.found(f"{owner}/{name}"))


def _viewer(_root: object, info: Any) -> Node:
    # Apps have a viewer too; the schema says User, and GitHub answers with the bot's login.
    return {**Graph(info.context).me(), "__typename": "User"}


QUERIES: dict[str, Callable[..., Any]] = {
    "repository": _repository,
    "viewer": _viewer,
    "user": _user,
    "organization": _organization,
    "rateLimit": _limit,
    "node": lambda _root, info, id: Graph(info.context).node(id),
    "id": lambda _root, _info: "Q_",
}
