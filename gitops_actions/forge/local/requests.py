"""Where requests are kept: `refs/gitops/requests` holds their data, `refs/pull/<number>/head` their commits.

There is no server that could note what happens to branches, so the state of an open request is found out on reading.
Every change is a commit on top of the last one: `git log -p refs/gitops/requests` tells who did what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gitops_actions.errors import UsageError
from gitops_actions.forge.local import data
from gitops_actions.forge.local.data import Request
from gitops_actions.forge.local.plumbing import Plumbing
from gitops_actions.model import FileChange, RefUpdate, Signature

HEADS, PULLS, DATA = "refs/heads/", "refs/pull/", "refs/gitops/"
REF = DATA + "requests"

_Kept = tuple[str | None, Mapping[int, Request]]  # all requests, with the commit that holds them


class Requests:
    """The requests of a repository, as of its last refresh."""

    def __init__(self, repository: Plumbing) -> None:
        self._repository = repository
        self._kept: _Kept = (None, {})
        self._made: _Kept = (None, {})  # if what we push lands: one changed, so the other thousand are not read again
        self._contained: dict[tuple[str, str], bool] = {}
        # Requests that were seen without their branch. One that comes back under the same name, usually because we
        # just made it for a newer release, belongs to a new request.
        self._left: set[int] = set()

    def branch(self, name: str) -> str | None:
        """The commit that a branch is at; None when there is no such branch."""
        return self._refs().get(HEADS + name)

    def kept(self) -> Mapping[int, Request]:
        """All requests as they were last written, by number. Raises UsageError when a file is not as we write it."""
        commit = self._refs().get(REF)
        if commit == self._made[0]:
            self._kept = self._made
        if commit != self._kept[0]:
            self._kept = (commit, self._read(commit) if commit else {})
        return self._kept[1]

    def get(self, number: int) -> Request:
        """A request as it is now. Raises UsageError when there is none of that number."""
        try:
            return self.now(self.kept()[number])
        except KeyError:
            raise UsageError(
                f"there is no pull request #{number} in {self._repository.url}",
                hint="`gitops-actions pr list --state all` shows those that exist",
            ) from None

    def now(self, request: Request) -> Request:
        """A request as it is now: merged when the base has its commits, closed when a branch is gone, else open
        with the tip of its branch as head."""
        if request.state != "open":
            return request
        tip, base = self.branch(request.branch), self.branch(request.base)
        if base is not None:
            for head in dict.fromkeys((request.head, tip)):
                if head is not None and self.contained(head, base):
                    return replace(request, state="merged", head=head, merge_commit=self._merge_of(head, base))
        if tip is None or base is None:
            self._left.add(request.number)
        if request.number in self._left or tip is None:
            return replace(request, state="closed")
        return replace(request, head=tip)

    def conflicts(self, request: Request) -> bool:
        """Whether an open request is known to conflict with its base."""
        base = self.branch(request.base)
        if request.state != "open" or base is None or self.contained(base, request.head):
            return False
        try:
            tree, _ = self._repository.merge_tree(base, request.head)
        except UsageError:  # this git cannot tell
            return False
        return tree is None

    def contained(self, commit: str, base: str) -> bool:
        """Whether ``base`` has ``commit`` in its history; asked once, for it never changes."""
        key = (commit, base)
        if key not in self._contained:
            self._contained[key] = self._repository.is_ancestor(commit, base)
        return self._contained[key]

    def free_number(self) -> int:
        """The next number, beyond those that a mirror of another forge brought along."""
        taken = [ref.removeprefix(PULLS).partition("/")[0] for ref in self._refs() if ref.startswith(PULLS)]
        return 1 + max([*self.kept(), *(int(text) for text in taken if re.fullmatch(r"[0-9]{1,8}", text))], default=0)

    def updates(self, requests: Sequence[Request], message: str, author: Signature) -> list[RefUpdate]:
        """What to push so that these requests are kept like this; nothing when they are already."""
        changed = [request for request in requests if self.kept().get(request.number) != request]
        if not changed:
            return []
        refs = self._refs()
        before = refs.get(REF)
        files = [FileChange(data.path(request.number), data.encode(request)) for request in changed]
        commit = self._repository.commit(
            parents=[before] if before else [], files=files, message=message, author=author
        )
        self._made = (commit, {**self.kept(), **{request.number: request for request in changed}})
        updates = [RefUpdate(REF, before, commit)]
        for request in changed:
            ref = f"{PULLS}{request.number}/head"
            if refs.get(ref) != request.head:
                updates.append(RefUpdate(ref, refs.get(ref), request.head))
        return updates

    def _refs(self) -> Mapping[str, str]:
        return self._repository.refs(HEADS, PULLS, DATA)

    def _read(self, commit: str) -> Mapping[int, Request]:
        numbers = {path: data.number_of(path) for path in self._repository.paths(commit, data.FOLDER)}
        files = self._repository.read(commit, [path for path, number in numbers.items() if number]).files
        return {number: data.decode(files[path].content, number) for path, number in numbers.items() if number}

    def _merge_of(self, head: str, base: str) -> str:
        """The commit that brought ``head`` into ``base``: a merge, or itself."""
        later = self._repository.ahead(head, base)
        return next((commit.id for commit in reversed(later) if head in commit.parents[1:]), head)
