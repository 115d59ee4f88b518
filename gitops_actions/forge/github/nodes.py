"""Commits and entries of trees, as the API tells them and as git counts them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gitops_actions.forge.github.words import line, seconds
from gitops_actions.model import Commit, Signature


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a tree. ``kind``: ``blob``, ``tree``, or ``commit`` for a submodule."""

    mode: str
    kind: str
    oid: str


def commit(node: Mapping[str, Any]) -> Commit:
    """A commit as GraphQL tells it. GitHub leaves out the line end that git puts after a message."""
    parents = tuple(parent["oid"] for parent in node["parents"]["nodes"])
    author, committer = signature(node["author"]), signature(node["committer"])
    return Commit(node["oid"], parents, author, committer, node["message"].rstrip("\n") + "\n")


def signature(who: Mapping[str, Any] | None) -> Signature:
    """A person as both APIs tell it."""
    who = who or {}
    return Signature(line(who.get("name")), line(who.get("email")), seconds(who.get("date")))


def blob_id(content: bytes) -> str:
    """The id that git gives a content (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects)."""
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()


def with_folders(paths: Collection[str]) -> list[str]:
    """Paths and the folders they are in, each once."""
    found: dict[str, None] = {}
    for path in sorted(paths):
        parts = path.split("/")
        found.update(dict.fromkeys("/".join(parts[:end]) for end in range(1, len(parts) + 1)))
    return list(found)
