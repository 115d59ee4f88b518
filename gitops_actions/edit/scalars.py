"""A string as YAML text that every reader takes for that string.

YAML 1.1 (https://yaml.org/type/), YAML 1.2 (https://yaml.org/spec/1.2.2/#1032-tag-resolution) and the readers in use
disagree on which plain texts are numbers, booleans, times or nothing. What one of them could take for anything but a
string gets quotes.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Literal

from gitops_actions.edit.refusals import BAD_SPEC, quoted
from gitops_actions.errors import UsageError

Typed = Literal["string", "auto", "json"]

# Wider than any one specification: Go's yaml.v2/v3 drop every "_" before they look for a number, Ruby's Psych "," too,
# and `y` and `n` are booleans in YAML 1.1 though not in PyYAML.
_NUMBER = re.compile(
    r"[-+]?(?:0x[0-9a-f]*|0o?[0-7]+|0b[01]*|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]*)?|[0-9]+(?::[0-9]+)+(?:\.[0-9]*)?"
    r"|\.inf|\.nan)",
    re.IGNORECASE,
)
_TIME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?")
_WORDS = frozenset(("", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<"))
# First and later characters of a plain text that no reader mistakes for syntax; narrower than the specification allows.
_PLAIN = re.compile(r"[A-Za-z0-9_./$(^+=<~](?:[^\s,\[\]{}\"'`#]| (?=[^\s#:]))*")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_BOOLEANS = ("true", "false")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@lru_cache(maxsize=1024)
def is_ambiguous(value: str) -> bool:
    """Whether some reader takes a plain text for a number, boolean, time or nothing."""
    if value.lower() in _WORDS or _TIME.fullmatch(value):
        return True
    return _NUMBER.fullmatch(value.replace("_", "").replace(",", "")) is not None


@lru_cache(maxsize=1024)
def is_plain(value: str, flow: bool) -> bool:
    """Whether a string may be written without quotes."""
    if not _PLAIN.fullmatch(value) or not value.isprintable() or is_ambiguous(value):
        return False
    return not (
        ": " in value
        or value.endswith(":")
        or value.startswith(("---", "..."))
        or (flow and (":" in value or "?" in value))
    )


def render(value: str, style: str, flow: bool) -> str:
    """The text of a string in a style: ``""`` (plain where that is safe, else double quotes), ``'`` or ``"``.

    Raises UsageError for half a surrogate pair, which no file can hold.
    """
    if not style and is_plain(value, flow):
        return value
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise UsageError(f"{quoted(value)} is not valid Unicode", code=BAD_SPEC, hint="write it as UTF-8")
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in value) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # \u is JSON too, \x is not


def is_block_line(value: str) -> bool:
    """Whether a string may be the one line of a block scalar that is stripped of its last line end."""
    return bool(value) and value.isprintable() and value == value.strip()


def is_literal(old: str, new: str) -> bool:
    """Whether a plain ``old`` and ``new`` are of the same type: both a decimal integer, or both a boolean."""
    if _INTEGER.fullmatch(old):
        return _INTEGER.fullmatch(new) is not None
    return old in _BOOLEANS and new in _BOOLEANS


def from_json(text: str) -> tuple[str, bool]:
    """A JSON scalar as ``(text, literal)``: a string, or the text of a number, boolean or null that is to stand plain.

    Raises UsageError for anything else.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant)
        literal = json.dumps(value, allow_nan=False)  # a number that is too large has become infinite
    except (ValueError, RecursionError):
        value, literal = [], ""
    if isinstance(value, dict | list):
        raise UsageError(
            f"{quoted(text)} is not a JSON string, number, boolean or null",
            code=BAD_SPEC,
            hint='strings need quotes: "x"',
        )
    if isinstance(value, str):
        return value, False
    if isinstance(value, float):
        # A float without a point is a string to YAML 1.1.
        mantissa, e, exponent = literal.partition("e")
        literal = mantissa + (".0" if e and "." not in mantissa else "") + e + exponent
    return literal, True


def _no_constant(name: str) -> float:
    raise ValueError(name)
