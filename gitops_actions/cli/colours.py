"""Colours, for a person at a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Mapping

_RESET = "\x1b[0m"
# As git has them; the first that fits.
_STYLES = (("---", "\x1b[1m"), ("+++", "\x1b[1m"), ("@@", "\x1b[36m"), ("-", "\x1b[31m"), ("+", "\x1b[32m"))


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether stdout shows colours, and nobody has said no (https://no-color.org)."""
    return sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"


def coloured(line: str) -> str:
    """A line of a unified diff, without its end, in colour."""
    style = next((style for start, style in _STYLES if line.startswith(start)), None)
    return f"{style}{line}{_RESET}" if style else line
