"""The table of pinned actions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.pipeline import pins
from gitops_actions.pipeline.sandbox import source

ROOT = Path(__file__).parent.parent.parent
OLD, NEW, OTHER = ("0" * 39 + digit for digit in "123")
TABLE = f"# a comment\nacme/tool: {{version: v1.9.0, sha: {OLD}}}\n"


def use(version: str, sha: str) -> str:
    return f"    - uses: acme/tool@{sha} # {version}\n"


def test_every_action_is_at_a_full_commit() -> None:
    table = pins.uses()
    assert len(table) > 8
    for name, text in table.items():
        assert re.fullmatch(rf"[\w-]+/{name.replace('_', '-')}@[0-9a-f]{{40}} # v\d+\.\d+\.\d+", text)
    assert pins.refreshed(source(pins.FILE), {}) == source(pins.FILE)


def test_two_have_to_agree() -> None:
    assert pins.refreshed(TABLE, {"a": use("v1.10.0", NEW)}) == TABLE
    both = {"a": use("v1.10.0", NEW) + use("v2.0.0", OTHER), "b": use("v1.10.0", NEW)}
    assert pins.refreshed(TABLE, both) == TABLE.replace("v1.9.0", "v1.10.0").replace(OLD, NEW)
    assert pins.refreshed(TABLE, {name: use("v1.8.0", NEW) for name in "ab"}) == TABLE, "older"
    with pytest.raises(UsageError, match="is pinned to"):
        pins.refreshed(TABLE, {"a": use("v1.10.0", NEW), "b": use("v1.10.0", OTHER)})
    with pytest.raises(UsageError, match="is pinned to"):
        pins.refreshed(TABLE, {"a": use("v1.9.0", OTHER)})


def test_the_program_says_how_it_is_used() -> None:
    done = subprocess.run([sys.executable, ROOT / ".ci" / "pins"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "FILE..." in done.stderr
