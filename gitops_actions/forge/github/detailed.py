"""Requests as GraphQL tells them (`queries.REQUEST`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gitops_actions.forge.github.words import line, lines
from gitops_actions.model import PullRequest

_STATES: Mapping[str, Literal["open", "closed", "merged"]] = {"OPEN": "open", "CLOSED": "closed", "MERGED": "merged"}


@dataclass(frozen=True, slots=True)
class Detailed:
    """A request with what only this folder needs. ``id`` is its node id; ``queue``: its base has a merge queue;
    ``pondering``: GitHub does not know yet whether it conflicts; ``reviewed``: who has given a review."""

    request: PullRequest
    id: str
    queue: bool = False
    pondering: bool = False
    reviewed: tuple[str, ...] = ()


def own(nodes: Sequence[Mapping[str, Any]]) -> tuple[PullRequest, ...]:
    """The requests of a list that do not come from forks."""
    return tuple(detailed(node).request for node in nodes if node and not node["isCrossRepository"])


def detailed(node: Mapping[str, Any]) -> Detailed:
    """A request, with harmless texts."""
    asked = [one["requestedReviewer"] or {} for one in (node["reviewRequests"] or {"nodes": ()})["nodes"]]
    state = _STATES[node["state"]]
    merge = node["mergeCommit"]
    request = PullRequest(
        number=node["number"],
        url=line(node["url"]),
        state=state,
        branch=node["headRefName"],
        base=node["baseRefName"],
        head_sha=node["headRefOid"],
        title=line(node["title"]),
        body=lines(node["body"]),
        labels=tuple(line(one["name"]) for one in (node["labels"] or {"nodes": ()})["nodes"]),
        assignees=tuple(one["login"] for one in node["assignees"]["nodes"]),
        reviewers=tuple(one["login"] for one in asked if one.get("__typename") == "User"),
        milestone=_milestone(node),
        draft=node["isDraft"],
        auto_merge=state == "open" and bool(node["autoMergeRequest"] or node["mergeQueueEntry"]),
        conflicts=state == "open" and node.get("mergeable") == "CONFLICTING",
        merge_commit=merge["oid"] if merge and state == "merged" else None,
    )
    pondering = state == "open" and node.get("mergeable") == "UNKNOWN"
    given = (node.get("latestReviews") or {"nodes": ()})["nodes"]
    reviewed = tuple(one["author"]["login"] for one in given if one["author"])  # an account may be gone
    return Detailed(request, node["id"], bool(node.get("isMergeQueueEnabled")), pondering, reviewed)


def _milestone(node: Mapping[str, Any]) -> str | None:
    """Its title. One that was taken away is not to be set again; whether it was, only one request by itself tells."""
    if node["milestone"] is not None:
        return line(node["milestone"]["title"])
    return "" if (node.get("milestoned") or {"nodes": ()})["nodes"] else None
