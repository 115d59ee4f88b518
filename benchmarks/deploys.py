"""`deploy` beside what can be written in shell. Every run commits and pushes, which is looked at after it."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.measuring import PROGRAM, BenchmarkFailed, Place, interleaved
from benchmarks.repositories import IMAGE, KUSTOMIZATION, RECORD, Size, deployable
from benchmarks.table import Row
from gitops_actions.testing.githttp import GitServer
from gitops_actions.testing.repos import git

Figure = TypeVar("Figure")
SCRIPTS = Path(__file__).parent / "scripts"
DELAYS = {"none": (0.0, 0.0), "40 ms a request, 80 ms a connection": (0.040, 0.080)}
SCRIPT_BOUND, CLONE_BOUND, CLONE_BOUND_FILES = 1.3, 0.25, 10_000


@dataclass(frozen=True, slots=True)
class Repetition:
    """How many runs a median is made of; a clone of a large repository takes too long for many. ``clones`` have their
    work tree in memory, ``clones_on_disk`` where the system keeps temporary files (0: not measured).
    """

    runs: int
    clones: int
    clones_on_disk: int = 0
    warm_up: bool = True


@dataclass(slots=True)
class Target:
    """A copy of a generated repository that versions are deployed into: SemVer order wants a higher one each time."""

    repo: Path
    url: str
    place: Place
    versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def script(self, name: str) -> float:
        """Seconds of a deploy by one of our shell scripts."""
        return self._deployed("main", self.place.seconds, lambda version: ("bash", SCRIPTS / name, self.url, version))

    def deploy(self, deliver: str = "push") -> float:
        """Seconds of `gitops-actions deploy`."""
        branch = "main" if deliver == "push" else "gitops/dev/web"
        return self._deployed(branch, self.place.seconds, lambda version: self._command(version, deliver))

    def memory(self) -> dict[str, int]:
        """`Place.peaks` of `gitops-actions deploy`."""
        return self._deployed("main", self.place.peaks, lambda version: self._command(version, "push"))

    def _command(self, version: str, deliver: str) -> tuple[str | Path, ...]:
        image = f"{IMAGE}:{version}"
        return (
            PROGRAM, "deploy", "--config-repo", self.url, "--base", "main", "--app", "web", "--image", image,
            "--deliver", deliver, "--forge", "auto",
        )  # fmt: skip

    def _deployed(
        self, branch: str, measure: Callable[..., Figure], command: Callable[[str], tuple[str | Path, ...]]
    ) -> Figure:
        version = f"1.0.{next(self.versions)}"
        before = git(self.repo, "rev-parse", "main")
        figure = measure(*command(version))
        self.place.clear()
        check(self.repo, branch, before, version)
        return figure


def check(repo: Path, branch: str, before: str, version: str) -> None:
    """A run that did not deploy has no time. Raises BenchmarkFailed."""
    if git(repo, "rev-list", "--count", f"{before}..{branch}") != "1":
        raise BenchmarkFailed(f"{version}: {branch} of {repo} is not one commit ahead of what it was")
    changed = git(repo, "diff-tree", "-r", "--name-only", before, branch).split()
    if changed != sorted((KUSTOMIZATION, RECORD)):
        raise BenchmarkFailed(f"{version}: changed {changed}")
    for file in changed:
        if not re.search(rf"{re.escape(version)}\b", git(repo, "cat-file", "blob", f"{branch}:{file}")):
            raise BenchmarkFailed(f"{version} is not in {file}")


def served(cache: Path, work: Path, size: Size) -> tuple[Path, Path]:
    """A folder to serve and the repository in it: a copy, so that what is in the cache stays as it is."""
    root = work / f"served-{size.files}"
    repo = root / "config.git"
    if not repo.exists():
        shutil.copytree(deployable(cache, size), repo)
    return root, repo


def pushes(cache: Path, work: Path, place: Place, sizes: dict[Size, Repetition], in_memory: bool) -> Iterator[Row]:
    """`deploy` by commit over HTTP, beside the plumbing script and beside clones; ``in_memory``: ``work`` is there."""
    for size, repetition in sizes.items():
        root, repo = served(cache, work, size)
        versions = itertools.count(1)
        for delay, (request, connection) in DELAYS.items():
            with (
                GitServer(root, request_delay=request, connection_delay=connection) as server,
                tempfile.TemporaryDirectory(prefix="gitops-benchmarks-") as disk,
            ):
                target = Target(repo, f"{server.url}/config.git", place, versions)
                on_disk = replace(target, place=replace(place, temporary=Path(disk, "tmp")))
                on_disk.place.clear()
                rounds: dict[Callable[[], float], int] = {
                    target.deploy: repetition.runs,
                    partial(target.script, "plumbing.sh"): repetition.runs,
                    partial(target.script, "clone.sh"): repetition.clones if in_memory else 0,
                    partial(on_disk.script, "clone.sh"): repetition.clones_on_disk,
                }
                ours, *others = interleaved(rounds, warm_up=repetition.warm_up)
            limited = size.files == CLONE_BOUND_FILES
            bounds = (SCRIPT_BOUND, None, CLONE_BOUND if limited else None)
            for name, bound, seconds in zip(
                ("plumbing script", "clone in memory", "clone"), bounds, others, strict=True
            ):
                if seconds:
                    what = f"deploy by commit / {name}"
                    yield Row(what, str(size), median(ours) * 1000, delay, median(seconds) * 1000, bound)
        shutil.rmtree(root)


def requests(cache: Path, work: Path, place: Place, size: Size, runs: int) -> Iterator[Row]:
    """`deploy` by pull request into a repository on this machine: the first opens it, the others update it."""
    root, repo = served(cache, work, size)
    target = Target(repo, str(repo), place)
    first = target.deploy("pull-request")
    yield Row("deploy opens a request, local path", str(size), first * 1000)
    later = [target.deploy("pull-request") for _ in range(runs)]
    yield Row("deploy updates a request, local path", str(size), median(later) * 1000)
    shutil.rmtree(root)
