"""The first lines of a file that `generate` writes: by them it knows its own files, and what has changed since."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WORDS = """\
# Written by `gitops-actions generate`. Edits made here are lost: change `pipeline:` in gitops.yaml, and run it again.
"""
_FIRST = re.compile(
    r"# gitops-actions: set=(?P<set>\S+) version=(?P<version>\S+)"
    r" inputs=(?P<inputs>[0-9a-f]{32}) content=(?P<content>[0-9a-f]{32})"
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. ``intact``: nobody has changed it since."""

    set: str
    version: str
    inputs: str
    intact: bool


def digest(value: Any) -> str:
    """A short hash of plain data, the same for the same data."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def stamped(body: str, *, set_name: str, version: str, inputs: Mapping[str, Any]) -> str:
    """The text of a file with its header."""
    line = f"# gitops-actions: set={set_name} version={version} inputs={digest(inputs)} content={digest(body)}\n"
    return _WORDS + line + body


def read(text: str) -> Header | None:
    """The header of a file; None for one that is not ours. Ends of lines may have been converted by git."""
    text = text.replace("\r\n", "\n")
    lines = text.splitlines(keepends=True)[:10]
    for number, line in enumerate(lines):
        match = _FIRST.fullmatch(line.rstrip("\n"))
        if match:
            above, body = "".join(lines[:number]), text[len("".join(lines[: number + 1])) :]
            intact = above == _WORDS and digest(body) == match["content"]
            return Header(match["set"], match["version"], match["inputs"], intact)
    return None
