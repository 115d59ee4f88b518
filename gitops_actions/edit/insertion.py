"""Where a value that is not there yet is written: on lines of its own, or between brackets."""

from __future__ import annotations

import re
from collections import deque
from itertools import islice
from typing import NamedTuple

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from gitops_actions.edit import growth, layout, paths, places, scalars
from gitops_actions.edit.growth import Pen, Tree
from gitops_actions.edit.layout import UNKNOWN
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import CANNOT_CREATE, refusal
from gitops_actions.errors import EditRefused

_KEY_OF_LINE = re.compile(r"[ ]*(?:-[ ]+)*")
_REST_OF_ENTRY = re.compile(r"[ \t]*(,?)[ \t]*(?:[ \t]#[^\r\n]*)?(?=[\r\n])")


class Insertion(NamedTuple):
    """``texts`` in place of ``text[start:end]`` each; the value is on ``line`` (from 1) of the new text. What the node
    gets: ``key`` and its value, or without a key one item more; or it is ``replaced``."""

    texts: tuple[tuple[int, int, str], ...]
    line: int
    node: Node
    key: str | None
    tree: Tree
    replaced: bool = False


class Place(NamedTuple):
    """What is to be created, and where."""

    parsed: Parsed
    spot: Spot
    steps: tuple[Step, ...]
    key: str | None  # of a mapping; None: an item of a list
    tree: Tree
    pen: Pen
    key_style: str

    def refused(self, why: str) -> EditRefused:
        """The refusal that says why this cannot be created."""
        return refused(self.spot, self.steps, why)

    @property
    def lines(self) -> list[str]:
        """What is added to a block collection."""
        if self.key is None:
            return growth.lines([self.tree], self.pen)
        first, *rest = growth.lines({self.key: self.tree}, self.pen)
        plain = f"{scalars.render(self.key, '', flow=False)}:"
        return [f"{self._key(flow=False)}:{first[len(plain) :]}", *rest]

    @property
    def flow(self) -> str:
        """What is added to a flow collection."""
        value = growth.flow(self.tree, self.pen)
        return value if self.key is None else f"{self._key(flow=True)}: {value}"

    def _key(self, *, flow: bool) -> str:
        key = self.key or ""
        style = '"' if self.pen.json else self.key_style
        return key if style == "literal" else scalars.render(key, style, flow)


def refused(spot: Spot, steps: tuple[Step, ...], why: str, hint: str | None = None) -> EditRefused:
    """The refusal that says why there is no place for ``steps`` below a spot."""
    shown = paths.show((*spot.path, *steps))
    hint = hint or f"write {shown} once by hand"
    return refusal(CANNOT_CREATE, f"{shown} cannot be created: {why}", spot.node.start_mark, hint)


def into_block(place: Place, index: int) -> Insertion:
    """On lines of its own behind an entry of a block collection."""
    parsed, node, text = place.parsed, place.spot.node, place.parsed.text
    if not isinstance(node, CollectionNode):
        raise place.refused("there is no collection")
    column = layout.column_of(parsed, node)
    entry = next(islice(layout.entries(text, node), index, None))
    end = layout.end_of(parsed, *entry) if entry is not None else UNKNOWN
    end = layout.end_of_line(text, end) if end >= 0 else UNKNOWN
    if column < 0 or end < 0 or text.startswith("?", layout.line_start(text, node.start_mark.index) + column):
        raise place.refused("there is no simple line to put it behind")
    end = layout.behind_deeper_comments(text, end, column)
    line_end = layout.line_end(parsed)
    last = index == len(node.value) - 1
    spaced = last and layout.is_spaced(parsed, node)
    spaced = spaced and entry is not None and not layout.keeps_blank_lines(parsed, *entry)
    written = (line_end if spaced else "") + "".join(line_end + " " * column + line for line in place.lines)
    line = _line(text, end) + spaced + len(place.lines)
    return Insertion(((end, end, written),), line, node, place.key, place.tree)


def _line(text: str, position: int) -> int:
    """The line of a position, from 1."""
    return text.count("\n", 0, position) + text.count("\r", 0, position) - text.count("\r\n", 0, position) + 1


def into_flow(place: Place) -> Insertion:
    """Behind the last entry of a flow collection."""
    parsed, node = place.parsed, place.spot.node
    text, close = parsed.text, node.end_mark.index
    if not isinstance(node, CollectionNode):
        raise place.refused("there is no collection")
    opening = node.start_mark.index + len(places.properties(parsed, node))
    (entry,) = deque(layout.entries(text, node), maxlen=1)
    end = layout.end_of(parsed, *entry, flow=True) if entry is not None else UNKNOWN
    if (
        text[opening : opening + 1] not in ("{", "[")
        or text[close - 1 : close] not in ("}", "]")
        or not opening < end < close
    ):
        raise place.refused("there is no simple place to put it")
    colon = text[end - 1] == ":"  # nothing, which needs a space behind it
    blank = " " if colon and not text.startswith((" ", "\t"), end) else ""
    end += colon and not blank
    parts = node.value[-1] if isinstance(node, MappingNode) else (node.value[-1],)
    start = parts[0].start_mark.index
    begin = layout.line_start(text, start)
    rest = _REST_OF_ENTRY.match(text, end)
    line_end = layout.line_end(parsed)
    if rest and start > begin and not text[begin:start].strip(" \t"):  # entries on lines of their own
        new = line_end + text[begin:start] + place.flow + rest[1]
        comma = () if rest[1] else ((end, end, f"{blank},"),)
        texts = (*comma, (rest.end(), rest.end(), new))
        return Insertion(texts, _line(text, rest.end()) + 1, node, place.key, place.tree)
    return Insertion(((end, end, f"{blank}, {place.flow}"),), _line(text, end), node, place.key, place.tree)


def into_empty(place: Place) -> Insertion:
    """Into ``{}``, ``[]``, a null, or where there is nothing at all."""
    parsed, spot = place.parsed, place.spot
    text, node = parsed.text, spot.node
    start, end = node.start_mark.index, node.end_mark.index
    properties = places.properties(parsed, node)
    replaced = isinstance(node, ScalarNode)
    start += len(properties)
    if properties and start >= end:
        raise place.refused("it has an anchor or a tag, and no value")
    if not spot.path and replaced and node.start_mark.index == node.end_mark.index:
        return into_nothing(place, start)
    if start == end:
        start = end = layout.behind_indicator(text, end, flow=spot.flow)
        if start < 0:
            raise place.refused("there is no simple place to put it")
    elif isinstance(node, CollectionNode) and text[start + 1 : end - 1].strip(" "):
        raise place.refused("what is empty there holds a comment, or goes over several lines")
    if spot.flow:
        written = place.flow
        written = (
            (f"[{written}]" if place.key is None else f"{{{written}}}")
            if replaced
            else text[start] + written + text[end - 1]
        )
        if text[start - 1 : start] == ":":
            written = f" {written}"
        return _insertion(place, ((start, end, written),), _line(text, start), replaced=replaced)
    return _below_key(place, start, end, replaced=replaced)


def _insertion(place: Place, texts: tuple[tuple[int, int, str], ...], line: int, *, replaced: bool) -> Insertion:
    node = place.spot.node
    if not replaced:
        return Insertion(texts, line, node, place.key, place.tree)
    tree: Tree = [place.tree] if place.key is None else {place.key: place.tree}
    return Insertion(texts, line, node, None, tree, replaced=True)


def _below_key(place: Place, start: int, end: int, *, replaced: bool) -> Insertion:
    """In place of the empty value ``text[start:end]`` in block style: below its key, or right behind its "-"."""
    text = place.parsed.text
    before = text[layout.line_start(text, start) : start]
    head = before.rstrip(" ")
    rest = layout.end_of_line(text, end)
    home = _KEY_OF_LINE.match(before)
    if rest < 0 or home is None or before.startswith("\t", home.end()) or head.lstrip(" -?") == ":":
        raise place.refused("there is no simple line to put it on")
    line_end = layout.line_end(place.parsed)
    first, *more = place.lines
    properties = places.properties(place.parsed, place.spot.node)
    if head.endswith(":") or head == "---" or properties:
        column = home.end()
        if head.endswith(":") or before[column:] != properties:
            column += place.pen.list_width if place.key is None else place.pen.width
        if not place.spot.path:
            column = 0
        more = [first, *more]
        patch = (len(before.rstrip(" ")) - len(before) + start, end, "")
    else:
        column = len(before) + (before == head != "")
        patch = (start, end, " " * (column - len(before)) + first)
    below = "".join(line_end + " " * column + line for line in more)
    texts = tuple(text_ for text_ in (patch, (rest, rest, below)) if text_[2] or text_[0] < text_[1])
    return _insertion(place, texts, _line(text, start) + len(more), replaced=replaced)


def into_nothing(place: Place, end: int) -> Insertion:
    """Into a document that has nothing but comments, which stay above; the marks of its root are at what follows."""
    text, line_end = place.parsed.text, layout.line_end(place.parsed)
    while end and text[end - 1].isspace():
        end -= 1
    written = line_end.join(place.lines)
    written = f"{line_end}{written}" if end else written + ("" if text else line_end)
    line = _line(text, end) + len(place.lines) - (not end)
    return _insertion(place, ((end, end, written),), line, replaced=True)
