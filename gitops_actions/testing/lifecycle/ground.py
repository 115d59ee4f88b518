"""What the suite asks of a forge: a config repository there, and the people who work with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from gitops_actions.model import MergeMethod
from gitops_actions.protocols import Capability


@dataclass(frozen=True)
class Shown:
    """A request as the forge shows it to people. ``reviewers`` are people, ``teams`` are teams."""

    number: int
    state: Literal["open", "closed", "merged"]
    branch: str
    base: str
    head: str
    title: str
    body: str
    labels: frozenset[str]
    assignees: frozenset[str]
    reviewers: frozenset[str]
    teams: frozenset[str]
    draft: bool
    auto_merge: bool
    comments: tuple[str, ...]


class Ground(Protocol):
    """A config repository behind a forge.

    ``repository`` is the bare repository behind it: what is done there with git is what people push, and the forge sees
    it. ``address`` is what a run is given as ``--config-repo``, ``environ`` what it finds in its environment: the
    credentials, and options such as ``GITOPS_FORGE``. The people ``alice``, ``bob`` and ``carl`` may be asked for
    reviews and be assigned, so may the team ``sre`` where there are teams.

    ``capabilities`` are those that the forge has. ``swaps``: a commit to a branch is refused when anything has moved
    there meanwhile; else only when one of the commit's own files has.

    What else there may be is in protocols of their own: `Checks`, `Sources`, `Reopens`.
    """

    capabilities: frozenset[Capability]
    swaps: bool
    repository: Path
    address: str
    environ: Mapping[str, str]

    # --- what people see ---

    def requests(self) -> list[Shown]:
        """All requests, oldest first, as they are now."""
        ...

    def statuses(self, commit: str) -> Mapping[str, str]:
        """The state of each context's latest status on a commit."""
        ...

    # --- what people do ---

    def edit(
        self, number: int, *, title: str | None = None, body: str | None = None, labels: Collection[str] = ()
    ) -> None:
        """Change the texts of a request, add labels to it."""
        ...

    def close(self, number: int) -> None:
        """Close a request."""
        ...

    def merge(self, number: int, method: MergeMethod) -> None:
        """Merge a request by what the forge offers to people; its branch may stay."""
        ...

    def protect(self, branch: str) -> None:
        """Let nobody push to a branch, us included; it may still be the base of requests."""
        ...

    # --- what happens ---

    def forget_requests(self) -> None:
        """Take away all requests, and nothing else: as if each run had been killed before it made one."""
        ...

    def overtake(self, branch: str, commit: str) -> None:
        """Put ``commit``, which is in the repository, on a branch just before the next write to the repository's
        content arrives there."""
        ...


@runtime_checkable
class Checks(Protocol):
    """What a ground may also be: one where a merge can be made to need a green status."""

    def require(self, context: str) -> None:
        """From now on, a request can be merged into `main` when this status is green on its head."""
        ...

    def succeed(self, commit: str, context: str) -> None:
        """A machine reports that status green."""
        ...


@runtime_checkable
class Sources(Protocol):
    """What a ground may also be: one whose forge has source repositories, too."""

    def add_source(self, name: str) -> Path:
        """The empty bare repository behind a source repository that our credentials may read."""
        ...


@runtime_checkable
class Reopens(Protocol):
    """What a ground may also be: one where people can open a closed request again."""

    def reopen(self, number: int) -> None:
        """Open a closed request."""
        ...
