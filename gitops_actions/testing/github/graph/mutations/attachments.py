"""Labels and comments."""

from __future__ import annotations

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.graph.mutations.naming import Mutation, label_of
from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node, cursor_at
from gitops_actions.testing.github.state import Refusal


def _add_labels(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["labelableId"])
    names = [label_of(graph, id) for id in given["labelIds"]]
    graph.work.add_labels(graph.token, repository, request, names)
    return {"labelable": graph.request(repository, request)}


def _remove_labels(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["labelableId"])
    for name in [label_of(graph, id) for id in given["labelIds"]]:
        if name in request.labels:
            graph.work.remove_label(graph.token, repository, request, name)
    need(graph.token, repository, "issues", "write")
    return {"labelable": graph.request(repository, request)}


def _create_label(graph: Graph, given: Node) -> Node:
    _, repository, _ = graph.by_id(given["repositoryId"], "R")
    need(graph.token, repository, "issues", "write")
    if given["name"].lower() in repository.labels:
        raise Refusal(422, "Name has already been taken")
    made = graph.work.label(repository, given["name"], given["color"].lstrip("#"), given.get("description"))
    return {"label": graph.label(repository, made)}


def _add_comment(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["subjectId"])
    made = graph.work.comment(graph.token, repository, request.number, given["body"])
    return {
        "commentEdge": {"cursor": cursor_at(0), "node": graph.comment(repository, made)},
        "subject": graph.request(repository, request),
    }


def _update_comment(graph: Graph, given: Node) -> Node:
    _, repository, parts = graph.by_id(given["id"], "IC")
    made = graph.work.edit_comment(graph.token, repository, int(parts[0]), given["body"])
    return {"issueComment": graph.comment(repository, made)}


def _delete_comment(graph: Graph, given: Node) -> Node:
    _, repository, parts = graph.by_id(given["id"], "IC")
    need(graph.token, repository, "issues", "write")
    repository.comments.pop(int(parts[0]), None)
    return {}


MUTATIONS: dict[str, Mutation] = {
    "addLabelsToLabelable": _add_labels,
    "removeLabelsFromLabelable": _remove_labels,
    "createLabel": _create_label,
    "addComment": _add_comment,
    "updateIssueComment": _update_comment,
    "deleteIssueComment": _delete_comment,
}
