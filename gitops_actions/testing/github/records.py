"""What a GitHub knows besides git: accounts, tokens, requests and what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["none", "read", "write", "admin"]
Kind = Literal["user", "fine-grained", "app", "actions"]
LEVELS: tuple[Level, ...] = ("none", "read", "write", "admin")


@dataclass
class Account:
    """A user, bot or organization."""

    id: int
    login: str
    type: Literal["User", "Bot", "Organization"] = "User"
    name: str | None = None
    email: str | None = None

    @property
    def mail(self) -> str:
        """The address in commits."""
        return self.email or f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass
class Team:
    """A team of an organization."""

    id: int
    slug: str
    name: str


@dataclass
class Token:
    """What a token may do. Its text is the key under which it is kept, and in no other place."""

    account: Account
    kind: Kind
    permissions: Mapping[str, str] | None  # None: whatever the account may
    repositories: frozenset[str] | None  # None: all
    role: Level
    scopes: str | None = None  # of a classic token
    app: int | None = None
    expires: float | None = None


@dataclass
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Milestone:
    """A milestone of a repository."""

    id: int
    number: int
    title: str
    creator: Account
    created: float
    state: Literal["open", "closed"] = "open"


@dataclass
class Comment:
    """A comment of a request."""

    id: int
    number: int
    body: str
    author: Account
    created: float
    updated: float


@dataclass
class AutoMerge:
    """That somebody wants a request to be merged when it can be."""

    by: Account
    method: str
    at: float
    title: str | None = None
    message: str | None = None


@dataclass
class Review:
    """A review of a request."""

    id: int
    author: Account
    state: str  # APPROVED | CHANGES_REQUESTED | COMMENTED
    commit: str
    body: str = ""


@dataclass
class Request:
    """A pull request. Head and base are branches of the same repository."""

    id: int
    number: int
    title: str
    body: str | None
    head: str
    base: str
    head_sha: str
    base_sha: str
    author: Account
    created: float
    updated: float
    draft: bool = False
    state: Literal["open", "closed"] = "open"
    closed: float | None = None
    merged: float | None = None
    merged_by: Account | None = None
    merge_commit: str | None = None
    labels: list[str] = field(default_factory=list)  # as the repository spells them
    assignees: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    milestone: int | None = None
    milestoned: list[tuple[str, float, Account]] = field(default_factory=list)  # the titles it was given: when, by whom
    auto_merge: AutoMerge | None = None
    queued: float | None = None
    queued_by: Account | None = None
    events: list[str] = field(default_factory=list)  # what happened, for tests: "opened", "closed", "merged", ...


@dataclass
class Status:
    """A commit status."""

    id: int
    state: str
    context: str
    description: str | None
    target: str | None
    creator: Account
    created: float


@dataclass
class CheckRun:
    """A check run."""

    id: int
    name: str
    sha: str
    status: str
    conclusion: str | None
    details: str | None
    external: str | None
    title: str | None
    summary: str | None
    app: App
    started: float
    completed: float | None


@dataclass
class App:
    """A GitHub App; ``key`` is its public key in PEM."""

    id: int
    slug: str
    client_id: str
    bot: Account
    key: str | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    installations: dict[str, int] = field(default_factory=dict)  # owner -> installation id
    repositories: dict[str, frozenset[str] | None] = field(default_factory=dict)  # owner -> which of them
    suspended: set[str] = field(default_factory=set)  # owners who let it rest


@dataclass
class DeploymentStatus:
    """What became of a deployment."""

    id: int
    state: str
    description: str
    target: str
    environment: str
    environment_url: str
    creator: Account
    created: float


@dataclass
class Deployment:
    """A deployment of a revision into an environment."""

    id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: Any
    creator: Account
    created: float
    transient: bool = False
    production: bool = False
    statuses: list[DeploymentStatus] = field(default_factory=list)
