"""Kind ``toml``: one value at a path of a TOML file."""

from __future__ import annotations

import re
from typing import Any

from yaml.nodes import MappingNode

from gitops_actions.edit import creation, documents, leaves, paths, scalars, specs, toml_nodes
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.marks import LINE_END
from gitops_actions.edit.paths import Step, Token
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import BAD_SPEC, CANNOT_CREATE, quoted, refusal
from gitops_actions.edit.swap import Patch, Reading, at, not_read_back, swap
from gitops_actions.edit.toml_nodes import Toml
from gitops_actions.edit.toml_scanner import Line
from gitops_actions.errors import UsageError
from gitops_actions.model import Edited, EditSpec, Found, Release, ValueChange

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_INTEGER = re.compile(r"[+-]?[0-9][0-9_]*|0[xob][0-9A-Fa-f_]+")
_MARGIN = re.compile(r"[ \t]*")
_SPACED_HEADER = re.compile(r"\n[ \t]*\r?\n[ \t]*\[")
_BLANK_END = re.compile(r"\n[ \t]*\r?\n\Z")
_BOOLEANS = {"true": True, "false": False}


class TomlValue:
    """The value at ``path``. ``options["typed"]`` as in kind ``yaml``; TOML has no null."""

    kind = "toml"
    takes = specs.TAKES

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The value."""
        toml = toml_nodes.parse(text)
        spot, _ = documents.find(toml.parsed, spec.document, specs.steps(spec))
        leaf = _leaf(toml, spot)
        return (Found(leaf.path, leaf.line, leaf.value),)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:  # noqa: ARG002
        """The text with ``spec.value`` in place, which the release has filled in."""
        value, typed = specs.value(spec)
        steps = specs.steps(spec)
        toml = toml_nodes.parse(text)
        find = documents.nearest if spec.on_missing == "create" else documents.find
        spot, taken = find(toml.parsed, spec.document, steps)
        literal = False
        if typed == "json":
            value, literal = scalars.from_json(value)
            if literal and (value == "null" or _is_too_large(value)):
                raise UsageError(f"TOML cannot hold {quoted(value)}", code=BAD_SPEC, hint="write it as a string")
        if taken < len(steps):
            return _added(toml, spot, steps[taken:], value, literal)
        leaf = _leaf(toml, spot)
        if typed == "auto" and not leaf.style:
            old = "0" if _INTEGER.fullmatch(leaf.value) else leaf.value
            literal = scalars.is_literal(old, value) and not _is_too_large(value)
        if leaf.value == value and literal != bool(leaf.style):
            return Edited(text)
        patch = Patch(leaf.start, leaf.end, value if literal else _string(value, leaf.style))
        change = ValueChange(leaf.path, leaf.line, leaf.value, value)
        return swap(_reading(toml), patch, spot.path, _loaded(value, literal), change)


def _reading(toml: Toml) -> Reading:
    return Reading(toml.parsed, toml.data, toml_nodes.load)


def _leaf(toml: Toml, spot: Spot) -> Leaf:
    leaf = leaves.leaf(toml.parsed, spot)
    if leaf.style and at(toml.data, spot.path) != leaf.value:
        raise not_read_back(leaf.path, leaf.line)
    return leaf


def _is_too_large(value: str) -> bool:
    """Whether a number is an integer of more than 64 bits, which readers need not take."""
    return value.lstrip("-").isdigit() and (len(value) > 20 or not -(2**63) <= int(value) < 2**63)


def _string(value: str, style: str) -> str:
    """A string in the quotes that were there, if they can hold it; else in double quotes."""
    if style in ("'", "'''") and "'" not in value and value.isprintable():
        return style + value + style
    quotes = '""' if style == '"""' else ""
    return quotes + scalars.render(value, '"', flow=False) + quotes


def _loaded(value: str, literal: bool) -> Any:
    """A value as `toml_nodes.load` gives it."""
    if not literal:
        return value
    if value in _BOOLEANS:
        return _BOOLEANS[value]
    return int(value) if _INTEGER.fullmatch(value) else toml_nodes.number(value)


def _added(toml: Toml, spot: Spot, steps: tuple[Step, ...], value: str, literal: bool) -> Edited:
    """The text with a new last key of a table, or with a new table: behind all others, or between brackets."""
    creation.check_depth(spot, steps)
    keys = [step.text if isinstance(step, Token) else step for step in steps]
    shown = paths.show((*spot.path, *keys))
    names = [_key(key) for key in keys if isinstance(key, str)]
    if not isinstance(spot.node, MappingNode) or len(names) < len(keys):
        message = f"{shown} is not there, and only keys of tables can be added"
        raise refusal(CANNOT_CREATE, message, spot.node.start_mark, "add it once by hand")
    token = value if literal else _string(value, "")
    patch = _patch(toml, spot, names, token)
    if patch is None:
        message = f"there is no plain place for {shown}"
        raise refusal(CANNOT_CREATE, message, spot.node.start_mark, f"write {shown} once by hand")
    before = toml.parsed.text[: patch.start] + patch.text.rstrip("\r\n")
    change = ValueChange(shown, len(LINE_END.findall(before)) + 1, None, value)
    wanted = _loaded(value, literal)
    for key in reversed(keys[1:]):
        wanted = {key: wanted}
    return swap(_reading(toml), patch, (*spot.path, keys[0]), wanted, change)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else scalars.render(key, '"', flow=False)


def _patch(toml: Toml, spot: Spot, names: list[str], token: str) -> Patch | None:
    node = spot.node
    if node.flow_style:  # type: ignore[attr-defined]
        for name in reversed(names[1:]):
            token = f"{{ {name} = {token} }}"
        return _beside(toml, spot, names[0], token)
    dotted = id(node) in toml.lines and id(node) not in toml.headers and spot.path
    below = _below(toml, spot, ".".join(names), token) if len(names) == 1 or dotted else None
    return below or _new_table(toml, spot, names, token)


def _new_table(toml: Toml, spot: Spot, names: list[str], token: str) -> Patch | None:
    """A table at the end of the file; None where it can have no header there, such as in an item of a list, or where
    dotted keys make it."""
    text = toml.parsed.text
    header = [*(_key(step) for step in spot.path if isinstance(step, str)), *names[:-1]]
    if not header or len(header) < len(spot.path) + len(names) - 1:
        return None
    found = LINE_END.search(text)
    end = found[0] if found else "\n"
    start = "" if not text or text.endswith(("\n", "\r")) else end
    is_spaced = len(toml.headers) < 2 or _SPACED_HEADER.search(text)
    blank = end if is_spaced and text.strip() and not _BLANK_END.search(text) else ""
    last = "" if start else end
    patch = Patch(len(text), len(text), f"{start}{blank}[{'.'.join(header)}]{end}{names[-1]} = {token}{last}")
    try:
        toml_nodes.load(text + patch.text)
    except ValueError:
        return None
    return patch


def _beside(toml: Toml, spot: Spot, pair: str, token: str) -> Patch:
    """A new pair in an inline table."""
    text, node = toml.parsed.text, spot.node
    line = toml.lines.get(id(node))
    if line is None:
        return Patch(node.start_mark.index, node.end_mark.index, f"{{ {pair} = {token} }}")
    return Patch(line.value_end, line.value_end, f", {_prefix(text, line)}{pair}{_equals(text, line)}{token}")


def _below(toml: Toml, spot: Spot, pair: str, token: str) -> Patch | None:
    """A new pair on a line of its own."""
    text = toml.parsed.text
    line, header = toml.lines.get(id(spot.node)), toml.headers.get(id(spot.node))
    if line is None and header is None:
        return None
    start, end = (line.start, line.value_end) if line is not None else (header or 0, header or 0)
    if line is not None:
        pair = _prefix(text, line) + pair + _equals(text, line)
    else:
        pair += " = "
    line_start = text.rfind("\n", 0, start) + 1
    margin = _MARGIN.match(text, line_start)[0]  # type: ignore[index]
    line_end = LINE_END.search(text)
    behind = LINE_END.search(text, end)
    position = behind.start() if behind else len(text)
    return Patch(position, position, (line_end[0] if line_end else "\n") + margin + pair + token)


def _prefix(text: str, line: Line) -> str:
    """What stands before the last part of a dotted key."""
    return text[line.start : line.last]


def _equals(text: str, line: Line) -> str:
    return " = " if text[line.value - 1] == " " else "="
