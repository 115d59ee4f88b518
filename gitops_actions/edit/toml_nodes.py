"""TOML text (https://toml.io/en/v1.0.0) as the nodes of `places` and `leaves`.

The standard library says whether the text is TOML, and what is in it, but not where. So a scanner of our own finds the
places. It need not be strict, because ``tomllib`` reads each text too, before and after an edit.
"""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple

from gitops_actions.edit.nodes import Parsed, refuse_encrypted
from gitops_actions.edit.refusals import NOT_TOML, TOO_MUCH, refusal
from gitops_actions.edit.source import conflict, without_bom
from gitops_actions.edit.toml_scanner import HINT, PLACE, Line, Scanner
from gitops_actions.errors import EditRefused

# ``tomllib`` is slow: 2 MB a second, and it reads each text twice.
MAX_CHARACTERS = 1024 * 1024


class Toml(NamedTuple):
    """A text as nodes and as data. By the id of a table's node: its last line, and where its header ends."""

    parsed: Parsed
    data: Any
    lines: dict[int, Line]
    headers: dict[int, int]


def load(text: str) -> Any:
    """What is in a text; floats as their own text. Raises ValueError or RecursionError where it is not TOML."""
    return tomllib.loads(text, parse_float=number)


def number(text: str) -> tuple[str, str]:
    """A float as `load` gives it: no rounding, and equal to itself where it is nan."""
    return "float", text


def parse(text: str) -> Toml:
    """The nodes of a text, and what is in it.

    Raises EditRefused where it is not TOML, too large (1 MiB) or too deep (100 levels), has a duplicate key, or is
    encrypted with SOPS.
    """
    bom, text = without_bom(text)
    if len(text) > MAX_CHARACTERS:
        message = f"the file has more than {MAX_CHARACTERS} characters"
        raise refusal(TOO_MUCH, message, None, "put the value into a small file")
    scanner = Scanner(text)
    try:
        scanner.scan()
    except EditRefused as error:
        error.hint = conflict(text) or error.hint
        raise
    try:
        data = load(text)
    except ValueError as error:
        raise _not_toml(str(error)) from None
    if "sops" in text:
        refuse_encrypted(scanner.root)
    return Toml(Parsed(text, bom, (scanner.root,)), data, scanner.lines, scanner.headers)


def _not_toml(problem: str) -> EditRefused:
    place = PLACE.search(problem)
    line, column = (int(place[1]), int(place[2])) if place and place[1] else (None, None)
    problem = PLACE.sub("", problem)
    message = f"this is not TOML: {problem[:1].lower()}{problem[1:]}"
    return EditRefused(message, code=NOT_TOML, line=line, column=column, hint=HINT)
