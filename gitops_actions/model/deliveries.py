"""Requests, plans and what became of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gitops_actions.model.content import Change, FileChange, Signature
from gitops_actions.model.words import Finding, MergeMethod


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request (GitLab: merge request).

    ``merge_commit`` is set once it is merged. ``conflicts``: an open one is known to conflict with its base.
    ``milestone`` is a title, "" when there is none and none is to be set any more, None when it may have to be set yet.
    ``findings`` tell what a `RequestText` wanted and the request did not get.
    """

    number: int
    url: str
    state: Literal["open", "closed", "merged"]
    branch: str
    base: str
    head_sha: str
    title: str = ""
    body: str = ""
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    milestone: str | None = ""
    draft: bool = False
    auto_merge: bool = False
    conflicts: bool = False
    merge_commit: str | None = None
    findings: tuple[Finding, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class RequestText:
    """How a request should look; what a forge cannot do it says by its capabilities."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()
    milestone: str | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A commit status or check run. ``time``: seconds since the epoch, UTC."""

    context: str
    state: Literal["pending", "success", "failure", "error"]
    description: str = ""
    url: str | None = None
    time: int = 0


@dataclass(frozen=True, slots=True)
class Deployment:
    """What becomes of a release in an environment, for the source repository that it was built from.

    ``repository`` and ``revision`` (a full commit id) are the source's. ``url`` is where a person sees what happens;
    without one that is ``commit``, the one of the config repo that brings it.
    """

    repository: str
    revision: str
    environment: str
    app: str
    version: str
    state: Literal["queued", "in_progress", "success", "failure"] = "queued"
    url: str | None = None
    commit: str | None = None


class Outcome(enum.StrEnum):
    """What became of a delivery (contract section 5)."""

    UNCHANGED = "unchanged"
    PLANNED = "planned"
    COMMITTED = "committed"
    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    SKIPPED_CLOSED = "skipped-closed"
    WAITING = "waiting"
    REFUSED = "refused"
    CONFLICT = "conflict"


class Action(enum.Enum):
    """What `apply` has to do for a plan."""

    NOTHING = "nothing"
    COMMIT = "commit"  # to the base branch
    REQUEST = "request"  # a commit on the request's branch (if any files), then open or update
    CLOSE = "close"  # the open request is no longer needed


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one delivery will do, decided. Applying it takes no further decision.

    ``target`` is the branch that gets the commit (the base, or the request's branch), ``expected`` the commit
    it must still be at (None: it must not exist), ``parent`` the commit that the new one is put on. No
    ``files``: no commit is needed. ``outcome`` is what the result will say once the action is done.
    """

    action: Action
    outcome: Outcome
    environment: str | None
    apps: tuple[str, ...]
    base: str
    branch: str | None = None
    target: str | None = None
    expected: str | None = None
    parent: str | None = None
    files: tuple[FileChange, ...] = ()
    previous: Mapping[str, bytes] = field(default_factory=dict)  # of `files`, as they are at the parent: for diffs
    message: str = ""
    author: Signature | None = None
    request: RequestText | None = None
    reword: bool = False  # the open request does not read so yet
    pull_request: PullRequest | None = None  # the open one
    head: str | None = None  # the commit that the request's branch is at, if there is one
    auto_merge: bool = False
    merge_method: MergeMethod | None = None
    reason: str = ""  # why a request is closed, for its comment
    changes: tuple[Change, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)  # by app
    deployments: tuple[Deployment, ...] = ()  # that sources are told of; their state follows from the outcome
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one delivery (contract section 5)."""

    environment: str | None
    apps: tuple[str, ...]
    outcome: Outcome
    changed: bool
    base: str | None = None
    branch: str | None = None
    commit: str | None = None
    pull_request: PullRequest | None = None
    changes: tuple[Change, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    diff: str = ""
    exit_code: int = 0
