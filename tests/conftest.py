"""What tests of several rooms use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gitops_actions.testing.world import World, files


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
