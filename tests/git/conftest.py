from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gitops_actions.git.command import scrub
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.testing import repos
from gitops_actions.testing.githttp import GitServer

Open = Callable[..., Repository]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `cli.main` does it."""
    environment = dict(os.environ)
    scrub(environment)
    for name in os.environ.keys() - environment.keys():
        monkeypatch.delenv(name)


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """Where repositories are opened; nothing may be left in it."""
    yield tmp_path / "temporary"
    assert list((tmp_path / "temporary").glob("*/*")) == []


@pytest.fixture
def opened(temporary: Path) -> Iterator[Open]:
    """Opens repositories that are closed after the test."""
    with ExitStack() as stack:

        def open_(url: str | Path, credentials: Credentials | None = None) -> Repository:
            return stack.enter_context(Repository(str(url), credentials=credentials, temporary=temporary))

        yield open_


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return repos.bare(tmp_path / "served" / "config.git", {"gitops.yaml": "version: 1\n", "a/b": "1", "a/c": "2"})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with GitServer(tmp_path / "served") as server:
        yield server
