"""What there is in a GitLab, and what a test may do to it from the outside."""

from __future__ import annotations

import uuid
from abc import ABC
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import ForgeServer
from gitops_actions.testing.gitlab import events, statuses
from gitops_actions.testing.gitlab.records import (
    Group,
    MergeRequest,
    Milestone,
    Project,
    Protection,
    Token,
    TokenKind,
    User,
    Visibility,
)
from gitops_actions.testing.gitlab.repository import Repository
from gitops_actions.testing.gitlab.state import State


class Instance(ForgeServer, ABC):
    """A GitLab that does not answer yet; see `GitLab`."""

    def __init__(self, root: Path, state: State, request_delay: float, connection_delay: float) -> None:
        super().__init__(request_delay=request_delay, connection_delay=connection_delay)
        self.root = root
        self.state = state

    def add_user(self, username: str, *, name: str | None = None, admin: bool = False) -> User:
        """A person."""
        made = User(self.state.id(), username, name or username.title(), f"{username}@example.com", admin)
        self.state.users.append(made)
        return made

    def add_group(
        self, path: str, *, members: Mapping[str, int] | None = None, visibility: Visibility = "private"
    ) -> Group:
        """A group, with the groups above it; ``members`` gives access levels by user name."""
        above = path.rpartition("/")[0]
        if above and not any(group.path == above for group in self.state.groups):
            self.add_group(above, visibility=visibility)
        made = next((group for group in self.state.groups if group.path == path), None)
        if made is None:
            made = Group(self.state.id(), path, visibility)
            self.state.groups.append(made)
        made.members.update(self._levels(members))
        return made

    def add_project(
        self,
        path: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        modes: Mapping[str, str] | None = None,
        members: Mapping[str, int] | None = None,
        visibility: Visibility = "private",
        branch: str = "main",
        protected: bool = True,
    ) -> Project:
        """A project with one commit of ``files`` on its default branch (without files: an empty repository), whose
        default branch is protected as GitLab does it. ``members`` gives access levels by user name."""
        self.add_group(path.rpartition("/")[0], visibility=visibility)
        folder = repos.bare(self.root / f"{path}.git", files or {}, branch=branch, modes=modes)
        made = Project(self.state.id(), path, Repository(folder), self.state.now(), visibility)
        made.default_branch = branch
        made.members = self._levels(members)
        if protected:
            made.protections.append(Protection(self.state.id(), branch))
        self.state.projects.append(made)
        events.look(self.state, made)
        return made

    def add_token(
        self,
        user: str | User | None = None,
        *,
        kind: TokenKind = "personal",
        scopes: tuple[str, ...] = ("api",),
        project: Project | None = None,
        access_level: int = 40,
        expires_at: date | None = None,
        value: str | None = None,
    ) -> str:
        """A token. Returns its value.

        ``personal`` needs a user; ``job`` a user and the project where the job runs; ``project`` a project, in which
        its bot gets ``access_level``. Without ``expires_at`` it is good for a year; one that is not after today is
        expired.
        """
        prefix = {"personal": "glpat-", "project": "glpat-", "group": "glpat-", "job": "glcbt-"}[kind]
        value = value or prefix + uuid.uuid4().hex[:20]
        if kind == "project" and project:
            bot = self.add_user(f"project_{project.id}_bot_{uuid.uuid4().hex[:8]}", name="Deploy bot")
            bot.bot = True
            project.members[bot.id] = access_level
            owner: User | None = bot
        else:
            owner = self.state.user(user) if isinstance(user, str) else user
        if owner is None:
            raise ValueError(f"a {kind} token needs a {'project' if kind == 'project' else 'user'}")
        made = Token(self.state.id(), value, kind, owner, scopes, f"{kind} token", self.state.now())
        made.expires_at = expires_at or (None if kind == "job" else self.state.today() + timedelta(days=365))
        made.project, made.access_level = project, access_level if kind == "project" else None
        self.state.tokens[value] = made
        return value

    def add_milestone(self, project: Project, title: str) -> Milestone:
        """A milestone of a project."""
        made = Milestone(self.state.id(), len(project.milestones) + 1, title, created_at=self.state.now())
        project.milestones.append(made)
        return made

    def move_project(self, project: Project, path: str) -> None:
        """Rename a project. Reading at the old path is redirected, writing refused, and git redirected not at all."""
        with self.lock:
            target = self.root / f"{path}.git"
            target.parent.mkdir(parents=True, exist_ok=True)
            self.add_group(path.rpartition("/")[0], visibility=project.visibility)
            project.repository.path.rename(target)
            self.state.moved[project.path.lower()] = project
            project.path, project.repository = path, Repository(target)

    def finish(self, project: Project, sha: str, status: str = "success") -> None:
        """End the jobs of GitLab's own CI for a commit."""
        with self.lock:
            for one in statuses.statuses_of(project, sha):
                if not one.external and one.status not in statuses.DONE:
                    one.status, one.finished_at = status, self.state.now()
            events.look(self.state, project)

    def approve(self, request: MergeRequest, user: str) -> None:
        """Approve a merge request in somebody's name."""
        with self.lock:
            found = self.state.user(user)
            if found is None:
                raise ValueError(f"there is no user {user}")
            request.approved_by.append(found)
            project = next(one for one in self.state.projects if request in one.merge_requests)
            events.look(self.state, project)

    def plan(self, request: MergeRequest, title: str | None) -> None:
        """Give a merge request the milestone of this title, or take it away."""
        with self.lock:
            project = next(one for one in self.state.projects if request in one.merge_requests)
            request.milestone = (
                next(one for one in project.milestones if one.title == title) if title is not None else None
            )

    def look(self) -> None:
        """See what was done to the repositories directly; requests of the API do so for their project anyway."""
        with self.lock:
            for project in self.state.projects:
                events.look(self.state, project)

    def _levels(self, members: Mapping[str, int] | None) -> dict[int, int]:
        found = {}
        for name, level in (members or {}).items():
            found[(self.state.user(name) or self.add_user(name)).id] = level
        return found
