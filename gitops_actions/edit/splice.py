"""Replace the bytes of values, read back what came out, and compare: exactly the wanted values differ, or nothing is
handed out (contract section 3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.resolver import Resolver

from gitops_actions.edit import lines, nodes, paths, scalars
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import CANNOT_CREATE, NOT_READ_BACK, refusal
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, ValueChange

_LINE_END = re.compile(r"\r\n|[\r\n]")
_REST_OF_LINE = re.compile(r"[ \t]*(?:[ \t]#[^\r\n]*)?(?=[\r\n]|\Z)")


class _Patch(NamedTuple):
    start: int
    end: int
    text: str
    change: ValueChange  # its line is that of the old text


class Splice:
    """The changes to one text. Values are put in, then `result` applies them all and reads them back."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._patches: list[_Patch] = []
        self._wanted: dict[int, tuple[str, bool]] = {}  # by id of the node: its new text, and whether that is literal
        self._added: dict[int, dict[str, tuple[str, bool]]] = {}  # by id of the mapping: new keys

    def put(self, leaf: Leaf, value: str, *, literal: bool = False) -> None:
        """Replace a value by a string, or with ``literal`` by the plain text of a number, boolean or null.

        Raises UsageError for a value that no YAML file can hold.
        """
        same_type = not leaf.style if literal else bool(leaf.style) or not scalars.is_ambiguous(value)
        if leaf.value == value and same_type:
            return
        text = value if literal else scalars.render(value, leaf.style, leaf.spot.flow)
        if leaf.start == leaf.end and self._parsed.text[leaf.start - 1 : leaf.start] not in (" ", ""):
            text = f" {text}"  # directly behind the ":" or "-"
        change = ValueChange(leaf.path, leaf.line, leaf.value, value)
        self._patches.append(_Patch(leaf.start, leaf.end, text, change))
        self._wanted[id(leaf.spot.node)] = (value, literal)

    def add(self, spot: Spot, key: str, value: str, *, literal: bool = False, after: Sequence[str] = ()) -> None:
        """Add a key with a value (as in `put`) to a block mapping: on a line of its own behind the first of
        ``after`` that is there, else behind its last value that stands on one line.

        Raises EditRefused where such a line would not be plain to place.
        """
        if spot.foreign is not None:
            raise spot.foreign
        shown = paths.show((*spot.path, key))
        if self._parsed.template is not None:
            hint = f"write {shown} once by hand"
            raise refusal(CANNOT_CREATE, f"{shown} cannot be added to a template", spot.node.start_mark, hint)
        name, neighbour = self._neighbour(spot, shown, after)
        line_end = _LINE_END.search(self._parsed.text)
        style = (neighbour.style or "") if isinstance(neighbour, ScalarNode) else ""
        text = (line_end[0] if line_end else "\n") + " " * name.start_mark.column
        text += f"{scalars.render(key, '', flow=False)}: "
        text += value if literal else scalars.render(value, style, flow=False)
        end = self._end_of_line(neighbour)
        change = ValueChange(shown, neighbour.end_mark.line + 2, None, value)
        self._patches.append(_Patch(end, end, text, change))
        self._added.setdefault(id(spot.node), {})[key] = (value, literal)

    def _neighbour(self, spot: Spot, shown: str, after: Sequence[str]) -> tuple[Node, Node]:
        """The key and value whose line the new one follows."""
        mark, hint = spot.node.start_mark, f"write {shown} once by hand"
        if not isinstance(spot.node, MappingNode) or spot.node.flow_style or spot.flow:
            raise refusal(CANNOT_CREATE, f"{shown} can only be added to a block mapping", mark, hint)
        fit: list[tuple[Node, Node]] = [pair for pair in spot.node.value if self._on_one_line(*pair)]
        if not fit:
            raise refusal(CANNOT_CREATE, f"there is no simple line to put {shown} behind", mark, hint)
        named = {name.value: (name, value) for name, value in fit if isinstance(name, ScalarNode)}
        return next((named[name] for name in after if name in named), fit[-1])

    def _on_one_line(self, name: Node, value: Node) -> bool:
        """Whether a pair is all of its line (but for a comment), and the next line is not part of it."""
        if getattr(value, "style", None) in ("|", ">") or value.start_mark.index < name.end_mark.index:
            return False
        return name.start_mark.line == value.end_mark.line and self._end_of_line(value) >= 0

    def _end_of_line(self, value: Node) -> int:
        """Where the line of a value ends, or -1 where more than a comment follows it."""
        match = _REST_OF_LINE.match(self._parsed.text, value.end_mark.index)
        return match.end() if match else -1

    def result(self) -> Edited:
        """The new text and what changed in it, in the order of the text; the old text when nothing did.

        Raises EditRefused when the new text does not read back as wanted.
        """
        text = self._parsed.text
        if not self._patches:
            return Edited(self._parsed.bom + text)
        parts: list[str] = []
        changes: list[ValueChange] = []
        position = added = 0
        for patch in sorted(self._patches, key=lambda patch: (patch.start, patch.end)):
            parts += (text[position : patch.start], patch.text)
            position = patch.end
            changes.append(replace(patch.change, line=patch.change.line + added))
            added += patch.change.old is None
        new = "".join((*parts, text[position:]))
        try:
            matches = self._reads_back((nodes if self._parsed.template is None else lines).parse(new))
        except EditRefused:
            matches = False
        if not matches:
            raise EditRefused(
                f"the new value of {changes[0].path} would not read back as it was written",
                code=NOT_READ_BACK,
                line=changes[0].line,
                hint="write the value once by hand as a quoted string on a line of its own",
            )
        return Edited(self._parsed.bom + new, tuple(changes))

    def _reads_back(self, after: Parsed) -> bool:
        """Walk both trees side by side. Each node is met once, so aliases cost nothing; a node that was one node in two
        places must still be one."""
        if len(after.roots) != len(self._parsed.roots):
            return False
        met: dict[int, Node] = {}
        todo = list(zip(self._parsed.roots, after.roots, strict=True))
        while todo:
            old, new = todo.pop()
            if id(old) in met:
                if met[id(old)] is not new:
                    return False
                continue
            met[id(old)] = new
            if type(old) is not type(new) or old.tag != new.tag:
                return False
            if isinstance(old, ScalarNode) and isinstance(new, ScalarNode):
                if not self._scalar_as_wanted(old, new):
                    return False
            elif isinstance(old, MappingNode):
                pairs = self._without_added(old, new)
                if pairs is None or len(pairs) != len(old.value):
                    return False
                for one, other in zip(old.value, pairs, strict=True):
                    todo += zip(one, other, strict=True)
            else:
                if len(old.value) != len(new.value):
                    return False
                todo += zip(old.value, new.value, strict=True)
        return met.keys() >= self._wanted.keys() | self._added.keys()

    def _scalar_as_wanted(self, old: ScalarNode, new: ScalarNode) -> bool:
        if id(old) not in self._wanted:
            return bool(old.value == new.value and (old.style or "") == (new.style or ""))
        return _is(new, *self._wanted[id(old)])

    def _without_added(self, old: MappingNode, new: Node) -> list[tuple[Node, Node]] | None:
        """The pairs that were there before; None when the added ones are not as wanted."""
        added = dict(self._added.get(id(old), {}))
        pairs = []
        for name, value in new.value:
            if isinstance(name, ScalarNode) and name.value in added:
                if not isinstance(value, ScalarNode) or not _is(value, *added.pop(name.value)):
                    return None
            else:
                pairs.append((name, value))
        return None if added else pairs


def _is(node: ScalarNode, value: str, literal: bool) -> bool:
    """Whether a scalar is the plain text, or the string, that was to be written. What is a string to YAML 1.1 is
    asked of PyYAML: a second opinion beside `scalars`."""
    if node.value != value or (literal and node.style):
        return False
    if literal or node.style:
        return True
    resolvers = Resolver.yaml_implicit_resolvers
    candidates = resolvers.get(value[:1], []) + resolvers.get(None, [])
    return not any(pattern.match(value) for _, pattern in candidates)
