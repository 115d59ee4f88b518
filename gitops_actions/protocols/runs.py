"""The CI system that runs us, and what shows results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gitops_actions.model import (
    Finding,
    Result,
)


class Runtime(Protocol):
    """The CI system that runs us. A plugin of the group `runtimes` is a class with a static
    ``detect(environ) -> bool``; it is called with the environment and with a function that writes one line to the log
    exactly as it is, for commands of the CI system's own and for nothing else. Nothing here raises but OSError, for a
    file that cannot be written.

    ``obeyed``: what the reader of the log takes for more than text. A blank goes behind every match in what is printed;
    in a JSON document the last character of the match is written as an escape. None: whatever is printed is text.
    """

    name: str
    obeyed: re.Pattern[str] | None

    def event(self) -> Mapping[str, str]:
        """What it knows of the run: any of ``revision``, ``source``, ``sequence``, ``run`` (an URL), ``actor`` (who
        started it), ``debug`` (somebody looks closely), ``default_branch`` (of the repository that it runs for)."""
        ...

    def mask(self, secret: str) -> None:
        """Keep this text, a single line, out of the log. The other forms it may appear in are given one by one."""
        ...

    def output(self, values: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """Hand values to later steps or jobs: of each name the first text that fits. Returns the names of which none
        does."""
        ...

    def annotate(self, finding: Finding) -> bool:
        """Show a finding where the CI system shows findings, the log included; False: nowhere, or no more of them. Its
        file, if it has one, is one of the repository that runs us."""
        ...

    def summary(self, markdown: str) -> bool:
        """Add to the job's summary; False: it has none, or no room for that."""
        ...

    def group(self, title: str) -> AbstractContextManager[None]:
        """A fold in the log."""
        ...

    def finish(self) -> None:
        """The run is over: write what is only written as a whole."""
        ...


class Reporter(Protocol):
    """Shows results. A reporter that fails is a warning, never a failed delivery."""

    def report(self, command: str, results: Sequence[Result]) -> str:
        """The whole text to print."""
        ...
