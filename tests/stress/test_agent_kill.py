"""The agent killed anywhere while 200 files change: `current` is the old tree or the new one, never a mixture."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitops_actions.testing.repos import bare, commit

POLICY = """\
version: 1
environments: {dev: {}}
apps:
  web:
    image: example.com/web
    path: web
    edits: [{yaml: web/1.yaml, path: data.version, value: "{version}"}]
  api:
    image: example.com/api
    path: api
    edits: [{yaml: api/1.yaml, path: data.version, value: "{version}"}]
"""
# Runs the command line and counts what it does to the file system; at a given count, the process kills itself. The
# moments are steps and not times, so that they fall evenly on the work, whatever the machine is.
RUN = """\
import os, signal, sys
number, target, total = int(sys.argv[1]), sys.argv[2], sys.argv[3]
count = 0
WRITES = {"os.mkdir", "os.rename", "os.symlink", "os.link", "os.chmod", "os.remove", "os.rmdir", "shutil.rmtree"}

def watch(event, arguments):
    global count
    if event in WRITES or (event == "open" and str(arguments[0]).startswith(target)):
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
sys.argv[1:] = sys.argv[4:]
from gitops_actions.cli.main import main
try:
    main()
finally:
    print(count, file=os.fdopen(os.open(total, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w"))
"""


def files(version: int) -> dict[str, str]:
    return {
        f"{app}/{number}.yaml": f"kind: {app}\nnumber: {number}\ndata: {{version: {version}}}\n"
        for app, many in (("web", 150), ("api", 50))
        for number in range(many)
    }


def published(current: Path) -> dict[str, str]:
    root = os.path.realpath(current)
    return {
        os.path.relpath(os.path.join(folder, name), root): Path(folder, name).read_text()
        for folder, _, names in os.walk(root)
        for name in names
    }


@pytest.mark.parametrize("moments", [8, pytest.param(200, marks=pytest.mark.stress)])
def test_killed_at_random_moments(tmp_path: Path, moments: int) -> None:
    repo = bare(tmp_path / "config.git", {"gitops.yaml": POLICY, **files(0)})
    target, total = tmp_path / "target", tmp_path / "total"
    current = target / "current"
    command = ["agent", "run", "--config-repo", str(repo), "-e", "dev", "--target", str(target), "--once"]

    def start(number: int) -> subprocess.Popen[bytes]:
        # TMPDIR: what a killed run leaves behind is this test's
        environ = os.environ | {"TMPDIR": str(tmp_path)}
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(number), str(target), str(total), *command],
            cwd=tmp_path,
            env=environ,
            stdout=subprocess.DEVNULL,
        )

    assert start(0).wait() == 0
    assert published(current) == files(0)
    commit(repo, files(1), message="1\n")
    assert start(0).wait() == 0
    steps = int(total.read_text())

    chance = random.Random(8)
    now, reads = 1, 0
    for version in range(2, 2 + moments):
        commit(repo, files(version), message=f"{version}\n")
        with start(chance.randint(1, steps)) as process:
            while process.poll() is None:
                assert published(current) in (files(now), files(version))
                reads += 1
                time.sleep(0.02)  # leaves the processor to the agent
        assert process.returncode == -9
        found = published(current)
        assert found in (files(now), files(version))
        now = version if found == files(version) else now
    assert reads >= moments
    assert start(0).wait() == 0
    assert published(current) == files(1 + moments)
    assert len(os.listdir(target / ".gitops-agent/trees")) <= 2
