"""Which files each commit changed in place: a `git log --raw` that is read while it runs, so that its length costs no
memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Running
from gitops_actions.model import EXECUTABLE, REGULAR

# Each commit starts with an empty field: paths are never empty.
OPTIONS = (
    "-z",
    "--format=%x00%H",
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "--no-show-signature",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
)
_FILES = (REGULAR.encode(), EXECUTABLE.encode())
_CHUNK = 64 * 1024


class Modified(NamedTuple):
    """A file before and after a commit, by blob ids. What is not UTF-8 in the path is replaced."""

    path: str
    old: str
    new: str


class Modifications:
    """The commits with their files, to be read once, in a ``with`` block. Symbolic links and submodules are left out,
    and so is what was added, deleted or renamed."""

    def __init__(self, running: Running) -> None:
        self._running = running

    def __enter__(self) -> Modifications:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.stop()

    def __iter__(self) -> Iterator[tuple[str, list[Modified]]]:
        commit, files = "", list[Modified]()
        fields = self._fields()
        for field in fields:
            if field.lstrip(b"\n").startswith(b":"):
                before, after, old, new, status = field.lstrip(b"\n:").split()
                path = next(fields, b"").decode("utf-8", "replace")
                if status == b"M" and old != new and before in _FILES and after in _FILES:
                    files.append(Modified(path, old.decode(), new.decode()))
            elif field:
                if commit:
                    yield commit, files
                commit, files = field.decode(), []
        if commit:
            yield commit, files

    def _fields(self) -> Iterator[bytes]:
        source = self._running.process.stdout
        if source is None:
            raise RuntimeError("git log was started without a pipe")
        rest = b""
        while chunk := source.read(_CHUNK):
            *fields, rest = (rest + chunk).split(b"\0")
            yield from fields
        answer = self._running.finish()
        if answer.status:
            raise UsageError(f"git cannot read the history: {answer.words}", hint="run git fsck in the repository")
