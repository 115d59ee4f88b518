"""One comment for each topic of a request, found again by a marker that people do not see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gitops_actions.errors import UsageError
from gitops_actions.forge.github import queries
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.view import View
from gitops_actions.forge.github.words import BODY, lines


def comment(view: View, number: int, topic: str, body: str) -> None:
    """See `Forge.comment`. Only comments of ours count, so that nobody can put a marker in our way."""
    marker = f"<!-- gitops-actions: {re.sub('[^A-Za-z0-9_.-]', '-', topic)[:100]} -->"
    text = f"{marker}\n{lines(body)[: BODY - len(marker) - 1]}"
    subject, ours = _ours(view, number, marker)
    for last in (False, True):
        try:
            if not ours:
                view.client.mutate(queries.ADD_COMMENT, {"input": {"subjectId": subject, "body": text}})
            elif ours[0]["body"] != text:
                view.client.mutate(queries.UPDATE_COMMENT, {"input": {"id": ours[0]["id"], "body": text}})
            elif len(ours) == 1:
                return
        except Doubt:
            if last:
                raise
            _, ours = _ours(view, number, marker)
            continue
        break
    if not ours:  # what lies between may have repeated it
        _, ours = _ours(view, number, marker)
    for more in ours[1:]:
        try:
            view.client.mutate(queries.DELETE_COMMENT, {"input": {"id": more["id"]}})
        except Refusal:
            continue  # it is gone


def _ours(view: View, number: int, marker: str) -> tuple[str, list[Mapping[str, Any]]]:
    """The id of the request, and our comments of a topic, oldest first. Raises UsageError when there is no request."""
    found: list[Mapping[str, Any]] = []
    after = None
    while True:
        request = view.repository(queries.COMMENTS, {"number": number, "after": after})["pullRequest"]
        if request is None:
            raise UsageError(f"there is no pull request #{number} in {view.address.full_name}")
        page = request["comments"]
        found += [one for one in page["nodes"] if one["viewerDidAuthor"] and one["body"].startswith(marker)]
        if not page["pageInfo"]["hasNextPage"]:
            return str(request["id"]), found
        after = page["pageInfo"]["endCursor"]
