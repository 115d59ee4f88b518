"""The steps of action.yml really run, by a runner of ours on GitHub's own expressions, against a GitHub on loopback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from action import interface
from tests.action.delivery import deploy
from tests.action.runner import ROOT, Job, environments, machine
from tests.e2e.hubworld import TOKEN, HubWorld


def test_first_and_second_run(hub: HubWorld, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", machine(tmp_path / "machine", "uv"))
    first = deploy(hub, job)
    assert first.code == 0, first.text
    assert "web 1.4.2 in dev: opened" in first.text
    assert re.search(r"\(made in [\d.]+ s\)", first.text)
    (request,) = hub.requests()
    (environment,) = environments(job)
    second = deploy(hub, job)
    assert second.code == 0, second.text
    assert "unchanged" in second.text
    assert re.search(r"\(reused in [\d.]+ s\)", second.text)
    assert environments(job) == [environment]
    assert hub.requests() == [request]
    assert not list((job.folder / "work").iterdir())
    assert TOKEN not in first.text + second.text
    assert not (tmp_path / "machine" / "elsewhere").exists()


def test_outputs_and_summary(hub: HubWorld, runner: Job) -> None:
    ran = deploy(hub, runner)
    (request,) = hub.requests()
    result = ran.outputs.pop("result")
    assert ran.outputs == {
        "changed": "true", "outcome": "opened", "pull-request-number": "1", "pull-request-operation": "created",
        "pull-request-url": f"{hub.address}/pull/1", "pull-request-head-sha": request.head_sha,
        "pull-request-branch": "gitops/dev/web", "commit-sha": request.head_sha, "environment": "dev",
        "version": "1.4.2",
    }  # fmt: skip
    assert json.loads(result)["results"][0]["pull_request"]["number"] == 1
    assert "| `web 1.4.2` | `dev` |" in ran.summary
    assert "+    newTag: '1.4.2'" in ran.summary
    assert TOKEN in [one.data for one in ran.commands if one.name == "add-mask"]
    again = deploy(hub, runner)
    assert (again.outputs["changed"], again.outputs["outcome"]) == ("false", "unchanged")
    assert again.outputs["pull-request-number"] == "1"


def test_failure(hub: HubWorld, runner: Job) -> None:
    """The step fails with the command's exit code; why is an annotation, in the summary, and an output."""
    ran = deploy(hub, runner, environment="nowhere")
    assert ran.code == 2
    (told,) = ran.annotations
    assert (told.name, told.properties["title"][:17]) == ("error", "gitops-actions GA")
    assert "nowhere" in told.data
    assert "nowhere" in ran.summary
    assert (ran.outputs["outcome"], ran.outputs["changed"]) == ("refused", "false")
    assert json.loads(ran.outputs["result"])["exit_code"] == 2


def test_other_commands_and_arguments(hub: HubWorld, runner: Job) -> None:
    deploy(hub, runner)
    given = {"config-repo": hub.address, "forge": "github", "api-url": hub.hub.api_url, "token": TOKEN}
    ran = runner.uses(ROOT, given | {"command": "pr view", "arguments": "1\n"})
    assert ran.code == 0, ran.text
    assert "Deploy web 1.4.2 to dev" in ran.text


def test_variables_of_the_job_count(hub: HubWorld, runner: Job) -> None:
    """`env:` of a workflow or job stands in for inputs, and an input wins."""
    environ = {"GITOPS_CONFIG_REPO": hub.address, "GITOPS_FORGE": "github", "GITOPS_API_URL": hub.hub.api_url,
               "GITOPS_TOKEN": TOKEN, "GITOPS_IMAGE": "ghcr.io/acme/web:1.0.1"}  # fmt: skip
    ran = runner.uses(ROOT, {"image": "ghcr.io/acme/web:1.0.2"}, environ)
    assert ran.code == 0, ran.text
    assert "web 1.0.2 in dev: opened" in ran.text


def test_generated_workflows_name_the_commit_of_the_action(runner: Job, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", runner.machine)
    pipeline = (
        "version: 1\nconfig-repo: {url: 'https://github.com/acme/deploy'}\napp: web\n"
        "pipeline: {use: container, platforms: [github], with: {image: ghcr.io/acme/web, test: make test}}\n"
    )
    (job.folder / "work" / "gitops.yaml").write_text(pipeline)
    commit = 40 * "a"
    ran = job.uses(ROOT, {"command": "generate"}, ref=commit)
    assert ran.code == 0, ran.text
    (workflow,) = (job.folder / "work" / ".github" / "workflows").iterdir()
    assert f"uses: gitops-actions/gitops-actions@{commit} #" in workflow.read_text(encoding="utf-8")


def test_the_workspace_brings_no_code(hub: HubWorld, runner: Job, tmp_path: Path) -> None:
    """Modules, uv.toml and pip.conf in the repository that the job is for."""
    job = Job(tmp_path / "job", runner.machine)
    for name in ("yaml.py", "click.py", "gitops_actions.py", "sitecustomize.py", "venv.py"):
        (job.folder / "work" / name).write_text("raise SystemExit('taken over')\n")
    (job.folder / "work" / "uv.toml").write_text("not toml\n")
    (job.folder / "work" / "pyproject.toml").write_text("[tool.uv]\nno-index = 3\n")
    ran = deploy(hub, job)
    assert ran.code == 0, ran.text


HOSTILE = {
    "command substitution": "$(touch {canary}) `touch {canary}`",
    "quotes": "\"; touch {canary}; ' ; touch {canary} #",
    "lines": "one\ntouch {canary}\n::set-output name=outcome::forged\n::error::forged",
    "expression": "${{{{ secrets.TOKEN }}}} ${{{{ github.token }}}}",
    "commands": "::set-output name=outcome::forged",
    "option": "--version",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_inputs(runner: Job, tmp_path: Path, text: str) -> None:
    """In every field at once, no text runs, is taken for an option, or speaks to the runner."""
    canary = tmp_path / "canary"
    names = [*(one.name for one in interface.inputs()), "command", "arguments", "token"]
    ran = runner.uses(ROOT, dict.fromkeys(names, text.format(canary=canary)))
    assert ran.code == 2, ran.text
    assert not canary.exists()
    assert "forged" not in [one.data for one in ran.commands]
    assert "set-output" not in [one.name for one in ran.commands]
    assert ran.outputs["outcome"] in ("", "refused")
    assert "gitops-actions 0" not in ran.text


def test_hostile_texts(hub: HubWorld, runner: Job, tmp_path: Path) -> None:
    """In fields that take any text, which then reaches the request, the log and the summary."""
    canary = tmp_path / "canary"
    text = f"$(touch {canary}) `touch {canary}` ${{{{ github.token }}}} \"';"
    body = f"{text}\n::set-output name=outcome::forged\n::error::forged\n"
    ran = deploy(hub, runner, title=f"::error::forged {text}", body=body, label=text)
    assert ran.code == 0, ran.text
    assert not canary.exists()
    assert ran.outputs["outcome"] == "opened"
    assert ran.annotations == []
    (request,) = hub.requests()
    assert f"::error::forged {text}" in request.title
    assert "${{ github.token }}" in request.body


@pytest.mark.parametrize("name", ["command", "arguments", "config-repo", "set"])
def test_hostile_fields(hub: HubWorld, runner: Job, tmp_path: Path, name: str) -> None:
    """One field at a time, so that the field before it does not stop the run."""
    canary = tmp_path / "canary"
    ran = deploy(hub, runner, **{name: f"--version $(touch {canary})\n::error::forged\n"})
    assert ran.code == 2, ran.text
    assert not canary.exists()
    (told,) = ran.annotations  # ours
    assert (told.name, told.data == "forged") == ("error", False)
    assert hub.requests() == []
