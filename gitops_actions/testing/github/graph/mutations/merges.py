"""Merging: now, when it can be, or by the queue."""

from __future__ import annotations

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.graph.mutations.naming import Mutation
from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node


def _enable(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.enable_auto_merge(
        graph.token,
        repository,
        request,
        method=(given.get("mergeMethod") or "MERGE").lower(),
        expected=given.get("expectedHeadOid"),
        title=given.get("commitHeadline"),
        message=given.get("commitBody"),
    )
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _disable(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.disable_auto_merge(graph.token, repository, request)
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _merge(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.merge(
        graph.token,
        repository,
        request,
        method=(given.get("mergeMethod") or "MERGE").lower(),
        expected=given.get("expectedHeadOid"),
        title=given.get("commitHeadline"),
        message=given.get("commitBody"),
    )
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _enqueue(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.enqueue(graph.token, repository, request, expected=given.get("expectedHeadOid"))
    return {"mergeQueueEntry": graph.queue_entry(repository, request)}


def _dequeue(graph: Graph, given: Node) -> Node:
    kind, repository, parts = graph.by_id(given["id"], "PR", "MQE")
    request = graph.work.request(repository, int(parts[0]))
    need(graph.token, repository, "contents", "write")
    entry = graph.queue_entry(repository, request)
    request.queued = None
    return {"mergeQueueEntry": entry if kind else None}


MUTATIONS: dict[str, Mutation] = {
    "enablePullRequestAutoMerge": _enable,
    "disablePullRequestAutoMerge": _disable,
    "mergePullRequest": _merge,
    "enqueuePullRequest": _enqueue,
    "dequeuePullRequest": _dequeue,
}
