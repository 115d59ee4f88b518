"""A runner, and a GitHub to deploy to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.action.runner import Job, machine
from tests.e2e.hubworld import PLAIN, HubWorld, hub_world


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A runner with uv, on which jobs have run before."""
    folder = tmp_path_factory.mktemp("runner")
    return Job(folder, machine(folder, "uv"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubWorld]:
    with hub_world(tmp_path, PLAIN) as world:
        yield world
