"""Pull requests and commit statuses of a bare repository, without a server."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, get_args

from gitops_actions.errors import LostRace, MergeConflict, UsageError
from gitops_actions.forge.local import merging, opening
from gitops_actions.forge.local.data import Request, line
from gitops_actions.forge.local.landing import land
from gitops_actions.forge.local.plumbing import Plumbing
from gitops_actions.forge.local.requests import HEADS, Requests
from gitops_actions.forge.local.sources import Sources
from gitops_actions.forge.local.statuses import Statuses
from gitops_actions.model import (
    Changes,
    CommitStatus,
    Deployment,
    MergeMethod,
    PullRequest,
    RefUpdate,
    RequestText,
    Signature,
)
from gitops_actions.protocols import Ancestry, Capability, Connection, Store

if TYPE_CHECKING:
    from gitops_actions.model.diagnosis import Facts, Inquiry


def connect(connection: Connection) -> LocalForge:
    """The forge of a repository on this machine."""
    return LocalForge(connection.repository, connection.author, deadline=connection.deadline)


class LocalForge:
    """A `gitops_actions.protocols.Forge` inside the repository itself.

    Reading answers from the repository as of its last refresh, which it shares with the store; each write looks anew
    and is repeated from the start when another writer was faster.

    Args:
        repository: where the requests are.
        author: in whose name their data is committed; its time is the time of every change.
        deadline: on the monotonic clock; until then a lost race is repeated, then Temporary is raised.
    """

    name = "local"
    capabilities: frozenset[Capability] = frozenset(get_args(Capability)) - {"deployments"}
    store: Store | None = None

    def __init__(self, repository: Plumbing, author: Signature, *, deadline: float = math.inf) -> None:
        self._repository = repository
        self._author = author
        self._deadline = deadline
        self._requests = Requests(repository)
        self._statuses = Statuses(repository)
        self._sources = Sources(repository)

    def whoami(self) -> None:
        """See `protocols.Diagnosing`: nobody asks who we are."""

    def diagnose(self, inquiry: Inquiry) -> Facts:
        """See `protocols.Diagnosing`."""
        from gitops_actions.forge.local import diagnosis  # `doctor` alone asks

        return diagnosis.facts(self._repository.receiving(), self._repository.url, inquiry)

    def find(
        self,
        *,
        state: Literal["open", "closed", "merged", "all"] = "open",
        branch: str | None = None,
        base: str | None = None,
    ) -> tuple[PullRequest, ...]:
        """See `Forge.find`."""
        found = (
            self._requests.now(request)
            for _, request in sorted(self._requests.kept().items(), reverse=True)
            if branch in (None, request.branch) and base in (None, request.base)
        )
        return tuple(
            self._shown(request, conflicts=branch is not None and self._requests.conflicts(request))
            for request in found
            if state in ("all", request.state)
        )

    def get(self, number: int) -> PullRequest:
        """See `Forge.get`."""
        return self._shown(self._requests.get(number))

    def open(self, branch: str, base: str, text: RequestText) -> PullRequest:
        """See `Forge.open`; an adopted request gets the text, and keeps the labels and people that it has.

        Raises UsageError when a branch does not exist or has nothing that the base lacks.
        """

        def attempt() -> tuple[list[RefUpdate], Request]:
            mine = [one for one in self._requests.kept().values() if (one.branch, one.base) == (branch, base)]
            now = [self._requests.now(one) for one in mine]
            there = next((one for one in now if one.state == "open"), None)
            request = (
                opening.reworded(there, text)
                if there
                else opening.new(self._repository, self._requests, branch, base, text)
            )
            message = f"{'Update' if there else 'Open'} #{request.number}: {request.title}\n"
            others = [one for one in now if one is not there]
            return self._requests.updates([*others, request], message, self._author), request

        return self._shown(land(self._repository, attempt, self._deadline))

    def update(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        add_labels: Collection[str] = (),
        remove_labels: Collection[str] = (),
    ) -> PullRequest:
        """See `Forge.update`."""

        gone = {line(label) for label in remove_labels}  # as they are kept

        def change(request: Request) -> Request:
            return replace(
                request,
                title=request.title if title is None else title,
                body=request.body if body is None else body,
                labels=tuple(label for label in (*request.labels, *add_labels) if line(label) not in gone),
            )

        return self._change(number, "Update", change)

    def close(self, number: int, *, comment: str | None = None) -> PullRequest:
        """See `Forge.close`."""

        def change(request: Request) -> Request:
            if request.state != "open":
                return request
            comments = {**request.comments, **({"close": comment} if comment else {})}
            return replace(request, state="closed", comments=comments)

        return self._change(number, "Close", change)

    def comment(self, number: int, topic: str, body: str) -> None:
        """See `Forge.comment`."""
        self._change(number, "Comment on", lambda one: replace(one, comments={**one.comments, topic: body}))

    def merge(self, number: int, *, expected_head: str, method: MergeMethod, author: Signature) -> PullRequest:
        """See `Forge.merge`; a request that is merged already is returned as it is.

        Raises UsageError for a closed one, NotAllowed when the server refuses the push.
        """

        def attempt() -> tuple[list[RefUpdate], Request]:
            request = self._requests.get(number)
            moves: list[RefUpdate] = []
            if request.state != "merged":
                request, moves = self._merged(request, expected_head, method, author)
            message = f"Merge #{number}: {request.title}\n"
            return [*self._requests.updates([request], message, author), *moves], request

        return self._shown(land(self._repository, attempt, self._deadline))

    def request_auto_merge(
        self, number: int, *, expected_head: str, method: MergeMethod | None, author: Signature
    ) -> PullRequest:
        """See `Forge.request_auto_merge`. Nothing is ever required here, so it merges now; nobody is here who could
        do it later."""
        return self.merge(number, expected_head=expected_head, method=method or "merge", author=author)

    def statuses(self, commit: str) -> tuple[CommitStatus, ...]:
        """See `Forge.statuses`."""
        return self._statuses.of(commit)

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """See `Forge.set_status`."""
        land(self._repository, lambda: (self._statuses.updates(commit, status, self._author), None), self._deadline)

    def compare(self, repository: str, old: str, new: str) -> Ancestry | None:
        """See `Forge.compare`."""
        return self._sources.relation(repository, old, new)

    def changes(self, repository: str, old: str, new: str, *, limit: int) -> Changes | None:
        """See `Forge.changes`."""
        return self._sources.changes(repository, old, new, limit)

    def compare_url(self, repository: str, old: str, new: str) -> str | None:  # noqa: ARG002 (the protocol's)
        """Always None: there is nothing to see in a browser."""
        return None

    def report_deployment(self, deployment: Deployment, *, once: bool = False) -> None:
        """Nothing: nobody would look for it in the source repository."""

    def _change(self, number: int, verb: str, change: Callable[[Request], Request]) -> PullRequest:
        def attempt() -> tuple[list[RefUpdate], Request]:
            request = change(self._requests.get(number))
            return self._requests.updates([request], f"{verb} #{number}: {request.title}\n", self._author), request

        return self._shown(land(self._repository, attempt, self._deadline))

    def _merged(
        self, request: Request, expected_head: str, method: MergeMethod, author: Signature
    ) -> tuple[Request, list[RefUpdate]]:
        base = self._requests.branch(request.base)
        if request.state == "closed" or base is None:
            raise UsageError(f"#{request.number} is closed", hint="open a new request for the branch")
        if request.head != expected_head:
            raise LostRace(
                f"#{request.number} is at {request.head[:12]}, not at {expected_head[:12]}",
                hint="look at what was pushed, then merge again",
            )
        if request.draft:
            raise MergeConflict(f"#{request.number} is a draft", hint="merge its branch with git when it is ready")
        commit = merging.combined(self._repository, request, base, method, author)
        moves = [RefUpdate(HEADS + request.branch, request.head, None)]
        if commit != base:
            moves.append(RefUpdate(HEADS + request.base, base, commit))
        return replace(request, state="merged", merge_commit=commit), moves

    def _shown(self, request: Request, *, conflicts: bool = False) -> PullRequest:
        where = self._repository.url
        if PurePath(where).is_absolute():
            where = PurePath(where).as_uri()
        return PullRequest(
            number=request.number,
            url=f"{where}#{request.number}",
            state=request.state,
            branch=request.branch,
            base=request.base,
            head_sha=request.head,
            title=request.title,
            body=request.body,
            labels=request.labels,
            assignees=request.assignees,
            reviewers=request.reviewers,
            milestone=request.milestone or "",
            draft=request.draft,
            conflicts=conflicts,
            merge_commit=request.merge_commit,
        )
