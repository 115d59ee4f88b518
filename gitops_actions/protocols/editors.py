"""What changes values in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gitops_actions.model import (
    Edited,
    EditSpec,
    Found,
    Release,
    Take,
)


class Editor(Protocol):
    """Changes values in the text of a file. Pure: it has no path, repository or clock.

    ``text`` is decoded UTF-8 with its line ends and byte order mark as they are in the file.

    ``takes`` names all that the editor looks at, so that whatever else is given can be refused and never dropped
    without a word: of an edit ``path``, ``value``, ``pattern``, ``document``, ``on-missing`` (whether it can
    create) and ``typed`` (``options["typed"]``); of a release ``images``, ``version`` and ``revision``; any other name
    is a key that this kind has for itself, a text in ``options``.
    """

    kind: str
    takes: Mapping[str, Take]

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The files that ``spec`` may mean; the first one that exists is the one (a folder's kustomization)."""
        ...

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The values that the edit points to. Raises EditRefused as `edit` does."""
        ...

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release's values in place: exactly these differ when both are parsed again.

        Raises EditRefused (with line and column where there is one) when a place is missing, ambiguous, duplicated,
        inherited by alias or merge key, or when what came out does not read back as wanted.
        """
        ...
