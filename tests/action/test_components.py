"""The GitLab components: what GitLab's schema and gitlab-ci-local make of them, and their jobs really run, against a
GitLab on loopback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.world import POLICY
from tests import checkers
from tests.action.gitlab import Project
from tests.forge.lab import CANARY, Lab

ROOT = Path(__file__).parent.parent.parent
NAMES = [".gitlab-ci-template.yml", *(f"templates/{one.name}" for one in ROOT.glob("templates/*.yml"))]
FILES = {name: ROOT / name for name in NAMES}
ALWAYS = [{"when": "always"}]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with GitLab(tmp_path / "gitlab") as server:
        yield Lab(tmp_path, server, POLICY)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "web", FILES)


def included(name: str, **inputs: object) -> dict[str, Any]:
    """A pipeline of one component."""
    return {"include": [{"local": name, "inputs": {key.replace("_", "-"): one for key, one in inputs.items()}}]}


@pytest.fixture
def runnable() -> None:
    if shutil.which("rsync") is None:
        pytest.skip("gitlab-ci-local copies projects with rsync, which is not installed")


def test_expanded(project: Project, tmp_path: Path) -> None:
    """Every component at once, with defaults and with all inputs, fits GitLab's own schema."""
    full = {
        "job-name": "web to dev", "stage": "test", "job-image": "registry.example.com/tools@sha256:" + 64 * "0",
        "rules": [{"if": "$CI_COMMIT_TAG", "when": "manual"}], "token-variable": "DEPLOY_TOKEN",
        "resource-group": "web", "image": "acme/web:1\nacme/proxy:2", "title": "a: b # {c} 'd' \"e\"", "plan": True,
        "merge-method": "squash", "auto-merge": "false", "sequence": "12",
    }  # fmt: skip
    includes = [{"local": name} for name in FILES]
    project.pipeline({"include": [*includes, {"local": "templates/deploy.yml", "inputs": full}]})
    preview = project.preview()
    written = tmp_path / "preview.yml"
    written.write_text(yaml.safe_dump(preview), encoding="utf-8")
    checkers.fits_schema("vendor.gitlab-ci", written)
    names = ["gitops-actions", "gitops-deploy", "gitops-generate-check", "gitops-promote", "gitops-validate"]
    assert sorted(job["name"] for job in project.jobs()) == [*names, "web to dev"]
    job = preview["web to dev"]
    assert job["variables"]["GITOPS_IMAGE"] == "acme/web:1\nacme/proxy:2"
    assert job["variables"]["GITOPS_TITLE"] == "a: b # {c} 'd' \"e\""
    assert job["variables"]["GITOPS_PLAN"] == "true"
    assert job["rules"] == [{"if": "$CI_COMMIT_TAG", "when": "manual"}]
    assert job["script"] == preview["gitops-deploy"]["script"]


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"plan": "yes"}, "plan"),
        ({"merge-method": "octopus"}, "merge-method"),
        ({"token-variable": "X; id"}, "token-variable"),
        ({"sequence": "twelve"}, "sequence"),
    ],
)
def test_wrong_inputs_are_refused(project: Project, inputs: Mapping[str, object], complaint: str) -> None:
    """By GitLab, when the pipeline is made: the types, choices and forms are said in `spec:inputs`."""
    project.pipeline({"include": [{"local": "templates/deploy.yml", "inputs": dict(inputs)}]})
    with pytest.raises(AssertionError, match=complaint):
        project.jobs()


@pytest.mark.usefixtures("runnable")
def test_deploy_and_promote(project: Project, lab: Lab, tmp_path: Path) -> None:
    """With the token in a variable of another name, and texts that a shell would run."""
    canary = tmp_path / "canary"
    common = {"config_repo": lab.repo, "forge": "gitlab", "token_variable": "DEPLOY_TOKEN", "rules": ALWAYS}
    hostile = f"$(touch {canary}) `touch {canary}`; touch {canary} \"'"
    project.pipeline(included("templates/deploy.yml", image="ghcr.io/acme/web:1.0.1", label=hostile, **common))
    deployed = project.run("gitops-deploy", {"DEPLOY_TOKEN": CANARY})
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "web 1.0.1 in dev: committed" in deployed.stdout
    outputs = project.dotenv("gitops-deploy")
    assert outputs["GITOPS_OUTCOME"] == "committed"
    assert outputs["GITOPS_COMMIT_SHA"] == lab.project.repository.resolve("main")
    project.pipeline(included("templates/promote.yml", label=hostile, **common))
    promoted = project.run("gitops-promote", {"DEPLOY_TOKEN": CANARY})
    assert promoted.returncode == 0, promoted.stdout + promoted.stderr
    (request,) = lab.open_requests()
    assert request.source == "gitops/staging/web"
    assert project.dotenv("gitops-promote")["GITOPS_PULL_REQUEST_NUMBER"] == str(request.iid)
    assert hostile in request.labels
    again = project.run("gitops-promote", {"DEPLOY_TOKEN": CANARY})
    assert "unchanged" in again.stdout
    assert not canary.exists()
    assert CANARY not in deployed.stdout + deployed.stderr + promoted.stdout + promoted.stderr


@pytest.mark.usefixtures("runnable")
def test_failure(project: Project, lab: Lab) -> None:
    """The exit code of the command is that of the job; a token that is not there is told."""
    project.pipeline(
        included("templates/deploy.yml", config_repo=lab.repo, forge="gitlab", image="acme/web:1", rules=ALWAYS)
    )
    done = project.run("gitops-deploy", {})
    assert done.returncode != 0
    assert "GITOPS_TOKEN" in done.stdout + done.stderr


@pytest.mark.usefixtures("runnable")
def test_findings_are_a_report(project: Project) -> None:
    """`validate` of this repository's own gitops.yaml: what is wrong is a code quality report."""
    (project.folder / "gitops.yaml").write_text("version: 1\nenvironments: {dev: {after: nowhere}}\n", encoding="utf-8")
    project.pipeline(included("templates/validate.yml", rules=ALWAYS))
    assert project.run("gitops-validate", {}).returncode != 0
    # gitlab-ci-local leaves it there
    (finding,) = json.loads((project.folder / "gl-code-quality-report.json").read_text(encoding="utf-8"))
    assert finding["location"] == {"path": "gitops.yaml", "lines": {"begin": 2}}
    assert "nowhere" in finding["description"]
