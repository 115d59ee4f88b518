"""The CI system that runs us, and what shows results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gitops_actions.model import (
    Finding,
    Result,
)


class Runtime(Protocol):
    """The CI system that runs us."""

    name: str

    def event(self) -> Mapping[str, str]:
        """Defaults it knows: any of ``revision``, ``source``, ``sequence``, ``run`` (an URL), ``actor`` (who started
        it)."""
        ...

    def mask(self, secret: str) -> None:
        """Keep a text out of the log, in every form it may appear in."""
        ...

    def output(self, values: Mapping[str, str]) -> None:
        """Hand values to later steps."""
        ...

    def annotate(self, finding: Finding) -> None:
        """Show a finding where the CI system shows findings."""
        ...

    def summary(self, markdown: str) -> None:
        """Add to the job's summary."""
        ...

    def group(self, title: str) -> AbstractContextManager[None]:
        """A fold in the log."""
        ...


class Reporter(Protocol):
    """Shows results. A reporter that fails is a warning, never a failed delivery."""

    def report(self, command: str, results: Sequence[Result]) -> str:
        """The whole text to print."""
        ...
