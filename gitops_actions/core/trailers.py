"""The machine-readable part of our commits (https://git-scm.com/docs/git-interpret-trailers)."""

from __future__ import annotations

import re
from collections.abc import Iterable

APP, ENVIRONMENT, VERSION, IMAGE = "Gitops-App", "Gitops-Environment", "Gitops-Version", "Gitops-Image"
SOURCE, SEQUENCE, FROM, RUN, SET = "Gitops-Source", "Gitops-Sequence", "Gitops-From", "Gitops-Run", "Gitops-Set"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE = re.compile(r"(Gitops-[A-Z][a-z]+): (.+)")


def pairs(message: str) -> list[tuple[str, str]]:
    """Our trailers in their order: those of the last paragraph that has any.

    Only a paragraph that consists of trailers counts, so a changelog cannot pretend to be one; forges put other
    paragraphs behind it when they squash, so it need not be the last.
    """
    for paragraph in reversed(re.split(r"\n\s*\n", message.replace("\r\n", "\n").strip())):
        lines = paragraph.strip().split("\n")
        found = [match for line in lines if (match := _LINE.fullmatch(line.rstrip()))]
        if found and all(re.match(r"[A-Za-z][A-Za-z-]*: ", line) for line in lines):
            return [(match[1], match[2]) for match in found]
    return []


def trailers(message: str) -> dict[str, list[str]]:
    """Our trailers by name, each with its values in order."""
    result: dict[str, list[str]] = {}
    for name, value in pairs(message):
        result.setdefault(name, []).append(value)
    return result


def paragraph(values: Iterable[tuple[str, str | None]]) -> str:
    """The last paragraph of a message. A value has no line end: it would be a trailer of its own."""
    return "\n".join(f"{name}: {_CONTROL.sub(' ', value)}" for name, value in values if value)
