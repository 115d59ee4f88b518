"""Places in a text, for the formats that PyYAML does not parse: the nodes of `places` and `leaves` need them."""

from __future__ import annotations

import re

LINE_END = re.compile(r"\r\n|[\r\n]")


class Mark:
    """A place as PyYAML gives it. Line and column (from 0) are counted only when somebody asks: most marks are never
    shown, and counting lines for each would be quadratic."""

    __slots__ = ("_text", "index")

    def __init__(self, text: str, index: int) -> None:
        self._text = text
        self.index = index

    @property
    def line(self) -> int:
        before = self._text[: self.index]
        return before.count("\n") + before.count("\r") - before.count("\r\n")

    @property
    def column(self) -> int:
        before = self._text[: self.index]
        return self.index - max(before.rfind("\n"), before.rfind("\r")) - 1
