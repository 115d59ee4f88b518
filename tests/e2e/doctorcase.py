"""A switch that is turned, what `doctor` has to say of it, and whether `deploy` fails then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gitops_actions.testing.world import Done

World = TypeVar("World")
# Findings that nothing has to be done about, and those whose hints others are responsible for.
_BARE = ("GA519", "GA010")


@dataclass(frozen=True)
class Case(Generic[World]):
    """``code`` and a part of its ``words`` are what is found; without a code, the words are those of a check that went
    well, and nothing is wrong."""

    name: str
    switch: Callable[[World], object]
    code: str
    words: str
    fails: bool = True
    policy: str = ""
    options: tuple[str, ...] = ()

    def check(self, told: Done, done: Done) -> None:
        """``told`` is what `doctor` said, ``done`` what `deploy` did right after it."""
        assert told.code == (4 if self.fails else 0), told.output + told.errors
        assert (done.code != 0) is self.fails, done.output + done.errors
        if self.code:
            assert any(code == self.code and self.words in words for code, words in findings(told)), told.output
        else:
            assert any(self.words in check["message"] for check in told.document["checks"]), told.output
            assert all(finding["severity"] == "notice" for finding in told.document["findings"]), told.output
        for finding in told.document["findings"]:
            assert finding["hint"] or finding["code"] in _BARE, finding


def findings(done: Done) -> list[tuple[str, str]]:
    """(code, message) of each finding."""
    return [(one["code"], one["message"]) for one in done.document["findings"]]
