"""Kind ``json``: one value at a path of a JSON file."""

from __future__ import annotations

from typing import Any

from yaml.nodes import CollectionNode, ScalarNode

from gitops_actions.edit import creation, documents, json_nodes, json_style, leaves, scalars, specs
from gitops_actions.edit.growth import Text, Tree
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import NOT_A_VALUE, refusal
from gitops_actions.edit.swap import Patch, Reading, swap
from gitops_actions.model import Edited, EditSpec, Found, Release, ValueChange

_LITERALS = {"true": True, "false": False, "null": None}


class JsonValue:
    """The value at ``path``. ``options["typed"]`` as in kind ``yaml``."""

    kind = "json"
    takes = specs.TAKES

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The value."""
        parsed, _ = json_nodes.parse(text)
        spot, _ = documents.find(parsed, spec.document, specs.steps(spec))
        leaf = _leaf(parsed, spot)
        return (Found(leaf.path, leaf.line, leaf.value),)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:  # noqa: ARG002
        """The text with ``spec.value`` in place, which the release has filled in."""
        value, typed = specs.value(spec)
        steps = specs.steps(spec)
        parsed, data = json_nodes.parse(text)
        reading = Reading(parsed, data, json_nodes.load)
        find = documents.nearest if spec.on_missing == "create" else documents.find
        spot, taken = find(parsed, spec.document, steps)
        literal = False
        if typed == "json":
            value, literal = scalars.from_json(value)
        if taken < len(steps):
            return _added(reading, spot, steps[taken:], Text(value, literal=literal))
        leaf = _leaf(parsed, spot)
        if typed == "auto" and not leaf.style:
            literal = scalars.is_literal(leaf.value, value)
        if leaf.value == value and literal != bool(leaf.style):
            return Edited(text)
        new = Text(value, literal=literal)
        patch = Patch(leaf.start, leaf.end, json_style.scalar(new))
        change = ValueChange(leaf.path, leaf.line, leaf.value, value)
        return swap(reading, patch, spot.path, _loaded(new), change)


def _leaf(parsed: Parsed, spot: Spot) -> Leaf:
    leaf = leaves.leaf(parsed, spot)
    if json_style.SURROGATE.search(leaf.value):
        message = f"{leaf.path} is not valid Unicode: it has half a surrogate pair"
        raise refusal(NOT_A_VALUE, message, spot.node.start_mark, "write it by hand")
    return leaf


def _loaded(tree: Tree) -> Any:
    """A tree as `json_nodes.load` gives it."""
    if isinstance(tree, dict):
        return tuple((key, _loaded(value)) for key, value in tree.items())
    if isinstance(tree, list):
        return [_loaded(item) for item in tree]
    if not tree.literal:
        return tree.value
    return _LITERALS[tree.value] if tree.value in _LITERALS else json_nodes.number(tree.value)


def _added(reading: Reading, spot: Spot, steps: tuple[Step, ...], value: Text) -> Edited:
    """The text with a new last key or item, or with one in place of null."""
    node = spot.node
    parts = node.value if isinstance(node, CollectionNode) else ()
    beside = parts[-1] if parts else None
    key, tree = creation.grown(spot, steps, value, beside[1] if isinstance(beside, tuple) else beside)
    patch, line = json_style.addition(reading.parsed, spot, key, tree)
    change = ValueChange(creation.shown(spot, steps), line, None, value.value)
    if isinstance(node, ScalarNode):
        return swap(reading, patch, spot.path, _loaded([tree] if key is None else {key: tree}), change)
    return swap(reading, patch, (*spot.path, len(parts) if key is None else key), _loaded(tree), change)
