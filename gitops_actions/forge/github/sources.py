"""What a source repository on the same GitHub says about two of its commits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.github.client import Client
from gitops_actions.forge.github.nodes import signature
from gitops_actions.model import Changes, Commit
from gitops_actions.protocols import Ancestry

_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_ID = re.compile(r"[0-9a-f]{40}")
_RELATIONS: dict[str, Ancestry] = {
    "ahead": "descendant", "behind": "ancestor", "identical": "same", "diverged": "diverged",
}  # fmt: skip

_Comparison = Mapping[str, Any]


class Sources:
    """Any repository on this GitHub that the token reaches. One request answers all questions about two commits."""

    def __init__(self, client: Client, api: str) -> None:
        self._client = client
        self._web = web(api)
        self._known: dict[tuple[str, str, str], _Comparison | None] = {}

    def relation(self, repository: str, old: str, new: str) -> Ancestry | None:
        """See `Forge.compare`."""
        found = self._compared(repository, old, new)
        return _RELATIONS.get(found["status"]) if found else None

    def changes(self, repository: str, old: str, new: str, limit: int) -> Changes | None:
        """See `Forge.changes`; at most 250."""
        found = self._compared(repository, old, new)
        if found is None:
            return None
        newest = [_commit(one) for one in reversed(found["commits"])]
        return Changes(tuple(newest[:limit]), int(found["total_commits"]))

    def url(self, repository: str, old: str, new: str) -> str | None:
        """See `Forge.compare_url`."""
        name = self.name(repository)
        return f"{self._web}/{name}/compare/{old}...{new}" if name else None

    def name(self, repository: str) -> str | None:
        """``owner/name`` of a source, which is called so or by its URL; None when it is not on this GitHub."""
        name = repository.removeprefix(f"{self._web}/")
        return name if _NAME.fullmatch(name) else None

    def _compared(self, repository: str, old: str, new: str) -> _Comparison | None:
        key = (repository, old, new)
        if key not in self._known:
            self._known[key] = self._compare(repository, old, new)
        return self._known[key]

    def _compare(self, repository: str, old: str, new: str) -> _Comparison | None:
        """https://docs.github.com/en/rest/commits/commits#compare-two-commits: whoever asks for no page gets the newest
        commits, and those of pages begin with the oldest."""
        name = self.name(repository)
        if name is None or not _ID.fullmatch(old) or not _ID.fullmatch(new):
            return None
        try:
            found: _Comparison = self._client.get(f"/repos/{name}/compare/{old}...{new}")
        except (UsageError, NotAllowed):  # it is not there, not for us, or somewhere else now
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
