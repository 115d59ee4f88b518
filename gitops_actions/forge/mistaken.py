"""An answer of another forge than the one that was named: GitHub Enterprise Server and GitLab share `/api/graphql`."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_actions.errors import UsageError

# What each puts on all its answers, also on those that refuse.
# https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api,
# https://docs.gitlab.com/api/rest/troubleshooting/
_MARKS = {"GitHub": "x-github-request-id", "GitLab": "x-gitlab-meta"}


def mistaken(name: str, place: str, headers: Mapping[str, str]) -> UsageError | None:
    """The error where an answer that is not what was hoped for comes from the other forge; else None.

    Args:
        name: the forge that ``place`` was taken for, ``GitHub`` or ``GitLab``.
        headers: of the answer, with names in lower case or found by them.
    """
    other = next((other for other, mark in _MARKS.items() if other != name and mark in headers), None)
    if other is None or _MARKS[name] in headers:
        return None
    return UsageError(f"{place} does not answer like a {name}: it looks like a {other}", hint=named(other))


def named(other: str) -> str:
    """What to do where a host is of the forge ``other``."""
    return f"say --forge {other.lower()}; or give the address of the right API with --api-url"
