"""Looking at nodes without editing them: what a reader of the file would see there, merge keys and all. `places` says
afterwards whether a place may be edited."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import nodes
from gitops_actions.edit.paths import Step


def node_at(node: Node | None, *steps: Step) -> Node | None:
    """What is there, to look at and not to edit: of a duplicate key the first, and what a merge brings in."""
    for step in steps:
        if isinstance(node, SequenceNode) and isinstance(step, int):
            node = node.value[step] if step < len(node.value) else None
        else:
            node = next((value for name, value in pairs(node) if name == step), None)
    return node


def text_at(node: Node | None, *steps: Step) -> str | None:
    """The text of the scalar that is there, to look at; None where there is none."""
    found = node_at(node, *steps)
    return found.value if isinstance(found, ScalarNode) else None


def pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    """The keys and values of a mapping; behind them, those that merge keys bring in."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        node = todo.pop(0)
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, SequenceNode) and len(seen) > 1:
            todo.extend(node.value)
        elif isinstance(node, MappingNode):
            for name, value in node.value:
                if isinstance(name, ScalarNode) and name.value == "<<" and nodes.is_plain_scalar(name):
                    todo.append(value)
                elif isinstance(name, ScalarNode):
                    yield name.value, value


def length(node: Node | None) -> int:
    """How many items a list has; 0 for what is no list."""
    return len(node.value) if isinstance(node, SequenceNode) else 0
