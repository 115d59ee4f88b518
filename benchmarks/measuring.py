"""Time and memory of other programs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 900
_WITNESS = """\
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
PROGRAM = Path(sys.executable).with_name("gitops-actions")


class BenchmarkFailed(Exception):
    """A program did not do what it is measured at: there is no figure."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where programs run: an empty folder with their TMPDIR beside it. They see nothing of the caller's environment or
    git settings, but ``more``.
    """

    folder: Path
    temporary: Path
    more: Mapping[str, str] = field(default_factory=dict)

    def run(self, *command: str | Path) -> str:
        """What a command prints. Raises BenchmarkFailed with its words."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIMEOUT, check=False,
        )  # fmt: skip
        if done.returncode:
            raise BenchmarkFailed(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def seconds(self, *command: str | Path) -> float:
        """How long a command takes."""
        start = time.perf_counter()
        self.run(*command)
        return time.perf_counter() - start

    def peaks(self, *command: str | Path) -> dict[str, int]:
        """The largest resident memory in bytes of any process that a command starts, itself included, under the empty
        name; and by program name, as seen in /proc while it runs, where there is one.

        The kernel counts the memory of a process that forks towards ``ru_maxrss`` of what is then executed (exec_mmap
        in fs/exec.c). So a small witness stands between us and the command.
        """
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WITNESS, *command], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        peaks: dict[str, int] = {}
        deadline = time.monotonic() + TIMEOUT
        while process.poll() is None:
            if time.monotonic() > deadline:
                os.killpg(process.pid, signal.SIGKILL)
            for name, size in _resident(process.pid):
                peaks[name] = max(size, peaks.get(name, 0))
            time.sleep(0.002)
        answer, _ = process.communicate()
        if process.returncode:
            raise BenchmarkFailed(f"{command} ended with {process.returncode}")
        peaks[""] = int(answer) * (1 if sys.platform == "darwin" else 1024)
        return peaks

    def clear(self) -> None:
        """Give programs an empty TMPDIR."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every program that is measured."""
        names = {f"GIT_{role}_NAME": "CI" for role in ("AUTHOR", "COMMITTER")}
        mails = {f"GIT_{role}_EMAIL": "ci@example.com" for role in ("AUTHOR", "COMMITTER")}
        return names | mails | {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.temporary),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
        } | dict(self.more)  # fmt: skip


def interleaved(rounds: Mapping[Callable[[], float], int], *, warm_up: bool = True) -> list[list[float]]:
    """What each contestant answers, as often as ``rounds`` says, in turns: what disturbs one, disturbs all."""
    figures: dict[Callable[[], float], list[float]] = {contestant: [] for contestant in rounds}
    for turn in range(-1 if warm_up else 0, max(rounds.values())):
        for contestant, count in rounds.items():
            if turn < count and count:
                seconds = contestant()
                if turn >= 0:
                    figures[contestant].append(seconds)
    return list(figures.values())


def _resident(session: int) -> list[tuple[str, int]]:
    """Program name and peak resident memory so far of the processes of a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) != session:
                continue
            fields = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line
            )
        except OSError:
            continue  # it has ended
        if "VmHWM" in fields:
            found.append((fields["Name"].strip(), int(fields["VmHWM"].split()[0]) * 1024))
    return found
