"""What tests of several commands use."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.cli.edit import command
from gitops_actions.testing.runs import Runs


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """`gitops-actions edit` in an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return Runs(command)
