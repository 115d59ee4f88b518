"""How long GitHub is waited for: between two tries, at the end of a rate limit, and before one write too many."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

from gitops_actions.errors import Temporary
from gitops_actions.forge.github.answers import backoff

TRIES = 5
RATE = "GitHub's rate limit is used up"
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
_WRITES_A_MINUTE = 80


class Patience:
    """Nothing is waited for beyond ``deadline`` (on the monotonic clock); ``detail`` is told each wait."""

    def __init__(self, deadline: float, detail: Callable[[str], None]) -> None:
        self._deadline = deadline
        self._detail = detail
        self._writes: deque[float] = deque(maxlen=_WRITES_A_MINUTE)

    def again(self, tries: int, why: str, headers: Mapping[str, str] | None = None) -> None:
        """Wait a moment before the next try. Raises Temporary when there is none."""
        if tries >= TRIES:
            raise Temporary(why, hint="run it again; see https://www.githubstatus.com")
        told = (headers or {}).get("retry-after", "")
        self.wait(float(told) if told.isdecimal() else backoff(tries), why)

    def wait(self, seconds: float, why: str) -> None:
        """Raises Temporary at once when the wait is longer than the budget."""
        if time.monotonic() + seconds > self._deadline:
            until = time.strftime("%H:%M:%S UTC", time.gmtime(time.time() + seconds))
            raise Temporary(
                f"{why}; it would have to wait for {seconds:.0f} s, until {until}",
                hint="run it again after that, or give it more time with --budget",
            )
        self._detail(f"{why}; waiting for {seconds:.1f} s")
        time.sleep(seconds)

    def pace(self) -> None:
        """Not more writes in a minute than GitHub takes."""
        now = time.monotonic()
        if len(self._writes) == _WRITES_A_MINUTE and now - self._writes[0] < 60:
            self.wait(60 - (now - self._writes[0]), "GitHub takes no more than 80 writes in a minute")
        self._writes.append(time.monotonic())
