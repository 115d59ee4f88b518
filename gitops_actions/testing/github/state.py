"""What a GitHub knows besides git: accounts, tokens, repositories' settings, requests and what hangs on them."""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from gitops_actions.testing.github.objects import Objects, Person

Level = Literal["none", "read", "write", "admin"]
Kind = Literal["user", "fine-grained", "app", "actions"]
LEVELS: tuple[Level, ...] = ("none", "read", "write", "admin")


class Refusal(Exception):
    """What is answered instead of a result.

    ``kind`` is the ``type`` of a GraphQL error, ``errors`` the list below ``errors`` of a REST answer.
    """

    def __init__(
        self, status: int, message: str, *, kind: str = "UNPROCESSABLE", errors: list[Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.errors = errors

    def sentence(self) -> str:
        """The message as GraphQL words it: the errors without the heading."""
        told = [one["message"] if isinstance(one, Mapping) and "message" in one else one for one in self.errors or ()]
        return ", ".join(str(one) for one in told) or self.message


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


@dataclass(frozen=True)
class Protection:
    """What a protected branch demands. Pushes and writes by API are refused to everybody but ``bypass``
    when ``pull_requests`` is set; required checks bind merges and pushes alike.

    Args:
        pull_requests: changes come by request only.
        approvals: how many approving reviews a request needs.
        checks: contexts (statuses or check runs) that must be green on the head.
        strict: the head must have the base's newest commit.
        signatures: every commit must be signed.
        linear: no merge commits.
        queue: requests are merged by the merge queue only.
        force: force pushes are allowed.
        deletions: the branch may be deleted.
        bypass: logins whom the rules do not bind.
        ruleset: told as a ruleset rather than as classic protection.
    """

    pull_requests: bool = True
    approvals: int = 0
    checks: tuple[str, ...] = ()
    strict: bool = False
    signatures: bool = False
    linear: bool = False
    queue: bool = False
    force: bool = False
    deletions: bool = False
    bypass: frozenset[str] = frozenset()
    ruleset: bool = False


@dataclass
class Settings:
    """Settings of a repository; a test may change them at any time."""

    private: bool = True
    archived: bool = False
    allow_auto_merge: bool = True
    allow_merge_commit: bool = True
    allow_squash_merge: bool = True
    allow_rebase_merge: bool = True
    delete_branch_on_merge: bool = False
    actions_enabled: bool = True
    default_workflow_permissions: Literal["read", "write"] = "read"
    can_approve_pull_request_reviews: bool = False  # "Allow GitHub Actions to create and approve pull requests"
    unknown_mergeability: int = 0  # so many reads of a new head say that it is not known yet whether it merges


@dataclass
class Repository:
    """A repository; ``objects`` is its git side."""

    id: int
    owner: Account
    name: str
    objects: Objects
    settings: Settings
    created: float
    requests: dict[int, Request] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)  # by name in lower case
    milestones: dict[int, Milestone] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    statuses: dict[str, list[Status]] = field(default_factory=dict)  # of a commit, oldest first
    checks: dict[int, CheckRun] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    protections: dict[str, Protection] = field(default_factory=dict)  # by branch
    roles: dict[str, Level] = field(default_factory=dict)  # login -> what the account may
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    seen: dict[str, str] = field(default_factory=dict)  # refs when the requests were last brought up to date
    unknown_reads: dict[str, int] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner.login}/{self.name}"


class World:
    """Everything there is, and the counters."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.ids = itertools.count(1001)
        self.accounts: dict[str, Account] = {}  # by login in lower case
        self.teams: dict[tuple[str, str], Team] = {}  # by organization and slug, in lower case
        self.repositories: dict[str, Repository] = {}  # by full name in lower case
        self.tokens: dict[str, Token] = {}
        self.apps: dict[int, App] = {}

    def account(self, login: str) -> Account | None:
        """An account by its login."""
        return self.accounts.get(login.lower())

    def repository(self, full_name: str) -> Repository | None:
        """A repository by its full name."""
        return self.repositories.get(full_name.lower())

    def teams_of(self, owner: Account) -> dict[str, Team]:
        """The teams of an organization by slug."""
        return {slug: team for (login, slug), team in self.teams.items() if login == owner.login.lower()}


def stamp(moment: float) -> str:
    """A moment as GitHub writes it."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def node_id(kind: str, *parts: object) -> str:
    """An id of GraphQL; it can be read back with `parts_of`."""
    text = "\n".join(str(part) for part in parts)
    raw = base64.urlsafe_b64encode(text.encode("utf-8", "surrogateescape")).decode().rstrip("=")
    return f"{kind}_{raw}"


def parts_of(id: str) -> tuple[str, list[str]]:
    """The kind and the parts of an id; ("", []) when it is none."""
    kind, _, raw = id.partition("_")
    try:
        text = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode("utf-8", "surrogateescape")
    except ValueError:
        return "", []
    return kind, text.split("\n")


def person(account: Account, moment: float) -> Person:
    """An account as the author of a commit."""
    return Person(account.name or account.login, account.mail, int(moment))


def machine(moment: float) -> Person:
    """The committer of what GitHub commits."""
    return Person("GitHub", "noreply@github.com", int(moment))
