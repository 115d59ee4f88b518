"""A machine for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.testing.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
