"""Everything that one GitLab knows."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from gitops_actions.testing.gitlab.records import Group, MergeRequest, Project, Token, User


@dataclass
class Past:
    """What lists showed a while ago, by project id."""

    merge_requests: dict[int, list[MergeRequest]]
    branches: dict[int, dict[str, str]]


@dataclass
class State:
    """Everything in one GitLab."""

    clock: Callable[[], float] = time.time
    merge_checks: int = 2
    url: str = ""
    users: list[User] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    moved: dict[str, Project] = field(default_factory=dict)  # old paths
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def id(self) -> int:
        """A number that nothing else has."""
        with self._counting:
            return next(self._ids)

    def now(self) -> str:
        """The time in the form of the API."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def today(self) -> date:
        """The date, in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC).date()

    def project(self, name: str) -> Project | None:
        """A project by id or path; paths are case-insensitive."""
        return next((one for one in self.projects if str(one.id) == name or one.path.lower() == name.lower()), None)

    def user(self, name: str) -> User | None:
        """A user by name, in any case."""
        return next((one for one in self.users if one.username.lower() == name.lower()), None)

    def groups_of(self, path: str) -> list[Group]:
        """The groups above a path, and of this path itself."""
        return [group for group in self.groups if f"{path}/".lower().startswith(f"{group.path}/".lower())]

    def members(self, project: Project) -> dict[int, int]:
        """User ids with their highest access level, inherited ones too."""
        found: dict[int, int] = {}
        for source in (*(group.members for group in self.groups_of(project.namespace)), project.members):
            for user, level in source.items():
                found[user] = max(level, found.get(user, 0))
        return found
