"""What tests of several rooms use."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from gitops_actions.testing.nobody import Nobody
from gitops_actions.testing.world import World, files

# Tests are not about the CI system that runs them.
for _name in [name for name in os.environ if name.startswith(("CI", "GITHUB_", "GITLAB_", "RUNNER_", "BUILD_"))]:
    del os.environ[_name]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two apps in three environments; dev takes commits."""
    return World(tmp_path)


@pytest.fixture
def worlds(tmp_path: Path) -> Callable[..., World]:
    """Other worlds: with another policy, or with other files."""

    def make(policy: str | None = None, content: Mapping[str, str | bytes] | None = None) -> World:
        return World(tmp_path, content if content is not None else files(policy) if policy else None)

    return make


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    """A user whom permissions concern, with a folder that is not below one of root's."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        pytest.skip("only root can work as somebody else")
    with tempfile.TemporaryDirectory() as name:
        yield Nobody(Path(name))
