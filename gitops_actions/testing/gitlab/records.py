"""The things that a GitLab keeps, as plain data; the rules are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from gitops_actions.testing.gitlab.repository import Repository

# Access levels: https://docs.gitlab.com/api/access_requests/#valid-access-levels
GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 15, 20, 30, 40, 50
NOBODY = 0  # "No one" of a protected branch


TokenKind = Literal["personal", "project", "group", "job"]


Visibility = Literal["private", "internal", "public"]


@dataclass(eq=False)
class User:
    """A person, or the bot of a project access token."""

    id: int
    username: str
    name: str
    email: str
    admin: bool = False
    bot: bool = False
    state: str = "active"


@dataclass(eq=False)
class Token:
    """A credential. ``project`` is where a job token's job runs, or what a project access token belongs to."""

    id: int
    value: str = field(repr=False)
    kind: TokenKind
    user: User
    scopes: tuple[str, ...]
    name: str
    created_at: str
    expires_at: date | None = None
    revoked: bool = False
    project: Project | None = None
    access_level: int | None = None
    last_used_at: str | None = None


@dataclass(eq=False)
class Group:
    """A group or subgroup."""

    id: int
    path: str
    visibility: Visibility = "private"
    members: dict[int, int] = field(default_factory=dict)  # user id -> access level


@dataclass(eq=False)
class Protection:
    """A protected branch, or a pattern with ``*``: the access levels that may push and merge; 0 is nobody."""

    id: int
    name: str
    push: int = MAINTAINER
    merge: int = MAINTAINER
    force: bool = False


@dataclass(eq=False)
class Label:
    id: int
    name: str
    color: str = "#6699cc"
    description: str | None = None


@dataclass(eq=False)
class Milestone:
    id: int
    iid: int
    title: str
    state: str = "active"
    created_at: str = ""


@dataclass(eq=False)
class Status:
    """A commit status that came by the API, or a job of GitLab's own CI (``external`` is false)."""

    id: int
    sha: str
    ref: str
    name: str
    status: str
    author: User
    created_at: str
    pipeline: int
    target_url: str | None = None
    description: str | None = None
    coverage: float | None = None
    started_at: str | None = None
    finished_at: str | None = None
    allow_failure: bool = False
    external: bool = True
    retried: bool = False


@dataclass(eq=False)
class Pipeline:
    id: int
    iid: int
    sha: str
    ref: str
    source: str
    user: User
    created_at: str
    updated_at: str


@dataclass(eq=False)
class Note:
    id: int
    body: str
    author: User
    created_at: str
    updated_at: str
    system: bool = False


@dataclass(eq=False)
class MergeRequest:
    """A merge request inside one project.

    ``pending`` are the merge statuses that the next looks at it will show before its true one: GitLab prepares and
    checks a request in the background.
    """

    id: int
    iid: int
    title: str
    description: str
    source: str
    target: str
    author: User
    head: str
    created_at: str
    updated_at: str
    base: str = ""  # where source and target parted, for the diff
    start: str = ""  # where the target was
    state: Literal["opened", "closed", "merged"] = "opened"
    labels: list[str] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    reviewers: list[User] = field(default_factory=list)
    milestone: Milestone | None = None
    squash: bool = False
    remove_source: bool = False  # asked for when it was opened
    remove_on_merge: bool | None = None  # asked for when it was merged
    approved_by: list[User] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    prepared_at: str | None = None
    auto_merge: AutoMerge | None = None
    merge_user: User | None = None
    merged_at: str | None = None
    closed_by: User | None = None
    closed_at: str | None = None
    merge_commit: str | None = None
    squash_commit: str | None = None
    merge_error: str | None = None
    commands: list[str] = field(default_factory=list)  # the quick actions that texts have run

    @property
    def draft(self) -> bool:
        """Whether the title says so (https://docs.gitlab.com/user/project/merge_requests/drafts/)."""
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))


@dataclass(eq=False)
class AutoMerge:
    """That a merge request merges by itself, and how."""

    user: User
    strategy: Literal["merge_when_checks_pass", "merge_train"]
    sha: str
    squash: bool
    merge_message: str | None = None
    squash_message: str | None = None
    car: int | None = None  # the id of its place on the merge train
    seen: bool = False  # whether somebody has asked since it boarded


@dataclass(eq=False)
class Environment:
    id: int
    name: str
    created_at: str
    updated_at: str
    external_url: str | None = None
    tier: str | None = None
    state: str = "available"
    description: str | None = None


@dataclass(eq=False)
class Deployment:
    id: int
    iid: int
    environment: Environment
    sha: str
    ref: str
    tag: bool
    status: str
    user: User
    created_at: str
    updated_at: str
    job: str | None = None  # the name of the job that made it; None: it came by the API


@dataclass(eq=False)
class Project:
    """A project; its settings are attributes that a test may set at any time."""

    id: int
    path: str  # with its groups
    repository: Repository
    created_at: str
    visibility: Visibility = "private"
    plan: Literal["free", "premium"] = "premium"
    default_branch: str = "main"
    archived: bool = False
    merge_method: Literal["merge", "rebase_merge", "ff"] = "merge"
    squash_option: Literal["never", "always", "default_on", "default_off"] = "default_off"
    only_allow_merge_if_pipeline_succeeds: bool = False
    allow_merge_on_skipped_pipeline: bool = False
    merge_pipelines_enabled: bool = False
    merge_trains_enabled: bool = False
    remove_source_branch_after_merge: bool = True
    merge_requests_enabled: bool = True
    approvals_required: int = 0
    push_rules: dict[str, str | bool | int] = field(default_factory=dict)  # where the plan has them
    ci: tuple[str, ...] = ()  # the jobs that run for each head of a merge request
    web_committer: tuple[str, str] | None = None  # name and mail of the instance, where it commits in its own name
    job_token_push: bool = False
    job_token_scope: bool = True  # whether only allowlisted projects' job tokens get in
    job_token_allowlist: list[int] = field(default_factory=list)
    members: dict[int, int] = field(default_factory=dict)
    protections: list[Protection] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    merge_requests: list[MergeRequest] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    signed: set[str] = field(default_factory=set)  # commits that GitLab made, and signed with its key
    refs: dict[str, str] = field(default_factory=dict)  # branches as they were when last looked at

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def namespace(self) -> str:
        """The groups that it is in."""
        return self.path.rpartition("/")[0]
