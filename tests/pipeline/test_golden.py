"""Every set of templates that is built in, for every platform, with few and with all parameters: text in, text out.

`golden/SET/CASE/gitops.yaml` is what goes in, what stands beside it is what comes out. `UPDATE_GOLDEN=1` writes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from gitops_actions import config
from gitops_actions.cli.generate import command
from gitops_actions.cli.templates import Library
from gitops_actions.testing.runs import Runs

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/gitops.yaml"))
NAMES = [f"{case.parent.name}-{case.name}" for case in CASES]


def files(folder: Path) -> Mapping[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "gitops.yaml"
    }


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.chdir(tmp_path)
    return Runs(command)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_what_comes_out(case: Path, run: Runs, tmp_path: Path) -> None:
    shutil.copy(case / "gitops.yaml", tmp_path)
    done = run()
    assert done.code == 0, done.errors
    made = files(tmp_path)
    if os.environ.get("UPDATE_GOLDEN"):
        for path in files(case):
            (case / path).unlink()
        for path, text in made.items():
            (case / path).parent.mkdir(parents=True, exist_ok=True)
            (case / path).write_text(text, encoding="utf-8")
    assert made == files(case)
    assert run("--check").code == 0
    assert run().text.count("unchanged") == len(made)


@pytest.mark.parametrize("name", Library(Path(), {}).built_in)
def test_every_parameter_is_in_a_case(name: str) -> None:
    known = Library(Path(), {}).find(name)
    loaded = {
        case.name: config.load((case / "gitops.yaml").read_text(), file="gitops.yaml", kinds={}).pipelines
        for case in CASES
        if case.parent.name == name
    }
    parameters = known.parameters["properties"]
    required = set(known.parameters.get("required", ()))
    full = [one.values.keys() for case, pipelines in loaded.items() if case != "default" for one in pipelines]
    assert set(parameters) == set().union(*full)
    for case, pipelines in loaded.items():
        if case == "default":
            assert required <= set().union(*(one.values.keys() for one in pipelines))
        assert {platform for one in pipelines for platform in one.platforms} == set(known.files)
