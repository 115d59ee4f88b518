"""The forge on GitHub keeps the promises of every forge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from gitops_actions.forge.github.forge import GitHubForge
from gitops_actions.testing.forge import ForgeContract, Ground
from gitops_actions.testing.github.server import GitHub
from gitops_actions.testing.repos import Step, commit, git, history, show
from tests.forge.hub import TOKEN, connected

SHARED = b"".join(b"line %d\n" % number for number in range(10))


class GitHubGround:
    def __init__(self, hub: GitHub, make: Callable[[], GitHubForge]) -> None:
        self.hub = hub
        self.repo = hub.root / "acme" / "config.git"
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
        self.hub.add_milestone("acme/config", title)

    def plan(self, number: int, title: str | None) -> None:
        self.hub.plan("acme/config", number, title)

    def deployments(self, name: str) -> list[tuple[str, str, str]]:
        found = self.hub.repository(name).deployments.values()
        return [(one.environment, one.sha, one.statuses[-1].state) for one in found]

    def source(self, name: str, steps: Sequence[Step], *, visible: bool = True) -> list[str]:
        made = self.hub.add_repository(name, roles=None if visible else {"octocat": "none"})
        return history(made.objects.folder, steps)


class TestGitHubForge(ForgeContract):
    enterprise = False

    @pytest.fixture
    def ground(self, tmp_path: Path) -> Iterator[Ground]:
        with ExitStack() as stack:
            hub = stack.enter_context(GitHub(tmp_path / "served", enterprise=self.enterprise))
            hub.add_repository("acme/config", files={"shared": SHARED})
            hub.add_token(TOKEN)
            hub.add_user("ada")
            hub.add_user("bob")
            yield GitHubGround(hub, lambda: stack.enter_context(connected(hub, "acme/config", tmp_path)))


class TestEnterpriseServer(TestGitHubForge):
    """Where the API is elsewhere."""

    enterprise = True
