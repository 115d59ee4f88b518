"""What is to go wrong with requests to a fake of a forge, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gitops_actions.testing.forgewire import Answer, Recorded

How = (
    Answer
    | int
    | Callable[[Recorded], None]
    | Literal["drop-before", "drop-after", "502-after", "duplicate", "truncate", "stale", "delay"]
)
When = int | Callable[[Recorded], bool]


@dataclass(slots=True)
class Fault:
    """One kind of trouble, for the next ``times`` requests that ``when`` is true of; `ForgeServer.fault` says what
    each ``how`` does. ``seconds`` is how long a delay takes, or what ``Retry-After`` asks for."""

    when: Callable[[Recorded], bool]
    how: How
    seconds: float
    times: int


class Faults:
    """Those that are still to come; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: list[Fault] = []

    def add(self, when: When, how: How, seconds: float, times: int) -> None:
        """Also for the ``when``-th write from now, when that is a number."""
        with self._lock:
            self._coming.append(Fault(when if callable(when) else _nth_write(when), how, seconds, times))

    def clear(self) -> None:
        """None is to come any more."""
        with self._lock:
            self._coming.clear()

    def due(self, recorded: Recorded) -> Fault | None:
        """The first that fits this request, which is thereby used up by one. Each request has to be shown once, for
        some count them."""
        with self._lock:
            due = [fault for fault in self._coming if fault.when(recorded)]
            if not due:
                return None
            due[0].times -= 1
            if due[0].times < 1:
                self._coming.remove(due[0])
            return due[0]


def _nth_write(number: int) -> Callable[[Recorded], bool]:
    seen = 0

    def when(recorded: Recorded) -> bool:
        nonlocal seen
        seen += recorded.write
        return recorded.write and seen == number

    return when
