"""What is wished, what is there, and what should be: that from which `planning` makes a plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gitops_actions.core.cells import Draft
from gitops_actions.model import (
    Commit,
    Deliver,
    Finding,
    MergeMethod,
    PullRequest,
    RequestText,
    Snapshot,
)

# Marks a request that we closed ourselves, so that it is not taken for a person's refusal.
OBSOLETE = "gitops/obsolete"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a run was asked for beside the release; None: as the configuration says."""

    deliver: Deliver | None = None
    title: str | None = None
    body: str | None = None
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    draft: bool = False
    auto_merge: bool | None = None
    merge_method: MergeMethod | None = None
    branch: str | None = None
    allow_downgrade: bool = False
    on_foreign: Literal["stop", "append"] = "stop"
    recreate_closed: bool = False
    run: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything on the remote that one delivery depends on.

    ``base`` and ``head`` hold the same paths; ``head`` is the request's branch if there is one, ``ahead`` its commits
    that the base lacks, ``refused`` those of the last requests for it that people closed (both newest first).
    ``former`` is an open request for the same on another branch, from before `group` changed, with its commits.
    """

    base: Snapshot
    head: Snapshot | None = None
    ahead: tuple[Commit, ...] = ()
    open: PullRequest | None = None
    refused: tuple[Commit, ...] = ()
    left: bool = False  # the branch is that of a request that is closed or merged: what is on it waits for nothing
    former: tuple[PullRequest, tuple[Commit, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What should be on the base, and how to say so. ``draft`` is made on the base, ``redraft`` makes it on another
    commit; ``agrees`` tells whether two contents of a path mean the same; ``turned_away`` whether a commit that a
    person refused brought the same. ``message`` (of the commit), ``text`` (of the request; its body may be empty),
    ``titles`` (those that are right) and ``body`` cost something: they are made when they are needed."""

    environment: str | None
    apps: tuple[str, ...]
    base: str
    branch: str
    deliver: Deliver
    draft: Draft
    redraft: Callable[[Snapshot], Draft]
    turned_away: Callable[[Commit], bool]
    message: Callable[[], str]
    text: Callable[[], RequestText]
    titles: Callable[[], Collection[str]]
    body: Callable[[], str]
    agrees: Callable[[str, bytes, bytes], bool] = field(default=lambda _path, there, wanted: there == wanted)
    versions: Mapping[str, str] = field(default_factory=dict)
    auto_merge: bool = False
    merge_method: MergeMethod | None = None
    findings: tuple[Finding, ...] = ()
