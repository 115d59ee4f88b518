"""Killed after each request in turn, before its answer is heard: the next run finishes the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forge.sky import BRANCH, KINDS, TRANSPORTS, Kind, Transport, sky
from tests.forge.stories import STORIES

_MOST = 60  # requests of a run; a run that makes more never ends


def killed_everywhere(root: Path, kind: Kind, transport: Transport, name: str) -> int:
    """Play a story again and again, killed one request later each time, until a run ends before that. How often."""
    story = STORIES[name]
    for number in range(1, _MOST):
        with sky(kind, root / f"{number}", story.policy, transport=transport) as made:
            story.before(made)
            killed = made.killed_at(number, story.version)
            done = made.release(story.version)
            assert done.code == 0, f"killed after request {number}: {done.errors}"
            story.after(made)
            again = made.release(story.version)
            assert [outcome for _, outcome in again.outcomes] == ["unchanged"], f"killed after request {number}"
            story.after(made)
            # The branch of a request that is over may have stayed; it is in nobody's way.
            assert made.release("1.0.9").code == 0
            last = made.requests()[-1:]
            assert [one.state for one in last] in ([], ["open"], ["merged"])
            assert made.tag("dev", BRANCH if last and last[0].state == "open" else "main") == "1.0.9"
            assert all(one.turns == () for one in last)
        if not killed:
            return number - 1
    raise AssertionError(f"a run makes more than {_MOST} requests")


@pytest.mark.stress
@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_after_each_request(tmp_path: Path, kind: Kind, transport: Transport, name: str) -> None:
    assert killed_everywhere(tmp_path, kind, transport, name) > 2
