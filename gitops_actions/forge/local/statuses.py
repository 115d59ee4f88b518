"""Commit statuses: `refs/gitops/statuses` holds a file for each commit that has any."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from gitops_actions.errors import UsageError
from gitops_actions.forge.local.data import ID, build, line
from gitops_actions.forge.local.plumbing import Plumbing
from gitops_actions.forge.local.requests import DATA, HEADS, PULLS
from gitops_actions.model import CommitStatus, FileChange, RefUpdate, Signature

REF = DATA + "statuses"


class Statuses:
    """The commit statuses of a repository, as of its last refresh."""

    def __init__(self, repository: Plumbing) -> None:
        self._repository = repository

    def of(self, commit: str) -> tuple[CommitStatus, ...]:
        """The statuses of a commit (full id), by context. Raises UsageError when the file is not as we write it."""
        where, kept = self._file(commit), self._kept()
        content = self._repository.read(kept, [where]).files.get(where) if kept else None
        if content is None:
            return ()
        try:
            entries = json.loads(content.content)
            if not isinstance(entries, list):
                raise ValueError("it is not a list")
            return tuple(_clean(build(CommitStatus, values)) for values in entries)
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"the statuses of {commit} cannot be read: {line(str(error))[:200]}",
                file=where,
                hint=f"see what happened with `git log -p {REF}` and put the file right",
            ) from None

    def updates(self, commit: str, status: CommitStatus, author: Signature) -> list[RefUpdate]:
        """What to push so that a commit has this status. Nothing when it has it already: then ``time`` goes on
        telling since when. Raises UsageError when there is no such commit."""
        status, others = _clean(status), {one.context: one for one in self.of(commit)}
        there = others.pop(status.context, None)
        if there is not None and replace(there, time=status.time) == status:
            return []
        self._repository.read(commit, ())
        entries = sorted([*others.values(), status], key=lambda one: one.context)
        content = json.dumps([asdict(one) for one in entries], indent=2, ensure_ascii=False) + "\n"
        kept = self._kept()
        new = self._repository.commit(
            parents=[kept] if kept else [],
            files=[FileChange(self._file(commit), content.encode())],
            message=f"{status.context}: {status.state} on {commit[:12]}\n",
            author=author,
        )
        return [RefUpdate(REF, kept, new)]

    def _kept(self) -> str | None:
        return self._repository.refs(HEADS, PULLS, DATA).get(REF)

    @staticmethod
    def _file(commit: str) -> str:
        if not ID.fullmatch(commit):
            raise UsageError(f"{commit[:100]!r} is not a full commit id")
        return f"statuses/{commit[:2]}/{commit}.json"


def _clean(status: CommitStatus) -> CommitStatus:
    return replace(
        status,
        context=line(status.context),
        description=line(status.description),
        url=None if status.url is None else line(status.url),
    )
