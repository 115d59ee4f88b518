"""gitops-actions as real processes in a step of GitHub Actions and in a job of GitLab CI/CD."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.report.outputs import NAMES
from gitops_actions.testing import repos
from gitops_actions.testing.job import Job
from gitops_actions.testing.runner import Step
from gitops_actions.testing.world import POLICY, World, files
from tests.e2e.hubworld import hub_world

TOKEN = "s3sam-0ffne-dich+"
FORMS = (TOKEN, base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode().rstrip("="), TOKEN.replace("+", "%2B"))


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    errors: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def run(world: World, environ: Mapping[str, str], *arguments: str, text: bool = False) -> Ended:
    """Run a command as a CI system does: with pipes, and with the line ends as they are."""
    command = [part for part in world.command(*arguments) if not text or part not in ("--output", "json")]
    environ = {**world.environ, "GITOPS_TOKEN": TOKEN, **environ}
    done = subprocess.run(
        command, cwd=world.work, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def stepped(
    world: World, *arguments: str, code: int = 0, text: bool = False, event: Mapping[str, str] | None = None
) -> tuple[Step, Ended]:
    """A step that ran a command."""
    step = Step(world.root / f"step{len(list(world.root.iterdir()))}", event or {})
    ended = run(world, step.environ, *arguments, text=text)
    assert ended.code == code, ended.errors
    for stream in (ended.errors, ended.out):
        step.read(stream)
    return step, ended


# --- GitHub ---


def test_a_step_hands_on_what_it_has_done(world: World) -> None:
    step, ended = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    assert ended.document["results"][0]["outcome"] == "committed"
    assert tuple(step.outputs) == NAMES
    assert {name: text for name, text in step.outputs.items() if text and name != "result"} == {
        "changed": "true",
        "outcome": "committed",
        "pull-request-operation": "none",
        "commit-sha": world.tip(),
        "environment": "dev",
        "version": "1.0.1",
    }
    assert json.loads(step.outputs["result"]) == ended.document
    assert "| `web 1.0.1` | `dev` | committed |" in step.summary
    assert "+    newTag: '1.0.1'  # by gitops-actions\n" in step.summary
    record = world.text(".gitops/releases/dev/web.yaml")
    assert f'repository: "acme/web"\n  revision: "c0ffee{"0" * 34}"\n  sequence: 7\n' in record
    assert "Gitops-Run: https://github.com/acme/web/actions/runs/99" in world.git("log", "-1", "--format=%B")
    step, _ = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    assert (step.outputs["changed"], step.outputs["outcome"]) == ("false", "unchanged")


def test_masks_come_first_and_commands_never_go_to_stdout(world: World) -> None:
    step, ended = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1", event={"RUNNER_DEBUG": "1"})
    names = [found.name for found in step.commands]
    masks = names.count("add-mask")
    assert names[:masks] == ["add-mask"] * masks
    assert masks > len(FORMS)
    assert {found.data for found in step.named("add-mask")} >= set(FORMS)
    assert names[masks:] == ["group", "endgroup"]
    assert "::" not in ended.out
    first = ended.errors.index("config repo ")
    assert ended.errors.rindex("::add-mask::") < first < ended.errors.index("::group::web in dev\n")


REQUESTS = POLICY.replace("dev: {deliver: push}", "dev: {}")


def test_requests_are_outputs(worlds: Callable[..., World]) -> None:
    world = worlds(REQUESTS)
    step, _ = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    opened = step.outputs
    assert (opened["pull-request-operation"], opened["pull-request-number"]) == ("created", "1")
    assert opened["pull-request-branch"] == "gitops/dev/web"
    assert opened["pull-request-head-sha"] == opened["commit-sha"] == world.tip("gitops/dev/web")
    assert opened["pull-request-url"].endswith("config.git#1")
    step, _ = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.2")
    assert step.outputs["pull-request-operation"] == "updated"
    step, ended = stepped(world, "pr", "merge", "1")
    assert (step.outputs["changed"], step.outputs["outcome"], step.outputs["version"]) == ("true", "merged", "1.0.2")
    assert step.outputs["commit-sha"] == world.tip()
    assert json.loads(step.outputs["result"]) == ended.document
    assert "| `web 1.0.2` | `dev` | merged |" in step.summary
    step, _ = stepped(world, "pr", "merge", "1")
    assert (step.outputs["changed"], step.outputs["outcome"]) == ("false", "unchanged")
    stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.3")
    step, _ = stepped(world, "pr", "close", "2")
    assert (step.outputs["outcome"], step.outputs["pull-request-operation"]) == ("closed", "closed")


def test_several_results_are_about_the_first_that_changed(world: World) -> None:
    step, _ = stepped(world, "promote")
    assert (step.outputs["changed"], step.outputs["outcome"], step.outputs["environment"]) == ("false", "unchanged", "")
    assert "Nothing is due." in step.summary
    for app in ("web", "api"):
        stepped(world, "deploy", "--image", f"ghcr.io/acme/{app}:9.0.0")
    step, ended = stepped(world, "promote")
    assert [one["apps"] for one in ended.document["results"] if one["changed"]] == [["web"], ["api"]]
    assert (step.outputs["changed"], step.outputs["environment"], step.outputs["version"]) == (
        "true",
        "staging",
        "9.0.0",
    )
    assert step.outputs["pull-request-branch"] == "gitops/staging/web"
    assert json.loads(step.outputs["result"]) == ended.document


@pytest.mark.parametrize(
    ("arguments", "code", "outcome", "words"),
    [
        (["deploy", "-e", "nope", "--image", "ghcr.io/acme/web:1"], 2, "refused", "has no environment 'nope'"),
        (["deploy", "--imgae", "x"], 2, "refused", "No such option"),
        (["deplyo"], 2, "refused", "did you mean 'deploy'?"),
        (["deploy", "--budget", "soon"], 2, "refused", "is not a time"),
        (["deploy", "--config-repo", "https://127.0.0.1:1/x.git", "--set", "a.yaml:b=1"], 6, "refused", ""),
    ],
)  # fmt: skip
def test_a_failure_is_handed_on_too(world: World, arguments: list[str], code: int, outcome: str, words: str) -> None:
    step, ended = stepped(world, *arguments, code=code)
    assert (step.outputs["changed"], step.outputs["outcome"], step.outputs["version"]) == ("false", outcome, "")
    assert json.loads(step.outputs["result"])["exit_code"] == code
    assert not ended.out or json.loads(step.outputs["result"]) == ended.document
    (error,) = step.annotations
    assert error.name == "error"
    assert words in error.data
    assert "| error | GA" in step.summary


def test_a_result_that_failed_is_an_annotation(world: World) -> None:
    stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    overlay = "apps/web/overlays/staging/kustomization.yaml"
    repos.commit(world.config, {overlay: "images: [\n"}, message="Break\n")
    step, ended = stepped(world, "promote", "--to", "staging", code=5)
    assert step.outputs["outcome"] == "conflict"
    (error,) = step.annotations
    assert "file" not in error.properties, "it is no file of the repository that runs us"
    assert error.data.startswith(f"{overlay}:")
    assert len(ended.document["results"]) == 1


def test_findings_of_a_checkout_have_their_place(world: World) -> None:
    (world.work / ".git").mkdir()
    folder = world.work / "deploy"
    folder.mkdir()
    lines = "".join(f"key{number}: 1\n" for number in range(12))
    (folder / "gitops.yaml").write_text(f"version: 1\n{lines}", encoding="utf-8")
    step, ended = stepped(world, "validate", "deploy", code=2)
    assert len(ended.document["findings"]) == 12
    errors = step.named("error")
    assert len(errors) == len(step.annotations) == 10
    assert [(each.properties["file"], each.properties["line"]) for each in errors] == [
        ("deploy/gitops.yaml", str(number)) for number in range(2, 12)
    ]
    assert "deploy/gitops.yaml:2:" in errors[0].data
    assert step.summary.count("| error | GA") == 12
    assert step.outputs["outcome"] == "refused"


BROKEN = """\
from gitops_actions.model import Take

class Broken:
    kind = "broken"
    takes = {"version": Take()}
"""


def test_a_bug_is_an_annotation(world: World, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN, encoding="utf-8")
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[gitops_actions.editors]\nbroken = broken:Broken\n", encoding="utf-8")
    (world.work / "a.txt").write_text("a", encoding="utf-8")
    event = {"PYTHONPATH": str(tmp_path)}
    step, ended = stepped(world, "edit", "broken", "a.txt", "--version", "1", code=1, text=True, event=event)
    (error,) = step.annotations
    assert error.data.startswith("a bug in gitops-actions: ")
    assert "Please report it" in ended.errors
    assert (step.outputs["changed"], step.outputs["outcome"]) == ("false", "")


def test_a_file_that_cannot_be_written_is_a_warning(world: World) -> None:
    gone = {"GITHUB_OUTPUT": str(world.root / "gone"), "GITHUB_STEP_SUMMARY": str(world.root)}
    step, _ = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1", event=gone)
    assert [(found.name, found.data.partition(" [")[0]) for found in step.annotations] == [
        ("warning", "the runtime github could not be given the outputs: No such file or directory"),
        ("warning", "the runtime github could not be given the summary: Is a directory"),
    ]
    assert world.tag("dev") == "1.0.1"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_outputs_stay_when_the_result_cannot_be_printed(world: World) -> None:
    step = Step(world.root / "step")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            world.command("deploy", "--image", "ghcr.io/acme/web:1.0.1"),
            cwd=world.work, env={**world.environ, **step.environ}, stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert done.returncode == 6
    assert step.outputs["outcome"] == "committed"
    step.read(done.stderr)
    assert "the work itself was done" in step.annotations[0].data


# --- hostile texts ---

HOSTILE = (
    "# ::add-mask::dev\n::error file=gitops.yaml::gotcha\n\t::stop-commands::x\n  ##[error]gotcha\n"
    "# \u200b::warning::x\n# \x1b[31m \x85 \u2028 \u202e section_start:1:a\r\x1b[0K\n"
)


@pytest.fixture
def hostile(worlds: Callable[..., World]) -> World:
    """A file that brings orders for CI systems with it. They are no YAML, so a pattern changes it."""
    edit = "\n      - text: notes-{environment}.txt\n        pattern: 'tag (?P<value>\\S+)'\n        value: '{version}'"
    policy = POLICY.replace("\n      - helm: charts/api/values-{environment}.yaml", edit)
    content = {f"notes-{name}.txt": f"{HOSTILE}tag 1\n{HOSTILE}" for name in ("dev", "staging", "production")}
    return worlds(policy, {**files(policy), **content})


@pytest.mark.parametrize("text", [True, False], ids=["text", "json"])
def test_what_is_printed_is_not_obeyed(hostile: World, text: bool) -> None:
    step, ended = stepped(hostile, "deploy", "--app", "api", "--version", "2", "--plan", text=text)
    assert {found.name for found in step.commands} == {"add-mask", "notice"}
    assert [found.data.split()[0] for found in step.named("notice")] == ["nothing"]
    shown = ended.out if text else ended.document["results"][0]["diff"]
    assert "gotcha" in shown
    assert ("##[error]gotcha" in shown) is not text
    assert "\x1b" not in ended.out
    assert json.loads(step.outputs["result"])["results"][0]["changes"][0]["new"] == "2"
    assert "::error file=gitops.yaml::gotcha" in step.summary, "in a block it is text"
    job = Job(hostile.work)
    ended = run(hostile, job.environ, "deploy", "--app", "api", "--version", "2", "--plan", text=text)
    job.read(ended.out + ended.errors)
    assert job.sections == []
    assert "\x1b" not in ended.out
    assert job.variables(known={"GITOPS_TOKEN": TOKEN})["GITOPS_VERSION"] == "2"


ORDERS = "x\n::add-mask::dev\n##[error]gotcha"


@pytest.mark.parametrize("option", ["--app", "--base", "--label", "--merge-method"])
def test_an_option_is_not_obeyed(world: World, option: str) -> None:
    step, _ = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1", option, ORDERS, code=2)
    masks = step.named("add-mask")
    assert all(found.data != "dev" for found in masks)
    assert [found.name for found in step.commands[len(masks) :]] == ["error"]
    assert tuple(step.outputs) == NAMES


def test_a_token_that_somebody_repeats_is_hidden_everywhere(world: World) -> None:
    ways = (TOKEN, base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode(), TOKEN.replace("+", "%2B"))
    step, job = Step(world.root / "step"), Job(world.work)
    for environ in (step.environ, job.environ):
        ended = run(world, environ, "deploy", "--image", "ghcr.io/acme/web:1", "--base", "-".join(ways))
        assert ended.code == 2
        said = "".join(line for line in ended.errors.splitlines(True) if not line.startswith("::add-mask::"))
        left = [*step.folder.iterdir(), *job.folder.iterdir()]
        places = [said, ended.out, *(path.read_text(encoding="utf-8") for path in left)]
        assert sum("***-***" in place for place in places) >= 3
        assert not any(way.rstrip("=") in place for place in places for way in ways)


def test_a_token_that_is_minted_is_hidden(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(65537, 2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    rights = {"contents": "write", "pull_requests": "write", "issues": "write"}
    with hub_world(tmp_path) as world:
        world.hub.add_app("gitops", id=7, key=public.decode(), permissions=rights, owner="acme")
        world.environ.pop("GITOPS_TOKEN")
        app = {"GITOPS_GITHUB_APP_ID": "7", "GITOPS_GITHUB_APP_PRIVATE_KEY": pem, "GITOPS_TOKEN": ""}
        step, ended = stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1", event={**app, "RUNNER_DEBUG": "1"})
        (minted,) = [token for token in world.hub.world.tokens if token.startswith("ghs_")]
    assert step.outputs["pull-request-operation"] == "created"
    masks = [found.data for found in step.named("add-mask")]
    assert minted in masks
    assert set(pem.splitlines()[1:-1]) - {pem.splitlines()[-2]} <= set(masks)
    assert not any(line in text for line in (minted, pem.splitlines()[1]) for text in (ended.out, *step.log))
    assert ended.errors.index(f"::add-mask::{minted}") < ended.errors.index("::group::")


# --- GitLab ---


def test_a_job_hands_on_what_it_has_done(world: World) -> None:
    job = Job(world.work)
    ended = run(world, {**job.environ, "CI_DEBUG_TRACE": "true"}, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    assert ended.code == 0
    job.read(ended.errors)
    assert job.sections == [("start", "gitops_1"), ("end", "gitops_1")]
    variables = job.variables()
    assert json.loads(variables.pop("GITOPS_RESULT"))["results"][0]["outcome"] == "committed"
    assert variables == {
        "GITOPS_CHANGED": "true",
        "GITOPS_OUTCOME": "committed",
        "GITOPS_PULL_REQUEST_OPERATION": "none",
        "GITOPS_COMMIT_SHA": world.tip(),
        "GITOPS_ENVIRONMENT": "dev",
        "GITOPS_VERSION": "1.0.1",
    }
    assert "sequence: 7" in world.text(".gitops/releases/dev/web.yaml")
    later = run(world, {**job.environ, **variables}, "deploy", "--image", "ghcr.io/acme/web:1.0.2")
    assert later.code == 2
    assert "may be the output of an earlier job" in later.errors
    later = run(
        world,
        {**job.environ, **variables},
        "deploy",
        "--image",
        "ghcr.io/acme/web:1.0.2",
        "-e",
        "dev",
        "--version",
        "2",
    )
    assert later.code == 0


def test_findings_are_a_code_quality_report(world: World) -> None:
    job = Job(world.work, {"GITOPS_CODE_QUALITY": "quality.json"})
    (world.work / ".git").mkdir()
    (world.work / "gitops.yaml").write_text("version: 1\nenvirnments: {}\nfreezes: 5\n", encoding="utf-8")
    ended = run(world, job.environ, "validate")
    assert ended.code == 2
    assert job.findings("quality.json") == [("gitops.yaml", "GA010", 2), ("gitops.yaml", "GA010", 3)]
    (world.work / "gitops.yaml").write_text("version: 1\n", encoding="utf-8")
    assert run(world, job.environ, "validate").code == 0
    assert job.findings("quality.json") == []


# --- what runs elsewhere ---


def test_a_run_elsewhere_knows_nothing_about_the_source(world: World) -> None:
    stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.1", event={"GITHUB_REPOSITORY": "acme/deploy"})
    record = world.text(".gitops/releases/dev/web.yaml")
    assert 'repository: "acme/web"' in record
    assert "revision" not in record
    assert "sequence" not in record
    stepped(world, "deploy", "--image", "ghcr.io/acme/web:1.0.2", event={"GITHUB_REPOSITORY": "Acme/Web"})
    record = world.text(".gitops/releases/dev/web.yaml")
    assert 'repository: "acme/web"' in record
    assert "sequence: 7" in record


def test_variables_that_nobody_has_set_change_nothing(world: World) -> None:
    import tests.cli.test_options as known

    nothing = dict.fromkeys(known.NAMES, "")
    event = {**nothing, "GITOPS_TOKEN": "", "GITOPS_IMAGE": "ghcr.io/acme/web:1.0.1\n", "GITOPS_DRAFT": "false"}
    step, _ = stepped(world, "deploy", event=event)
    assert step.outputs["outcome"] == "committed"
    for verb in (["promote"], ["status"], ["pr", "list"], ["validate", "--config-repo", world.address]):
        stepped(world, *verb, event=nothing)


def test_without_a_ci_system_nothing_is_written(world: World) -> None:
    step = Step(world.root / "step")
    environ = {name: text for name, text in step.environ.items() if name not in ("CI", "GITHUB_ACTIONS")}
    ended = run(world, environ, "deploy", "--image", "ghcr.io/acme/web:1.0.1")
    assert (ended.code, ended.errors) == (0, "")
    assert step.outputs == {}
    assert step.summary == ""
    assert "sequence" not in world.text(".gitops/releases/dev/web.yaml")
    assert list(world.work.iterdir()) == []
    assert sys.executable in world.command("status")
