"""What a source repository on the same GitHub says about two of its commits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from gitops_actions.errors import NotAllowed
from gitops_actions.forge.github.client import Client
from gitops_actions.forge.github.failures import Refusal
from gitops_actions.forge.github.nodes import signature
from gitops_actions.model import Changes, Commit
from gitops_actions.protocols import Ancestry

_SOURCE = re.compile(r"(?:https://[^/@\s]+/)?([A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}?)(?:\.git)?/?")
_ID = re.compile(r"[0-9a-f]{40}")
_RELATIONS: dict[str, Ancestry] = {
    "ahead": "descendant", "behind": "ancestor", "identical": "same", "diverged": "diverged",
}  # fmt: skip
_PAGE = 50

_Comparison = Mapping[str, Any]


class Sources:
    """Any repository on this GitHub that the token reaches. One request answers all questions about two commits, but
    for those of which there are many between."""

    def __init__(self, client: Client, api: str) -> None:
        self._client = client
        self._web = web(api)
        self._known: dict[tuple[str, str, str], _Comparison | None] = {}

    def relation(self, repository: str, old: str, new: str) -> Ancestry | None:
        """See `Forge.compare`."""
        found = self._compared(repository, old, new)
        return _RELATIONS.get(found["status"]) if found else None

    def changes(self, repository: str, old: str, new: str, limit: int) -> Changes | None:
        """See `Forge.changes`."""
        found = self._compared(repository, old, new)
        if found is None:
            return None
        total = int(found["total_commits"])
        commits = list(found["commits"])  # the oldest come first
        if total > len(commits):
            last = -(-total // _PAGE)
            commits = []
            while last and len(commits) < limit:
                page = self._page(repository, old, new, last)
                if page is None:
                    return None
                commits[:0] = page["commits"]
                last -= 1
        return Changes(tuple(_commit(one) for one in reversed(commits[-limit:])), total)

    def url(self, repository: str, old: str, new: str) -> str | None:
        """See `Forge.compare_url`."""
        match = _SOURCE.fullmatch(repository)
        return f"{self._web}/{match[1]}/compare/{old}...{new}" if match else None

    def _compared(self, repository: str, old: str, new: str) -> _Comparison | None:
        key = (repository, old, new)
        if key not in self._known:
            self._known[key] = self._page(repository, old, new, 1)
        return self._known[key]

    def _page(self, repository: str, old: str, new: str, number: int) -> _Comparison | None:
        """A page of a comparison (https://docs.github.com/en/rest/commits/commits#compare-two-commits)."""
        match = _SOURCE.fullmatch(repository)
        if match is None or not _ID.fullmatch(old) or not _ID.fullmatch(new):
            return None
        path = f"/repos/{match[1]}/compare/{old}...{new}"
        try:
            found: _Comparison = self._client.get(path, per_page=_PAGE, page=number)
        except (Refusal, NotAllowed):
            return None
        return found


def web(api: str) -> str:
    """Where people see what an API is about."""
    parts = urlsplit(api)
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


def _commit(document: Mapping[str, Any]) -> Commit:
    parents = tuple(parent["sha"] for parent in document["parents"])
    told = document["commit"]
    return Commit(document["sha"], parents, signature(told["author"]), signature(told["committer"]), told["message"])
