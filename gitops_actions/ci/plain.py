"""No CI system: a person at a terminal, or a CI system that we do not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from gitops_actions.model import Finding


class Plain:
    """The runtime that knows nothing and has nowhere to show anything but the output itself."""

    name = "none"
    obeyed: re.Pattern[str] | None = None

    def __init__(self, environ: Mapping[str, str], log: Callable[[str], None]) -> None:
        """Neither is of use here."""

    @staticmethod
    def detect(environ: Mapping[str, str]) -> bool:  # noqa: ARG004 (it fits wherever no other does)
        return True

    def event(self) -> Mapping[str, str]:
        return {}

    def mask(self, secret: str) -> None:
        """Nothing: there is no log but what we print, and secrets are never printed."""

    def output(self, values: Mapping[str, Sequence[str]]) -> Sequence[str]:  # noqa: ARG002
        """Nothing, and nothing is lost: there is no later step."""
        return ()

    def annotate(self, finding: Finding) -> bool:  # noqa: ARG002
        """Findings are printed."""
        return False

    def summary(self, markdown: str) -> bool:  # noqa: ARG002
        """The result is printed."""
        return False

    @contextmanager
    def group(self, title: str) -> Iterator[None]:  # noqa: ARG002 (a terminal has no folds)
        yield

    def finish(self) -> None:
        """Nothing is left to write."""
