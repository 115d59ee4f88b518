"""The plugin protocols. Each is as wide as its callers need; its promises are in words, and the suites in
`gitops_actions.testing` hold an implementation to them. `Pipelines` and `Agent` join when their callers exist."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from gitops_actions.model import (
    Commit,
    CommitStatus,
    Edited,
    EditSpec,
    FileChange,
    Finding,
    Found,
    MergeMethod,
    PullRequest,
    Release,
    RequestText,
    Result,
    Secret,
    Signature,
    Snapshot,
    Take,
)

Ancestry = Literal["ancestor", "descendant", "same", "diverged"]
Capability = Literal[
    "auto-merge", "labels", "assignees", "reviewers", "team-reviewers", "draft", "comments", "statuses"
]


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


@dataclass(frozen=True, slots=True)
class Connection:
    """What a forge is made from: a plugin of the group `forges` is called with one, and gives a `Forge`.

    ``url`` is the address of the repository as it was given, without credentials. ``credentials`` are all that the
    environment holds, by the names of their variables; a forge takes those that it knows. ``deadline`` is on the
    monotonic clock. ``detail`` tells a person who looks closely. ``git`` is the repository by git, which asks nothing
    before it is asked, and ``repository`` what that is made from.
    """

    url: str
    api_url: str | None
    credentials: Mapping[str, Secret]
    author: Signature
    deadline: float
    detail: Callable[[str], None]
    git: Store
    repository: Any


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
        labels and people added): there are never two."""
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


@runtime_checkable
class Foresight(Protocol):
    """What a forge may also be: one that reads in few requests what it is told will be read."""

    def expect(self, base: str, branch: str, paths: Collection[str]) -> None:
        """Read at once what a delivery depends on: the files at ``paths`` on both branches, the commits of ``branch``
        that ``base`` lacks, and the requests from one to the other. The forge and its store answer from it."""
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


class Editor(Protocol):
    """Changes values in the text of a file. Pure: it has no path, repository or clock.

    ``text`` is decoded UTF-8 with its line ends and byte order mark as they are in the file.

    ``takes`` names all that the editor looks at, so that whatever else is given can be refused and never dropped
    without a word: of an edit ``path``, ``value``, ``pattern``, ``document``, ``on-missing`` (whether it can
    create) and ``typed`` (``options["typed"]``); of a release ``images``, ``version`` and ``revision``; any other name
    is a key that this kind has for itself, a text in ``options``.
    """

    kind: str
    takes: Mapping[str, Take]

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The files that ``spec`` may mean; the first one that exists is the one (a folder's kustomization)."""
        ...

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The values that the edit points to. Raises EditRefused as `edit` does."""
        ...

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release's values in place: exactly these differ when both are parsed again.

        Raises EditRefused (with line and column where there is one) when a place is missing, ambiguous, duplicated,
        inherited by alias or merge key, or when what came out does not read back as wanted.
        """
        ...


class Runtime(Protocol):
    """The CI system that runs us."""

    name: str

    def event(self) -> Mapping[str, str]:
        """Defaults it knows: any of ``revision``, ``source``, ``sequence``, ``run`` (an URL)."""
        ...

    def mask(self, secret: str) -> None:
        """Keep a text out of the log, in every form it may appear in."""
        ...

    def output(self, values: Mapping[str, str]) -> None:
        """Hand values to later steps."""
        ...

    def annotate(self, finding: Finding) -> None:
        """Show a finding where the CI system shows findings."""
        ...

    def summary(self, markdown: str) -> None:
        """Add to the job's summary."""
        ...

    def group(self, title: str) -> AbstractContextManager[None]:
        """A fold in the log."""
        ...


class Reporter(Protocol):
    """Shows results. A reporter that fails is a warning, never a failed delivery."""

    def report(self, command: str, results: Sequence[Result]) -> str:
        """The whole text to print."""
        ...
