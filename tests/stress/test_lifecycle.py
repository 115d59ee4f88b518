"""The whole lifecycle suite again, each run a process of its own."""

from __future__ import annotations

import pytest

from tests.e2e import test_lifecycle

pytestmark = pytest.mark.stress


class TestLocal(test_lifecycle.TestLocal):
    """By git."""

    processes = True


class TestGitHub(test_lifecycle.TestGitHub):
    """By its API."""

    processes = True


class TestGitHubByGit(test_lifecycle.TestGitHubByGit):
    """By git over HTTP."""

    processes = True


class TestGitLab(test_lifecycle.TestGitLab):
    """By its API."""

    processes = True


class TestGitLabByGit(test_lifecycle.TestGitLabByGit):
    """By git over HTTP."""

    processes = True
