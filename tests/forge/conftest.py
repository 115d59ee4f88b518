"""The grounds of forges: a bare repository, a GitHub, a GitLab."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from gitops_actions.forge.local.forge import LocalForge
from gitops_actions.git.repository import Repository
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.github import GitHub
from gitops_actions.testing.gitlab import DEVELOPER, MAINTAINER, GitLab
from gitops_actions.testing.repos import Step, bare, commit, git, history, show
from tests.forge.hub import TOKEN, Place
from tests.forge.lab import GitLabGround

SHARED = b"".join(b"line %d\n" % number for number in range(10))


class LocalGround:
    def __init__(self, repo: Path, make: Callable[[], LocalForge]) -> None:
        self.repo = repo
        self.forge = make

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

    def milestone(self, title: str) -> None:
        """Any title will do."""

    def plan(self, number: int, title: str | None) -> None:
        ref, path = "refs/gitops/requests", f"requests/{number}.json"
        data = json.loads(show(self.repo, ref, path)) | {"milestone": title}
        parent = git(self.repo, "rev-parse", ref)
        made = commit(self.repo, {path: json.dumps(data)}, message="By hand", branch="by-hand", start=parent)
        git(self.repo, "update-ref", ref, made)
        git(self.repo, "update-ref", "-d", "refs/heads/by-hand")

    def deployments(self, name: str) -> list[tuple[str, str, str]]:  # noqa: ARG002 (the protocol's)
        """There are none here."""
        return []

    def source(self, name: str, steps: Sequence[Step], *, visible: bool = True) -> list[str]:
        folder = bare(self.repo.parents[1] / f"{name}.git", {})
        ids = history(folder, steps)
        if not visible:
            folder.rename(folder.with_name("elsewhere"))
        return ids


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return bare(tmp_path / "acme" / "config.git", {"shared": SHARED})


@pytest.fixture
def ground(repo: Path, tmp_path: Path) -> Iterator[LocalGround]:
    with ExitStack() as stack:

        def make() -> LocalForge:
            return LocalForge(stack.enter_context(Repository(str(repo), temporary=tmp_path)), AUTHOR)

        yield LocalGround(repo, make)


@pytest.fixture
def gitlab_ground(tmp_path: Path) -> Iterator[GitLabGround]:
    with GitLab(tmp_path / "gitlab") as server, ExitStack() as stack:
        for name in ("robot", "ada", "bob"):
            server.add_user(name)
        members = {"robot": MAINTAINER, "ada": DEVELOPER, "bob": DEVELOPER}
        project = server.add_project("acme/platform/deploy", {"shared": SHARED}, members=members)
        yield GitLabGround(server, project, server.add_token("robot"), stack)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        hub = stack.enter_context(GitHub(tmp_path / "served"))
        hub.add_token(TOKEN)
        yield Place(hub, stack, tmp_path)
