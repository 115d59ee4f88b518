"""What a command does not need it does not import: every CI step pays for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import contextlib, io, sys
sys.argv = ["gitops-actions", *sys.argv[1:]]
from gitops_actions.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(*sys.modules)
"""
# `importlib.metadata` costs as much as click.
HEAVY = {"git", "yaml", "msgspec", "jinja2", "semver", "importlib.metadata"}


def imported(folder: Path, *arguments: str) -> set[str]:
    command = [sys.executable, "-I", "-c", SCRIPT, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), HEAVY),
        (("--version",), HEAVY),
        (("pr", "--help"), {"git", "jinja2"}),
        (("deploy", "--help"), {"git", "jinja2"}),
        (("promote", "--help"), {"git", "jinja2"}),
        (("status", "--help"), {"git", "jinja2"}),
        (("edit", "--help"), HEAVY),
        (("edit", "yaml", "file.yaml", "--set", "v=2"), (HEAVY - {"yaml"}) | {"gitops_actions.config", "tempfile"}),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else " ".join(value),
)
def test_nothing_heavy(arguments: tuple[str, ...], unwanted: set[str], tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text("v: 1\n")
    modules = imported(tmp_path, *arguments)
    assert "click" in modules
    assert not modules & unwanted
