"""The standard streams as every command may use them, whatever the caller has made of them: closed, on a full disk, or
with nobody at the other end."""

from __future__ import annotations

import io
import os
import sys
from typing import IO, Any

from gitops_actions.errors import Temporary


def prepare() -> None:
    """Open what is closed, and let writing to stdout and stderr end in words or not at all."""
    # The lowest descriptor comes first: else the next file that somebody opens would become standard output. What
    # answers for a closed stream fails as that does (https://www.gnu.org/software/gnulib/manual/html_node/stdopen.html).
    for name, flags, mode in (("stdin", os.O_WRONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w")):
        if getattr(sys, name) is None:
            stream = os.fdopen(_null(flags), mode, closefd=False, encoding="utf-8")
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)  # as Python does, so that nobody closes what is below
    if isinstance(sys.stdout, io.TextIOWrapper):  # else somebody in this process has put another in its place
        sys.stdout = _Results(sys.stdout.buffer, **_like(sys.stdout))
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _Words(sys.stderr.buffer, **_like(sys.stderr))


def lost(error: OSError, *, only: bool) -> Temporary:
    """What it comes to that stdout does not take a result; ``only``: nothing but writing it was to be done.

    Raises SystemExit when its reader has gone.
    """
    _silence(sys.stdout)  # or Python would complain once more at exit
    if isinstance(error, BrokenPipeError):
        raise SystemExit(141) from None  # as `head` does it
    hint = "nothing else was to be done: mend that, and run it again"
    if not only:
        hint = "the work itself was done; run it again to see it"
    return Temporary(f"the result could not be written to stdout: {error.strerror}", code="GA061", hint=hint)


def _null(flags: int) -> int:
    descriptor = os.open(os.devnull, flags)
    os.set_inheritable(descriptor, True)
    return descriptor


def _like(stream: IO[str]) -> dict[str, Any]:
    names = ("encoding", "errors", "line_buffering", "write_through")
    return {name: getattr(stream, name) for name in names}


def _silence(stream: IO[str]) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Unwritten(OSError):
    """stdout does not take what is written to it."""


class _Results(io.TextIOWrapper):
    """stdout. click prints to it as well, such as help: what fails here is told from other failures."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritten(error.errno, error.strerror) from None

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Unwritten(error.errno, error.strerror) from None


class _Words(io.TextIOWrapper):
    """stderr. What cannot be said there cannot be said at all, and is no reason to end otherwise."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            _silence(self)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            _silence(self)
