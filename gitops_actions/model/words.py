"""What is said to people, and what must not be: findings and secrets; words that several nouns share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "notice"]
MergeMethod = Literal["merge", "squash", "rebase"]
Deliver = Literal["push", "pull-request"]
Group = Literal["app", "environment"]


class Secret:
    """A text that must not be seen: it has no readable ``str`` or ``repr``; :meth:`reveal` is explicit."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell a person: what, where, and what to do. ``line`` and ``column`` count from 1."""

    code: str
    severity: Severity
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    @property
    def place(self) -> str:
        """``file:line:column`` as far as known; empty when no file is concerned."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.file else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text
