"""A GitLab with a config repository on it, for tests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gitops_actions.cli.main import cli
from gitops_actions.errors import GitOpsError
from gitops_actions.forge.gitlab.forge import GitLabForge, connect
from gitops_actions.git.credentials import from_environment
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import Secret
from gitops_actions.protocols import Connection
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.gitlab import DEVELOPER, MAINTAINER, GitLab, Project
from gitops_actions.testing.repos import Step, commit, git, history, show
from gitops_actions.testing.world import Done, World, files

CANARY = "glpat-c4n+ry/t0ken="


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

    def milestone(self, title: str) -> None:
        self.server.add_milestone(self.project, title)

    def plan(self, number: int, title: str | None) -> None:
        self.server.plan(self.project.merge_requests[number - 1], title)

    def deployments(self, name: str) -> list[tuple[str, str, str]]:
        project = self.server.state.project(name)
        assert project is not None
        words = {"running": "in_progress", "failed": "failure"}
        found = project.deployments
        return [(one.environment.name, one.sha, words.get(one.status, one.status)) for one in found]

    def source(self, name: str, steps: Sequence[Step], *, visible: bool = True) -> list[str]:
        made = self.server.add_project(name, members={"robot": DEVELOPER} if visible else {})
        return history(made.repository.path, steps)


class Lab:
    """A config repository on a GitLab, and a token for it in the environment."""

    def __init__(self, root: Path, server: GitLab, policy: str) -> None:
        self.world = World(root)
        self.server = server
        server.add_user("ada")
        self.project = server.add_project("acme/platform/deploy", files(policy), members={"ada": MAINTAINER})
        self.token = server.add_token("ada", value=CANARY)
        self.repo = f"{server.url}/acme/platform/deploy.git"

    def run(self, verb: str, *arguments: str, code: int | None = 0, **environ: str) -> Done:
        words = verb.split()
        where = ("--config-repo", self.repo, "--forge", "gitlab")
        return self.world.run(*words, *where, *arguments, code=code, environ={"GITOPS_TOKEN": CANARY, **environ})

    def play(self, verb: str, *arguments: str, **environ: str) -> Done:
        """Run in this process: ten times as fast."""
        line = self.world.command(verb, "--config-repo", self.repo, "--forge", "gitlab", *arguments)
        variables = {**self.world.environ, "GITOPS_BUDGET": "20s", "GITOPS_TOKEN": CANARY, **environ}
        result = CliRunner().invoke(cli, line[3:], env=variables)
        code = result.exit_code
        if isinstance(result.exception, GitOpsError):
            code = result.exception.exit_code
        elif result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(code, result.stdout, result.stderr)

    def deploy(self, version: str, *arguments: str, code: int | None = 0) -> Done:
        return self.run("deploy", "--image", f"ghcr.io/acme/web:{version}", *arguments, code=code)

    def open_requests(self) -> list[Any]:
        return [one for one in self.project.merge_requests if one.state == "opened"]

    def overlay(self, environment: str, ref: str = "main") -> str:
        path = f"apps/web/overlays/{environment}/kustomization.yaml"
        repository = self.project.repository
        commit = repository.resolve(ref)
        assert commit is not None
        return repository.blobs([repository.entries(commit, [path])[path].id]).popitem()[1].decode()
