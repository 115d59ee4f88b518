"""`deploy` with a new request by the API of a forge, beside a script that makes the same calls and nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.deploys import DELAYS, SCRIPTS, check
from benchmarks.forges import NAMES, TOKEN, Forge, Kind, Seen, served
from benchmarks.measuring import PROGRAM, BenchmarkFailed, Place, interleaved
from benchmarks.repositories import IMAGE, Size, deployable
from benchmarks.table import Row

Figure = TypeVar("Figure")
SIZE_BOUND, MEMORY_BOUND = 2.0, 80.0
_BRANCH, _VERSION = "gitops/dev/web", "1.0.1"
_KEPT = ("accept", "content-type")
_CREDENTIAL: Mapping[Kind, tuple[str, str]] = {
    "github": ("Authorization", "token {}"),
    "gitlab": ("PRIVATE-TOKEN", "{}"),
}
_MIB = 1024 * 1024


@dataclass(slots=True)
class Target:
    """A repository on a forge that is as it was before each run, so that each one opens the same request."""

    forge: Forge
    place: Place
    recorded: Path
    seen: list[Seen] = field(default_factory=list)

    def deploy(self) -> float:
        """Seconds of `gitops-actions deploy`."""
        return self._deployed(self.place.seconds, self._command)

    def memory(self) -> dict[str, int]:
        """`Place.peaks` of `gitops-actions deploy`."""
        return self._deployed(self.place.peaks, self._command)

    def script(self) -> float:
        """Seconds of the script that makes the calls that were recorded."""
        return self._deployed(self.place.seconds, (sys.executable, SCRIPTS / "calls.py", self.recorded))

    def record(self) -> None:
        """Deploy, and write down what was asked, for the script."""
        self.deploy()
        calls = [
            (
                one.method,
                one.path,
                {name: one.headers[name] for name in _KEPT if name in one.headers},
                one.body.decode(),
            )
            for one in self.seen[-1].asked
        ]
        host = self.forge.url.split("/")[2]
        document = {"host": host, "credential": _CREDENTIAL[self.forge.kind], "calls": calls}
        self.recorded.write_text(json.dumps(document), encoding="utf-8")

    def busy(self) -> list[float]:
        """How many seconds the forge worked in each run."""
        return [sum(one.seconds for one in seen.asked) for seen in self.seen]

    @property
    def _command(self) -> tuple[str | Path, ...]:
        return (
            PROGRAM, "deploy", "--config-repo", self.forge.url, "--forge", self.forge.kind, "--base", "main",
            "--app", "web", "--image", f"{IMAGE}:{_VERSION}", "--deliver", "pull-request",
        )  # fmt: skip

    def _deployed(self, measure: Callable[..., Figure], command: tuple[str | Path, ...]) -> Figure:
        self.forge.clear()
        figure = measure(*command)
        self.place.clear()
        seen = self.forge.seen()
        check(self.forge.repo, _BRANCH, "main", _VERSION)
        if list(seen.open) != [_BRANCH]:
            raise BenchmarkFailed(f"the open requests of {self.forge.url} are {list(seen.open)}")
        if self.seen and len(seen.asked) != len(self.seen[0].asked):
            raise BenchmarkFailed(f"{command[0]} made {len(seen.asked)} requests instead of {len(self.seen[0].asked)}")
        self.seen.append(seen)
        return figure


def requests(cache: Path, work: Path, place: Place, sizes: tuple[Size, Size], runs: int, quick: bool) -> Iterator[Row]:
    """On a small and a large repository of each forge: ours beside the script, large beside small, and memory.
    ``quick``: nothing is delayed, nothing run before it is measured."""
    place = replace(place, more={"GITOPS_TOKEN": TOKEN})
    for kind, name in NAMES.items():
        for delay, (request, connection) in list(DELAYS.items())[: 1 if quick else None]:
            with ExitStack() as stack:
                targets = []
                for size in sizes:
                    root = work / f"{kind}-{size.files}-{request}"
                    forge = stack.enter_context(
                        served(kind, deployable(cache, size), root, request_delay=request, connection_delay=connection)
                    )
                    targets.append(Target(forge, place, root / "calls.json"))
                    targets[-1].record()
                small, large = targets
                contestants = (small.deploy, small.script, large.deploy, large.script)
                ours, script, ours_large, script_large = map(
                    median, interleaved(dict.fromkeys(contestants, runs), warm_up=not quick)
                )
                peaks = large.memory() if not request else {}
                answers = median(large.busy())
            what = f"deploy with a request by API, {name}"
            yield Row(f"{what} / script", str(sizes[0]), ours * 1000, delay, script * 1000)
            yield Row(f"{what} / script", str(sizes[1]), ours_large * 1000, delay, script_large * 1000)
            yield Row(
                f"{what} / on {sizes[0].files} files", str(sizes[1]), ours_large * 1000, delay, ours * 1000, SIZE_BOUND
            )
            if peaks:
                yield Row(f"the answers of {name} in it", str(sizes[1]), answers * 1000)
                yield Row(f"memory of {what}", str(sizes[1]), peaks[""] / _MIB, bound=MEMORY_BOUND, unit="MiB")
