"""Commit statuses and check runs, read as one list; commit statuses set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.github import queries
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.view import View
from gitops_actions.forge.github.words import line, seconds
from gitops_actions.model import CommitStatus

State = Literal["pending", "success", "failure", "error"]
_ID = re.compile(r"[0-9a-f]{40}")
_STATUS: Mapping[str, State] = {
    "EXPECTED": "pending", "PENDING": "pending", "SUCCESS": "success", "FAILURE": "failure", "ERROR": "error",
}  # fmt: skip
# https://docs.github.com/en/rest/checks/runs: neutral and skipped runs satisfy a required check.
_GOOD = ("SUCCESS", "NEUTRAL", "SKIPPED")
_DESCRIPTION = 140  # characters; longer ones are refused


def of(view: View, commit: str) -> tuple[CommitStatus, ...]:
    """See `Forge.statuses`; () for a commit that is not there. Check runs of one name are one: the newest."""
    if not _ID.fullmatch(commit):
        return ()
    found: dict[str, CommitStatus] = {}
    after = None
    while True:
        there = view.repository(queries.STATUSES, {"commit": commit, "after": after})["object"] or {}
        rollup = there.get("statusCheckRollup")
        if rollup is None:
            return ()
        for node in rollup["contexts"]["nodes"]:
            status = _status(node)
            if status.context not in found or found[status.context].time <= status.time:
                found[status.context] = status
        if not rollup["contexts"]["pageInfo"]["hasNextPage"]:
            return tuple(found[context] for context in sorted(found))
        after = rollup["contexts"]["pageInfo"]["endCursor"]


def set_status(view: View, commit: str, status: CommitStatus) -> None:
    """See `Forge.set_status`. A status that is there already is left alone: GitHub keeps 1,000 of a context and
    commit, and ``time`` goes on telling since when."""
    if not _ID.fullmatch(commit):
        raise UsageError(f"{commit[:100]!r} is not a full commit id")
    body = {
        "state": status.state,
        "context": line(status.context, 255),
        "description": line(status.description, _DESCRIPTION),
        **({"target_url": line(status.url)} if status.url and status.url.startswith(("https://", "http://")) else {}),
    }
    if _is_set(view, commit, body):
        return
    for last in (False, True):
        try:
            view.client.send("POST", f"{view.address.path}/statuses/{commit}", body)
            return
        except Doubt:
            if _is_set(view, commit, body):
                return
            if last:
                raise
        except Refusal as refusal:
            if (refusal.status == 422 and "No commit found" in refusal.words) or refusal.status == 404:
                raise UsageError(f"there is no commit {commit} in {view.address.full_name}") from None
            raise NotAllowed(f"GitHub does not take the status {body['context']}: {refusal.words}") from None


def _is_set(view: View, commit: str, body: Mapping[str, str]) -> bool:
    """By the statuses alone: who may set one need not see check runs. The newest comes first."""
    try:
        found = view.client.get(f"{view.address.path}/commits/{commit}/statuses", per_page=100)
    except Refusal:
        raise UsageError(f"there is no commit {commit} in {view.address.full_name}") from None
    now = next((one for one in found if one["context"] == body["context"]), None)
    wanted = (body["state"], body["description"], body.get("target_url"))
    return now is not None and (now["state"], now["description"] or "", now["target_url"]) == wanted


def _status(node: Mapping[str, Any]) -> CommitStatus:
    if node["__typename"] == "StatusContext":
        return CommitStatus(
            line(node["context"]),
            _STATUS.get(node["state"], "error"),
            line(node["description"]),
            line(node["targetUrl"]) or None,
            seconds(node["createdAt"]),
        )
    done = node["status"] == "COMPLETED"
    state: State = "pending" if not done else "success" if node["conclusion"] in _GOOD else "failure"
    when = node["completedAt"] or node["startedAt"]
    return CommitStatus(line(node["name"]), state, line(node["title"]), line(node["detailsUrl"]) or None, seconds(when))
