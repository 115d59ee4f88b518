"""Texts that come from GitHub or go there, made harmless and short enough."""

from __future__ import annotations

from datetime import datetime

from gitops_actions import texts

TITLE = 256  # characters; longer titles are refused with "title is too long (maximum is 256 characters)"
BODY = 65_536  # characters, of requests and comments
_CUT = "\n\n(cut: this was longer than GitHub allows)"


def line(text: str | None, limit: int | None = None) -> str:
    """A text as one harmless line, of at most so many characters."""
    made = " ".join(texts.one_line(_unicode(text or "")).split())
    return made if limit is None or len(made) <= limit else made[: limit - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def lines(text: str | None) -> str:
    """A text as harmless lines, no longer than GitHub takes it."""
    made = texts.lines(_unicode(text or "").replace("\r\n", "\n"))
    return made if len(made) <= BODY else made[: BODY - len(_CUT)] + _CUT


def seconds(stamp: str | None) -> int:
    """Seconds since the epoch of a time as GitHub writes it; 0 without one."""
    return int(datetime.fromisoformat(stamp).timestamp()) if stamp else 0


def _unicode(text: str) -> str:
    """Without lone surrogates, which come from bytes in arguments that are not UTF-8 and cannot be sent."""
    return text.encode("utf-8", "replace").decode()
