"""The runtimes keep what every runtime promises."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gitops_actions.ci.github import GitHubActions
from gitops_actions.ci.gitlab import GitLabCI
from gitops_actions.ci.plain import Plain
from gitops_actions.testing.job import Job
from gitops_actions.testing.runner import Step, command
from gitops_actions.testing.runtime import RuntimeContract


class TestGitHubActions(RuntimeContract):
    kind = GitHubActions

    def environ(self, folder: Path) -> Mapping[str, str]:
        return Step(folder).environ

    def outputs(self, folder: Path) -> Mapping[str, str]:
        return Step(folder).outputs

    def obeyed(self, line: str) -> bool:
        return command(line) is not None


class TestGitLabCI(RuntimeContract):
    kind = GitLabCI

    def environ(self, folder: Path) -> Mapping[str, str]:
        return Job(folder).environ

    def outputs(self, folder: Path) -> Mapping[str, str]:
        variables = Job(folder).variables()
        return {name.removeprefix("GITOPS_").lower().replace("_", "-"): text for name, text in variables.items()}

    def obeyed(self, line: str) -> bool:
        return "\x1b" in line or "\r" in line


class TestPlain(RuntimeContract):
    kind = Plain

    def environ(self, folder: Path) -> Mapping[str, str]:  # noqa: ARG002
        return {}

    def outputs(self, folder: Path) -> None:  # noqa: ARG002
        return None

    def obeyed(self, line: str) -> bool:  # noqa: ARG002
        return False
