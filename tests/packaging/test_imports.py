"""What a command does not need it does not import: every CI step pays for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gitops_actions.testing.world import POLICY, World, files

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
    """The modules that a command imports."""
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


def test_the_renderer_is_loaded_only_to_word_a_request(tmp_path: Path) -> None:
    policy = POLICY + "messages: {body: '<@ subject @>'}\n"
    world = World(tmp_path, files(policy))
    here = ("--config-repo", str(world.config))

    def loaded(*arguments: str) -> bool:
        return "jinja2" in imported(world.work, *arguments)

    image = ("--image", "ghcr.io/acme/web:1.0.1")
    assert not loaded("deploy", *here, *image), "a commit to the base has no request"
    assert world.tag("dev") == "1.0.1"
    assert not loaded("deploy", *here, *image)
    assert loaded("promote", *here)
    assert [one["branch"] for one in world.open_requests()] == ["gitops/staging/web"]
    assert not loaded("promote", *here), "nothing is due"
    for command in (("status",), ("history", "--app", "web"), ("pr", "list")):
        assert not loaded(*command, *here)
