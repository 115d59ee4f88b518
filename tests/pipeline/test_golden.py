"""Every set of templates that is built in, for every platform, with few and with all parameters: text in, text out.

`golden/SET/CASE/gitops.yaml` is what goes in, what stands beside it is what comes out. `UPDATE_GOLDEN=1` writes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from gitops_actions import config
from gitops_actions.cli.generate import command
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.templates import Library, built_in
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


@pytest.mark.parametrize("name", built_in())
def test_every_parameter_is_in_a_case(name: str) -> None:
    known = Library(Path(), Settings("text", 0, {}, 0)).find(name)
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


def test_a_child_pipeline(run: Runs, tmp_path: Path) -> None:
    """What the job of the set dynamic makes, with the variables that it has."""
    shutil.copy(GOLDEN / "dynamic/full/gitops.yaml", tmp_path)
    job = yaml.safe_load((GOLDEN / "dynamic/full/.gitlab/ci/web.yml").read_text())["web:generate"]
    assert job["script"][-1] == "gitops-actions generate"
    done = run(environ=job["variables"])
    assert done.code == 0, done.errors
    (path,) = job["artifacts"]["paths"]
    child = yaml.safe_load((tmp_path / path).read_text())
    assert child["workflow"] == {"rules": [{"if": "$CI_PIPELINE_SOURCE == 'parent_pipeline'"}]}
    assert {"nothing-to-do", "test", "build", "deploy"} <= child.keys()
    wrong = run("--child", "other")
    assert (wrong.code, "GA563" in wrong.errors) == (2, True)
    wrong = run("--child", "web", "--output-dir", ".")
    assert (wrong.code, "GA560" in wrong.errors) == (2, True)
    assert not (tmp_path / ".gitlab-ci.yml").exists()
    wrong = run("--child", "other", "--output-dir", "made")
    assert not (tmp_path / "made").exists()
    assert (wrong.code, "GA563" in wrong.errors) == (2, True)


def test_a_child_pipeline_that_is_wrong_is_told_at_once(run: Runs, tmp_path: Path) -> None:
    head = "version: 1\npipeline: {use: dynamic, platforms: [gitlab], with: {set: "
    for inner, words in (
        ("container, with: {imgae: x}", ["GA552", "`imgae` is not known here", ":2:84"]),
        ("containr", ["GA551"]),
        ("monorepo, with: {services: [{name: a, path: a, image: a.io/b}]}", ["GA563", "one file"]),
    ):
        (tmp_path / "gitops.yaml").write_text(head + inner + "}}\n")
        done = run()
        assert done.code == 2
        assert [word for word in words if word not in done.errors] == [], done.errors
