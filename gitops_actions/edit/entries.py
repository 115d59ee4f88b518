"""New mappings at the end of a list of mappings, written as their neighbours are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import paths, places, scalars
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import CANNOT_CREATE, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.model import ValueChange

_LINE_END = re.compile(r"\r\n|[\r\n]")
_BLANK_LINE = re.compile(r"(?:\r\n|[\r\n])[ \t]*(?=[\r\n])")
_DASH = re.compile(r" *- +")
_REST_OF_LINE = re.compile(r"[ \t]*(?:[ \t]#[^\r\n]*)?(?=[\r\n]|\Z)")


def append_entries(parsed: Parsed, splice: Splice, root: Spot, key: str, entries: Sequence[Mapping[str, str]]) -> None:
    """Add a mapping for each of ``entries`` to the block list at a key of the root of a document, or the key with such
    a list where there is none. The first pair of an entry names it; the others are what is told as changed.

    Raises EditRefused where it would not be plain how to write it.
    """
    spot = places.child(parsed, root, key)
    if spot is None:
        _append_list(parsed, splice, root, key, entries)
        return
    if not isinstance(spot.node, SequenceNode) or spot.node.flow_style or not spot.node.value:
        raise _not_plain(spot.node, key)
    last = spot.node.value[-1]
    end, dash = _end(parsed, last), _dash(parsed, last)
    if end is None or dash is None or not isinstance(last, MappingNode):
        raise _not_plain(last, key)
    blank = len(spot.node.value) > 1 and _apart(parsed, spot.node.value[-2], last)
    styles = {name.value: value.style or "" for item in spot.node.value for name, value in _scalars(item)}
    for index, entry in enumerate(entries, len(spot.node.value)):
        lines = _lines(dash, entry, styles, flow=bool(last.flow_style))
        placed = _placed(parsed, end, [""] * blank + lines, entry, paths.show((*spot.path, index)))
        splice.append(spot, end, placed, dict(entry))


def _append_list(parsed: Parsed, splice: Splice, root: Spot, key: str, entries: Sequence[Mapping[str, str]]) -> None:
    """The key, a list under it, and the entries; indented as other lists of the document are."""
    end = _end(parsed, root.node)
    if not isinstance(root.node, MappingNode) or root.node.flow_style or root.node.start_mark.column or end is None:
        raise _not_plain(root.node, key)
    values = [value for _, value in root.node.value]
    lists = [value for value in values if isinstance(value, SequenceNode) and not value.flow_style]
    dash = next((dash for each in lists for item in each.value[:1] if (dash := _dash(parsed, item))), "- ")
    blank = len(values) > 1 and _apart(parsed, values[-2], root.node.value[-1][0])
    before = [""] * blank + [f"{key}:"]
    placed: list[tuple[str, ValueChange]] = []
    for index, entry in enumerate(entries):
        placed += _placed(parsed, end, before + _lines(dash, entry, {}, flow=False), entry, f"{key}[{index}]")
        before = []
    splice.append(root, end, placed, (key, [dict(entry) for entry in entries]))


def _lines(dash: str, entry: Mapping[str, str], styles: Mapping[str, str], *, flow: bool) -> list[str]:
    """The entry as lines: one, where its neighbour is in flow style. Quotes are those that neighbours have for a key,
    else those of the key before it."""
    style = ""
    texts = []
    for name, value in entry.items():
        style = styles.get(name, style)
        texts.append(f"{name}: {scalars.render(value, style, flow)}")
    if flow:
        return [f"{dash}{{{', '.join(texts)}}}"]
    return [f"{dash}{texts[0]}", *(" " * len(dash) + text for text in texts[1:])]


def _placed(
    parsed: Parsed, end: int, lines: Sequence[str], entry: Mapping[str, str], path: str
) -> list[tuple[str, ValueChange]]:
    """The lines with a change for each pair but the first: that of the last line goes with the last of them."""
    found = _LINE_END.search(parsed.text)
    line_end = found[0] if found else "\n"
    line = len(_LINE_END.findall(parsed.text, 0, end)) + 1
    _, *told = entry.items()
    alone = len(told) - 1 if not lines[-1].endswith("}") else 0  # lines that hold one pair which is told
    texts = ["".join(line_end + text for text in lines[: len(lines) - alone])]
    texts += (line_end + text for text in lines[len(lines) - alone :])
    texts += [""] * (len(told) - len(texts))
    return [
        (text, ValueChange(f"{path}.{name}", line + len(_LINE_END.findall(text)), None, value))
        for text, (name, value) in zip(texts, told, strict=True)
    ]


def _scalars(item: Node) -> list[tuple[Node, ScalarNode]]:
    pairs = item.value if isinstance(item, MappingNode) else []
    return [(name, value) for name, value in pairs if isinstance(value, ScalarNode) and value.style in (None, "'", '"')]


def _dash(parsed: Parsed, item: Node) -> str | None:
    """What stands before an item on its line: its indentation and dash."""
    text = parsed.text[item.start_mark.index - item.start_mark.column : item.start_mark.index]
    return text if _DASH.fullmatch(text) else None


def _end(parsed: Parsed, node: Node) -> int | None:
    """The end of the line on which a node ends; None where that is not plain to see."""
    while isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
        if not node.value:
            return None
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    if isinstance(node, ScalarNode) and (node.style in ("|", ">") or node.start_mark.index == node.end_mark.index):
        return None
    match = _REST_OF_LINE.match(parsed.text, node.end_mark.index)
    return match.end() if match else None


def _apart(parsed: Parsed, one: Node, other: Node) -> bool:
    """Whether a blank line stands between two neighbours."""
    end = _end(parsed, one)
    return end is not None and _BLANK_LINE.search(parsed.text, end, other.start_mark.index) is not None


def _not_plain(node: Node, key: str) -> Exception:
    hint = f"write `{key}:` with one entry below it, on lines of its own, once by hand"
    return refusal(CANNOT_CREATE, f"there is no simple line to add an entry to {key}", node.start_mark, hint)
