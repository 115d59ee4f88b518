"""Many at once on a GitLab, and days on which anything may go wrong."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gitops_actions.testing.forgehttp import How
from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.repos import commit
from gitops_actions.testing.world import POLICY
from tests.forge.lab import CANARY, Lab

pytestmark = pytest.mark.stress
APPS = [f"app{number}" for number in range(32)]
FAULTS: tuple[How, ...] = ("drop-before", "drop-after", "502-after", "duplicate", "truncate", "stale", 500, 503, 429)
SHARED = "version: 1\nenvironments:\n  dev: {deliver: push}\n  staging: {}\napps:\n" + "".join(
    f"  {app}:\n    image: ghcr.io/acme/{app}\n    edits:\n      - yaml: envs/{{environment}}.yaml\n"
    f"        path: {app}\n        value: '{{version}}'\n"
    for app in APPS
)


def text(lab: Lab, path: str, ref: str) -> str:
    repository = lab.project.repository
    tip = repository.resolve(ref)
    assert tip is not None
    return repository.blobs([repository.entries(tip, [path])[path].id]).popitem()[1].decode()


def test_all_land_in_one_file(tmp_path: Path) -> None:
    """32 apps at once, all in the same file of one environment."""
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, SHARED)
        files = {f"envs/{name}.yaml": "".join(f"{app}: '1.0'\n" for app in APPS) for name in ("dev", "staging")}
        commit(lab.project.repository.path, files, message="Start\n")
        where = ("--config-repo", lab.repo, "--forge", "gitlab", "-e", "dev", "--budget", "10m")
        runs = [
            lab.world.start("deploy", *where, "--image", f"ghcr.io/acme/{app}:2.0", environ={"GITOPS_TOKEN": CANARY})
            for app in APPS
        ]
        for run in runs:
            _, errors = run.communicate(timeout=900)
            assert run.returncode == 0, errors
        assert text(lab, "envs/dev.yaml", "main") == "".join(f"{app}: '2.0'\n" for app in APPS)


def test_the_newest_stays(tmp_path: Path) -> None:
    """16 deploys of one app in any order: one request, the newest release."""
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, POLICY.replace("dev: {deliver: push}", "dev: {}"))
        order = random.Random(16).sample(range(16), 16)
        where = ("--config-repo", lab.repo, "--forge", "gitlab", "--budget", "10m")
        runs = [
            lab.world.start(
                "deploy", *where, "--image", f"ghcr.io/acme/web:3.{number}", "--sequence", str(number),
                environ={"GITOPS_TOKEN": CANARY},
            )
            for number in order
        ]  # fmt: skip
        for run in runs:
            _, errors = run.communicate(timeout=900)
            assert run.returncode == 0, errors
        (request,) = lab.project.merge_requests
        assert "newTag: '3.15'" in lab.overlay("dev", request.head)
        assert request.title == "Deploy web 3.15 to dev"


@pytest.mark.parametrize("seed", range(100))
def test_a_day_on_which_anything_goes_wrong(tmp_path: Path, seed: int) -> None:
    """No run says that all is well while it is not; and the day after, all is well."""
    chance = random.Random(seed)
    with GitLab(tmp_path / "gitlab") as server:
        push = chance.random() < 0.3
        lab = Lab(tmp_path, server, POLICY if push else POLICY.replace("dev: {deliver: push}", "dev: {labels: [dev]}"))
        for version in ("1.0.1", "1.0.2"):
            for _ in range(chance.randint(1, 4)):
                first, how = len(server.requests) + chance.randint(1, 8), chance.choice(FAULTS)
                server.fault(lambda one, first=first: one.number >= first, how, seconds=0.1)  # type: ignore[misc]
            for _ in range(10):
                done = lab.deploy(version, code=None)
                if done.code == 0:
                    break
                assert done.code == 6, done.errors
            assert done.code == 0
            if push:
                assert f"newTag: '{version}'" in lab.overlay("dev")
                continue
            (request,) = lab.project.merge_requests
            assert (request.state, request.labels) == ("opened", ["dev"])
            assert f"newTag: '{version}'" in lab.overlay("dev", request.head)
            assert request.title == f"Deploy web {version} to dev"
        if push:
            assert len(lab.project.repository.commits("main")) == 3
        else:
            assert len(lab.project.repository.commits(f"main..{request.head}")) == 1
