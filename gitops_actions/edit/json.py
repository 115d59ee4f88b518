"""Kind ``json``: one value at a path of a JSON file."""

from __future__ import annotations

import json
import re
from typing import Any

from yaml.nodes import MappingNode, SequenceNode

from gitops_actions.edit import documents, json_nodes, json_style, leaves, paths, scalars, specs
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step, Token
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import BAD_SPEC, CANNOT_CREATE, NOT_A_VALUE, quoted, refusal
from gitops_actions.edit.swap import Patch, Reading, swap
from gitops_actions.errors import UsageError
from gitops_actions.model import Edited, EditSpec, Found, Release, ValueChange

_LITERALS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile(r"[\ud800-\udfff]")


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
        spot, taken = documents.find(parsed, spec.document, steps, create=spec.on_missing == "create")
        literal = False
        if typed == "json":
            value, literal = scalars.from_json(value)
        if taken < len(steps):
            return _added(reading, spot, steps[-1], value, literal)
        leaf = _leaf(parsed, spot)
        if typed == "auto" and not leaf.style:
            literal = scalars.is_literal(leaf.value, value)
        if leaf.value == value and literal != bool(leaf.style):
            return Edited(text)
        patch = Patch(leaf.start, leaf.end, _rendered(value, literal))
        change = ValueChange(leaf.path, leaf.line, leaf.value, value)
        return swap(reading, patch, spot.path, _loaded(value, literal), change)


def _leaf(parsed: Parsed, spot: Spot) -> Leaf:
    leaf = leaves.leaf(parsed, spot)
    if _SURROGATE.search(leaf.value):
        message = f"{leaf.path} is not valid Unicode: it has half a surrogate pair"
        raise refusal(NOT_A_VALUE, message, spot.node.start_mark, "write it by hand")
    return leaf


def _rendered(value: str, literal: bool) -> str:
    """A value as JSON text. Raises UsageError for half a surrogate pair, which no file can hold."""
    if literal:
        return value
    if _SURROGATE.search(value):
        raise UsageError(f"{quoted(value)} is not valid Unicode", code=BAD_SPEC, hint="write it as UTF-8")
    as_it_is = (char.isprintable() and char not in '"\\' for char in value)
    return f'"{"".join(c if ok else json.dumps(c)[1:-1] for c, ok in zip(value, as_it_is, strict=True))}"'


def _loaded(value: str, literal: bool) -> Any:
    """A value as `json_nodes.load` gives it."""
    if not literal:
        return value
    return _LITERALS[value] if value in _LITERALS else json_nodes.number(value)


def _added(reading: Reading, spot: Spot, step: Step, value: str, literal: bool) -> Edited:
    """The text with a new last key or item."""
    key = _new_step(spot, step)
    name = _rendered(key, literal=False) if isinstance(key, str) else None
    patch, line = json_style.addition(reading.parsed, spot, name, _rendered(value, literal))
    path = (*spot.path, key)
    return swap(reading, patch, path, _loaded(value, literal), ValueChange(paths.show(path), line, None, value))


def _new_step(spot: Spot, step: Step) -> str | int:
    """The key or index that is to be new. Raises EditRefused where there can be none."""
    node = spot.node
    if isinstance(node, SequenceNode):
        index = paths.pointer_index(step) if isinstance(step, Token) else step
        if index == len(node.value):
            return len(node.value)
    elif isinstance(node, MappingNode) and isinstance(step, Token | str):
        return step.text if isinstance(step, Token) else step
    message = f"{paths.show((*spot.path, step))} is not there, and cannot be added"
    hint = "what can be added is a key of a mapping, or an item right behind the last one of a list"
    raise refusal(CANNOT_CREATE, message, node.start_mark, hint)
