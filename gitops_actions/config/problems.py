"""What is wrong with one gitops.yaml, collected, so that a person hears of everything at once."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_actions.errors import ConfigInvalid
from gitops_actions.model import Finding
from gitops_actions.names import complaint_about_name, nearest

_SHOWN = 60
_LISTED = 20


class Problems:
    """The findings about ``file``, each at a place that has a line and a column."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[Finding, None] = {}  # an alias makes the same place be looked at twice

    def add(self, place: tuple[int, int], message: str, hint: str | None = None, *, code: str = "GA010") -> None:
        """Remember a problem; ``place`` is line and column, from 1."""
        line, column = place
        self._found[Finding(code, "error", message, self.file, line, column, hint)] = None

    def __bool__(self) -> bool:
        return bool(self._found)

    def error(self) -> ConfigInvalid:
        """Everything that was added, in the order of the file."""
        return ConfigInvalid(sorted(self._found, key=lambda finding: (finding.line or 0, finding.column or 0)))


def shown(value: object) -> str:
    """A value as a message may show it: on one line, without control characters, not too long."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = printable(repr(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 4] + "..." + text[0]


def plainly(name: str) -> str:
    """A name without quotes, if it is one."""
    return shown(name) if complaint_about_name(name) else name


def printable(text: str) -> str:
    """The same on one line: what could break it or turn it around is escaped, letters of any language stay."""
    return text if text.isprintable() else ascii(text)[1:-1]


def suggestion(name: str, known: Iterable[str], otherwise: str = "known here") -> str | None:
    """A hint: the known name that is nearest to ``name``, else all of them; None when there are none."""
    names = list(known)
    near = nearest(name, names)
    if near:
        return f"did you mean {shown(near)}?"
    if not names:
        return None
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{otherwise}: {', '.join(map(printable, names[:_LISTED]))}{more}"
