"""The path language: ``a.b.c``, ``a[0]``, ``a[-1]``, ``a[?name=='x'].b``, ``"dotted.key".b``; with a leading
``/`` a JSON Pointer (https://www.rfc-editor.org/rfc/rfc6901)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from gitops_actions.edit.refusals import BAD_PATH, quoted
from gitops_actions.errors import UsageError


@dataclass(frozen=True, slots=True)
class Filter:
    """The item of a list whose value at ``keys`` is ``value``."""

    keys: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a JSON Pointer: a key of a mapping or an index of a list, whichever it meets."""

    text: str


# A key, an index, and the two above.
Step = str | int | Filter | Token

# What is shown without quotes; narrower than what is read without, so that it may stand anywhere.
_BARE = re.compile(r"""[^.\[\]"'\s/=][^.\[\]"'\s=]*""")
_STEP = re.compile(
    r"""(?P<bare>[^.\[\]"'\s]+)
      | "(?P<quoted>(?:[^"\\]|\\["\\])*)"
      | \[(?P<index>-?[0-9]{1,7})\]
      | \[\?\s*(?P<keys>(?:[^.\[\]"'\s=]+|"(?:[^"\\]|\\["\\])*")(?:\.(?:[^.\[\]"'\s=]+|"(?:[^"\\]|\\["\\])*"))*)\s*
        ==\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)")\s*\]""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_POINTER_INDEX = re.compile(r"0|[1-9][0-9]{0,6}")


@lru_cache(maxsize=1024)
def parse(path: str) -> tuple[Step, ...]:
    """The steps of a path. Raises UsageError saying where it stops making sense."""
    if path.startswith("/"):
        return _pointer(path)
    steps: list[Step] = []
    position = 0
    while position < len(path) or not steps:
        dotted = bool(steps) and path[position] == "."
        match = _STEP.match(path, position + dotted)
        # A dot stands before every key but the first, and before nothing else.
        if match is None or dotted != (bool(steps) and match.lastgroup in ("bare", "quoted")):
            raise UsageError(
                f"path {quoted(path)} cannot be read at character {position + 1}",
                code=BAD_PATH,
                hint="write a.b, a[0], a[?name=='x'].b, \"dotted.key\".b, or a JSON Pointer that starts with /",
            )
        position = match.end()
        if match["bare"] is not None:
            steps.append(match["bare"])
        elif match["quoted"] is not None:
            steps.append(_ESCAPE.sub(r"\1", match["quoted"]))
        elif match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            keys = tuple(key.text if isinstance(key, Token) else str(key) for key in parse(match["keys"]))
            steps.append(Filter(keys, match["single"] if match["single"] is not None else match["double"]))
    return tuple(steps)


def _pointer(path: str) -> tuple[Step, ...]:
    if re.search(r"~(?![01])", path):
        raise UsageError(
            f"path {quoted(path)} is not a JSON Pointer", code=BAD_PATH, hint="write ~0 for ~ and ~1 for / in a key"
        )
    return tuple(Token(part.replace("~1", "/").replace("~0", "~")) for part in path[1:].split("/"))


def pointer_index(token: Token) -> int | None:
    """The index of a list that a part of a JSON Pointer is, or None."""
    return int(token.text) if _POINTER_INDEX.fullmatch(token.text) else None


def show(steps: Iterable[Step]) -> str:
    """A path that `parse` reads as these steps (JSON Pointers are shown as their keys)."""
    return _show(tuple(steps))


@lru_cache(maxsize=4096)
def _show(steps: tuple[Step, ...]) -> str:
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif isinstance(step, Filter):
            mark = '"' if "'" in step.value else "'"
            text += f"[?{show(step.keys)}=={mark}{step.value}{mark}]"
        else:
            key = step.text if isinstance(step, Token) else step
            if not _BARE.fullmatch(key):
                key = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f".{key}" if text else key
    return text
