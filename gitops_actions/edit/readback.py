"""Read a new text back and compare it with the old one: exactly the wanted values differ (contract section 3).

What is compared is the entry of a block list or mapping that holds the changes: the smallest one, where it can be read
on its own, else the whole file. That is enough. A YAML scanner is a machine that reads from left to right; when it
reaches the entry, it has read the same characters as before, and it leaves the entry where a line at the entry's own
indentation starts the next one (tried out with an entry that is put behind it), as it did before. From there on it
reads the same characters again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import Resolver

from gitops_actions.edit import lines, nodes
from gitops_actions.edit.growth import Text, Tree
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.refusals import Mark
from gitops_actions.edit.source import MAX_BYTES
from gitops_actions.errors import EditRefused

_AFTER = "gitops-actions"


class Wanted(NamedTuple):
    """What is to differ, by the ``id`` of the old node: scalars that become something else, and what mappings (a value
    for each new key) and lists (at their end) get."""

    replaced: dict[int, Tree]
    keys: dict[int, dict[str, Tree]]
    items: dict[int, list[Tree]]


def reads_back(old: Parsed, new: str, wanted: Wanted, first: int, last: int) -> bool:
    """Whether a new text is the old one but for what is wanted; ``old.text[first:last]`` holds all that changed."""
    aliases = "*" in old.text or "*" in new  # without one, no node can be in two places
    plain = old.template is None
    entry = _entry(old, wanted, first, last) if plain and len(new) <= MAX_BYTES else None
    if entry is not None:
        end = entry.end + len(new) - len(old.text)
        if _entry_reads_back(entry, new[entry.start : end], wanted, aliases=aliases):
            return True
    try:
        roots = (nodes if plain else lines).parse(new).roots
    except EditRefused:
        return False
    if not old.roots:  # an empty file has been given its first document
        (tree,) = wanted.replaced.values()
        return len(roots) == 1 and is_tree(roots[0], tree)
    return len(roots) == len(old.roots) and same(list(zip(old.roots, roots, strict=True)), wanted, aliases=aliases)


class _Entry(NamedTuple):
    """An entry of a block collection: ``text[start:end]``, from its key or "-" at ``column`` to the next entry."""

    nodes: tuple[Node, ...]
    start: int
    end: int
    column: int
    container: int | None  # by id: the collection, if something is added to it behind this entry


def _entry(parsed: Parsed, wanted: Wanted, first: int, last: int) -> _Entry | None:
    """The smallest entry that holds all changes, what is added behind it too."""
    text = parsed.text
    found = None
    node: Node | None = None
    for root in parsed.roots:
        if root.start_mark.index <= first <= root.end_mark.index:
            node = root
            break
    limit = node.end_mark.index if node is not None else 0
    container = None
    while isinstance(node, CollectionNode) and not node.flow_style and container is None:
        container = id(node) if id(node) in wanted.keys or id(node) in wanted.items else None
        is_list = isinstance(node, SequenceNode)
        parts, following = _at(node.value, is_list, first)
        if parts is None:
            break
        mark = parts[0].start_mark
        column = node.start_mark.column if is_list else mark.column
        start = mark.index - mark.column + column  # of the "-" of an item
        end = following.index - following.column if following is not None else limit
        before = text[mark.index - mark.column : mark.index]
        if before.strip(" -") or (is_list and not before[column + 1 :].isspace()):
            break  # not an entry that stands where its collection does
        inside = start < first if is_list else parts[0].end_mark.index < first
        at_line_end = end >= len(text) or text.startswith(("\n", "\r"), end - 1)
        if not inside or not at_line_end or last > end or (is_list and not text.startswith("-", start)):
            break
        found, limit = (parts, start, end, column, container), end
        node = parts[-1]
        if not start < node.start_mark.index <= first:
            break
    return None if found is None else _Entry(*found)


def _at(entries: list[Any], is_list: bool, first: int) -> tuple[tuple[Node, ...] | None, Mark | None]:
    """The entry in which a place is, and where the next one starts. A node that an alias shows here has marks from
    elsewhere: too small ones, which are passed over."""
    found = None
    start = -1
    for entry in entries:
        mark = (entry if is_list else entry[0]).start_mark
        if mark.index > first:
            return found, mark
        if mark.index > start:
            found, start = (entry,) if is_list else entry, mark.index
    return found, None


def _entry_reads_back(entry: _Entry, text: str, wanted: Wanted, *, aliases: bool) -> bool:
    """Whether an entry and one put behind it are read as exactly these two."""
    indent = " " * entry.column
    is_list = len(entry.nodes) == 1
    between = "" if text.endswith(("\n", "\r")) else "\n"
    behind = f"- {_AFTER}\n" if is_list else f"{_AFTER}:\n"
    try:
        roots = nodes.parse(f"{indent}{text}{between}{indent}{behind}").roots
    except EditRefused:
        return False
    root = roots[0]
    if len(roots) != 1 or not isinstance(root, SequenceNode if is_list else MappingNode) or not root.value:
        return False
    *found, after = root.value
    name = after if is_list else after[0]
    if name.value != _AFTER:
        return False
    if entry.container is not None:
        rest = _without_added(found, entry.container, wanted)
        if rest is None:
            return False
        found = rest
    if len(found) != 1:
        return False
    pairs = list(zip(entry.nodes, found if is_list else found[0], strict=True))
    return same(pairs, wanted, aliases=aliases, met=entry.container is not None)


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
            rest = _without_added(after, key, wanted)
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


def _without_added(entries: list[Any], container: int, wanted: Wanted) -> list[Any] | None:
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
        return isinstance(node, ScalarNode) and _is(node, tree.value, tree.literal)
    if isinstance(tree, list):
        return isinstance(node, SequenceNode) and _without_last(node.value, tree) == []
    return isinstance(node, MappingNode) and _without(node.value, tree) == []


def _is(node: ScalarNode, value: str, literal: bool) -> bool:
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
