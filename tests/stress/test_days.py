"""Days on which anything goes wrong: each ends right, and no run claims what is not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forge.sky import KINDS, Kind
from tests.stress.days import FAULTS, day, live


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_some_bad_days(tmp_path: Path, kind: Kind, seed: int) -> None:
    live(day(kind, seed), tmp_path)


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(100, 200))
@pytest.mark.parametrize("kind", KINDS)
def test_100_bad_days(tmp_path: Path, kind: Kind, seed: int) -> None:
    live(day(kind, seed), tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_can_go_wrong_does(kind: Kind) -> None:
    """In the hundred days, and among the requests that runs do make."""
    days = [day(kind, seed) for seed in range(100, 200)]
    assert {fault for one in days for run in one.runs[:1] for number, fault in run.items() if number < 5} == {*FAULTS}
    assert {one.transport for one in days} == {"api", "git"}
    assert day(kind, 100) == days[0]
