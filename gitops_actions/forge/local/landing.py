"""Writes that must not lose anybody else's: compare and swap, and again from the start when the race was lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from gitops_actions.errors import LostRace, Temporary
from gitops_actions.forge.local.plumbing import Plumbing
from gitops_actions.model import RefUpdate

# With the pauses below about 30 s; 64 writers at once needed 8.
TRIES = 30

Result = TypeVar("Result")


def land(repository: Plumbing, attempt: Callable[[], tuple[Sequence[RefUpdate], Result]], deadline: float) -> Result:
    """Push what ``attempt`` makes of the repository as it is now, until it lands; no updates need no push.

    Raises what ``attempt`` and the push raise; Temporary when the race was lost too often, or ``deadline`` (on the
    monotonic clock) comes.
    """
    for count in range(1, TRIES + 1):
        repository.refresh()
        updates, result = attempt()
        try:
            if updates:
                repository.push(updates)
        except LostRace:
            # Full jitter: whoever waits the same time as everybody else meets everybody else again.
            pause = random.uniform(0, min(2.0, 0.05 * 2**count))  # noqa: S311 (not for secrets)
            if time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
        else:
            return result
    raise Temporary(
        f"other writers kept being faster ({count} tries) in {repository.url}",
        hint="run it again: what has arrived is seen and not done twice",
    )
