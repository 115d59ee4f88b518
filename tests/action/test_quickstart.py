"""From an empty app repository to a pipeline whose deploy step brings the release: generated, and its steps really run.

On GitHub by the runner of `runner.py` and our own action.yml, on GitLab by gitlab-ci-local; the config repo is on a
GitHub or GitLab of loopback.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from gitops_actions.testing import repos
from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.world import POLICY
from tests import checkers
from tests.action.gitlab import Project
from tests.action.runner import Expressions, Job, Ran, machine
from tests.e2e.hubworld import PLAIN, TOKEN, hub_world
from tests.forge.lab import CANARY, Lab

ROOT = Path(__file__).parent.parent.parent
SHA, DIGEST = "b" * 40, "sha256:" + "d" * 64
IMAGE = "ghcr.io/acme/web"


def begin(folder: Path, address: str) -> None:
    """What a person does in an empty repository: two commands, and the few lines that say what is wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    repos.git(folder, "init", "--quiet", "--initial-branch=main")
    program = checkers.BIN / "gitops-actions"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent)}
    checkers.said(program, "init", "app", cwd=folder, env=environ)
    text = (folder / "gitops.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^  url: .*$", f"  url: {address}", text, flags=re.MULTILINE)
    text = re.sub(r"^app: .*$", "app: web", text, flags=re.MULTILINE)
    text += f"pipeline: {{use: container, platforms: [github, gitlab], with: {{image: {IMAGE}}}}}\n"
    (folder / "gitops.yaml").write_text(text, encoding="utf-8")
    checkers.said(program, "generate", cwd=folder, env=environ)
    assert "unchanged" in checkers.said(program, "generate", "--check", cwd=folder, env=environ)


def step(job: Job, given: Mapping[str, str], contexts: Mapping[str, object], env: Mapping[str, str]) -> Ran:
    """Run a step that uses our action, as the runner does: the expressions of its inputs are GitHub's."""
    with Expressions() as expressions:
        return job.uses(ROOT, expressions.filled(contexts, given), env)


def brought(config: Path, commit: str) -> bool:
    """Whether the release is where it should be: its tag in the file of dev, the whole image in the record."""
    text = repos.show(config, commit, "apps/web/overlays/dev/kustomization.yaml").decode()
    record = repos.show(config, commit, ".gitops/releases/dev/web.yaml").decode()
    return f"newTag: '{SHA}'" in text and f"{IMAGE}:{SHA}@{DIGEST}" in record


def test_on_github(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN) as hub:
        job = Job(tmp_path / "job", machine(tmp_path / "machine", "uv"))
        work = job.folder / "work"
        begin(work, hub.address)
        workflow = work / ".github/workflows/container.yml"
        checkers.fits_schema("vendor.github-workflows", workflow)
        checkers.audited(workflow)
        deploy = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]["deploy"]
        (used,) = (one for one in deploy["steps"] if one["uses"].startswith("gitops-actions/"))
        contexts = {
            "secrets": {"GITOPS_TOKEN": TOKEN}, "github": {"sha": SHA},
            "needs": {"build": {"outputs": {"digest": DIGEST}}},
        }  # fmt: skip
        reach = {"GITOPS_FORGE": "github", "GITOPS_API_URL": hub.hub.api_url}
        ran = step(job, used["with"], contexts, reach)
        assert ran.code == 0, ran.text
        assert "opened" in ran.text
        (request,) = hub.requests()
        assert ran.outputs["pull-request-number"] == str(request.number)
        assert brought(hub.config, request.head_sha)
        assert step(job, used["with"], contexts, reach).outputs["outcome"] == "unchanged"


@pytest.mark.skipif(shutil.which("rsync") is None, reason="gitlab-ci-local copies projects with rsync")
def test_on_gitlab(tmp_path: Path) -> None:
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, POLICY)
        begin(tmp_path / "made", lab.repo)
        made = tmp_path / "made"
        checkers.fits_schema("vendor.gitlab-ci", made / ".gitlab-ci.yml")
        project = Project(tmp_path / "web", {name: made / name for name in (".gitlab-ci.yml", "gitops.yaml")})
        repos.git(project.folder, "add", "--all")
        repos.git(project.folder, "commit", "--quiet", "--message", "From nothing")
        repos.git(project.folder, "update-ref", "refs/remotes/origin/main", "HEAD")
        # What the job `build` hands over in its dotenv report: there is no registry here.
        variables = {"GITOPS_TOKEN": CANARY, "GITOPS_FORGE": "gitlab", "GITOPS_IMAGE": f"{IMAGE}:{SHA}@{DIGEST}"}
        done = project.run("deploy", variables)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "in dev: committed" in done.stdout
        assert project.dotenv("deploy")["GITOPS_OUTCOME"] == "committed"
        assert brought(lab.project.repository.path, "main")
