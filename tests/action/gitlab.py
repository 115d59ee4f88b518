"""Pipelines of GitLab on this machine, by gitlab-ci-local (https://github.com/firecow/gitlab-ci-local)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gitops_actions.testing.repos import git
from tests.checkers import BIN, node, npm_package

VERSION = "4.75.1"


class Project:
    """A project whose pipeline is what it is told to include. Its jobs run in shells of this machine."""

    def __init__(self, folder: Path, files: Mapping[str, Path]) -> None:
        self.folder = folder
        self._program = npm_package("gitlab-ci-local", VERSION) / "dist" / "index.js"
        folder.mkdir(parents=True)
        for name, source in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
        git(folder, "init", "--quiet", "--initial-branch", "main")
        git(folder, "remote", "add", "origin", "https://gitlab.example.com/acme/web.git")
        git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")

    def pipeline(self, document: object) -> None:
        """What `.gitlab-ci.yml` says from now on."""
        (self.folder / ".gitlab-ci.yml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", "Change")

    def jobs(self) -> list[Any]:
        """Every job, as `--list-json` has it."""
        found: list[Any] = json.loads(self._run("--list-json", "--json-schema-validation=false").stdout)
        return found

    def preview(self) -> Any:
        """The pipeline with everything that it includes."""
        return yaml.safe_load(self._run("--preview", "--json-schema-validation=false").stdout)

    def run(self, job: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a job, with CI/CD variables of the project."""
        # They are read from a file, as GitLab reads them from its settings: they win over those of the pipeline.
        # gitlab-ci-local says that it is not GitLab, and names a folder of the project that only its containers have.
        given = json.dumps({"GITLAB_CI": "true", **variables})
        (self.folder / ".gitlab-ci-local-variables.yml").write_text(given, encoding="utf-8")
        return self._run(
            "--force-shell-executor",
            "--json-schema-validation=false",
            "--variable",
            f"CI_PROJECT_DIR={self.folder}",
            job,
            check=False,
        )

    def dotenv(self, job: str) -> dict[str, str]:
        """The dotenv report of a job that has run: variables for later jobs."""
        (report,) = (self.folder / ".gitlab-ci-local" / "artifacts" / job).glob("**/*.env")
        return dict(line.split("=", 1) for line in report.read_text(encoding="utf-8").splitlines())

    def _run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environ = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.folder.parent), "LC_ALL": "C.UTF-8",
            "GITOPS_BUDGET": "20s",
        }  # fmt: skip
        done = subprocess.run(
            [str(node()), str(self._program), "--no-color", *arguments],
            cwd=self.folder, env=environ, capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done
