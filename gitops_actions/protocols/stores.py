"""The content of a repository."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from gitops_actions.model import (
    Commit,
    FileChange,
    Signature,
    Snapshot,
)


class Store(Protocol):
    """The content of one repository, by branch. Reads after the first are answered from what was read until
    `refresh`; a store never writes outside `publish` and `delete`."""

    def default_branch(self) -> str:
        """The branch that HEAD names. Raises UsageError for an empty repository."""
        ...

    def snapshot(self, ref: str, paths: Collection[str], *, likely: Collection[str] = ()) -> Snapshot:
        """The files at ``paths`` in a branch (short name) or commit (full id).

        ``likely`` are words; files with such a word in their path may be fetched along, because they will
        probably be asked for next. Raises UsageError (naming the branches that exist) when the branch does not.
        """
        ...

    def branches(self, prefix: str = "") -> Mapping[str, str]:
        """Branches (short names) that start with ``prefix``, with their commit ids."""
        ...

    def names(self, ref: str, prefix: str = "") -> tuple[str, ...]:
        """All file paths below the folder ``prefix`` ("" = everything), in git's order."""
        ...

    def ahead(self, base: str, head: str) -> tuple[Commit, ...]:
        """The commits of ``head`` that ``base`` does not have, newest first; both are branches or commit ids."""
        ...

    def log(self, ref: str, prefixes: Collection[str] = (), *, limit: int | None = None) -> Sequence[Commit]:
        """Commits of ``ref``, newest first, along the first parents; with ``prefixes``, only those that changed
        something at or below one of them, with ``Commit.files`` filled for these paths. The store may go on reading
        while other things are done: what is wrong is raised here or when the first commit is asked for."""
        ...

    def blobs(self, ids: Collection[str]) -> Mapping[str, bytes]:
        """Contents by blob id, as found in ``Commit.files``."""
        ...

    def publish(
        self,
        branch: str,
        *,
        expected: str | None,
        parent: str,
        files: Sequence[FileChange],
        message: str,
        author: Signature,
    ) -> str:
        """Put a commit with ``files`` on top of ``parent`` and move ``branch`` to it, if and only if the branch is
        at ``expected`` (None: does not exist). Returns the commit id. The same arguments make the same commit.

        Raises LostRace when the branch is elsewhere, NotAllowed with the server's words when it refuses,
        Temporary when it cannot be reached. An answer that was lost is looked up, never guessed.
        """
        ...

    def delete(self, branch: str, *, expected: str) -> None:
        """Delete a branch that is at ``expected``; a branch that is gone already is fine. Raises LostRace."""
        ...

    def refresh(self) -> None:
        """Forget what was read: the next read asks the remote."""
        ...
