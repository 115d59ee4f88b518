"""What the local forge needs of a git repository, in its own words: forges do not import the room `git`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from gitops_actions.model import Commit, FileChange, RefUpdate, Signature, Snapshot

if TYPE_CHECKING:
    from gitops_actions.model.diagnosis import Receiving


class Plumbing(Protocol):
    """One remote repository, without a work tree."""

    @property
    def url(self) -> str:
        """Where it is: a path or an URL, without credentials."""
        ...

    @property
    def shallow(self) -> bool:
        """Whether its history is cut off somewhere."""
        ...

    def beside(self, name: str) -> Plumbing | None:
        """The repository that ``name`` (`acme/web`) means where this one is; None when there is none. It is closed
        together with this one."""
        ...

    def refs(self, *prefixes: str) -> Mapping[str, str]:
        """Refs by full name, with their ids; asked once, then remembered until `refresh`."""
        ...

    def refresh(self) -> None:
        """Forget the refs: the next read asks the remote."""
        ...

    def read(self, commit: str, paths: Collection[str]) -> Snapshot:
        """The files at ``paths`` in a commit. Raises UsageError when there is no such commit."""
        ...

    def paths(self, commit: str, prefix: str = "") -> tuple[str, ...]:
        """The paths of all files of a commit below a folder."""
        ...

    def commit(
        self,
        *,
        parents: Sequence[str],
        files: Sequence[FileChange],
        message: str,
        author: Signature,
        committer: Signature | None = None,
        tree: str | None = None,
    ) -> str:
        """Make a commit: the tree of the first parent, or ``tree``, with ``files`` put over it. It is on no ref yet."""
        ...

    def merge_tree(self, ours: str, theirs: str) -> tuple[str | None, tuple[str, ...]]:
        """The tree that a merge of two commits has, or None and the paths that conflict."""
        ...

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor, or None."""
        ...

    def is_ancestor(self, a: str, b: str) -> bool:
        """Whether ``b`` has ``a`` in its history (a commit has itself)."""
        ...

    def ahead(self, base: str, head: str) -> tuple[Commit, ...]:
        """The commits of ``head`` that ``base`` does not have, newest first."""
        ...

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Compare and swap several refs of the remote, all or none. Raises LostRace, NotAllowed, Temporary."""
        ...

    def receiving(self) -> Receiving:
        """What the repository does with a push."""
        ...
