"""The GitLab forge keeps the promises of every forge."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from gitops_actions.forge.gitlab.forge import GitLabForge, connect
from gitops_actions.git.credentials import from_environment
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import Secret
from gitops_actions.protocols import Connection
from gitops_actions.testing.forge import AUTHOR, ForgeContract, Ground
from gitops_actions.testing.gitlab import DEVELOPER, MAINTAINER, GitLab, Project
from gitops_actions.testing.repos import commit, git, show

SHARED = b"".join(b"line %d\n" % number for number in range(10))


class GitLabGround:
    def __init__(self, server: GitLab, project: Project, token: str, stack: ExitStack) -> None:
        self.server = server
        self.project = project
        self.repo = project.repository.path
        self.token = token
        self._stack = stack

    def forge(self, budget: float = 60) -> GitLabForge:
        url = f"{self.server.url}/{self.project.path}.git"
        repository = self._stack.enter_context(
            Repository(url, credentials=from_environment({"GITOPS_TOKEN": self.token}), temporary=self.server.root)
        )
        secrets = {"GITOPS_TOKEN": Secret(self.token)}
        deadline = time.monotonic() + budget
        return connect(
            Connection(url, None, secrets, AUTHOR, deadline, lambda _: None, GitStore(repository), repository)
        )

    def commit(self, branch: str, files: Mapping[str, bytes | None], message: str = "Change\n") -> str:
        return commit(self.repo, files, message=message, branch=branch, start="main")

    def delete(self, branch: str) -> None:
        git(self.repo, "update-ref", "-d", f"refs/heads/{branch}")

    def branches(self) -> Mapping[str, str]:
        lines = git(self.repo, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads")
        return dict(line.rsplit(" ", 1) for line in lines.splitlines())

    def files(self, commit: str) -> Mapping[str, bytes]:
        paths = git(self.repo, "ls-tree", "-r", "--name-only", commit).splitlines()
        return {path: show(self.repo, commit, path) for path in paths}

    def message(self, commit: str) -> str:
        return git(self.repo, "cat-file", "commit", commit).partition("\n\n")[2]


@pytest.fixture
def gitlab_ground(tmp_path: Path) -> Iterator[GitLabGround]:
    with GitLab(tmp_path / "gitlab") as server, ExitStack() as stack:
        for name in ("robot", "ada", "bob"):
            server.add_user(name)
        members = {"robot": MAINTAINER, "ada": DEVELOPER, "bob": DEVELOPER}
        project = server.add_project("acme/platform/deploy", {"shared": SHARED}, members=members)
        yield GitLabGround(server, project, server.add_token("robot"), stack)


class TestGitLabForge(ForgeContract):
    @pytest.fixture
    def ground(self, gitlab_ground: GitLabGround) -> Ground:
        return gitlab_ground
