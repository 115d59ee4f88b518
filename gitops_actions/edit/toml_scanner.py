"""The places in a TOML text (https://toml.io/en/v1.0.0).

The scanner takes every TOML 1.0 text, and some more: it need not be strict, because ``tomllib`` reads each text too,
before and after an edit (`toml_nodes`).
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit.marks import Mark
from gitops_actions.edit.parsers import MAX_DEPTH
from gitops_actions.edit.refusals import DUPLICATE, NOT_TOML, TOO_MUCH, quoted, refusal
from gitops_actions.errors import EditRefused

HINT = "mend the file; what is not TOML can be edited by kind text"
# Where the messages of ``tomllib`` say it.
PLACE = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)$")

_SPACE = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*+")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n|\Z)")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
# Up to two quotes may stand before the closing three.
_STRINGS = {
    '"""': re.compile(r'"""(?s:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}'),
    "'''": re.compile(r"'''(?:[^']|'{1,2}(?!'))*+'{3,5}"),
    '"': re.compile(r'"(?:[^"\\\n]|\\.)*+"'),
    "'": re.compile(r"'[^'\n]*'"),
}
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[^\s,\]}#]*")
_WORD = re.compile(r"""[^\s,\]}#=\[{"']+""")


class Line(NamedTuple):
    """Where a ``key = value`` stands: its first part, its last part, the end of the key, and the value."""

    start: int
    last: int
    end: int
    value: int
    value_end: int


class Scanner:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._children: dict[int, dict[str, Node]] = {}
        self.lines: dict[int, Line] = {}
        self.headers: dict[int, int] = {}
        self.root = self._table(0)

    def scan(self) -> None:
        """Fill `root`."""
        table: MappingNode = self.root
        position = self._behind(_GAP, 0)
        while position < len(self._text):
            if self._text[position] == "[":
                table, position = self._header(position)
            else:
                position = self._pair(table, position, depth=1)
            position = self._behind(_REST_OF_LINE, position, "a line end")
            position = self._behind(_GAP, position)

    def _behind(self, pattern: re.Pattern[str], position: int, wanted: str = "") -> int:
        match = pattern.match(self._text, position)
        if match is None:
            raise self._refused(position, f"expected {wanted}")
        return match.end()

    def _refused(self, position: int, problem: str) -> EditRefused:
        return refusal(NOT_TOML, f"this is not TOML: {problem}", self._mark(position), HINT)

    def _mark(self, index: int) -> Any:
        return Mark(self._text, index)

    def _table(self, index: int, *, inline: bool = False) -> MappingNode:
        node = MappingNode("", [], self._mark(index), self._mark(index), flow_style=inline)
        self._children[id(node)] = {}
        return node

    def _key(self, position: int) -> list[ScalarNode]:
        """The parts of a key."""
        parts: list[ScalarNode] = []
        while True:
            if self._text[position : position + 1] in ('"', "'"):
                parts.append(self._string(position, self._text[position]))
            else:
                end = self._behind(_BARE_KEY, position, "a key")
                parts.append(self._scalar(position, end, self._text[position:end], None))
            if len(parts) > MAX_DEPTH:
                raise self._too_deep(position)
            dot = _DOT.match(self._text, parts[-1].end_mark.index)
            if dot is None:
                return parts
            position = dot.end()

    def _too_deep(self, position: int) -> EditRefused:
        message = f"the file is nested more than {MAX_DEPTH} levels deep"
        return refusal(TOO_MUCH, message, self._mark(position), "split the file")

    def _header(self, position: int) -> tuple[MappingNode, int]:
        """``[a.b]`` or ``[[a.b]]``: its table, and where it ends."""
        brackets = 2 if self._text.startswith("[[", position) else 1
        parts = self._key(self._behind(_SPACE, position + brackets))
        end = self._behind(_SPACE, parts[-1].end_mark.index)
        if not self._text.startswith("]" * brackets, end):
            raise self._refused(end, f"expected {']' * brackets}")
        end += brackets
        parent = self.root
        for part in parts[:-1]:
            parent = self._into(parent, part)
        last = parts[-1]
        if brackets == 2:
            tables = self._children[id(parent)].get(last.value)
            if tables is None:
                tables = SequenceNode("", [], last.end_mark, last.end_mark, flow_style=False)
                self._put(parent, last, tables)
            if not isinstance(tables, SequenceNode) or tables.flow_style:
                raise self._twice(parent, last)
            table = self._table(end)
            tables.value.append(table)
        else:
            table = self._into(parent, last, end)
        self.headers[id(table)] = end
        return table, end

    def _into(self, parent: MappingNode, part: ScalarNode, end: int | None = None) -> MappingNode:
        """The table of a key; of an array of tables the last one. A new one, if there is none."""
        node = self._children[id(parent)].get(part.value)
        if isinstance(node, SequenceNode) and not node.flow_style and end is None:
            node = node.value[-1]
        if node is None:
            node = self._table(part.end_mark.index if end is None else end)
            self._put(parent, part, node)
        if not isinstance(node, MappingNode) or node.flow_style:
            raise self._twice(parent, part)
        return node

    def _put(self, parent: MappingNode, part: ScalarNode, node: Node) -> None:
        if part.value in self._children[id(parent)]:
            raise self._twice(parent, part)
        self._children[id(parent)][part.value] = node
        parent.value.append((part, node))

    def _twice(self, parent: MappingNode, part: ScalarNode) -> EditRefused:
        first = next(name for name, _ in parent.value if name.value == part.value)
        message = f"the key {quoted(part.value)} is there twice: on lines {first.start_mark.line + 1} and "
        message += str(part.start_mark.line + 1)
        return refusal(DUPLICATE, message, part.start_mark, "remove one of them")

    def _pair(self, table: MappingNode, position: int, depth: int) -> int:
        """``a.b = value`` in a table; where it ends."""
        parts = self._key(position)
        parent = table
        for part in parts[:-1]:
            parent = self._into(parent, part)
        start = self._behind(_EQUALS, parts[-1].end_mark.index, "=")
        value = self._value(start, depth)
        self._put(parent, parts[-1], value)
        end: int = value.end_mark.index
        for owner, last in ((table, parts[0]), (parent, parts[-1])):
            first = parts[0].start_mark.index
            self.lines[id(owner)] = Line(first, last.start_mark.index, parts[-1].end_mark.index, start, end)
        return end

    def _value(self, position: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._too_deep(position)
        char = self._text[position : position + 1]
        if char == "[":
            return self._array(position, depth)
        if char == "{":
            return self._inline_table(position, depth)
        if char and char in "\"'":
            quotes = char * 3
            return self._string(position, quotes if self._text.startswith(quotes, position) else char)
        date = _DATE_TIME.match(self._text, position)
        end = date.end() if date else self._behind(_WORD, position, "a value")
        return self._scalar(position, end, self._text[position:end], None)

    def _array(self, position: int, depth: int) -> Node:
        items: list[Node] = []
        end = self._behind(_GAP, position + 1)
        while not self._text.startswith("]", end):
            items.append(self._value(end, depth + 1))
            end = self._behind(_GAP, self._behind_comma(items[-1].end_mark.index, "]"))
        return SequenceNode("", items, self._mark(position), self._mark(end + 1), flow_style=True)

    def _inline_table(self, position: int, depth: int) -> Node:
        node = self._table(position, inline=True)
        node.flow_style = False  # while it is written
        end = self._behind(_GAP, position + 1)
        while not self._text.startswith("}", end):
            end = self._pair(node, end, depth + 1)
            end = self._behind(_GAP, self._behind_comma(end, "}"))
        node.flow_style, node.end_mark = True, self._mark(end + 1)
        return node

    def _behind_comma(self, position: int, close: str) -> int:
        """Behind the comma, or at the closing bracket."""
        position = self._behind(_GAP, position)
        if self._text.startswith(",", position):
            return position + 1
        if self._text.startswith(close, position):
            return position
        raise self._refused(position, f"expected a comma or {close}")

    def _string(self, position: int, quotes: str) -> ScalarNode:
        end = self._behind(_STRINGS[quotes], position, "the end of a string")
        text = self._text[position:end]
        value = text[len(quotes) : -len(quotes)]
        if "\\" in value or len(quotes) == 3:
            try:
                value = tomllib.loads(f"x={text}")["x"]
            except ValueError as error:
                raise self._refused(position, PLACE.sub("", str(error)).lower()) from None
        return self._scalar(position, end, value, quotes)

    def _scalar(self, start: int, end: int, value: str, style: str | None) -> ScalarNode:
        return ScalarNode("", value, self._mark(start), self._mark(end), style=style)
