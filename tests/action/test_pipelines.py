"""Our own pipelines, by rules of ours and by checkers; what those say of workflows, `pipeline/test_checked.py` asks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_actions import __version__
from gitops_actions.cli import own
from gitops_actions.testing import repos
from tests import checkers
from tests.action.gitlab import Project

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BASE = re.search(r"^FROM (\S+) AS", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_schemas() -> None:
    checkers.fits_schema("vendor.dependabot", ROOT / ".github" / "dependabot.yml")
    checkers.fits_schema("vendor.gitlab-ci", ROOT / ".gitlab-ci.yml")


def test_audit() -> None:
    checkers.audited(ROOT / ".github")


def test_shell_scripts_and_image() -> None:
    checkers.said(checkers.BIN / "shellcheck", *(one for one in (ROOT / ".ci").iterdir() if one.name != "pins"))
    checkers.said(checkers.BIN / "hadolint", "--no-color", ROOT / "Dockerfile")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_rules_of_workflows(path: Path) -> None:
    """Nothing is allowed but what a job says, nothing runs for ever, and no expression reaches a shell."""
    workflow = load(path)
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    assert "pull_request_target" not in workflow[True]  # YAML 1.1 reads `on` as a boolean
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert "permissions" in job
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_pins_are_alike() -> None:
    """One commit for an action, here and in the workflows that we generate; the version stands beside it."""
    table = load(ROOT / "templates" / "pipelines" / "pins.yaml")
    pins: dict[str, tuple[str, str]] = {name: (pin["sha"], pin["version"]) for name, pin in table.items()}
    for path in WORKFLOWS:
        for line in re.findall(r"^ *(?:- )?uses: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            if line == "$/":  # this repository, at the commit that runs
                continue
            action, commit, version = re.fullmatch(r"(\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line).groups()  # type: ignore[union-attr]
            assert pins.setdefault(action, (commit, version)) == (commit, version)
    assert len(pins) > len(table)


def test_generated_workflows_give_the_inputs_that_there_are() -> None:
    """Those of the golden files; GitHub only warns of others."""
    known = load(ROOT / "action.yml")["inputs"].keys()
    steps = [
        step
        for path in sorted(ROOT.glob("tests/pipeline/golden/*/*/.github/workflows/*.yml"))
        for job in load(path)["jobs"].values()
        for step in job.get("steps", ())
        if step.get("uses", "").startswith("gitops-actions/")
    ]
    assert steps
    for step in steps:
        assert step["with"].keys() <= known


def test_base_image_is_one() -> None:
    assert BASE is not None
    assert re.fullmatch(r"python:[\d.]+-alpine[\d.]+@sha256:[0-9a-f]{64}", BASE[1])
    found = re.findall(
        r"python:\S+@sha256:\S+",
        "".join((ROOT / one).read_text(encoding="utf-8") for one in ("Dockerfile", ".gitlab-ci.yml")),
    )
    assert set(found) == {BASE[1]}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone whose main is at the version of the code."""
    origin = repos.bare(tmp_path / "origin", {"gitops_actions/__init__.py": f'__version__ = "{__version__}"\n'})
    subprocess.run(["git", "clone", "--quiet", str(origin), str(tmp_path / "clone")], check=True)
    shutil.copytree(ROOT / ".ci", tmp_path / "clone" / ".ci")
    return tmp_path / "clone"


def release_version(checkout: Path, tag: str) -> tuple[int, str]:
    """The exit code of the first step of a release, and its output."""
    output = checkout.parent / "output"
    output.write_text("")
    environ = {"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag, "GITHUB_OUTPUT": str(output)}
    done = subprocess.run([checkout / ".ci" / "release-version"], env=environ, check=False, capture_output=True)
    return done.returncode, output.read_text()


def test_a_release_is_of_its_version_and_on_main(checkout: Path) -> None:
    assert release_version(checkout, f"v{__version__}") == (0, f"version={__version__}\n")
    assert release_version(checkout, "v99.0.0") == (1, "")
    repos.git(checkout, "commit", "--quiet", "--allow-empty", "--message", "Aside")
    assert release_version(checkout, f"v{__version__}") == (1, "")


def test_what_a_release_says_of_itself_can_be_read(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "GITHUB_SHA": 40 * "2"}
    file = tmp_path / "release.json"
    subprocess.run([ROOT / ".ci" / "release-names", file], env=environ, check=True)
    assert json.loads(file.read_text()) == {"commit": 40 * "2"}
    jobs = load(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    for name in ("image", "packages"):  # they must write the same workflows
        assert f".ci/release-names templates/{own.RELEASE}" in "".join(
            step.get("run", "") for step in jobs[name]["steps"]
        )
    assert subprocess.run(
        [ROOT / ".ci" / "release-names", file], env=environ | {"GITHUB_SHA": ""}, check=False
    ).returncode


def test_the_config_repository_of_the_self_test(tmp_path: Path) -> None:
    """What our pipelines try the action and the components on."""
    subprocess.run([ROOT / ".ci" / "config-repo", tmp_path / "config.git"], check=True)
    command = [sys.executable, "-m", "gitops_actions", "validate", "--config-repo", str(tmp_path / "config.git")]
    checkers.said(command[0], *command[1:], cwd=tmp_path)


def test_gitlab_pipeline(tmp_path: Path) -> None:
    """gitlab-ci-local reads it, with our components included."""
    names = [".gitlab-ci-template.yml", *(f"templates/{one.name}" for one in ROOT.glob("templates/*.yml"))]
    project = Project(tmp_path / "gitops-actions", {name: ROOT / name for name in names})
    project.pipeline(load(ROOT / ".gitlab-ci.yml"))
    jobs = {job["name"]: job["stage"] for job in project.jobs()}
    used = dict.fromkeys(["gitops-validate", "gitops-deploy", "gitops-promote", "gitops-status"], "components")
    assert jobs == {"test": "test", **used, "gitops-generate-check": "components", "release": "release"}
