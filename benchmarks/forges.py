"""Forges that answer from a process of their own, so that their work is not done by those who are measured."""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from benchmarks.measuring import BenchmarkFailed
from gitops_actions.testing.forgehttp import ForgeServer
from gitops_actions.testing.github import GitHub
from gitops_actions.testing.gitlab import MAINTAINER, GitLab
from gitops_actions.testing.repos import git

Kind = Literal["github", "gitlab"]
NAMES: Mapping[Kind, str] = {"github": "GitHub", "gitlab": "GitLab"}
PROJECT = "acme/deploy"
TOKEN = "only-for-loopback"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a forge was asked, and how many seconds it worked on the answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What a forge saw since it was last cleared; ``open`` are the branches of the open requests."""

    asked: Sequence[Asked]
    connections: int
    open: Sequence[str]


class Forge:
    """A forge in its own process; ``repo`` is the bare repository behind `PROJECT`, ``url`` its address."""

    def __init__(self, kind: Kind, url: str, repo: Path, process: subprocess.Popen[str]) -> None:
        self.kind = kind
        self.url = url
        self.repo = repo
        self._process = process

    def clear(self) -> None:
        """Make everything as it was at first: no requests, no branches but the base, an empty log."""
        self._tell("clear")

    def seen(self) -> Seen:
        """What there is since then."""
        told = self._tell("seen")
        asked = [Asked(**one | {"body": base64.b64decode(one["body"])}) for one in told["asked"]]
        return Seen(asked, told["connections"], told["open"])

    def _tell(self, word: str) -> Any:
        stdin, stdout = _pipes(self._process)
        print(word, file=stdin, flush=True)
        answer = stdout.readline()
        if not answer:
            raise BenchmarkFailed(f"the process of {NAMES[self.kind]} has ended")
        return json.loads(answer)


@contextmanager
def served(
    kind: Kind, origin: Path, root: Path, *, request_delay: float = 0.0, connection_delay: float = 0.0
) -> Iterator[Forge]:
    """A forge whose repository has the content of ``origin``, which stays as it is; ``root`` is a folder for it."""
    delays = str(request_delay), str(connection_delay)
    command = [sys.executable, "-m", "benchmarks.forges", kind, str(origin), str(root), *delays]
    with subprocess.Popen(
        command, cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        stdin, stdout = _pipes(process)
        first = stdout.readline()
        if not first:
            raise BenchmarkFailed(f"the process of {NAMES[kind]} did not start")
        told = json.loads(first)
        try:
            yield Forge(kind, told["url"], Path(told["repo"]), process)
        finally:
            stdin.close()  # which ends it


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    return process.stdin, process.stdout


# --- in the process of the forge ---


@dataclass(frozen=True, slots=True)
class _Ground:
    server: ForgeServer
    repo: Path
    address: str
    open: Callable[[], list[str]]
    clear: Callable[[], None]


def _github(root: Path) -> _Ground:
    hub = GitHub(root, enterprise=True)
    repository = hub.add_repository(PROJECT)
    hub.add_token(TOKEN)

    def clear() -> None:
        repository.requests.clear()
        hub.repository(PROJECT)  # sees where the branches are

    return _Ground(
        hub,
        repository.objects.folder,
        f"/{PROJECT}",
        lambda: [one.head for one in hub.requests_of(PROJECT) if one.state == "open"],
        clear,
    )


def _gitlab(root: Path) -> _Ground:
    lab = GitLab(root)
    lab.add_user("ci")
    project = lab.add_project(PROJECT, members={"ci": MAINTAINER})
    lab.add_token("ci", value=TOKEN)

    def clear() -> None:
        project.merge_requests.clear()
        lab.look()

    return _Ground(
        lab,
        project.repository.path,
        f"/{PROJECT}.git",
        lambda: [one.source for one in project.merge_requests if one.state == "opened"],
        clear,
    )


_MAKERS: Mapping[str, Callable[[Path], _Ground]] = {"github": _github, "gitlab": _gitlab}


def _clear(ground: _Ground) -> None:
    branches = git(ground.repo, "for-each-ref", "--format=delete %(refname)", "refs/heads/gitops")
    git(ground.repo, "update-ref", "--stdin", data=f"{branches}\n".encode() if branches else b"")
    with ground.server.lock:
        ground.clear()
    ground.server.requests.clear()
    ground.server.connections = 0


def _seen(ground: _Ground) -> Mapping[str, Any]:
    asked = [
        {
            "method": one.method,
            "path": one.path,
            "headers": dict(one.headers),
            "body": base64.b64encode(one.body).decode(),
            "seconds": one.seconds,
        }
        for one in ground.server.requests
    ]
    return {"asked": asked, "connections": ground.server.connections, "open": ground.open()}


def main() -> None:
    """Serve until the input ends; its lines are `clear` and `seen`, each answered by a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forges")
    parser.add_argument("kind", choices=sorted(_MAKERS))
    parser.add_argument("origin", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("request_delay", type=float)
    parser.add_argument("connection_delay", type=float)
    given = parser.parse_args()
    ground = _MAKERS[given.kind](given.root)
    ground.server.request_delay, ground.server.connection_delay = given.request_delay, given.connection_delay
    # Nothing is copied: what is written goes into the new repository, what is read is found in the other one.
    Path(ground.repo, "objects", "info", "alternates").write_text(f"{given.origin.absolute() / 'objects'}\n")
    git(ground.repo, "update-ref", "refs/heads/main", git(given.origin, "rev-parse", "main"))
    with ground.server as server:
        print(json.dumps({"url": f"{server.url}{ground.address}", "repo": str(ground.repo)}), flush=True)
        for line in sys.stdin:
            if line.strip() == "clear":
                _clear(ground)
                answer: Mapping[str, Any] = {}
            else:
                answer = _seen(ground)
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
