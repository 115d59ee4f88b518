"""The tree: what lies at the top, which rooms there are, and that the lock files fit pyproject."""

from __future__ import annotations

import re
import runpy
import subprocess
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement  # comes with pytest

ROOT = Path(__file__).parent.parent.parent
TOP = {
    ".ci", ".dockerignore", ".editorconfig", ".gitattributes", ".github", ".gitignore", ".gitlab-ci-template.yml",
    ".gitlab-ci.yml", ".pre-commit-config.yaml", "CHANGELOG.md", "CONTRIBUTING.md", "Dockerfile", "LICENSE", "Makefile",
    "README.md", "SECURITY.md", "action", "action.yml", "benchmarks", "docs", "examples", "gitops_actions",
    "pyproject.toml", "requirements-dev.lock", "requirements.lock", "templates", "tests",
}  # fmt: skip


def tracked(folder: str = ".") -> list[str]:
    """The files of the checkout, without what git ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", folder]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).exists()]


def locked(name: str) -> dict[str, list[str]]:
    """The packages of a lock file with their hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)([^\n]*(?:\n[ \t]+[^\n]*)*)", text, flags=re.MULTILINE)
    return {package: re.findall(r"--hash=sha256:([0-9a-f]{64})\b", rest) for package, _, rest in blocks}


def normal(requirement: str) -> str:
    """The name in a requirement (https://packaging.python.org/en/latest/specifications/name-normalization/)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def needed(names: set[str]) -> set[str]:
    """These packages and those that they need here, with the extras that are asked for."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(name, "") for name in names]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        found.add(name)
        for requirement in map(Requirement, requires(name) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(normal(requirement.name), wanted) for wanted in ("", *requirement.extras)]
    return found


def test_top_level() -> None:
    assert {name.split("/")[0] for name in tracked()} == TOP


def test_rooms() -> None:
    """Each has its place in the layer test and a line in the documentation, and there are no others."""
    rooms = {name.split("/")[1].removesuffix(".py") for name in tracked("gitops_actions")} - {"py.typed"}
    assert rooms == set(runpy.run_path(str(ROOT / "tests" / "test_layers.py"))["LAYERS"])
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^  (\w+)(?:/|\.py) ", page, flags=re.MULTILINE))
    assert listed == rooms - {"__init__", "__main__"}


def test_templates_hold_no_python() -> None:
    """pip compiles every .py file that it installs, and a `__pycache__` would stand among the templates."""
    assert not [name for name in tracked("templates") if name.endswith(".py")]


def test_templates_are_not_taken_for_components() -> None:
    """GitLab reads `templates/*.yml` and `templates/*/template.yml` as CI/CD components
    (https://docs.gitlab.com/ci/components/#directory-structure)."""
    taken = [
        name for name in tracked("templates") if re.fullmatch(r"templates/(?:[^/]+\.yml|[^/]+/template\.yml)", name)
    ]
    assert taken == [f"templates/{name}.yml" for name in ("deploy", "generate-check", "promote", "validate")]


@pytest.mark.parametrize(("name", "extra"), [("requirements.lock", False), ("requirements-dev.lock", True)])
def test_lock_files(name: str, extra: bool) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {normal(text) for text in project["dependencies"]}
    if extra:
        wanted |= {normal(text) for text in project["optional-dependencies"]["dev"]}
    packages = locked(name)
    assert all(packages.values())
    assert needed(wanted) <= packages.keys()
    if not extra:  # the other one has packages for other systems too
        assert packages.keys() == needed(wanted)
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if not re.match(r"#|[A-Za-z0-9._-]+==|    (?:--hash=sha256:|#)", line)]


@pytest.mark.parametrize("target", ["demo", "test", "lint", "bench", "stress", "interface", "lock", "clean"])
def test_make_targets_can_be_read(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout
