"""The steps of action.yml really run, by a runner of ours on GitHub's own expressions, against a GitHub on loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from action import interface
from tests import checkers
from tests.action.runner import Job, Ran
from tests.e2e.hubworld import PLAIN, TOKEN, HubWorld, hub_world

ROOT = Path(__file__).parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitops-actions-tests"
# How this machine reaches PyPI.
REACHING = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}


def machine(folder: Path, *programs: str) -> dict[str, str]:
    """The environment of a runner with these programs, which are found beside our Python, and nothing else of ours."""
    shelf = folder / "programs"
    shelf.mkdir(parents=True)
    (shelf / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    for name in programs:
        (shelf / name).symlink_to(checkers.BIN / name)
    return REACHING | {
        "PATH": f"{shelf}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "LC_ALL": "C.UTF-8",
        # what a runner's owner may have set, and what must not count
        "PIP_TARGET": str(folder / "elsewhere"), "PIP_USER": "1", "UV_SYSTEM_PYTHON": "1", "PYTHONHOME": "/nowhere",
    }  # fmt: skip


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A runner with uv, on which jobs have run before."""
    folder = tmp_path_factory.mktemp("runner")
    return Job(folder, machine(folder, "uv"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubWorld]:
    with hub_world(tmp_path, PLAIN) as world:
        yield world


def deploy(hub: HubWorld, job: Job, version: str = "1.4.2", **given: str) -> Ran:
    """`uses: ./` with what a deploy needs."""
    inputs = {"config-repo": hub.address, "forge": "github", "api-url": hub.hub.api_url, "token": TOKEN,
              "image": f"ghcr.io/acme/web:{version}"}  # fmt: skip
    return job.uses(ROOT, inputs | {name.replace("_", "-"): value for name, value in given.items()})


def environments(job: Job) -> list[Path]:
    return sorted((job.folder / "tools" / "gitops-actions").iterdir())


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


def test_without_uv(hub: HubWorld, tmp_path: Path) -> None:
    job = Job(tmp_path / "job", machine(tmp_path / "machine"))
    ran = deploy(hub, job)
    assert ran.code == 0, ran.text
    assert len(hub.requests()) == 1
    (environment,) = environments(job)
    (site,) = environment.glob("lib/python*/site-packages")
    assert not (site / "pip").exists()  # 12 MB that nobody needs


def test_two_jobs_at_once(runner: Job, tmp_path: Path) -> None:
    """Both get a whole environment, and one of them is kept."""
    jobs = [Job(tmp_path / f"job{number}", runner.machine) for number in range(2)]
    for job in jobs:  # one tool cache
        shutil.rmtree(job.folder / "tools")
        (job.folder / "tools").symlink_to(tmp_path)
    ran: list[Ran] = []
    threads = [
        threading.Thread(target=lambda job=job: ran.append(job.uses(ROOT, {"command": "plugins"}))) for job in jobs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.code for one in ran] == [0, 0], [one.text for one in ran]
    assert len(list((tmp_path / "gitops-actions").iterdir())) == 1


def test_unfit_environments_are_not_used(runner: Job, tmp_path: Path) -> None:
    """What a cleaner has left of one is replaced; an old one is removed."""
    job = Job(tmp_path / "job", runner.machine)
    assert job.uses(ROOT, {"command": "plugins"}).code == 0
    (environment,) = environments(job)
    (environment / "complete").unlink()
    shutil.rmtree(environment / "lib")
    old = environment.parent / "0123456789abcdef"
    old.mkdir()
    (old / "complete").touch()
    os.utime(old / "complete", (0, 0))
    again = job.uses(ROOT, {"command": "plugins"})
    assert again.code == 0, again.text
    assert "made in" in again.text
    assert environments(job) == [environment]


def test_no_tool_cache(runner: Job, tmp_path: Path) -> None:
    """One that cannot be written to: the environment then lives as long as the job."""
    job = Job(tmp_path / "job", runner.machine)
    (job.folder / "tools").rmdir()
    (job.folder / "tools").write_text("")
    ran = job.uses(ROOT, {"command": "plugins"})
    assert ran.code == 0, ran.text
    assert len(list((job.folder / "temp" / "gitops-actions").iterdir())) == 1


def test_python_is_looked_for(tmp_path: Path) -> None:
    """What is too old is passed over; where actions/setup-python keeps Pythons is looked, too; none is told."""
    shelf = tmp_path / "programs"
    shelf.mkdir()
    for name in ("bash", "dirname"):
        (shelf / name).symlink_to(shutil.which(name) or name)
    (shelf / "uv").symlink_to(checkers.BIN / "uv")
    (shelf / "python3").write_text("#!/bin/sh\nexit 1\n")  # what asks it for its version is told "older"
    (shelf / "python3").chmod(0o755)
    job = Job(
        tmp_path / "job", REACHING | {"PATH": str(shelf), "HOME": str(tmp_path), "UV_CACHE_DIR": str(CACHE / "uv")}
    )
    ran = job.uses(ROOT, {"command": "plugins"})
    assert ran.code == 2
    (told,) = ran.annotations
    assert (told.name, told.properties) == ("error", {"title": "No Python"})
    assert "actions/setup-python" in told.data
    kept = job.folder / "tools" / "Python" / "3.13.0" / "x64" / "bin"
    kept.mkdir(parents=True)
    (kept / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    ran = job.uses(ROOT, {"command": "plugins"})
    assert ran.code == 0, ran.text


def test_packages_that_cannot_be_had(tmp_path: Path) -> None:
    """An index that does not answer: temporary, and nothing half-made is left."""
    environ = machine(tmp_path / "machine", "uv") | {
        "UV_CACHE_DIR": str(tmp_path / "empty"), "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_FIND_LINKS": "",
        "UV_NO_INDEX": "1",
    }  # fmt: skip
    job = Job(tmp_path / "job", environ)
    ran = job.uses(ROOT, {})
    assert ran.code == 6, ran.text
    (told,) = ran.annotations
    assert (told.name, told.data) == ("error", "uv could not install the packages of requirements.lock (see above)")
    assert environments(job) == []


def test_changed_packages_are_refused(tmp_path: Path) -> None:
    """The hashes of the lock file count."""
    action = tmp_path / "action"
    shutil.copytree(ROOT / "action", action / "action")
    shutil.copy(ROOT / "action.yml", action)
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (action / "requirements.lock").write_text(re.sub(r"sha256:[0-9a-f]{4}", "sha256:0000", lock), encoding="utf-8")
    ran = Job(tmp_path / "job", machine(tmp_path / "machine", "uv")).uses(action, {})
    assert ran.code == 6
    assert "hash" in ran.text.lower()


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


@pytest.mark.parametrize("name", ["command", "arguments", "config-repo", "branch", "set"])
def test_hostile_fields(hub: HubWorld, runner: Job, tmp_path: Path, name: str) -> None:
    """One field at a time, so that the field before it does not stop the run."""
    canary = tmp_path / "canary"
    ran = deploy(hub, runner, **{name: f"--version $(touch {canary})\n::error::forged\n"})
    assert ran.code == 2, ran.text
    assert not canary.exists()
    (told,) = ran.annotations  # ours
    assert (told.name, told.data == "forged") == ("error", False)
    assert hub.requests() == []
