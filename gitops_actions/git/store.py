"""The store of any git server: `protocols.Store` over a `Repository`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gitops_actions.errors import UsageError
from gitops_actions.git.repository import Repository
from gitops_actions.model import Commit, FileChange, RefUpdate, Signature, Snapshot
from gitops_actions.names import complaint_about_branch

_HEADS = "refs/heads/"


class GitStore:
    """See `protocols.Store` for what the methods promise."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def default_branch(self) -> str:
        return self._repository.head()

    def snapshot(self, ref: str, paths: Collection[str], *, likely: Collection[str] = ()) -> Snapshot:
        return self._repository.read(ref, paths, likely=likely)

    def branches(self, prefix: str = "") -> Mapping[str, str]:
        refs = self._repository.refs(_HEADS + prefix)
        return {ref.removeprefix(_HEADS): id for ref, id in refs.items()}

    def names(self, ref: str, prefix: str = "") -> tuple[str, ...]:
        return self._repository.paths(ref, prefix)

    def ahead(self, base: str, head: str) -> tuple[Commit, ...]:
        return self._repository.ahead(base, head)

    def log(self, ref: str, prefixes: Collection[str] = (), *, limit: int | None = None) -> Sequence[Commit]:
        return self._repository.log(ref, prefixes, limit=limit)

    def blobs(self, ids: Collection[str]) -> Mapping[str, bytes]:
        return self._repository.blobs(ids)

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
        ref = _ref(branch)
        commit = self._repository.commit(parents=[parent], files=files, message=message, author=author)
        self._repository.push([RefUpdate(ref, expected, commit)])
        return commit

    def delete(self, branch: str, *, expected: str) -> None:
        ref = _ref(branch)
        if ref in self._repository.refs(ref):
            self._repository.push([RefUpdate(ref, expected, None)])

    def refresh(self) -> None:
        self._repository.refresh()


def _ref(branch: str) -> str:
    if complaint := complaint_about_branch(branch):
        raise UsageError(f"the branch {branch!r} {complaint}", hint="give another branch name")
    return _HEADS + branch
