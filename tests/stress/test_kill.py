"""Killed before, during and after every git call of a `deploy` with a request: one more run finishes the work."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.testing.world import POLICY, World

CANARY = "ghp_canaryCANARYcanaryCANARYcanary123456"
BY_REQUEST = POLICY.replace("dev: {deliver: push}", "dev: {labels: [automatic]}")
# Stands before git on the PATH. Its caller is the python process of gitops-actions: that one is killed.
SHIM = """\
#!/bin/sh
echo x >> {folder}/calls
if [ "$(wc -l < {folder}/calls)" -ne {call} ]; then exec {git} "$@"; fi
case {moment} in
before) kill -9 $PPID; exit 1;;
during) {git} "$@" <&0 & child=$!; sleep 0.004; kill -9 $PPID; kill -9 $child; wait $child; exit 1;;
after) {git} "$@" & child=$!; wait $child; kill -9 $PPID; exit 0;;
esac
"""


def shim(world: World, call: int, moment: str) -> dict[str, str]:
    """The environment in which the ``call``-th git call (from 1) kills its caller."""
    folder = world.root / "shim"
    folder.mkdir(exist_ok=True)
    (folder / "calls").write_text("")
    git = shutil.which("git")
    script = folder / "git"
    script.write_text(SHIM.format(folder=folder, git=git, call=call, moment=moment))
    script.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "GITOPS_TOKEN": CANARY}


def calls(world: World) -> int:
    """How many git calls a deploy with a request makes."""
    world.deploy("1.0.1", "--plan", code=0)
    environ = shim(world, 0, "never")
    world.run("deploy", "--image", "ghcr.io/acme/web:1.0.1", environ=environ)
    return len((world.root / "shim" / "calls").read_text().splitlines())


def kill_and_run_again(world: World, call: int, moment: str) -> None:
    environ = shim(world, call, moment)
    killed = world.run("deploy", "--image", "ghcr.io/acme/web:1.0.1", code=None, environ=environ)
    assert killed.code == -signal.SIGKILL, f"call {call} did not kill: {killed}"
    done = world.run("deploy", "--image", "ghcr.io/acme/web:1.0.1", environ={"GITOPS_TOKEN": CANARY})
    assert done.results[0]["outcome"] in ("opened", "updated", "unchanged")
    (request,) = world.open_requests()
    assert request["title"] == "Deploy web 1.0.1 to dev"
    assert request["labels"] == ["automatic"]
    assert request["head_sha"] == world.tip("gitops/dev/web")
    assert world.git("rev-list", "--count", "main..gitops/dev/web") == "1"
    assert world.tag("dev", "gitops/dev/web") == "1.0.1"
    assert world.run("pr", "list", "--state", "all").document["pull_requests"] == [request]
    assert world.leftovers() == []
    for folder in (world.temporary, world.config, world.home):
        for path in folder.rglob("*"):
            assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def everywhere(make: Callable[[Path], World], root: Path, moment: str, step: int) -> int:
    (root / "count").mkdir()
    total = calls(make(root / "count"))
    for call in range(1, total + 1, step):
        folder = root / f"{moment}-{call}"
        folder.mkdir()
        kill_and_run_again(make(folder), call, moment)
        shutil.rmtree(folder)
    return total


def by_request(root: Path) -> World:
    from gitops_actions.testing.world import files

    return World(root, files(BY_REQUEST))


@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_at_some_calls(tmp_path: Path, moment: str) -> None:
    assert everywhere(by_request, tmp_path, moment, 3) > 5


@pytest.mark.stress
@pytest.mark.parametrize("moment", ["before", "during", "after"])
def test_at_every_call(tmp_path: Path, moment: str) -> None:
    print(f"\n{moment}: {everywhere(by_request, tmp_path, moment, 1)} git calls")
