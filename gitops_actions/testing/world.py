"""A config repository to try things on, and gitops-actions as real processes against it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_actions.testing import repos

POLICY = """\
version: 1
environments:
  dev: {deliver: push}
  staging: {after: dev}
  production: {after: staging}
apps:
  web:
    image: ghcr.io/acme/web
    source: acme/web
    edits:
      - kustomize: apps/web/overlays/{environment}
  api:
    image: ghcr.io/acme/api
    edits:
      - helm: charts/api/values-{environment}.yaml
"""
OVERLAY = """\
resources:
  - ../../base
images:
  - name: ghcr.io/acme/web   # the shop
    newTag: '1.0.0'  # by gitops-actions
"""
VALUES = """\
image:
    repository: ghcr.io/acme/api
    tag: "2.0.0"
replicas: 2
"""


def files(policy: str = POLICY) -> dict[str, str | bytes]:
    """The files of the config repository: two apps in three environments."""
    made: dict[str, str | bytes] = {"gitops.yaml": policy, "README.md": "# deploy\n"}
    for environment in ("dev", "staging", "production"):
        made[f"apps/web/overlays/{environment}/kustomization.yaml"] = OVERLAY
        made[f"charts/api/values-{environment}.yaml"] = VALUES
    return made


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    output: str
    errors: str

    @property
    def document(self) -> Any:
        """Its JSON."""
        return json.loads(self.output)

    @property
    def results(self) -> list[Any]:
        """The results of a delivery."""
        found: list[Any] = self.document["results"]
        return found

    @property
    def outcomes(self) -> list[tuple[str | None, str]]:
        """(environment, outcome) of each result."""
        return [(result["environment"], result["outcome"]) for result in self.results]


class World:
    """A bare config repository ``config`` below ``root``, an empty temporary folder ``temporary`` and an empty home.

    Commands are given ``address`` as the config repository: its path, unless a test has put it behind a forge.
    """

    def __init__(self, root: Path, content: Mapping[str, str | bytes] | None = None) -> None:
        self.root = root
        self.config = repos.bare(root / "config.git", files() if content is None else content)
        self.address = str(self.config)
        self.temporary = root / "tmp"
        self.home = root / "home"
        self.work = root / "work"
        for folder in (self.temporary, self.home, self.work):
            folder.mkdir()
        of_the_run = ("GITOPS_", "GIT_", "CI", "GITHUB_", "GITLAB_", "RUNNER_", "BUILD_")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(of_the_run)}
        self.environ = {**kept, "HOME": str(self.home), "TMPDIR": str(self.temporary)}

    def command(self, *arguments: str) -> list[str]:
        """The command line, with the config repository where the command takes one."""
        verbs = {"deploy": 1, "promote": 1, "status": 1, "history": 1, "pr": 2, "agent": 2}.get(arguments[0], 0)
        if verbs and "--config-repo" not in arguments and arguments[:2] != ("agent", "status"):
            arguments = (*arguments[:verbs], "--config-repo", self.address, *arguments[verbs:])
        return [sys.executable, "-m", "gitops_actions", "--output", "json", *arguments]

    def start(
        self, *arguments: str, cwd: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start gitops-actions."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=cwd or self.work,
            env={**self.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        *arguments: str,
        code: int | None = 0,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Done:
        """Run gitops-actions to its end and make sure that it ends with ``code`` (None: any)."""
        process = self.start(*arguments, cwd=cwd, environ=environ)
        output, errors = process.communicate(timeout=120)
        if code is not None and process.returncode != code:
            raise AssertionError(f"{arguments} ended with {process.returncode}, not {code}\n{output}\n{errors}")
        return Done(process.returncode, output, errors)

    def deploy(
        self, version: str, *arguments: str, app: str = "web", code: int | None = 0, cwd: Path | None = None
    ) -> Done:
        """Deploy a version of an app by its image."""
        return self.run("deploy", "--image", f"ghcr.io/acme/{app}:{version}", *arguments, code=code, cwd=cwd)

    def leftovers(self) -> list[Path]:
        """What runs have left in the temporary folder, beside the empty folder that they share."""
        return sorted(path for folder in self.temporary.iterdir() for path in folder.iterdir())

    def git(self, *arguments: str) -> str:
        """git in the config repository."""
        return repos.git(self.config, *arguments)

    def tip(self, branch: str = "main") -> str | None:
        """The commit of a branch; None when there is no such branch."""
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}") or None

    def text(self, path: str, branch: str = "main") -> str:
        """A file of a branch."""
        return repos.show(self.config, branch, path).decode()

    def overlay(self, environment: str, branch: str = "main") -> str:
        """The kustomization of web in an environment."""
        return self.text(f"apps/web/overlays/{environment}/kustomization.yaml", branch)

    def tag(self, environment: str, branch: str = "main") -> str:
        """The tag of web in an environment."""
        return self.overlay(environment, branch).partition("newTag: '")[2].partition("'")[0]

    def open_requests(self) -> list[Any]:
        """The open requests, as `pr list` says."""
        found: list[Any] = self.run("pr", "list").document["pull_requests"]
        return found
