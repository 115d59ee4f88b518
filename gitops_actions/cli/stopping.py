"""The end of a command that runs until it is told to stop."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

LONGEST = 100 * 365 * 86400  # the system counts in nanoseconds, of which 64 bits hold not much more


@contextmanager
def stop_signal() -> Iterator[Callable[[float], int | None]]:
    """Take SIGTERM and SIGINT as a wish to end. The function waits for one, at most so many seconds, and answers its
    number or None. A second signal ends at once, as everywhere else."""
    # A pipe and not threading.Event: its `set` in a signal handler can meet its own lock.
    reader, writer = os.pipe()
    before: dict[int, Any] = {}

    def asked(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
        os.write(writer, bytes([number]))
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, asked)

    def wait(seconds: float) -> int | None:
        ready, _, _ = select.select([reader], [], [], min(seconds, LONGEST))
        return os.read(reader, 1)[0] if ready else None

    try:
        yield wait
    finally:
        restore()
        os.close(reader)
        os.close(writer)
