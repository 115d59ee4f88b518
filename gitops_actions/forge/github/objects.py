"""Commits by the Git Data API (https://docs.github.com/en/rest/git), for what `createCommitOnBranch` cannot do."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitops_actions.errors import NotAllowed, Temporary
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.nodes import blob_id
from gitops_actions.forge.github.view import View
from gitops_actions.model import REGULAR, SUBMODULE, FileChange

_LARGE = 5_000_000  # bytes in one GraphQL document; what is more goes blob by blob


@dataclass(frozen=True, slots=True)
class Wanted:
    """A commit as `Store.publish` is asked for it."""

    branch: str
    expected: str | None
    parent: str
    files: tuple[FileChange, ...]
    message: str


def is_needed(view: View, wanted: Wanted) -> bool:
    """Whether it needs the Git Data API: `createCommitOnBranch` knows no modes, and wants all in one document."""
    modes = {change.mode for change in wanted.files if change.content is not None}
    modes |= {
        entry.mode
        for change in wanted.files
        if change.content is not None and (entry := view.entries.get((wanted.parent, change.path))) is not None
    }
    size = sum(len(change.content or b"") for change in wanted.files)
    return bool(modes - {REGULAR}) or size > _LARGE


def commit(view: View, wanted: Wanted) -> str:
    """A commit by https://docs.github.com/en/rest/git. Nothing refers to it yet, so all this may be done twice."""
    tree: list[Mapping[str, Any]] = []
    for change in wanted.files:
        entry: dict[str, Any] = {"path": change.path, "mode": change.mode, "type": "blob"}
        if change.content is None:
            if view.entries.get((wanted.parent, change.path)) is None:
                continue
            entry["sha"] = None
        elif change.mode == SUBMODULE:
            entry |= {"type": "commit", "sha": change.content.decode("ascii", "replace")}
        elif (text := _plain(change.content)) is not None:
            entry["content"] = text
        else:
            content = {"content": b64encode(change.content).decode(), "encoding": "base64"}
            entry["sha"] = _object(view, "blobs", content)
        tree.append(entry)
    base = view.trees[wanted.parent]
    made = _object(view, "trees", {"base_tree": base, "tree": tree}) if tree else base
    return _object(view, "commits", {"message": wanted.message.rstrip("\n"), "tree": made, "parents": [wanted.parent]})


def _object(view: View, kind: str, body: Mapping[str, Any]) -> str:
    for last in (False, True):
        try:
            return str(view.client.send("POST", f"{view.address.path}/git/{kind}", body)["sha"])
        except Doubt:
            if last:
                raise
        except Refusal as refusal:
            raise NotAllowed(f"GitHub does not take the commit: {refusal.words}") from None
    raise Temporary("an object could not be written")  # the loop returns or raises


def oid(change: FileChange) -> str:
    """The id that the entry of a written file has."""
    content = change.content or b""
    return content.decode("ascii", "replace") if change.mode == SUBMODULE else blob_id(content)


def _plain(content: bytes) -> str | None:
    """A content that can be given as text in a tree; None for what has to be a blob of its own."""
    try:
        return content.decode() if len(content) < 100_000 else None
    except UnicodeDecodeError:
        return None
