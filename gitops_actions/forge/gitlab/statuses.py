"""Commit statuses: those that were set by API and GitLab's own jobs, in one list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from gitops_actions.errors import UsageError
from gitops_actions.forge.gitlab import words
from gitops_actions.forge.gitlab.client import Client, Doubt, Refused
from gitops_actions.forge.gitlab.reading import ID
from gitops_actions.model import CommitStatus

_TRIES = 3
_Word = Literal["pending", "success", "failure", "error"]
# https://docs.gitlab.com/api/commits/#list-commit-statuses; whatever is not over is pending.
_STATES: Mapping[str, _Word] = {"success": "success", "failed": "failure", "canceled": "error", "skipped": "error"}
_SENT: Mapping[_Word, str] = {"pending": "pending", "success": "success", "failure": "failed", "error": "failed"}


def of(client: Client, commit: str) -> tuple[CommitStatus, ...]:
    """The latest status of each context; none for a commit that is not there."""
    if not ID.fullmatch(commit):
        return ()
    try:
        found = list(client.pages(f"repository/commits/{commit}/statuses"))
    except Refused as refused:
        if refused.status != 404:
            raise
        return ()
    latest = {one["name"]: one for one in sorted(found, key=lambda one: int(one["id"]))}
    return tuple(_shown(latest[name]) for name in sorted(latest))


def put(client: Client, commit: str, status: CommitStatus) -> None:
    """Set a status. Nothing is written when the commit has it already: the time goes on telling since when."""
    if not ID.fullmatch(commit):
        raise _no_commit(client, commit)
    context, state = words.line(status.context), _SENT[status.state]
    body = {"state": state, "name": context, "description": words.line(status.description)}
    body |= {"target_url": words.line(status.url, 2000)} if status.url is not None else {}
    wanted = (_STATES.get(state, "pending"), body["description"], body.get("target_url"))
    for tries in range(1, _TRIES + 1):
        there = next((one for one in of(client, commit) if one.context == context), None)
        if there is not None and (there.state, there.description, there.url) == wanted:
            return
        try:
            client.write("post", f"statuses/{commit}", body)
        except Doubt:
            if tries == _TRIES:
                raise
            continue
        except Refused as refused:
            if refused.status == 404:
                raise _no_commit(client, commit) from None
            # What is pending cannot become pending again, not even with other words.
            if refused.status == 400 and there is not None and there.state == wanted[0]:
                return
            raise
        return


def _shown(document: Mapping[str, Any]) -> CommitStatus:
    time = document["finished_at"] or document["created_at"]
    return CommitStatus(
        context=words.line(document["name"]),
        state=_STATES.get(document["status"], "pending"),
        description=words.line(document["description"] or ""),
        url=document["target_url"] and words.line(document["target_url"], 2000),
        time=int(datetime.fromisoformat(time).timestamp()) if time else 0,
    )


def _no_commit(client: Client, commit: str) -> UsageError:
    return UsageError(f"there is no commit {commit[:100]!r} in {client.address.web}", hint="give a full commit id")
