"""Text from outside, before it is shown: what could move a cursor, hide text, or turn a line around.

These are the C0 and C1 controls, DEL, the line and paragraph separators, and the bidirectional controls
(https://www.unicode.org/reports/tr36/).
"""

from __future__ import annotations

import re

_OTHERS = "\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
UNPRINTABLE = re.compile(f"[\x00-\x1f{_OTHERS}]")
BUT_TABS_AND_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_OTHERS}]")


def one_line(text: str) -> str:
    """The text on one line, a blank for each character that does not print."""
    return UNPRINTABLE.sub(" ", text)


def lines(text: str) -> str:
    """The text with its tabs and line feeds, without all else that does not print."""
    return BUT_TABS_AND_LINES.sub("", text)
