"""What node ids in the input of a mutation mean."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.state import Refusal, parts_of

Mutation = Callable[[Graph, Node], Node]  # what is done with an input, and the payload


def label_of(graph: Graph, id: str) -> str:
    """The label that a node id means. Raises Refusal."""
    _, repository, parts = graph.by_id(id, "LA")
    if parts[0] not in repository.labels:
        raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
    return repository.labels[parts[0]].name


def login_of(graph: Graph, id: str) -> str:
    """The login of the person that a node id means. Raises Refusal."""
    kind, parts = parts_of(id)
    account = graph.world.account(parts[0]) if kind in ("U", "BOT") and parts else None
    if account is None:
        raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
    return account.login
