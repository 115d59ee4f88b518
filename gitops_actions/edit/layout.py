"""How a file is laid out: where the text of a node ends, and the habits of its author."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import nodes
from gitops_actions.edit.growth import Pen
from gitops_actions.edit.nodes import Parsed

UNKNOWN = -1

LINE_END = re.compile(r"\r\n|[\r\n]")
_REST_OF_LINE = re.compile(r"[ \t]*(?:[ \t]#[^\r\n]*)?(?=[\r\n]|\Z)")
_BLANK_OR_COMMENT = re.compile(r"(?:\r\n|[\r\n])([ \t]*)(#[^\r\n]*)?(?=[\r\n]|\Z)")
_ALIAS = re.compile(r"(?:[\s:?,-]|#[^\r\n]*)*\*[^\s,\[\]{}]+")
_COMMENT = re.compile(r"[ \t]+#")
_BLOCK_HEADER = re.compile(r"(?<!\S)[|>][0-9]?([-+]?)[0-9]?(?!\S)")
_FIRST_DASH = re.compile(r"(?:[&!]\S*+(?:\s|#[^\r\n]*+)*+)+(-)")
_BLANK_LINE = re.compile(r"(?:\r\n|[\r\n])[ \t]*(?=[\r\n])")
_ENOUGH = 5000  # nodes that are looked at to learn how a file is indented


def line_end(parsed: Parsed) -> str:
    """The first line end of a file."""
    match = LINE_END.search(parsed.text)
    return match[0] if match else "\n"


def line_start(text: str, position: int) -> int:
    """Where the line of a position starts."""
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def end_of_line(text: str, position: int) -> int:
    """Where a line ends of which at most a comment is left, else UNKNOWN."""
    match = _REST_OF_LINE.match(text, position)
    return match.end() if match else UNKNOWN


def behind_deeper_comments(text: str, position: int, column: int) -> int:
    """The end of the last comment line behind a line end that is indented more than ``column``: it belongs to what is
    above."""
    end = position
    while match := _BLANK_OR_COMMENT.match(text, position):
        position = match.end()
        if match[2] is not None:
            if len(match[1]) <= column:
                break
            end = position
    return end


def behind_indicator(text: str, end: int, *, flow: bool) -> int:
    """The place behind the ":" or "-" of an empty value, from which the marks of the parsers stray (between brackets,
    to other lines), else UNKNOWN: between brackets, where a comment follows, which one parser takes for more."""
    position = end
    while text[position - 1 : position] in (" ", "\t", "\r", "\n") and position:
        position -= 1
    if text[position - 1 : position] not in (":", "-"):
        return UNKNOWN
    if flow and _COMMENT.match(text, position):
        return UNKNOWN
    same_line = line_start(text, end) <= position
    return position if same_line or "#" not in text[line_start(text, position) : position] else UNKNOWN


def end_of(parsed: Parsed, node: Node, floor: int, *, flow: bool = False) -> int:
    """Where the text of a node ends that stands behind ``floor``; UNKNOWN where that is not plain to see.

    The parsers' own end of a block collection is the start of what comes next.
    """
    text = parsed.text
    last, floor = _last(text, node, floor)
    if last is None:
        return UNKNOWN
    if last.start_mark.index < floor:
        match = _ALIAS.match(text, floor)
        return match.end() if match else UNKNOWN
    if isinstance(last, ScalarNode):
        if last.style in ("|", ">"):
            return _end_of_block(text, last)
        if last.start_mark.index == last.end_mark.index and not last.style:
            return behind_indicator(text, last.end_mark.index, flow=flow)
    return int(last.end_mark.index)


def keeps_blank_lines(parsed: Parsed, node: Node, floor: int) -> bool:
    """Whether a node ends in a block scalar to which blank lines behind it belong."""
    text = parsed.text
    last, floor = _last(text, node, floor)
    if not isinstance(last, ScalarNode) or last.style not in ("|", ">") or last.start_mark.index < floor:
        return False
    return _chomping(text, last) == "+"


def _last(text: str, node: Node, floor: int) -> tuple[Node | None, int]:
    """The last scalar, flow collection or alias in a node, and a place behind which it stands."""
    while node.start_mark.index >= floor and isinstance(node, CollectionNode) and not node.flow_style and node.value:
        (last,) = deque(entries(text, node), maxlen=1)
        if last is None:
            return None, floor
        node, floor = last
    return node, floor


def entries(text: str, node: CollectionNode) -> Iterator[tuple[Node, int] | None]:
    """The values of a collection, each with a place behind which it stands; None for one whose key is an alias."""
    position = node.start_mark.index
    for entry in node.value:
        name, value = entry if isinstance(node, MappingNode) else (None, entry)
        if name is not None:
            alias = name.start_mark.index < position
            position = _behind_alias(text, position) if alias else name.end_mark.index
            yield None if alias else (value, position)
        else:
            yield value, position
        alias = value.start_mark.index < position
        position = _behind_alias(text, position) if alias else value.end_mark.index


def _behind_alias(text: str, position: int) -> int:
    match = _ALIAS.match(text, position)
    return match.end() if match else position


def _end_of_block(text: str, node: ScalarNode) -> int:
    start, end = node.start_mark.index, node.end_mark.index
    chomping = _chomping(text, node)
    if chomping != "-" and not text.endswith(("\n", "\r"), 0, end):
        return UNKNOWN  # at the end of the file: one line end more would be part of it
    if chomping == "+":  # blank lines at the end are part of it
        return end - (2 if text.endswith("\r\n", 0, end) else 1)
    return start + len(text[start:end].rstrip("\r\n"))


def _chomping(text: str, node: ScalarNode) -> str:
    header = _BLOCK_HEADER.search(text, node.start_mark.index)
    return header[1] if header else ""


def is_spaced(parsed: Parsed, node: CollectionNode) -> bool:
    """Whether there are blank lines between all entries of a block collection."""
    found = deque(entries(parsed.text, node), maxlen=6)
    starts = [(e[0] if isinstance(node, MappingNode) else e).start_mark.index for e in node.value[-6:]]
    gaps = []
    for entry, following in zip(found, starts[1:], strict=False):
        end = end_of(parsed, *entry) if entry is not None else UNKNOWN
        gaps.append(end >= 0 and _BLANK_LINE.search(parsed.text, end, max(end, following)) is not None)
    return bool(gaps) and all(gaps)


def column_of(parsed: Parsed, node: CollectionNode) -> int:
    """The column of the keys or dashes of a block collection; UNKNOWN where that is not plain to see."""
    text = parsed.text
    start = node.start_mark.index
    if text[start : start + 1] not in ("&", "!"):
        return int(node.start_mark.column)
    if isinstance(node, MappingNode):
        name = node.value[0][0]
        before = text[line_start(text, name.start_mark.index) : name.start_mark.index]
        return UNKNOWN if before.strip(" -") else int(name.start_mark.column)
    dash = _FIRST_DASH.match(text, start)
    return dash.start(1) - line_start(text, dash.start(1)) if dash else UNKNOWN


def pen(parsed: Parsed, node: Node) -> Pen:
    """How the author of a file indents, by what is most frequent in a node, else in all of the file."""
    near = _habits(parsed, [node])
    far = near if all(near) else _habits(parsed, parsed.roots)
    width, list_width, gap = (one.most_common(1) or other.most_common(1) for one, other in zip(near, far, strict=True))
    usual = width[0][0] if width else 2
    return Pen(usual, list_width[0][0] if list_width else usual, gap[0][0] if gap else 1)


Habits = tuple[Counter[int], Counter[int], Counter[int]]


def _habits(parsed: Parsed, roots: Iterable[Node]) -> Habits:
    """How often mappings and lists are indented by how much below their key, and the spaces behind a "-"."""
    habits = Counter[int](), Counter[int](), Counter[int]()
    left = _ENOUGH
    for root in roots:
        left -= _add_habits(parsed, root, habits, left)
        if left <= 0:
            break
    return habits


def _add_habits(parsed: Parsed, root: Node, habits: Habits, most: int) -> int:
    """The same of one document; how many nodes have been looked at, which are at most so many."""
    width, list_width, gap = habits
    seen: set[int] = set()
    todo = [root]
    while todo and len(seen) < most:
        node = todo.pop()
        if not isinstance(node, CollectionNode) or node.flow_style or id(node) in seen:
            continue
        seen.add(id(node))
        is_list = isinstance(node, SequenceNode)
        pairs = [(node, item) for item in node.value[:_ENOUGH]] if is_list else node.value[:_ENOUGH]
        for name, value in pairs:
            if not isinstance(value, CollectionNode) or value.flow_style:
                continue
            if parsed.text.startswith(("&", "!"), value.start_mark.index):
                continue
            further = value.start_mark.column - name.start_mark.column
            if is_list:
                if value.start_mark.line == _line_of_dash(parsed, name, value) and further > 1:
                    gap[further - 1] += 1
            elif name.start_mark.line < value.start_mark.line and further >= isinstance(value, MappingNode):
                (list_width if isinstance(value, SequenceNode) else width)[further] += 1
        todo += reversed([value for _, value in pairs])
    return len(seen)


def _line_of_dash(parsed: Parsed, node: Node, item: Node) -> int:
    """The line of an item whose "-" stands in the same line, else UNKNOWN."""
    dash = item.start_mark.index - item.start_mark.column + node.start_mark.column
    return int(item.start_mark.line) if parsed.text[dash : dash + 1] == "-" else UNKNOWN


def is_nothing(node: Node) -> bool:
    """Whether a node is empty, or a plain null."""
    return nodes.is_plain_scalar(node) and node.value in ("", "~", "null", "Null", "NULL")
