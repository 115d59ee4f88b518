"""Whether nodes are what others were, but for what is wanted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from yaml.events import ScalarEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from gitops_actions.edit.growth import Text, Tree


class Wanted(NamedTuple):
    """What is to differ, by the ``id`` of the old node: scalars that become something else, and what mappings (a value
    for each new key) and lists (at their end) get."""

    replaced: dict[int, Tree]
    keys: dict[int, dict[str, Tree]]
    items: dict[int, list[Tree]]


def same(todo: list[tuple[Node, Node]], wanted: Wanted, *, aliases: bool, met: int = 0) -> bool:
    """Whether pairs of old and new nodes are the same but for what is wanted, of which all is met (``met`` before).

    Both trees are walked side by side. With ``aliases``, each node is met once, so they cost nothing; a node that was
    one node in two places must still be one.
    """
    seen: dict[int, Node] = {}
    replaced, keys, items = wanted
    left = len(replaced) + len(keys) + len(items) - met
    while todo:
        old, new = todo.pop()
        key = id(old)
        if aliases:
            if key in seen:
                if seen[key] is not new:
                    return False
                continue
            seen[key] = new
        if key in replaced:
            left -= 1
            if not is_tree(new, replaced[key]):
                return False
            continue
        if old.__class__ is not new.__class__ or old.tag != new.tag:
            return False
        after = new.value
        if isinstance(old, ScalarNode) and isinstance(new, ScalarNode):
            if old.value != after or (old.style != new.style and (old.style or new.style)):
                return False
            continue
        if key in keys or key in items:
            left -= 1
            rest = without_added(after, key, wanted)
            if rest is None:
                return False
            after = rest
        before = old.value
        if len(before) != len(after):
            return False
        if old.__class__ is MappingNode:
            for one, other in zip(before, after, strict=True):
                todo.append((one[0], other[0]))
                todo.append((one[1], other[1]))
        else:
            todo.extend(zip(before, after, strict=True))
    return not left


def without_added(entries: list[Any], container: int, wanted: Wanted) -> list[Any] | None:
    """The entries of a collection that were there before; None when the added ones are not as wanted."""
    if container in wanted.keys:
        return _without(entries, wanted.keys[container])
    return _without_last(entries, wanted.items[container])


def _without(pairs: list[tuple[Node, Node]], added: dict[str, Tree]) -> list[tuple[Node, Node]] | None:
    left = dict(added)
    rest = []
    for name, value in pairs:
        if isinstance(name, ScalarNode) and name.value in left:
            if not is_tree(value, left.pop(name.value)):
                return None
        else:
            rest.append((name, value))
    return None if left else rest


def _without_last(nodes_: list[Node], added: list[Tree]) -> list[Node] | None:
    split = len(nodes_) - len(added)
    if split < 0 or not all(is_tree(node, tree) for node, tree in zip(nodes_[split:], added, strict=True)):
        return None
    return nodes_[:split]


def is_tree(node: Node, tree: Tree) -> bool:
    """Whether a node is what was to be written."""
    if isinstance(tree, Text):
        return isinstance(node, ScalarNode) and is_text(node, tree.value, tree.literal)
    if isinstance(tree, list):
        return isinstance(node, SequenceNode) and _without_last(node.value, tree) == []
    return isinstance(node, MappingNode) and _without(node.value, tree) == []


def is_text(node: ScalarNode | ScalarEvent, value: str, literal: bool) -> bool:
    """Whether a scalar is the plain text, or the string, that was to be written. What is a string to YAML 1.1 is
    asked of PyYAML: a second opinion beside `scalars`."""
    if node.value != value or (literal and node.style):
        return False
    return literal or bool(node.style) or _is_string(value)


@lru_cache(maxsize=1024)
def _is_string(value: str) -> bool:
    resolvers = Resolver.yaml_implicit_resolvers
    candidates = resolvers.get(value[:1], []) + resolvers.get(None, [])
    return not any(pattern.match(value) for _, pattern in candidates)
