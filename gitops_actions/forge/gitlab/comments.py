"""One comment for each topic of a merge request, found again by a mark that nobody sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_actions.errors import UsageError
from gitops_actions.forge.gitlab import words
from gitops_actions.forge.gitlab.client import Client, Doubt, Refused

_TRIES = 3


def comment(client: Client, number: int, topic: str, text: str) -> None:
    """Write the comment of a topic, or replace it. Raises UsageError when there is no such request.

    After it was written it is looked at again: a proxy may have sent it twice.
    """
    body = words.note(topic, text)
    path = f"merge_requests/{number}/notes"
    for tries in range(1, _TRIES + 1):
        mine = _of_topic(client, number, topic)
        same = [one for one in mine if one["body"].strip() == body.strip()]
        try:
            for one in same[1:]:
                client.write("delete", f"{path}/{one['id']}")
            if same or any(_replaced(client, f"{path}/{one['id']}", body) for one in mine):
                return
            client.write("post", path, {"body": body})
        except Doubt:
            if tries == _TRIES:
                raise
        except Refused as refused:
            if refused.status != 404:  # of one that is gone already
                raise


def _of_topic(client: Client, number: int, topic: str) -> list[Mapping[str, Any]]:
    try:
        notes = list(client.pages(f"merge_requests/{number}/notes", sort="asc"))
    except Refused as refused:
        if refused.status != 404:
            raise
        raise UsageError(f"there is no merge request !{number} in {client.address.web}") from None
    return [one for one in notes if not one["system"] and one["body"].startswith(words.marker(topic))]


def _replaced(client: Client, path: str, body: str) -> bool:
    """Whether a comment could be replaced; that of somebody else, who copied the mark, cannot."""
    try:
        client.write("put", path, {"body": body})
    except Refused as refused:
        if refused.status not in (403, 404):
            raise
        return False
    return True
