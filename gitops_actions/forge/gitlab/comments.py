"""One comment for each topic of a merge request, found again by a mark that nobody sees."""

from __future__ import annotations

from gitops_actions.errors import UsageError
from gitops_actions.forge.gitlab import words
from gitops_actions.forge.gitlab.client import Client, Doubt, Refused

_TRIES = 3


def comment(client: Client, number: int, topic: str, text: str) -> None:
    """Write the comment of a topic, or replace it. Raises UsageError when there is no such request."""
    body = words.note(topic, text)
    path = f"merge_requests/{number}/notes"
    for tries in range(1, _TRIES + 1):
        try:
            notes = [one for one in client.pages(path, sort="asc") if not one["system"]]
        except Refused as refused:
            if refused.status != 404:
                raise
            raise UsageError(f"there is no merge request !{number} in {client.address.web}") from None
        mine = [one for one in notes if one["body"].startswith(words.marker(topic))]
        if any(one["body"].strip() == body.strip() for one in mine):
            return
        try:
            if not any(_replaced(client, f"{path}/{one['id']}", body) for one in mine):
                client.write("post", path, {"body": body})
        except Doubt:
            if tries == _TRIES:
                raise
            continue
        return


def _replaced(client: Client, path: str, body: str) -> bool:
    """Whether a comment could be replaced; that of somebody else, who copied the mark, cannot."""
    try:
        client.write("put", path, {"body": body})
    except Refused as refused:
        if refused.status not in (403, 404):
            raise
        return False
    return True
