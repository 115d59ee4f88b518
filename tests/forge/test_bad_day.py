"""A bad day at a forge: whatever becomes of a write, after at most one more run everything is there, and once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_actions.testing.forgehttp import How
from tests.forge.sky import KINDS, TRANSPORTS, Kind, Sky, Transport, sky
from tests.forge.stories import STORIES, Story, opened, tidy

# What may become of a write: it is lost, or done and its answer is lost, or done twice.
DOUBTS: tuple[How, ...] = ("drop-before", "drop-after", "502-after", "duplicate")
MORE: tuple[How, ...] = ("truncate", 500, 503, 429)
# How many writes the run of a story makes on a good day.
WRITES: dict[tuple[Kind, Transport], dict[str, int]] = {
    ("github", "api"): {"open": 3, "update": 3, "close": 4, "merge": 4, "wait": 2, "commit": 1},
    ("github", "git"): {"open": 4, "update": 2, "close": 4, "merge": 5, "wait": 3, "commit": 1},
    ("gitlab", "api"): {"open": 2, "update": 2, "close": 4, "merge": 4, "wait": 3, "commit": 1},
    ("gitlab", "git"): {"open": 2, "update": 2, "close": 4, "merge": 4, "wait": 3, "commit": 1},
}
PLACES = [(kind, transport, name) for kind, transport in WRITES for name in STORIES]


def slow(transport: Transport, fault: How) -> bool:
    """Whether a case is only for the full-size runs."""
    return transport == "git" or fault in MORE


CASES = [
    pytest.param(
        (kind, transport, name), write, fault,
        id=f"{kind}-{transport}-{name}-{write}-{fault}",
        marks=[pytest.mark.stress] if slow(transport, fault) else [],
    )
    for kind, transport, name in PLACES
    for write in range(1, WRITES[kind, transport][name] + 1)
    for fault in (*DOUBTS, *MORE)
]  # fmt: skip


@pytest.fixture
def told(tmp_path: Path, place: tuple[Kind, Transport, str]) -> Iterator[tuple[Sky, Story]]:
    """A sky under which a story can begin."""
    kind, transport, name = place
    story = STORIES[name]
    with sky(kind, tmp_path, story.policy, transport=transport) as made:
        story.before(made)
        yield made, story


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_a_good_day(told: tuple[Sky, Story], place: tuple[Kind, Transport, str]) -> None:
    made, story = told
    before = len(made.server.writes())
    assert made.release(story.version).code == 0
    assert len(made.server.writes()) - before == WRITES[place[0], place[1]][place[2]]
    story.after(made)
    tidy(made)


@pytest.mark.parametrize(("place", "write", "fault"), CASES)
def test_a_write_that_goes_wrong(told: tuple[Sky, Story], write: int, fault: How) -> None:
    made, story = told
    made.server.fault(write, fault, seconds=0)
    first = made.release(story.version)
    if first.code:
        assert first.code == 6, first.errors
        second = made.release(story.version)
        assert second.code == 0, second.errors
    story.after(made)
    again = made.release(story.version)
    assert [outcome for _, outcome in again.outcomes] == ["unchanged"]
    story.after(made)
    tidy(made)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", [*DOUBTS, *MORE, "stale", "delay"], ids=str)
def test_reads_are_repeated(tmp_path: Path, kind: Kind, fault: How) -> None:
    with sky(kind, tmp_path, STORIES["open"].policy) as made:
        made.server.fault(lambda request: not request.write, fault, seconds=0, times=3)
        done = made.release("1.0.1")
        assert done.code == 0, done.errors
        opened(made)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_is_killed_is_finished_by_the_next(tmp_path: Path, kind: Kind, transport: Transport) -> None:
    """Right after its first write, which nobody has heard of."""
    story = STORIES["open"]
    with sky(kind, tmp_path / "rehearsal", story.policy, transport=transport) as made:
        made.release(story.version)
        first = made.server.writes()[0].number
    with sky(kind, tmp_path / "play", story.policy, transport=transport) as made:
        assert made.killed_at(first, story.version)
        done = made.release(story.version)
        assert done.code == 0, done.errors
        story.after(made)
