"""No CI system: a person at a terminal, or a CI system that we do not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gitops_actions.model import Finding


class Plain:
    """The runtime that knows nothing and has nowhere to show anything but the output itself."""

    name = "none"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def event(self) -> Mapping[str, str]:
        return {}

    def mask(self, secret: str) -> None:
        """Nothing: there is no log but what we print, and secrets are never printed."""

    def output(self, values: Mapping[str, str]) -> None:
        """Nothing: there is no later step."""

    def annotate(self, finding: Finding) -> None:
        """Nothing: findings are printed."""

    def summary(self, markdown: str) -> None:
        """Nothing: the result is printed."""

    @contextmanager
    def group(self, title: str) -> Iterator[None]:  # noqa: ARG002 (a terminal has no folds)
        yield
