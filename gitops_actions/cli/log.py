"""Standard output and error while a CI system reads them: secrets are hidden, and nothing that is printed is obeyed."""

from __future__ import annotations

import enum
import io
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, BinaryIO, TextIO, TypeVar, cast

from gitops_actions import texts

Value = TypeVar("Value")


class Veil:
    """What must not be seen."""

    def __init__(self) -> None:
        self._hidden: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, forms: Iterable[str]) -> None:
        """Hide these from now on."""
        self._hidden.update(forms)
        longest_first = sorted(self._hidden, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def over(self, text: str) -> str:
        """The text without them."""
        return self._pattern.sub("***", text) if self._pattern is not None else text

    def within(self, value: Value) -> Value:
        """A value with all texts in it so: what is made of them later may write a secret in a form of its own."""
        return cast(Value, self._within(value)) if self._pattern is not None else value

    def _within(self, value: Any) -> Any:
        if isinstance(value, str):
            return value if isinstance(value, enum.Enum) else self.over(value)
        if isinstance(value, Mapping):
            return {key: self._within(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self._within, value))
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{each.name: self._within(getattr(value, each.name)) for each in fields(value)})
        return value


class Log(io.TextIOBase):
    """A stream that takes the place of ``sys.stdout`` or ``sys.stderr``. It writes whole lines, each at once.

    Args:
        stream: what it stands before.
        veil: what must not be seen.
        obeyed: what would be more than text, see `protocols.Runtime`.

    With ``json`` set, everything is JSON, and what is taken out of texts is written as an escape.
    """

    json = False

    def __init__(self, stream: TextIO, veil: Veil, obeyed: re.Pattern[str] | None) -> None:
        self.stream = stream
        self._veil = veil
        self._obeyed = obeyed
        self._pending = ""
        self._turn = threading.RLock()

    def write(self, text: str) -> int:
        with self._turn:
            whole, end, self._pending = (self._pending + text).rpartition("\n")
            if end:
                self.stream.write(self._clean(whole + end))
            return len(text)

    def command(self, line: str) -> None:
        """Write a line as it is, secrets apart."""
        with self._turn:
            self.rest()
            self.stream.write(self._veil.over(line) + "\n")
            self.stream.flush()

    def flush(self) -> None:
        """The whole lines; half a line could become what it must not be."""
        self.stream.flush()

    def rest(self) -> None:
        """Write what has no line end yet, and give it one."""
        if self._pending:
            self.write("\n")

    def _clean(self, text: str) -> str:
        text = self._veil.over(text)
        if self.json:
            text = texts.BUT_TABS_AND_LINES.sub(_escaped, text)
            return self._obeyed.sub(_escaped, text) if self._obeyed is not None else text
        text = texts.lines(text)
        return self._obeyed.sub(lambda found: f"{found[0]} ", text) if self._obeyed is not None else text

    # --- what callers ask a stream ---

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    @property
    def buffer(self) -> BinaryIO:
        """For bytes that are exactly these."""
        self.rest()
        self.stream.flush()
        return self.stream.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.stream.errors


def _escaped(found: re.Match[str]) -> str:
    """The match with its last character, one of 16 bits, as JSON may have it."""
    return f"{found[0][:-1]}\\u{ord(found[0][-1]):04x}"
