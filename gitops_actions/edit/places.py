"""From a path to the place in the text where its value stands, or a refusal that says why there is none."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from yaml.error import Mark as PlaceInText
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import nearby, paths
from gitops_actions.edit.nodes import Parsed, is_plain_scalar
from gitops_actions.edit.paths import Step, Token
from gitops_actions.edit.refusals import (
    AMBIGUOUS,
    DUPLICATE,
    INHERITED,
    MISSING,
    SHARED,
    Mark,
    quoted,
    refusal,
)
from gitops_actions.errors import EditRefused

# Anchor and tag, which a node's start mark includes (https://yaml.org/spec/1.2.2/#69-node-properties).
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*(?:[&!]\S*(?=[\r\n]|\Z))?")
_NOTHING = PlaceInText("", 0, 0, 0, None, 0)
_ANCHOR = re.compile(r"&([^\s,\[\]{}]+)")


class Spot(NamedTuple):
    """A node and the way to it from the ``root`` of its document. ``foreign`` is why nothing below it may be edited, if
    so."""

    node: Node
    path: tuple[Step, ...]
    flow: bool
    foreign: EditRefused | None
    root: Node

    @property
    def is_nothing(self) -> bool:
        """Whether it is the root of a file without documents (`nothing`)."""
        return self.node.start_mark is _NOTHING

    @property
    def shown(self) -> str:
        """The path as people write it."""
        return paths.show(self.path)


def roots(parsed: Parsed) -> Iterator[Spot]:
    """The roots of all documents. Of a large file, those that are not held are forgotten (see `stream`)."""
    return (_below(parsed, None, node, None) for node in parsed.roots)


def nothing() -> Spot:
    """The root of a file without documents."""
    node = ScalarNode("", "", _NOTHING, _NOTHING)
    return Spot(node, (), False, None, node)


def child(parsed: Parsed, spot: Spot, key: str) -> Spot | None:
    """The value of a key of a mapping; None where the spot is no mapping or lacks the key.

    Raises EditRefused for a duplicate key, and for a key that only a merge brings in.
    """
    if not isinstance(spot.node, MappingNode):
        return None
    found = None
    merge = None
    for name, value in spot.node.value:
        text = name.value
        if text == key and isinstance(name, ScalarNode):
            if found is not None:
                message = (
                    f"{paths.show((*spot.path, key))} is there twice: on lines {found[0].start_mark.line + 1} and "
                )
                message += str(name.start_mark.line + 1)
                hint = "remove one of them" if parsed.template is None else "keep one of them, or use kind text"
                raise refusal(DUPLICATE, message, name.start_mark, hint)
            found = (name, value)
        elif text == "<<" and is_plain_scalar(name):
            merge = (name, value)
    if found is None:
        if merge is not None and _merged(merge[1], key):
            message = f"{paths.show((*spot.path, key))} is inherited by a merge key (<<)"
            raise refusal(INHERITED, message, merge[0].start_mark, "give the mapping a value of its own")
        return None
    name, value = found
    alias = value.start_mark.index < name.end_mark.index
    return _below(parsed, spot, value, key, alias_at=name.start_mark if alias else None)


def _merged(node: Node, key: str) -> bool:
    """Whether a merge brings a key in (https://yaml.org/type/merge.html); merges nest, even in rings."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            todo.extend(node.value)
        elif isinstance(node, MappingNode):
            for name, value in node.value:
                if name.value == key:
                    return True
                if name.value == "<<":
                    todo.append(value)
    return False


def items(parsed: Parsed, spot: Spot) -> Iterator[Spot]:
    """The items of a list; nothing where the spot is no list."""
    if isinstance(spot.node, SequenceNode):
        position = spot.node.start_mark.index + 1  # an item stands behind the "[" or "-" of its list
        for index, node in enumerate(spot.node.value):
            alias = node.start_mark.index < position
            if not alias:
                position = node.end_mark.index
            yield _below(parsed, spot, node, index, alias_at=spot.node.start_mark if alias else None)


def _below(parsed: Parsed, parent: Spot | None, node: Node, step: Step | None, *, alias_at: Mark | None = None) -> Spot:
    """A spot in its parent. The marks of an aliased node are those of what it stands for: ``alias_at`` is nearer."""
    if parent is None or step is None:
        path: tuple[Step, ...] = ()
        flow, foreign, root = False, None, node
    else:
        root = parent.root
        path = (*parent.path, step)
        flow = parent.flow or bool(getattr(parent.node, "flow_style", False))
        foreign = parent.foreign
    if foreign is None and parsed.template is not None:
        reason = parsed.template.foreign.get(id(node))
        if reason is not None:
            shown = paths.show(path) or "the document"
            foreign = refusal(reason.code, f"{shown} {reason.message}", reason.mark, reason.hint)
    if foreign is None:
        if alias_at is not None:
            message = f"{paths.show(path)} is an alias: its value stands on line {node.start_mark.line + 1}"
            foreign = refusal(INHERITED, message, alias_at, "give it a value of its own")
        elif parsed.text.startswith(("&", "!"), node.start_mark.index):
            foreign = _shared(parsed, node, path)
    return Spot(node, path, flow, foreign, root)


def properties(parsed: Parsed, node: Node) -> str:
    """The anchor and tag of a node as they are written, with the space behind them."""
    match = _PROPERTIES.match(parsed.text, node.start_mark.index)
    return match[0] if match else ""


def _shared(parsed: Parsed, node: Node, path: tuple[Step, ...]) -> EditRefused | None:
    """Why a node with properties is not edited: an alias elsewhere reads it too."""
    anchor = _ANCHOR.search(properties(parsed, node))
    if anchor is None or not re.search(rf"\*{re.escape(anchor[1])}(?![^\s,\[\]{{}}])", parsed.text):
        return None
    message = (
        f"{paths.show(path) or 'the document'} has the anchor {quoted(anchor[0])}, and an alias reads it elsewhere"
    )
    return refusal(SHARED, message, node.start_mark, "give the places that read the alias values of their own")


def walk(parsed: Parsed, spot: Spot, steps: tuple[Step, ...]) -> tuple[Spot, int]:
    """As far along ``steps`` as there is something: the last spot, and how many steps that took.

    Raises EditRefused for a duplicate key, a filter that several items match, and a key inherited by a merge.
    """
    for number, step in enumerate(steps):
        next_spot = _step(parsed, spot, step)
        if next_spot is None:
            return spot, number
        spot = next_spot
    return spot, len(steps)


def _step(parsed: Parsed, spot: Spot, step: Step) -> Spot | None:
    if isinstance(step, str):
        return child(parsed, spot, step)
    if isinstance(step, Token):
        index = paths.pointer_index(step)
        if not isinstance(spot.node, SequenceNode):
            return child(parsed, spot, step.text)
        if index is None:
            return None
        step = index
    if isinstance(step, int):
        if parsed.template is not None and id(spot.node) in parsed.template.uncounted:
            message = f"{spot.shown or 'the list'} has template actions among its items, which change their number"
            raise refusal(AMBIGUOUS, message, spot.node.start_mark, "use a filter: [?name=='x']")
        return _item(items(parsed, spot), step)
    found = [item for item in items(parsed, spot) if _text_at(parsed, item, step.keys) == step.value]
    if len(found) > 1:
        lines = " and ".join(str(item.node.start_mark.line + 1) for item in found[:2])
        message = f"{paths.show((*spot.path, step))} matches {len(found)} items, on lines {lines}"
        raise refusal(AMBIGUOUS, message, found[1].node.start_mark, "use a filter that matches one, or an index")
    return found[0] if found else None


def _item(spots: Iterator[Spot], index: int) -> Spot | None:
    """The item at an index; the spots of all would be more than the list itself."""
    if index >= 0:
        return next((spot for number, spot in enumerate(spots) if number == index), None)
    last = deque(spots, maxlen=-index)
    return last[0] if len(last) == -index else None


def _text_at(parsed: Parsed, spot: Spot, steps: tuple[Step, ...]) -> str | None:
    """The text of a scalar that is only looked at."""
    found, taken = walk(parsed, spot, steps)
    return found.node.value if taken == len(steps) and isinstance(found.node, ScalarNode) else None


def text_of_key(parsed: Parsed, spot: Spot, key: str) -> str | None:
    """The text of a key's scalar that is only looked at; None where there is none."""
    found = child(parsed, spot, key)
    return found.node.value if found is not None and isinstance(found.node, ScalarNode) else None


def missing(
    spot: Spot, steps: tuple[Step, ...], taken: int, hint: str | None = None, parsed: Parsed | None = None
) -> EditRefused:
    """The refusal for a path that leads nowhere, with the nearest place that exists; in all of ``parsed``, if given."""
    rest = steps[taken:]
    message = f"{paths.show((*spot.path, *rest))} is not there"
    if not hint:
        hint = nearby.hint(spot.node, spot.path, rest, parsed.roots if parsed is not None else ())
    return refusal(MISSING, message, spot.node.start_mark, hint)
