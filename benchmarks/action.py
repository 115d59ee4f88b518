"""`python -m benchmarks.action`: from the action's first step to what the tool says first, and how large it is.

It runs the very scripts of action.yml, on a copy of this checkout without compiled files, as a runner downloads it.
Needs PyPI, or the index that pip and uv are set up for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from gitops_actions.testing import repos

ROOT = Path(__file__).parent.parent
PARTS = ("action", "action.yml", "gitops_actions", "templates", "requirements.lock")
FILES = {
    "gitops.yaml": "version: 1\nenvironments: {dev: {}}\n"
    "apps: {web: {image: acme/web, edits: [{kustomize: 'web/{environment}'}]}}\n",
    "web/dev/kustomization.yaml": "images:\n  - name: acme/web\n    newTag: 1.0.0\n",
}
# What the first run and later ones of a job on a runner find: a cache of downloads, an environment.
STATES = {
    "nothing is there": (False, False),
    "packages are in the cache of uv or pip": (True, False),
    "the environment is there, from an earlier job": (True, True),
}


class Runner:
    """A runner in a folder, with uv or without."""

    def __init__(self, folder: Path, installer: str) -> None:
        self.folder = folder
        self.action = folder / "action"
        shelf = folder / "programs"
        shelf.mkdir(parents=True)
        (shelf / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
        if installer == "uv":
            (shelf / "uv").symlink_to(shutil.which("uv") or Path(sys.executable).with_name("uv"))
        reaching = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
        self.environ = reaching | {
            "PATH": f"{shelf}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder),
            "GITHUB_OUTPUT": str(folder / "output"), "RUNNER_TOOL_CACHE": str(folder / "tools"),
            "RUNNER_TEMP": str(folder / "temp"),
            "UV_CACHE_DIR": str(folder / "cache" / "uv"), "PIP_CACHE_DIR": str(folder / "cache" / "pip"),
            "ACTION_COMMAND": "deploy", "GITOPS_PLAN": "1", "GITOPS_IMAGE": "acme/web:1.0.1",
            "GITOPS_CONFIG_REPO": str(repos.bare(folder / "config.git", FILES)),
        }  # fmt: skip

    def arrive(self, cached: bool, installed: bool) -> None:
        """A job begins: the action is downloaded; what an earlier job has left may be there."""
        shutil.rmtree(self.action, ignore_errors=True)
        self.action.mkdir()
        for part in PARTS:
            source = ROOT / part
            ignore = shutil.ignore_patterns("__pycache__")
            _ = (
                shutil.copytree(source, self.action / part, ignore=ignore)
                if source.is_dir()
                else shutil.copy(source, self.action)
            )
        if not cached:
            shutil.rmtree(self.folder / "cache", ignore_errors=True)
        if not installed:
            shutil.rmtree(self.folder / "tools", ignore_errors=True)

    def seconds(self) -> float:
        """From the first step to the first output of the second."""
        begin = time.perf_counter()
        subprocess.run(
            ["bash", self.action / "action" / "install.sh"], env=self.environ, check=True, capture_output=True
        )
        python = (self.folder / "output").read_text(encoding="utf-8").splitlines()[-1].removeprefix("python=")
        command = [python, "-I", str(self.action / "action" / "run.py")]
        with subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            taken = time.perf_counter() - begin
            if not first.startswith(b"web 1.0.1 in dev: would change"):
                raise SystemExit((first + process.stdout.read()).decode())
        return taken

    def size(self) -> float:
        """Of the environment, in MB, without what it compiles later."""
        files = (one for one in (self.folder / "tools").rglob("*") if one.is_file() and not one.is_symlink())
        return sum(one.stat().st_size for one in files if one.suffix != ".pyc") / 1e6


def measured(runner: Runner, runs: int, *state: bool) -> str:
    """The fastest run, and the processor time of the one that took least: what a busy machine does not spoil."""
    wall, cpu = [], []
    for _ in range(runs):
        if state:
            runner.arrive(*state)
        before = os.times()
        wall.append(runner.seconds())
        after = os.times()
        cpu.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return f"{min(wall):.2f} s ({min(cpu):.2f} s)"


def table(work: Path, runs: int) -> Iterator[str]:
    yield "| what the runner has | with uv | with pip |\n|---|--:|--:|\n"
    runners = [Runner(work / name, name) for name in ("uv", "pip")]
    for what, state in STATES.items():
        yield f"| {what} | {' | '.join(measured(runner, runs, *state) for runner in runners)} |\n"
    yield f"| and compiled, from an earlier step of the job | {' | '.join(measured(one, runs) for one in runners)} |\n"
    yield f"| size of the environment | {' | '.join(f'{runner.size():.0f} MB' for runner in runners)} |\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for line in table(Path(name), int(sys.argv[1]) if sys.argv[1:] else 5):
            print(line, end="", flush=True)
