"""The folder tree is the architecture: who may import whom (docs/architecture.md)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gitops_actions"
LAYERS = {
    "errors": 0, "model": 0, "names": 0, "texts": 0, "harmless": 0, "times": 0, "lock": 0,
    "resources": 0, "__init__": 0,
    "protocols": 1,
    "core": 2, "edit": 2, "config": 2,
    "forge": 3, "git": 3, "ci": 3, "pipeline": 3, "agent": 3, "report": 3,
    "plugins": 4, "apply": 4,
    "cli": 5, "__main__": 5, "testing": 5,
}  # fmt: skip
# What a room may import beside the layers below it, and itself.
EXCLUSIVE = {"github": "forge/github", "gitlab": "forge/gitlab", "jinja2": "pipeline", "git": "git", "yaml": None}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def allowed(here: str, there: str) -> bool:
    if here == there:
        return True
    mine, theirs = LAYERS[here], LAYERS[there]
    if mine == 5:
        return True
    if here in ("plugins", "apply"):
        return theirs <= 2
    if mine == 3:
        return theirs <= 1
    return theirs < mine or theirs == 0


FILES = sorted(path for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_imports_go_down(path: Path) -> None:
    here = room(path)
    assert here in LAYERS, f"{here} is not a room of the house"
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top == "gitops_actions":
            there = rest.partition(".")[0] or "__init__"
            if there == "__version__":
                continue
            assert allowed(here, there), f"{here} imports {there}"
        elif here in ("errors", "model", "names", "lock", "resources", "texts", "harmless", "protocols"):
            assert top in sys.stdlib_module_names, f"{here} imports {top}"
        elif EXCLUSIVE.get(top):
            assert str(path.relative_to(PACKAGE)).startswith(str(EXCLUSIVE[top])), f"{here} imports {top}"
