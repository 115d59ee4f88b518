"""`agent run` and `agent status` as a person or a service manager calls them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.agent.target import Target
from gitops_actions.cli.stopping import stop_signal
from gitops_actions.forge.local.forge import LocalForge
from gitops_actions.git.repository import Repository
from gitops_actions.model import Signature
from gitops_actions.testing.machine import manifest
from gitops_actions.testing.repos import bare, commit

POLICY = """\
version: 1
environments:
  dev: {}
  staging: {after: dev, branch: env/staging}
apps:
  web:
    image: example.com/web
    edits:
      - manifest: web/{environment}/deployment.yaml
  "*":
    image: example.com/{app}
    edits:
      - yaml: services/{app}/{environment}/values.yaml
        path: tag
        value: "{version}"
"""
DEPLOYMENT = manifest("web")
FILES = {
    "gitops.yaml": POLICY,
    "web/dev/deployment.yaml": DEPLOYMENT,
    "services/one/dev/values.yaml": "tag: '1'\n",
    "services/one/staging/values.yaml": "tag: '0'\n",
}


class Here:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = bare(folder / "config.git", FILES)
        self.target = folder / "target"
        self.environ = {name: text for name, text in os.environ.items() if not name.startswith("GITOPS_")}
        self.environ |= {"GITOPS_RENDER": "none", "GITOPS_TOKEN": "s3cret"}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "gitops_actions", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0) -> str:
        process = self.start(*arguments)
        out, self.err = process.communicate()
        assert process.returncode == code, out + self.err
        assert "s3cret" not in out + self.err
        return out

    def run(self, *arguments: str, environment: str = "dev", code: int = 0) -> dict[str, Any]:
        where = ("--config-repo", "config.git", "-e", environment, "--target", "target", "--once")
        found = json.loads(self("--output", "json", "agent", "run", *where, *arguments, code=code))
        assert isinstance(found, dict)
        return found

    def loop(self, *arguments: str) -> subprocess.Popen[str]:
        where = ("--config-repo", "config.git", "-e", "dev", "--target", "target", "--interval", "1s")
        return self.start("--output", "json", "agent", "run", *where, *arguments)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_the_document_of_a_cycle(here: Here) -> None:
    found = here.run()
    revision = found.pop("revision")
    assert len(revision) == 40
    assert found == {
        "schema_version": 1,
        "command": "agent run",
        "environment": "dev",
        "outcome": "applied",
        "changed": True,
        "apps": [
            {"app": "one", "render": "none", "files": 1, "objects": 1, "changed": True},
            {"app": "web", "render": "none", "files": 1, "objects": 1, "changed": True},
        ],
        "drift": [],
        "findings": [],
    }
    assert (here.target / "current/web/deployment.yaml").read_text() == DEPLOYMENT
    assert here.run()["outcome"] == "unchanged"


def test_drift_is_reported_and_status_sees_it(here: Here) -> None:
    here.run()
    (here.target / "current/web/deployment.yaml").write_text("x")
    (here.target / "current/web/mine").write_text("x")
    drift = [
        {"app": "web", "path": "web/deployment.yaml", "kind": "changed"},
        {"app": "web", "path": "web/mine", "kind": "added"},
    ]
    status = json.loads(here("--output", "json", "agent", "status", "--target", "target"))
    assert (status["health"], status["environment"], status["drift"]) == ("healthy", "dev", drift)
    found = here.run()
    assert (found["outcome"], found["drift"]) == ("applied", drift)
    text = here("agent", "status", "--target", "target")
    assert "drift: web/mine (added)" in text
    assert "deployment.yaml" not in text


def test_an_environment_on_a_branch_of_its_own(here: Here) -> None:
    commit(
        here.repo,
        {"web/staging/deployment.yaml": DEPLOYMENT, "services/two/staging/values.yaml": "tag: '2'\n"},
        message="Start staging\n",
        branch="env/staging",
    )
    found = here.run(environment="staging")
    assert [app["app"] for app in found["apps"]] == ["two", "web"]


def break_yaml(here: Here) -> None:
    commit(here.repo, {"web/dev/deployment.yaml": "a: ["}, message="Break\n")


def empty_everything(here: Here) -> None:
    commit(here.repo, dict.fromkeys(FILES), message="Empty\n")


def empty_apps(here: Here) -> None:
    commit(here.repo, {**dict.fromkeys(FILES), "gitops.yaml": POLICY}, message="Empty\n")


def remove_apps(here: Here) -> None:
    commit(here.repo, {"gitops.yaml": "version: 1\nenvironments: {dev: {}}\n"}, message="Remove\n")


def break_policy(here: Here) -> None:
    commit(here.repo, {"gitops.yaml": "version: ["}, message="Break\n")


def remove_repository(here: Here) -> None:
    here.repo.rename(here.folder / "moved.git")


@pytest.mark.parametrize(
    ("damage", "code", "outcome"),
    [
        (break_yaml, 8, "failed"),
        (empty_everything, 2, "failed"),
        (empty_apps, 8, "failed"),
        (remove_apps, 3, "refused"),
        (break_policy, 2, "failed"),
        (remove_repository, 2, "failed"),
    ],
)
def test_damage_in_the_config_repo_deletes_nothing(
    here: Here, damage: Callable[[Here], None], code: int, outcome: str
) -> None:
    here.run()
    before = os.readlink(here.target / "current")
    damage(here)
    found = here.run(code=code)
    assert (found["outcome"], found["changed"]) == (outcome, False)
    assert [finding["severity"] for finding in found["findings"]] == ["error"]
    assert os.readlink(here.target / "current") == before
    status = json.loads(here("--output", "json", "agent", "status", "--target", "target"))
    assert (status["health"], status["outcome"]) == ("degraded", outcome)
    assert status["message"]


def test_two_agents_on_one_target(here: Here) -> None:
    here.target.mkdir()
    with Target(here.target).claimed():
        process = here.start("agent", "run", "--config-repo", "config.git", "-e", "dev", "--target", "target", "--once")
        _, err = process.communicate()
    assert process.returncode == 6
    assert "another agent works on this target" in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_loop_goes_on_after_failures_and_ends_on_a_signal(here: Here, number: int, code: int) -> None:
    break_yaml(here)
    process = here.loop()
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert (first["outcome"], first["findings"][0]["code"]) == ("failed", "GA502")
    commit(here.repo, {"web/dev/deployment.yaml": DEPLOYMENT}, message="Mend\n")
    outcomes = [json.loads(process.stdout.readline())["outcome"]]
    while outcomes[-1] == "failed" and len(outcomes) < 30:
        outcomes.append(json.loads(process.stdout.readline())["outcome"])
    assert outcomes[-1] == "applied"
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == code
    assert err.count("no valid YAML") == 1  # said once, not every cycle
    assert Target(here.target).published() is not None


def test_a_signal_waits_for_the_end_of_the_cycle(here: Here) -> None:
    os.mkfifo(here.folder / "running")
    process = here.loop("--on-change", 'echo x > "../running"; cat "../running"; echo done > ../done')
    (here.folder / "running").read_text()
    process.send_signal(signal.SIGTERM)
    (here.folder / "running").write_text("go on")
    out, _ = process.communicate()
    assert process.returncode == 143
    assert (here.folder / "done").exists()
    assert json.loads(out)["outcome"] == "applied"


def test_the_longest_interval_is_one() -> None:
    with stop_signal() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop(999_999_999 * 86400) == signal.SIGTERM


def test_a_result_that_cannot_be_written_is_no_bug_of_ours(here: Here) -> None:
    where = ("--config-repo", "config.git", "-e", "dev", "--target", "target", "--interval", "1s")
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "gitops_actions", "--output", "json", "agent", "run", *where],
            cwd=here.folder,
            env=here.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert process.returncode == 6, process.stderr
    assert "could not be written" in process.stderr


def test_a_broken_policy_is_told_on_its_commit(here: Here) -> None:
    here.run()
    broken = commit(here.repo, {"gitops.yaml": "version: ["}, message="Break\n")
    found = here.run(code=2)
    assert (found["outcome"], found["revision"]) == ("failed", broken)
    with Repository(str(here.repo), temporary=here.folder) as repository:
        (status,) = LocalForge(repository, Signature("A", "a@example.com", 0)).statuses(broken)
    assert (status.context, status.state) == ("gitops/dev", "failure")
    assert status.description.startswith("failed: gitops.yaml:")


def test_the_words_of_on_change_do_not_reach_stdout(here: Here) -> None:
    found = here.run("--on-change", "echo loud; env; exit 4", code=8)
    assert found["outcome"] == "failed"
    assert "loud" in here.err
    assert "exit code 4" in here.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--interval", "1s", "--once"), "exclude"),
        (("--once", "-e", "nowhere"), "there is no environment 'nowhere'"),
        (("--once", "-e", "../x"), "may only hold"),
        (("--interval", "soon"), "is not a time"),
        (("--interval", "0s"), "must be at least 1s"),
        (("--once", "--target", ""), "it is empty"),
    ],
)
def test_wrong_use(here: Here, arguments: tuple[str, ...], words: str) -> None:
    here("agent", "run", "--config-repo", "config.git", "-e", "dev", "--target", "target", *arguments, code=2)
    assert words in here.err


def test_a_config_repo_that_cannot_be_reached_is_temporary(here: Here) -> None:
    where = (
        "--config-repo",
        "https://127.0.0.1:1/x.git",
        "--base",
        "main",
        "-e",
        "dev",
        "--target",
        "target",
        "--once",
    )
    here("agent", "run", *where, code=6)
    assert "cannot be reached" in here.err


def test_a_target_that_cannot_be_used(here: Here) -> None:
    (here.folder / "file").write_text("x")
    here("agent", "run", "--config-repo", "config.git", "-e", "dev", "--target", "file/x", "--once", code=2)
    assert "the target cannot be used" in here.err
    here("agent", "status", "--target", "nowhere", code=2)
    assert "no agent has worked on" in here.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-e", "prodction"), 2, "no environment 'prodction'"),
        (("--config-repo", "nowhere.git"), 2, "does not exist"),
        (("-e", "staging"), 2, "no branch 'env/staging'"),
        (("--base", "nope"), 2, "no branch 'nope'"),
    ],
)
def test_a_mistyped_option_leaves_nothing_behind(here: Here, arguments: tuple[str, ...], code: int, words: str) -> None:
    here.run(*arguments, code=code)
    assert words in here.err
    assert not here.target.exists()
    assert here.run()["outcome"] == "applied"
    here.run(*arguments, code=2)
    assert words in here.err
    state = Target(here.target).state()
    assert state is not None
    assert state.environment == "dev"


def test_an_environment_that_was_never_published_does_not_own_the_target(here: Here) -> None:
    break_yaml(here)
    here.run(code=8)
    commit(here.repo, {"web/staging/deployment.yaml": DEPLOYMENT}, message="Start staging\n", branch="env/staging")
    found = here.run(environment="staging", code=0)
    assert found["outcome"] == "applied"
    commit(here.repo, {"web/dev/deployment.yaml": DEPLOYMENT}, message="Mend\n")
    here.run(code=2)
    assert "belongs to environment staging" in here.err


def test_a_failure_is_told_once(here: Here) -> None:
    break_yaml(here)
    here.run(code=8)
    assert here.err.count("error: ") == 1
