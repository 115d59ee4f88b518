"""Where a new key or item of a JSON file goes, and how it looks: as its neighbours do."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from gitops_actions.edit.growth import Text, Tree
from gitops_actions.edit.layout import line_end, line_start
from gitops_actions.edit.marks import LINE_END
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import BAD_SPEC, quoted
from gitops_actions.edit.swap import Patch
from gitops_actions.errors import UsageError

SURROGATE = re.compile(r"[\ud800-\udfff]")
_SPACED_COLON = re.compile(r'":\s')
_MARGIN = re.compile(r"[ \t]*")
_CLOSING = "]} \t\r\n"


class Look(NamedTuple):
    """How what is new is written: over several lines, of which the first is indented by ``margin``, or (None) on one
    line, with ``pad`` inside the brackets."""

    colon: str
    comma: str
    line_end: str
    unit: str
    margin: str | None
    pad: str = ""


def scalar(value: Text) -> str:
    """A value as JSON text. Raises UsageError for half a surrogate pair, which no file can hold."""
    text = value.value
    if value.literal:
        return text
    if SURROGATE.search(text):
        raise UsageError(f"{quoted(text)} is not valid Unicode", code=BAD_SPEC, hint="write it as UTF-8")
    as_it_is = (char.isprintable() and char not in '"\\' for char in text)
    return f'"{"".join(c if ok else json.dumps(c)[1:-1] for c, ok in zip(text, as_it_is, strict=True))}"'


def addition(parsed: Parsed, spot: Spot, key: str | None, tree: Tree) -> tuple[Patch, int]:
    """What puts a tree (with its key where ``spot`` is to be a mapping) behind the last part of a spot, or in place of
    null, and the line (from 1) that its value will stand on."""
    text, node = parsed.text, spot.node
    parts = _parts(node)
    if parts:
        start = end = parts[-1][1].end_mark.index
        before, behind = _separator(text, node, parts), ""
        neighbour = parts[-1][1]
    else:
        start, end, neighbour = node.start_mark.index, node.end_mark.index, None
        before, behind = _inside_empty(parsed, spot)
        opening, closing = "[]" if key is None else "{}"
        before, behind = opening + before, behind + closing
    look = _look(parsed, spot, before, neighbour, tree)
    token = _written(tree, look)
    if key is not None:
        token = scalar(Text(key)) + _colon(text, node) + token
    value_end = token.rstrip(_CLOSING)
    line = len(LINE_END.findall(text[:start] + before + value_end)) + 1
    return Patch(start, end, before + token + behind), line


def _written(tree: Tree, look: Look) -> str:
    if isinstance(tree, Text):
        return scalar(tree)
    inner = look if look.margin is None else look._replace(margin=look.margin + look.unit)
    if isinstance(tree, dict):
        opening, closing = "{}"
        parts = [scalar(Text(key)) + look.colon + _written(value, inner) for key, value in tree.items()]
    else:
        opening, closing = "[]"
        parts = [_written(item, inner) for item in tree]
    if look.margin is None:
        return opening + look.pad + look.comma.join(parts) + look.pad + closing
    start = look.line_end + (inner.margin or "")
    return opening + start + f",{start}".join(parts) + look.line_end + look.margin + closing


def _look(parsed: Parsed, spot: Spot, before: str, neighbour: Node | None, tree: Tree) -> Look:
    """How to write a tree behind the text ``before``: as the part before it if that is of its kind, else on lines of
    its own where ``before`` ends in one."""
    text = parsed.text
    spaced = _is_spaced(text)
    colon, comma = _colon(text, neighbour or spot.node), ", " if spaced else ","
    look = Look(colon, comma, line_end(parsed), _unit(text, spot.root), None)
    kind = dict if isinstance(neighbour, MappingNode) else list
    if isinstance(neighbour, CollectionNode) and isinstance(tree, kind) and _parts(neighbour):
        start = neighbour.start_mark.index
        space = text[start + 1 : _parts(neighbour)[0][0].start_mark.index]
        if not LINE_END.search(space):
            return look._replace(pad=space)
        margin = _margin(text, start)
        inner = _last_line_end(space).lstrip("\r\n")
        unit = inner[len(margin) :] if inner.startswith(margin) else look.unit
        return look._replace(margin=margin, unit=unit)
    found = LINE_END.match(_last_line_end(before))
    return look._replace(margin=_MARGIN.match(found.string, found.end())[0]) if found else look  # type: ignore[index]


def _margin(text: str, position: int) -> str:
    """The indentation of a line."""
    return _MARGIN.match(text, line_start(text, position))[0]  # type: ignore[index]


def _unit(text: str, root: Node) -> str:
    """By how much the parts of the root are indented."""
    parts = _parts(root)
    step = _last_line_end(text[root.start_mark.index + 1 : parts[0][0].start_mark.index]) if parts else ""
    return step.lstrip("\r\n") if LINE_END.match(step) else "  "


def _parts(node: Node) -> list[tuple[Node, Node]]:
    """First and last node of each pair or item."""
    if isinstance(node, ScalarNode):
        return []
    return list(node.value) if isinstance(node, MappingNode) else [(item, item) for item in node.value]


def _colon(text: str, node: Node) -> str:
    """What stands between a key and its value: as in the last pair, else as in the file."""
    for name, value in _parts(node)[-1:] if isinstance(node, MappingNode) else ():
        before, _, behind = text[name.end_mark.index : value.start_mark.index].partition(":")
        return (" " if before else "") + ":" + (" " if behind else "")
    return ": " if _is_spaced(text) else ":"


def _is_spaced(text: str) -> bool:
    return ":" not in text or _SPACED_COLON.search(text) is not None


def _separator(text: str, node: Node, parts: list[tuple[Node, Node]]) -> str:
    """What stands before the last part, without its blank lines."""
    start = parts[-2][1].end_mark.index if len(parts) > 1 else node.start_mark.index + 1
    before, comma, behind = text[start : parts[-1][0].start_mark.index].rpartition(",")
    if not comma and not LINE_END.search(behind):
        behind = " " if _is_spaced(text) else ""
    return _last_line_end(before) + "," + _last_line_end(behind)


def _last_line_end(space: str) -> str:
    """White space from its last line end on."""
    found = list(LINE_END.finditer(space))
    return space[found[-1].start() :] if found else space


def _inside_empty(parsed: Parsed, spot: Spot) -> tuple[str, str]:
    """What to put around the first part of ``{}`` or ``[]``: it goes on a line of its own where the file does so,
    indented as the parts of the root are."""
    text, start = parsed.text, spot.node.start_mark.index
    space = "" if isinstance(spot.node, ScalarNode) else text[start + 1 : spot.node.end_mark.index - 1]
    begin = _begin(spot.root, spot.path)
    margin = _margin(text, begin)
    first_line = line_start(text, begin) == 0
    leads_its_line = bool(spot.path) and not first_line and line_start(text, begin) + len(margin) == begin
    if not LINE_END.search(text) or not (leads_its_line or LINE_END.search(space)):
        return space, space
    end = line_end(parsed)
    return end + margin + _unit(text, spot.root), end + margin


def _begin(node: Node, path: tuple[Step, ...]) -> int:
    """Where the pair or item at a path begins."""
    begin = node.start_mark.index
    for step in path:
        parts = _parts(node)
        first, node = parts[step] if isinstance(step, int) else next(part for part in parts if part[0].value == step)
        begin = first.start_mark.index
    return int(begin)
