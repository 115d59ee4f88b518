"""What tests of several rooms use."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

# Before anything of it is imported: so that a failed assertion of its suites tells what was compared.
pytest.register_assert_rewrite("gitops_actions.testing")

from gitops_actions.testing.nobody import Nobody  # noqa: E402
from gitops_actions.testing.world import World, files  # noqa: E402

# Tests are not about the CI system that runs them.
for _name in [name for name in os.environ if name.startswith(("CI", "GITHUB_", "GITLAB_", "RUNNER_", "BUILD_"))]:
    del os.environ[_name]


@pytest.fixture
def processes() -> bool:
    """Whether each run is a process of its own. A module that is not about processes says no: it is quicker."""
    return True


@pytest.fixture
def world(tmp_path: Path, processes: bool) -> World:
    """Two apps in three environments; dev takes commits."""
    return World(tmp_path, processes=processes)


@pytest.fixture
def worlds(tmp_path: Path, processes: bool) -> Callable[..., World]:
    """Other worlds: with another policy, or with other files."""

    def make(policy: str | None = None, content: Mapping[str, str | bytes] | None = None) -> World:
        given = content if content is not None else files(policy) if policy else None
        return World(tmp_path, given, processes=processes)

    return make


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    """A user whom permissions concern, with a folder that is not below one of root's."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        pytest.skip("only root can work as somebody else")
    with tempfile.TemporaryDirectory() as name:
        yield Nobody(Path(name))
