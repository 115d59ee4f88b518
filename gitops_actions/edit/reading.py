"""Reading a large text back without making nodes of it: the events of a parser beside the nodes of the old text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import MappingNode, Node, ScalarNode

from gitops_actions.edit import nodes
from gitops_actions.edit.comparison import Wanted, is_text
from gitops_actions.edit.growth import Text, Tree
from gitops_actions.edit.parsers import BROKEN
from gitops_actions.errors import EditRefused

_STARTS = frozenset((ScalarEvent, SequenceStartEvent, MappingStartEvent))


def same(text: str, before: str, roots: Iterable[Node], wanted: Wanted) -> bool:
    """Whether the documents of a text are those of these roots, whose marks are places in ``before``, but for what is
    wanted, of which all is met. As `comparison.same`, and refusing what a composer would."""
    try:
        return _Reading(nodes.AnyParser(nodes.evened(text)), before, wanted).documents(roots)
    except (*BROKEN, EditRefused):
        return False


class _Reading:
    """The events of one text."""

    def __init__(self, parser: Any, before: str, wanted: Wanted) -> None:
        self._next = parser.get_event
        self._before = before
        self._aliases = "*" in before  # without one, no node is met twice
        self._replaced, self._keys, self._items = wanted
        self._left = len(wanted.replaced) + len(wanted.keys) + len(wanted.items)
        self._anchors: dict[str, Node] = {}  # the old nodes that stand where an anchor is
        self._met: set[int] = set()  # old nodes that may be met again by an alias

    def documents(self, roots: Iterable[Node]) -> bool:
        """Whether the rest of the events are these documents."""
        self._next()
        for root in roots:
            self._anchors.clear()
            if self._next().__class__ is not DocumentStartEvent or not self._node(root, self._next()):
                return False
            if self._next().__class__ is not DocumentEndEvent:
                return False
        return self._next().__class__ is StreamEndEvent and not self._left

    def _node(self, old: Node, event: Any) -> bool:
        """Whether a node is as it was or is wanted, from its first event on."""
        kind = event.__class__
        if kind is AliasEvent:
            return self._anchors.get(event.anchor) is old
        if kind not in _STARTS:
            return False
        if event.anchor is not None:
            if event.anchor in self._anchors:
                return False
            self._anchors[event.anchor] = old
        if self._aliases and self._before.startswith(("&", "!"), old.start_mark.index):
            if id(old) in self._met:
                return False
            self._met.add(id(old))
        if id(old) in self._replaced:
            self._left -= 1
            return self._tree(self._replaced[id(old)], event)
        if old.tag != event.tag and (old.tag or event.tag not in (None, "!")):
            return False
        if old.__class__ is ScalarNode:
            same_style = kind is ScalarEvent and (event.style == old.style or not (event.style or old.style))
            return same_style and event.value == old.value
        if old.__class__ is MappingNode:
            return kind is MappingStartEvent and self._mapping(old)
        return kind is SequenceStartEvent and self._sequence(old)

    def _mapping(self, old: Node) -> bool:
        added = dict(self._keys.get(id(old), {}))
        self._left -= id(old) in self._keys
        for name, value in old.value:
            event = self._behind(added)
            if event is None or not self._node(name, event) or not self._node(value, self._next()):
                return False
        event = self._behind(added)
        return event.__class__ is MappingEndEvent and not added

    def _behind(self, added: dict[str, Tree]) -> Event | None:
        """The next event behind pairs that are to be added; None where one is not as it should be."""
        event: Event = self._next()
        while isinstance(event, ScalarEvent) and event.value in added:
            if not self._tree(added.pop(event.value), self._next()):
                return None
            event = self._next()
        return event

    def _sequence(self, old: Node) -> bool:
        added = self._items.get(id(old), [])
        self._left -= id(old) in self._items
        if not all(self._node(item, self._next()) for item in old.value):
            return False
        return all(self._tree(tree, self._next()) for tree in added) and self._next().__class__ is SequenceEndEvent

    def _tree(self, tree: Tree, event: Event) -> bool:
        """Whether a node is what was to be written, from its first event on."""
        if isinstance(tree, Text):
            return isinstance(event, ScalarEvent) and is_text(event, tree.value, tree.literal)
        if isinstance(tree, list):
            if not isinstance(event, SequenceStartEvent):
                return False
            return all(self._tree(item, self._next()) for item in tree) and self._next().__class__ is SequenceEndEvent
        if not isinstance(event, MappingStartEvent):
            return False
        left = dict(tree)
        event_ = self._behind(left)
        return event_.__class__ is MappingEndEvent and not left
