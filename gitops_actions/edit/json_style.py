"""Where a new key or item of a JSON file goes, and how it looks: as its neighbours do."""

from __future__ import annotations

import re

from yaml.nodes import MappingNode, Node

from gitops_actions.edit.marks import LINE_END
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.swap import Patch

_SPACED_COLON = re.compile(r'":\s')
_MARGIN = re.compile(r"[ \t]*")


def addition(parsed: Parsed, spot: Spot, key: str | None, value: str) -> tuple[Patch, int]:
    """What puts a value (as JSON text, with its key where ``spot`` is a mapping) behind the last one, and the line
    (from 1) that it will stand on."""
    text, node = parsed.text, spot.node
    token = value if key is None else key + _colon(text, node) + value
    parts = _parts(node)
    if parts:
        start = end = parts[-1][1].end_mark.index
        before, behind = _separator(text, node, parts), ""
    else:
        start, end = node.start_mark.index + 1, node.end_mark.index - 1
        before, behind = _inside_empty(parsed, spot)
    line = len(LINE_END.findall(text[:start] + before)) + 1
    return Patch(start, end, before + token + behind), line


def _parts(node: Node) -> list[tuple[Node, Node]]:
    """First and last node of each pair or item."""
    return list(node.value) if isinstance(node, MappingNode) else [(item, item) for item in node.value]


def _colon(text: str, node: Node) -> str:
    """What stands between a key and its value: as in the last pair, else as in the file."""
    for name, value in _parts(node)[-1:]:
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
    text, root, start = parsed.text, spot.root, spot.node.start_mark.index
    space = text[start + 1 : spot.node.end_mark.index - 1]
    begin = _begin(root, spot.path)
    line_start = max(text.rfind("\n", 0, begin), text.rfind("\r", 0, begin)) + 1
    margin = _MARGIN.match(text, line_start)[0]  # type: ignore[index]
    line_end = LINE_END.search(text)
    leads_its_line = bool(spot.path) and line_start > 0 and line_start + len(margin) == begin
    if line_end is None or not (leads_its_line or LINE_END.search(space)):
        return space, space
    first = _parts(root)[0][0].start_mark.index if spot.path else start + 1
    step = _last_line_end(text[root.start_mark.index + 1 : first])
    indent = step.lstrip("\r\n") if LINE_END.match(step) else "  "
    return line_end[0] + margin + indent, line_end[0] + margin


def _begin(node: Node, path: tuple[Step, ...]) -> int:
    """Where the pair or item at a path begins."""
    begin = node.start_mark.index
    for step in path:
        parts = _parts(node)
        first, node = parts[step] if isinstance(step, int) else next(part for part in parts if part[0].value == step)
        begin = first.start_mark.index
    return int(begin)
