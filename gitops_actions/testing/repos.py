"""Small real git repositories for tests, the demo and benchmarks: made without a work tree, in a few milliseconds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EPOCH = 1_750_000_000  # commits of tests are made at a fixed time, so that their ids are the same in every run


def git(repo: Path, *arguments: str, data: bytes | None = None) -> str:
    """What git prints in ``repo``, without the last newline. Raises CalledProcessError."""
    return os.fsdecode(_git(repo, *arguments, data=data)).removesuffix("\n")


def show(repo: Path, revision: str, path: str) -> bytes:
    """The bytes of a file at a revision. Raises CalledProcessError when it does not exist."""
    return _git(repo, "cat-file", "blob", f"{revision}:{path}")


def bare(
    path: Path, files: Mapping[str, str | bytes], *, branch: str = "main", modes: Mapping[str, str] | None = None
) -> Path:
    """Make a bare repository whose HEAD names ``branch``, with one commit of ``files`` (without files: empty).

    ``modes`` gives the git mode of files that are not ``100644``: ``100755``, ``120000`` (the content is the target),
    ``160000`` (the content is the commit id).
    """
    path.mkdir(parents=True)
    _git(path, "init", "--quiet", "--bare", f"--initial-branch={branch}", ".")
    if files:
        commit(path, files, message="Start", branch=branch, modes=modes)
    return path


def commit(
    repo: Path,
    files: Mapping[str, str | bytes | None],
    *,
    message: str,
    branch: str = "main",
    name: str = "Pat Person",
    mail: str = "pat@example.com",
    modes: Mapping[str, str] | None = None,
    start: str | None = None,
    time: int = EPOCH,
) -> str:
    """Put a commit on ``branch`` the way a person would with a push; None deletes a file. Returns its id.

    A branch that does not exist starts at ``start`` (a branch or id), or with no parent.
    """
    tip = _git(repo, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().strip()
    if not tip and start is not None:
        tip = git(repo, "rev-parse", "--verify", f"{start}^{{commit}}")
    person = f"{name} <{mail}> {time} +0000\n".encode()
    text = message.encode()
    stream = [f"commit refs/heads/{branch}\nmark :1\n".encode(), b"author " + person, b"committer " + person]
    stream.append(b"data %d\n%s\n" % (len(text), text))
    if tip:
        stream.append(f"from {tip}\n".encode())
    for path, content in files.items():
        quoted = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
        if content is None:
            stream.append(b'D "%s"\n' % quoted)
            continue
        raw = content.encode() if isinstance(content, str) else content
        mode = (modes or {}).get(path, "100644").encode()
        if mode == b"160000":
            stream.append(b'M %s %s "%s"\n' % (mode, raw, quoted))
        else:
            stream.append(b'M %s inline "%s"\ndata %d\n%s\n' % (mode, quoted, len(raw), raw))
    stream.append(b"\nget-mark :1\n")
    return _git(repo, "fast-import", "--quiet", "--date-format=raw", data=b"".join(stream)).decode().strip()


@dataclass(frozen=True)
class Step:
    """A commit of a history. ``parents`` are numbers of steps before it; None: the one right before it."""

    message: str
    parents: tuple[int, ...] | None = None
    branch: str = "main"
    name: str = "Pat Person"
    mail: str = "pat@example.com"


def history(repo: Path, steps: Sequence[Step]) -> list[str]:
    """Put commits without files into a repository, all at once; a minute lies between two of them. Their ids."""
    stream: list[bytes] = []
    for number, step in enumerate(steps):
        person = f"{step.name} <{step.mail}> {EPOCH + 60 * number} +0000\n".encode()
        text = step.message.encode()
        stream.append(f"commit refs/heads/{step.branch}\nmark :{number + 1}\n".encode())
        stream += [b"author " + person, b"committer " + person, b"data %d\n%s\n" % (len(text), text)]
        parents = (number - 1,) if step.parents is None and number else step.parents or ()
        stream += [b"%s :%d\n" % (b"merge" if at else b"from", parent + 1) for at, parent in enumerate(parents)]
        stream.append(b"\n")
    stream += [b"get-mark :%d\n" % (number + 1) for number in range(len(steps))]
    output = _git(repo, "fast-import", "--quiet", "--force", "--date-format=raw", data=b"".join(stream))
    return output.decode().split()


def environment() -> dict[str, str]:
    """What git runs with: nothing of the settings of this machine and of whoever is logged in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}


def _git(repo: Path, *arguments: str, data: bytes | None = None) -> bytes:
    variables = environment()
    for role in ("AUTHOR", "COMMITTER"):
        variables[f"GIT_{role}_NAME"] = "Pat Person"
        variables[f"GIT_{role}_EMAIL"] = "pat@example.com"
        variables[f"GIT_{role}_DATE"] = f"{EPOCH} +0000"
    done = subprocess.run(["git", *arguments], cwd=repo, env=variables, input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout
