"""JSON text (https://www.rfc-editor.org/rfc/rfc8259) as the nodes of `places` and `leaves`.

The standard library says whether the text is JSON, and what is in it, but not where. So a second, simpler look finds
the places: one pass pairs the brackets, and a mapping or list is cut into its parts when somebody walks into it. It
need not be strict, because the text is JSON by then, and because each edit is read back by the standard library.
"""

from __future__ import annotations

import json
import re
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit.marks import Mark
from gitops_actions.edit.nodes import Parsed, refuse_encrypted
from gitops_actions.edit.parsers import MAX_DEPTH
from gitops_actions.edit.refusals import NOT_JSON, TOO_MUCH, refusal
from gitops_actions.edit.source import MAX_BYTES, conflict, without_bom
from gitops_actions.errors import EditRefused

# Twice what is in a file, before and after an edit, stays below 400 MiB: a key with its value takes up to 300 bytes.
MAX_PARTS = 1_150_000

# An unfinished string ends with the text: each character is met once, whatever the text.
_BRACKET_OR_STRING = re.compile(r'(?s:"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))|[\[\]{}]')
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_CONSTANT_OR_STRING = re.compile(_STRING.pattern + "|NaN|-?Infinity")
_TRAILING_COMMA = re.compile(r",[ \t\n\r]*[\]}]")
_WORD = re.compile(r"[^\s,\]}]+")
_SPACE = re.compile(r"[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")


def load(text: str) -> Any:
    """What is in a text: objects as tuples of pairs (so that no duplicate key is lost), and numbers as their own text.

    Raises ValueError or RecursionError where it is not JSON.
    """
    return json.loads(text, object_pairs_hook=tuple, parse_int=number, parse_float=number, parse_constant=_no_constant)


def number(text: str) -> tuple[str, str]:
    """A number as `load` gives it: no float, no rounding, and never equal to a string or an object."""
    return "number", text


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def parse(text: str) -> tuple[Parsed, Any]:
    """The nodes of a text, and what is in it.

    Raises EditRefused where it is not JSON, too large (10 MiB, `MAX_PARTS`) or too deep (100 levels), or encrypted with
    SOPS.
    """
    bom, text = without_bom(text)
    if len(text) > MAX_BYTES:
        raise refusal(TOO_MUCH, f"the file is larger than {MAX_BYTES} bytes", None, "put the value into a small file")
    if _parts(text) > MAX_PARTS and _parts(_BRACKET_OR_STRING.sub(_bracket, text)) > MAX_PARTS:
        message = f"the file has more than {MAX_PARTS:,} keys, values and brackets"
        raise refusal(TOO_MUCH, message, None, "put the value into a small file")
    document = _Document(text, _ends(text))
    try:
        data = load(text)
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except ValueError as error:  # NaN, Infinity, -Infinity
        mark = next(Mark(text, found.start()) for found in _CONSTANT_OR_STRING.finditer(text) if found[0][0] != '"')
        raise refusal(
            NOT_JSON, f"this is not JSON: {error} is no number in JSON", mark, "write null or a string"
        ) from None
    root = document.node(_SPACE.match(text).end())  # type: ignore[union-attr]
    if "sops" in text:
        refuse_encrypted(root)
    return Parsed(text, bom, (root,)), data


def _parts(text: str) -> int:
    """As many keys, values, mappings and lists as a text without strings may have."""
    return sum(text.count(sign) for sign in ",:[{")


def _bracket(match: re.Match[str]) -> str:
    return match[0] if match[0] in "[{" else ""


def _ends(text: str) -> dict[int, int]:
    """Where each mapping and list ends, by where it starts."""
    ends: dict[int, int] = {}
    stack: list[int] = []
    for match in _BRACKET_OR_STRING.finditer(text):
        char = text[match.start()]
        if char in "[{":
            stack.append(match.start())
            if len(stack) > MAX_DEPTH:
                message = f"the file is nested more than {MAX_DEPTH} levels deep"
                raise refusal(TOO_MUCH, message, Mark(text, match.start()), "split the file")
        elif char != '"' and stack:
            ends[stack.pop()] = match.end()
    return ends


def _not_json(text: str, error: json.JSONDecodeError) -> EditRefused:
    comma = text.rfind(",", 0, error.pos + 1)
    if comma >= 0 and _TRAILING_COMMA.match(text, comma):  # Python 3.13 says so itself, and in another place
        hint = "take the comma out, or use kind text"
        return refusal(NOT_JSON, "this is not JSON: a comma before a closing bracket", Mark(text, comma), hint)
    hint = conflict(text) or "mend the file; what is not JSON can be edited by kind text"
    if text.startswith(("//", "/*", "#"), error.pos):
        hint = "JSON has no comments: take them out, or use kind text"
    problem = error.msg.removesuffix(" at").removesuffix(" starting")
    message = f"this is not JSON: {problem[:1].lower()}{problem[1:]}"
    return refusal(NOT_JSON, message, Mark(text, error.pos), hint)


class _Document:
    """A JSON text that is cut into nodes as they are asked for."""

    def __init__(self, text: str, ends: dict[int, int]) -> None:
        self._text = text
        self._ends = ends

    def node(self, start: int) -> Node:
        """The value that starts here."""
        char = self._text[start]
        if char == "{":
            return _Object(self, start, self._ends[start])
        if char == "[":
            return _Array(self, start, self._ends[start])
        return self._scalar(start)

    def _scalar(self, start: int) -> ScalarNode:
        quoted = self._text[start] == '"'
        end = _behind(_STRING if quoted else _WORD, self._text, start)
        value = self._text[start:end]
        if quoted:
            value = json.loads(value) if "\\" in value else value[1:-1]
        mark, behind = Mark(self._text, start), Mark(self._text, end)
        return ScalarNode("", value, mark, behind, '"' if quoted else None)  # type: ignore[arg-type]

    def mark(self, index: int) -> Any:
        return Mark(self._text, index)

    def pairs(self, start: int, end: int) -> list[tuple[Node, Node]]:
        """The keys and values of an object."""
        found: list[tuple[Node, Node]] = []
        position = _behind(_SPACE, self._text, start + 1)
        while position < end - 1:
            key = self._scalar(position)
            value = self.node(_behind(_COLON, self._text, key.end_mark.index))
            found.append((key, value))
            position = _behind(_COMMA, self._text, value.end_mark.index)
        return found

    def items(self, start: int, end: int) -> list[Node]:
        """The items of an array."""
        found: list[Node] = []
        position = _behind(_SPACE, self._text, start + 1)
        while position < end - 1:
            found.append(self.node(position))
            position = _behind(_COMMA, self._text, found[-1].end_mark.index)
        return found


def _behind(pattern: re.Pattern[str], text: str, position: int) -> int:
    return pattern.match(text, position).end()  # type: ignore[union-attr]  # the text is JSON


class _Object(MappingNode):
    """An object; its pairs are read whenever they are asked for: nobody asks often, and most are soon forgotten."""

    def __init__(self, document: _Document, start: int, end: int) -> None:
        self.tag, self.flow_style = "", True
        self.start_mark, self.end_mark = document.mark(start), document.mark(end)
        self._document = document

    @property
    def value(self) -> list[tuple[Node, Node]]:
        return self._document.pairs(self.start_mark.index, self.end_mark.index)


class _Array(SequenceNode):
    """An array; its items are read whenever they are asked for."""

    def __init__(self, document: _Document, start: int, end: int) -> None:
        self.tag, self.flow_style = "", True
        self.start_mark, self.end_mark = document.mark(start), document.mark(end)
        self._document = document

    @property
    def value(self) -> list[Node]:
        return self._document.items(self.start_mark.index, self.end_mark.index)
