"""From a spot to the bytes that may be replaced, or a refusal that says why they may not."""

from __future__ import annotations

import re
from typing import NamedTuple

from yaml.nodes import MappingNode, ScalarNode

from gitops_actions.edit import layout, places, scalars
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import ENCRYPTED, NOT_A_VALUE, SHARED, refusal

_TAG = re.compile(r"!\S*")
_STRING_TAGS = frozenset(("!", "!!str", "!<tag:yaml.org,2002:str>"))


class Leaf(NamedTuple):
    """A value that may be replaced: ``text[start:end]`` of the parsed text, in a style (``""`` is plain)."""

    spot: Spot
    value: str
    start: int
    end: int
    style: str
    line: int  # counted from 1

    @property
    def path(self) -> str:
        """The way to it, as people write it."""
        return self.spot.shown


def leaf(parsed: Parsed, spot: Spot) -> Leaf:
    """The scalar at a spot, if its text may be replaced.

    Of a block scalar that is its one line. Raises EditRefused for a mapping, a list, any other block scalar, a value
    that stands elsewhere or is read elsewhere, a tag that makes it something other than text, a value that holds a
    tab, and one that is encrypted.
    """
    node = spot.node
    if not isinstance(node, ScalarNode):
        what = "a mapping" if isinstance(node, MappingNode) else "a list"
        raise refusal(NOT_A_VALUE, f"{spot.shown or 'the document'} is {what}", node.start_mark, "name a value in it")
    if spot.foreign is not None:
        raise spot.foreign
    start, end = node.start_mark.index, node.end_mark.index
    if node.value.startswith("ENC["):
        raise refusal(ENCRYPTED, f"{spot.shown} is encrypted", node.start_mark, "keep the value where it is plain text")
    if parsed.text.startswith(("&", "!"), start):
        start = _behind_properties(parsed, spot, start)
    if node.style in ("|", ">"):
        return _block(parsed, spot, node, start, end)
    line = node.start_mark.line + 1
    if start == end and not node.style:
        start = end = _empty_value(parsed, spot, end)
        line -= len(layout.LINE_END.findall(parsed.text, end, node.end_mark.index))
    if "\t" in parsed.text[start:end]:
        raise refusal(NOT_A_VALUE, f"{spot.shown} holds a tab", node.start_mark, "write it without tabs, or as \\t")
    return Leaf(spot, node.value, start, end, node.style or "", line)


def _block(parsed: Parsed, spot: Spot, node: ScalarNode, start: int, end: int) -> Leaf:
    """The one line of a block scalar that has no line end at its end, which is all that such a value is."""
    _, *lines = layout.LINE_END.split(parsed.text[start:end].rstrip())
    value = node.value
    if len(lines) != 1 or not scalars.is_block_line(value) or not lines[0].endswith(value):
        shown = spot.shown or "the document"
        if value.endswith("\n") and len(lines) == 1:
            hint = "its value ends in a line end: write it with |- instead, or on one line"
        else:
            hint = "write it on one line"
        raise refusal(NOT_A_VALUE, f"{shown} is a block of lines", node.start_mark, hint)
    end = start + len(parsed.text[start:end].rstrip())
    return Leaf(spot, value, end - len(value), end, node.style or "", node.start_mark.line + 2)


def _behind_properties(parsed: Parsed, spot: Spot, start: int) -> int:
    properties = places.properties(parsed, spot.node)
    tag = _TAG.search(properties)
    if start + len(properties) >= spot.node.end_mark.index or (tag and tag[0] not in _STRING_TAGS):
        message = f"{spot.shown} has a tag or an anchor that gives it a meaning of its own"
        raise refusal(SHARED, message, spot.node.start_mark, "write it as a plain or quoted string")
    return start + len(properties)


def _empty_value(parsed: Parsed, spot: Spot, end: int) -> int:
    """Where an empty value would start: behind its ":" or "-", from which the marks of the parsers stray."""
    position = layout.behind_indicator(parsed.text, end, flow=spot.flow)
    if position < 0:
        hint = "write the key with a colon and a value, on one line"
        mark = None if spot.flow else spot.node.start_mark  # between brackets, the parsers disagree on it
        raise refusal(NOT_A_VALUE, f"{spot.shown} has no value, and no plain place for one", mark, hint)
    behind = parsed.text[position : position + 2]
    return position + (behind.startswith(" ") and behind != " #")


def text_of_leaf(leaf: Leaf | None) -> str | None:
    """The value of a leaf that may not be there."""
    return None if leaf is None else leaf.value
