"""Pull requests and commit statuses, and what a forge is made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from gitops_actions.model import (
    Changes,
    CommitStatus,
    Deployment,
    FileChange,
    MergeMethod,
    PullRequest,
    RequestText,
    Secret,
    Signature,
)
from gitops_actions.protocols.stores import Store

if TYPE_CHECKING:
    from gitops_actions.model.diagnosis import Facts, Inquiry, TokenFacts  # 7 ms that only `doctor` needs

Ancestry = Literal["ancestor", "descendant", "same", "diverged"]
Capability = Literal[
    "auto-merge",
    "labels",
    "assignees",
    "reviewers",
    "team-reviewers",
    "milestone",
    "draft",
    "comments",
    "statuses",
    "deployments",
]


@dataclass(frozen=True, slots=True)
class Connection:
    """What a forge is made from: a plugin of the group `forges` is called with one, and gives a `Forge`.

    ``url`` is the address of the repository as it was given, without credentials. ``credentials`` are all that the
    environment holds, by the names of their variables; a forge takes those that it knows. ``deadline`` is on the
    monotonic clock. ``detail`` tells a person who looks closely. ``git`` is the repository by git, which asks nothing
    before it is asked, and ``repository`` what that is made from. ``hide`` keeps a secret that was not in the
    environment out of the log: it is called before the secret is used.
    """

    url: str
    api_url: str | None
    credentials: Mapping[str, Secret]
    author: Signature
    deadline: float
    detail: Callable[[str], None]
    git: Store
    repository: Any
    hide: Callable[[str], None] = lambda _: None


class Forge(Protocol):
    """Pull requests and commit statuses of one repository. ``store`` is its content by the forge's own API, where it
    has one."""

    name: str
    capabilities: frozenset[Capability]
    store: Store | None

    def find(
        self,
        *,
        state: Literal["open", "closed", "merged", "all"] = "open",
        branch: str | None = None,
        base: str | None = None,
    ) -> tuple[PullRequest, ...]:
        """Requests, newest first. ``closed`` are those closed without a merge. Where one ``branch`` is asked for, an
        open request tells whether it ``conflicts``, if the forge knows."""
        ...

    def get(self, number: int) -> PullRequest:
        """One request. Raises UsageError when there is none of that number."""
        ...

    def open(self, branch: str, base: str, text: RequestText) -> PullRequest:
        """Open a request, or bring the open one of this branch and base up to this text (title and body replaced,
        labels and people added): there are never two. A milestone is set once, when the request is new; one that does
        not exist is left out, and `PullRequest.milestone` is None then. People, labels and a milestone that the forge
        does not take are left out, and `PullRequest.findings` has one of `GA319` for each: the request is open all the
        same."""
        ...

    def update(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        add_labels: Collection[str] = (),
        remove_labels: Collection[str] = (),
    ) -> PullRequest:
        """Change what is given, leave the rest."""
        ...

    def close(self, number: int, *, comment: str | None = None) -> PullRequest:
        """Close without merging; a request that is not open stays as it is."""
        ...

    def comment(self, number: int, topic: str, body: str) -> None:
        """Write the one comment of this topic, or replace it."""
        ...

    def merge(self, number: int, *, expected_head: str, method: MergeMethod, author: Signature) -> PullRequest:
        """Merge now and delete the request's branch. Raises MergeConflict (with the files), LostRace when the head
        is not ``expected_head``."""
        ...

    def request_auto_merge(
        self, number: int, *, expected_head: str, method: MergeMethod | None, author: Signature
    ) -> PullRequest:
        """Merge as soon as everything required is green: now, where nothing is. Raises MergeConflict where the
        forge does not wait for a conflict to be solved, LostRace when the head is not ``expected_head``."""
        ...

    def statuses(self, commit: str) -> tuple[CommitStatus, ...]:
        """The latest status of each context."""
        ...

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """Set the status of a context on a commit. Raises UsageError when there is no such commit."""
        ...

    def compare(self, repository: str, old: str, new: str) -> Ancestry | None:
        """How ``new`` stands to ``old`` in a source repository (``descendant``: newer); None: not known here."""
        ...

    def changes(self, repository: str, old: str, new: str, *, limit: int) -> Changes | None:
        """The commits of a source repository that ``new`` has and ``old`` lacks (full ids): the newest ones, newest
        first, at most ``limit``, with parents, author and the whole message as it was written, and how many there are
        in all. None: not known here, or not to be seen with this token.

        Where one request tells this and what `compare` asks, the answer is kept for both.
        """
        ...

    def compare_url(self, repository: str, old: str, new: str) -> str | None:
        """Where a person sees these changes in a browser; None: nowhere. Asks nothing."""
        ...

    def report_deployment(self, deployment: Deployment, *, once: bool = False) -> None:
        """Tell a source repository what becomes of a release, with the forge's own means for that.

        There is one deployment for each time that a revision comes to an environment: while the newest one (of this
        app, where the forge tells them apart) is of this revision it gets the state, else a new one is made. ``once``:
        where there is one of this revision, with whatever state, it is left alone. A state that the forge has no word
        for is not told. Raises UsageError when there is no such repository or commit, NotAllowed when the credentials
        are not enough.
        """
        ...


@runtime_checkable
class Foresight(Protocol):
    """What a forge may also be: one that reads in few requests what it is told will be read."""

    def expect(self, base: str, branch: str, paths: Collection[str], milestone: str | None = None) -> None:
        """Read at once what a delivery depends on: the files at ``paths`` on both branches, the commits of ``branch``
        that ``base`` lacks, the requests from one to the other, and whether there is the milestone that a new one is to
        have. The forge and its store answer from it."""
        ...


@runtime_checkable
class Proposing(Protocol):
    """What a forge may also be: one that makes a branch, its commit and the request for it in one step."""

    def propose(
        self, branch: str, base: str, *, parent: str, files: Sequence[FileChange], message: str, text: RequestText
    ) -> tuple[str, PullRequest]:
        """`Store.publish` for a branch that does not exist, then `Forge.open`: the commit and the request. Raises as
        both do."""
        ...


@runtime_checkable
class Minting(Protocol):
    """What a forge may also be: one that makes the token that git is to show."""

    def token(self) -> Secret:
        """A token for this repository that is good for a while. Raises NotAllowed."""
        ...


@runtime_checkable
class Diagnosing(Protocol):
    """What a forge may also be: one that tells what its credentials may do here, and what the repository demands.

    Nothing is written. What may not be seen is unknown, with who can look; it is never guessed.
    """

    def whoami(self) -> TokenFacts | None:
        """The credentials; None where none are needed. Also for a repository that they do not reach. Raises NotAllowed
        for those that are not accepted."""
        ...

    def diagnose(self, inquiry: Inquiry) -> Facts:
        """The repository. Raises as reading it does."""
        ...
