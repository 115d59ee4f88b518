"""Start-up, `status`, and memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.deploys import SCRIPTS, Target, served
from benchmarks.measuring import PROGRAM, BenchmarkFailed, Place, interleaved
from benchmarks.repositories import STAGES, Size, observable
from benchmarks.table import Row
from gitops_actions.testing.githttp import GitServer

HELP_BOUND, STATUS_BOUND, MEMORY_BOUND = 5.0, 1000.0, 80.0
_MIB = 1024 * 1024


def start_up(place: Place, runs: int) -> Iterator[Row]:
    """How long it takes until nothing has been done, beside a Python that does nothing."""
    help_, version, nothing = interleaved(
        {
            partial(place.seconds, PROGRAM, "--help"): runs,
            partial(place.seconds, PROGRAM, "--version"): runs,
            partial(place.seconds, sys.executable, "-c", "pass"): runs,
        }
    )
    for name, figures, bound in (("--help", help_, HELP_BOUND), ("--version", version, None)):
        for how, of in (("median", median), ("fastest", min)):
            what = f"{name} / python -c pass"
            yield Row(what, f"{how} of {runs}", of(figures) * 1000, "none", of(nothing) * 1000, bound)


def status(cache: Path, place: Place, apps: int, commits: int, runs: int) -> Iterator[Row]:
    """Every app in every environment, from a repository on this machine."""
    repo = observable(cache, apps, commits)
    cells = json.loads(place.run(*_status(repo, "json")))["cells"]
    if len(cells) != apps * len(STAGES):
        raise BenchmarkFailed(f"status shows {len(cells)} cells")
    text, document, git = interleaved(
        {
            partial(place.seconds, *_status(repo, "text")): runs,
            partial(place.seconds, *_status(repo, "json")): runs,
            partial(place.seconds, "bash", SCRIPTS / "status.sh", repo): runs,
        }
    )
    size = f"{apps:,} apps x {len(STAGES)}, {commits:,} commits"
    for what, figures, bound in (
        ("status, text", text, STATUS_BOUND),
        ("status, JSON", document, STATUS_BOUND),
        ("git alone reads the same files", git, None),
    ):
        yield Row(what, size, median(figures) * 1000, bound=bound)


def memory(cache: Path, work: Path, place: Place, size: Size, apps: int, commits: int) -> Iterator[Row]:
    """Peak resident memory of the largest process: Python's, and git's where it can be seen."""
    root, repo = served(cache, work, size)
    with GitServer(root) as server:
        target = Target(repo, f"{server.url}/config.git", place)
        yield from _memory("deploy", str(size), target.memory())
    peaks = place.peaks(*_status(observable(cache, apps, commits), "json"))
    yield from _memory("status", f"{apps:,} apps x {len(STAGES)}, {commits:,} commits", peaks)


def _memory(what: str, size: str, peaks: dict[str, int]) -> Iterator[Row]:
    git = max((peak for name, peak in peaks.items() if name.startswith("git") and name != PROGRAM.name[:15]), default=0)
    yield Row(f"memory of {what}, largest process", size, peaks[""] / _MIB, bound=MEMORY_BOUND, unit="MiB")
    if git:
        yield Row(f"memory of {what}, largest git process", size, git / _MIB, bound=MEMORY_BOUND, unit="MiB")


def _status(repo: Path, form: str) -> tuple[str | Path, ...]:
    return PROGRAM, "--output", form, "status", "--config-repo", repo, "--base", "main"
