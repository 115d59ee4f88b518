"""A `git log` that runs while other things are done, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread
from typing import overload

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Answer, Running
from gitops_actions.model import Commit, Signature

# Each record starts with an empty field: paths are never empty, and the number of fields that follow is fixed.
_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B")
OPTIONS = (
    "-z",
    "--format=" + "".join(f"%x00{field}" for field in _FIELDS),
    "--no-show-signature",
    "--no-color",
    "--encoding=UTF-8",
)


class Walk(Sequence[Commit]):
    """The commits of a walk that has been started; it is waited for when the first one is asked for.

    Asking raises UsageError when git could not read the history.
    """

    def __init__(self, running: Running, data: bytes) -> None:
        self._running = running
        self._data = data
        self._answer: Answer | None = None
        self._commits: list[Commit] | None = None
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, if it still runs."""
        self._running.process.terminate()
        self._thread.join()

    @overload
    def __getitem__(self, index: int) -> Commit: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Commit]: ...
    def __getitem__(self, index: int | slice) -> Commit | Sequence[Commit]:
        return self._found()[index]

    def __len__(self) -> int:
        return len(self._found())

    def _listen(self) -> None:
        self._answer = self._running.finish(self._data)

    def _found(self) -> list[Commit]:
        if self._commits is None:
            self._thread.join()
            if self._answer is None or self._answer.status:
                words = self._answer.words if self._answer is not None else "it was stopped"
                raise UsageError(f"git cannot read the history: {words}", hint="run git fsck in the repository")
            self._commits = commits(self._answer.output)
        return self._commits


def commits(output: bytes) -> list[Commit]:
    """What a `git log` with `OPTIONS` said."""
    fields = output.split(b"\0")
    found = []
    at = 0
    while at + len(_FIELDS) < len(fields):
        id, parents, *people, message = (_text(field) for field in fields[at + 1 : at + 1 + len(_FIELDS)])
        at += 1 + len(_FIELDS)
        files: dict[str, str | None] = {}
        while at < len(fields) and fields[at].lstrip(b"\n").startswith(b":"):
            _, _, _, blob, status = fields[at].split()
            files[fields[at + 1].decode("utf-8", "surrogateescape")] = None if status == b"D" else blob.decode()
            at += 2
        author, committer = (Signature(name, mail, _time(when)) for name, mail, when in (people[:3], people[3:]))
        found.append(Commit(id, tuple(parents.split()), author, committer, message, files))
    return found


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")


def _time(text: str) -> int:
    return int(text) if text.isdecimal() else 0  # git shows nothing for a date that it cannot read
