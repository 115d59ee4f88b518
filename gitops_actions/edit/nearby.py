"""What to say about a path that leads nowhere: what is there instead, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import paths
from gitops_actions.edit.paths import Filter, Step, Token
from gitops_actions.edit.refusals import quoted
from gitops_actions.names import did_you_mean

_SHOWN = 12  # keys in a message
_LOOKED_AT = 200  # keys that are compared with what was written
_LONG = 100
_ENOUGH = 5000  # nodes among which the rest of a path is looked for


def hint(node: Node, path: tuple[Step, ...], rest: tuple[Step, ...], roots: Iterable[Node]) -> str:
    """The hint for the steps ``rest`` that the node at ``path`` does not have, and that may be elsewhere below these
    roots."""
    step = rest[0]
    here = paths.show(path) or "the document"
    if isinstance(node, MappingNode):
        wanted = step.text if isinstance(step, Token) else step
        keys = [name.value for name, _ in node.value if isinstance(name, ScalarNode)]
        there = f"{here} has the keys {_listed(keys)}" if keys else f"{here} is empty"
        near = _near(wanted, keys) if isinstance(wanted, str) else "a mapping has keys, not items"
        near = near or _elsewhere(roots, rest)
    elif isinstance(node, SequenceNode):
        there = f"{here} is a list of {len(node.value)}: write [0] or [?name=='x']"
        near = None
        if isinstance(step, Filter):
            values = [value for item in node.value[:_LOOKED_AT] if (value := _text_at(item, step.keys)) is not None]
            name = paths.show(step.keys)
            there = f"the items of {here} have {name} {_listed(values)}" if values else f"no item of {here} has {name}"
            near = _near(step.value, values)
    else:
        there, near = inside(here, node) or f"{here} is a single value", None
    return f"{near} {there}" if near and near.endswith("?") else f"{near}; {there}" if near else there


def inside(here: str, node: Node) -> str | None:
    """What to say about steps into a text that may be a document of its own; None where it cannot."""
    value = node.value
    if isinstance(value, str) and ("\n" in value or value.lstrip().startswith(("{", "["))):
        return (
            f"{here} is a text: a path does not go into the JSON or YAML that a text may hold; use kind text for a "
            "value in it, or replace the whole text"
        )
    return None


def _listed(texts: list[str]) -> str:
    return ", ".join(quoted(text) for text in dict.fromkeys(texts[:_SHOWN])) + (", ..." if len(texts) > _SHOWN else "")


def _near(wanted: str, there: list[str]) -> str | None:
    candidates = [text for text in there[:_LOOKED_AT] if len(text) <= _LONG]
    return did_you_mean(wanted, candidates) if len(wanted) <= _LONG else None


def _text_at(node: Node, keys: tuple[str, ...]) -> str | None:
    for key in keys:
        node_ = _value(node, key)
        if node_ is None:
            return None
        node = node_
    return node.value if isinstance(node, ScalarNode) else None


def _value(node: Node, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _elsewhere(roots: Iterable[Node], rest: tuple[Step, ...]) -> str | None:
    """The first place that has all of these keys: in all documents at once, or, where they come one after the other, in
    the first one that has it."""
    keys = [step.text if isinstance(step, Token) else step for step in rest]
    if not all(isinstance(key, str) for key in keys):
        return None
    names = tuple(key for key in keys if isinstance(key, str))
    left = _ENOUGH
    for group in [roots] if isinstance(roots, tuple) else ([root] for root in roots):
        for path, node in _walk(group, left):
            if _text_at(node, names) is not None:
                return f"did you mean {paths.show((*path, *names))}?"
            left -= 1
        if left <= 0:
            break
    return None


def _walk(roots: Iterable[Node], most: int) -> Iterator[tuple[tuple[Step, ...], Node]]:
    """The first nodes of some documents with their paths, from the outside in."""
    seen: set[int] = set()
    todo: list[tuple[tuple[Step, ...], Node]] = [((), root) for root in roots]
    while todo and len(seen) < most:
        following: list[tuple[tuple[Step, ...], Node]] = []
        for path, node in todo:
            if id(node) in seen or not isinstance(node, CollectionNode) or len(seen) >= most:
                continue
            seen.add(id(node))
            yield path, node
            if isinstance(node, MappingNode):
                pairs = node.value[:_ENOUGH]
                following += [((*path, name.value), value) for name, value in pairs if isinstance(name, ScalarNode)]
            else:
                following += [((*path, index), item) for index, item in enumerate(node.value[:_ENOUGH])]
        todo = following
