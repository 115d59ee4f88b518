"""A repository on GitHub, its settings and what protects its branches."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from gitops_actions.testing.github.objects import Objects
from gitops_actions.testing.github.records import (
    Account,
    CheckRun,
    Comment,
    Deployment,
    Label,
    Level,
    Milestone,
    Request,
    Status,
)


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
        creation: only who bypasses the rules may make such a branch.
        pushers: who may write to it, by request or without (None: whoever may write to the repository).
        methods: how requests into it may be merged.
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
    creation: bool = False
    pushers: frozenset[str] | None = None
    methods: tuple[str, ...] = ("merge", "squash", "rebase")


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
    protections: dict[str, Protection] = field(default_factory=dict)  # by branch, or pattern of branches
    roles: dict[str, Level] = field(default_factory=dict)  # login -> what the account may
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    seen: dict[str, str] = field(default_factory=dict)  # refs when the requests were last brought up to date
    unknown_reads: dict[str, int] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner.login}/{self.name}"

    def pattern(self, branch: str) -> str | None:
        """Under which name a branch is protected, whether it exists or not: its own, else the first that fits."""
        if branch in self.protections:
            return branch
        return next((name for name in self.protections if _fits(name.split("/"), branch.split("/"))), None)

    def protection(self, branch: str) -> Protection | None:
        """What protects a branch, whether it exists or not."""
        pattern = self.pattern(branch)
        return None if pattern is None else self.protections[pattern]


def _fits(pattern: list[str], parts: list[str]) -> bool:
    """Whether a pattern is one of a branch, as Ruby's fnmatch has it with FNM_PATHNAME: a star stays within a part,
    `**` in front of others stands for any number of parts
    (https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/managing-a-branch-protection-rule).
    """
    if not pattern or not parts:
        return not pattern and not parts
    if pattern[0] == "**" and len(pattern) > 1:
        return any(_fits(pattern[1:], parts[start:]) for start in range(len(parts)))
    return fnmatchcase(parts[0], pattern[0]) and _fits(pattern[1:], parts[1:])
