"""What may come of a request that GitLab did not do as asked."""

from __future__ import annotations

import json

import gitlab

from gitops_actions.errors import NotAllowed, Temporary


class Refused(NotAllowed):
    """GitLab understood a request and does not do it; ``status`` and ``words`` are its own."""

    def __init__(self, status: int, words: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.words = words


class Doubt(Temporary):
    """A write that may have been done, or not: the answer was lost. Whoever asked has to look."""


def words_of(error: gitlab.exceptions.GitlabError) -> str:
    """GitLab's words; what is wrong with a token is in a field that python-gitlab does not know."""
    try:
        document = json.loads(error.response_body or b"")
        if isinstance(document, dict) and "error_description" in document:
            return str(document["error_description"])
    except ValueError:
        pass
    message: object = error.error_message
    return message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
