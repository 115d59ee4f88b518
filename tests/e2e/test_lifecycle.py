"""The life of releases on every forge, by every transport."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gitops_actions.testing.lifecycle import Ground, LifecycleContract
from tests.e2e.grounds.github import github_ground
from tests.e2e.grounds.gitlab import gitlab_ground
from tests.e2e.grounds.local import local_ground


class TestLocal(LifecycleContract):
    """A bare repository: by git, which is all there is."""

    def open_ground(self, root: Path, files: Mapping[str, str | bytes]) -> AbstractContextManager[Ground]:
        return local_ground(root, files)


class TestGitHub(LifecycleContract):
    """GitHub by its API."""

    transport = "api"

    def open_ground(self, root: Path, files: Mapping[str, str | bytes]) -> AbstractContextManager[Ground]:
        return github_ground(root, files, self.transport)


class TestGitHubByGit(TestGitHub):
    """GitHub's requests, and its repository by git over HTTP."""

    transport = "git"


class TestGitLab(LifecycleContract):
    """GitLab by its API."""

    transport = "api"

    def open_ground(self, root: Path, files: Mapping[str, str | bytes]) -> AbstractContextManager[Ground]:
        return gitlab_ground(root, files, self.transport)


# What GitLab adds to the two before is seen above; together they take a tenth of all tests' time.
@pytest.mark.stress
class TestGitLabByGit(TestGitLab):
    """GitLab's requests, and its repository by git over HTTP."""

    transport = "git"
