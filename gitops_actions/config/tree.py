"""YAML text to a tree in which every key and value knows its place.

Made from parser events, not from PyYAML's composer: that one recurses (a deep file would end the process), keeps
no duplicate keys, and reads scalars by YAML 1.1. Here plain scalars follow the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema), as editors and JSON Schema do; dates stay texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from gitops_actions.config.problems import Problems, shown

MAX_SIZE = 1024 * 1024  # characters
MAX_DEPTH = 20
MAX_VALUES = 100_000  # aliases counted as often as they are used

Place = tuple[int, int]

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# What YAML 1.2 calls printable (production c-printable), less the byte order mark.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}", re.ASCII)  # below the limit of int() on digits
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Node:
    """A value at a place (line and column from 1). ``keys`` are the places of a mapping's keys."""

    content: Any  # a scalar, dict[str, Node] or list[Node]
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)
    values: int = 1  # in it, itself included
    depth: int = 1

    @property
    def mapping(self) -> dict[str, Node]:
        """Its entries; empty when it is not a mapping."""
        return self.content if isinstance(self.content, dict) else {}

    @property
    def items(self) -> list[Node]:
        """Its entries; empty when it is not a list."""
        return self.content if isinstance(self.content, list) else []

    def at(self, *path: str) -> Node:
        """The value below these keys, or the last one on the way that exists: a place to point to."""
        node = self
        for key in path:
            if key not in node.mapping:
                break
            node = node.mapping[key]
        return node

    def child(self, key: str) -> Node:
        """The value of a key; nothing, at this place, when the key is not there."""
        return self.mapping.get(key) or Node(None, self.place)

    def plain(self) -> Any:
        """The value as Python's own types."""
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        return self.content


class _Stop(Exception):
    """Nothing more can be read; the problem has been added."""


def read(text: str, problems: Problems) -> Node | None:
    """The one document of ``text``; None (and a problem) when there is nothing to work with."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_SIZE:
        problems.add((1, 1), f"the file is larger than {MAX_SIZE} characters", code="GA011")
        return None
    bad = _UNPRINTABLE.search(text)
    if bad:
        start = text.rfind("\n", 0, bad.start()) + 1
        place = (text.count("\n", 0, start) + 1, bad.start() - start + 1)
        problems.add(place, f"the character {bad[0]!a} is not allowed in YAML", code="GA011")
        return None
    try:
        root = _Reading(problems).document(text)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else (1, 1)
        line = "".join(text.splitlines()[place[0] - 1 : place[0]])
        hint = "indent with spaces, not with tabs" if "\t" in line else None
        if re.search(r"[:-] +\{\w+\}", line):
            hint = "a value that starts with `{` needs quotes"
        about = f" {error.context}" if error.context else ""
        problems.add(place, f"this is not YAML: {error.problem}{about}", hint, code="GA011")
        return None
    if root is None:
        problems.add((1, 1), "the file is empty", "start it with `version: 1`")
    elif not isinstance(root.content, dict):
        problems.add(root.place, f"the file must be a mapping, not {shown(root.plain())}", "start it with `version: 1`")
        return None
    return root


class _Reading:
    """One pass over the events, with the open collections on a stack of its own."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._anchors: dict[str, Node] = {}

    def document(self, text: str) -> Node | None:
        root: Node | None = None
        # The open collections, each with its anchor and its entries so far: keys and values of a mapping in turn.
        open_: list[tuple[yaml.CollectionStartEvent, list[tuple[Node, bool]]]] = []
        for event in yaml.parse(text, Loader=_LOADER):
            plain_key = False
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self._stop(_place(event.start_mark), "a second document starts here", "gitops.yaml holds only one")
                continue
            if isinstance(event, yaml.CollectionStartEvent):
                self._check_tag(event)
                if len(open_) == MAX_DEPTH:
                    self._stop(_place(event.start_mark), f"this is nested more than {MAX_DEPTH} levels deep")
                open_.append((event, []))
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                start, entries = open_.pop()
                node = self._collection(start, entries)
                anchor = start.anchor
            elif isinstance(event, yaml.ScalarEvent):
                self._check_tag(event)
                node, anchor = self._scalar(event), event.anchor
                plain_key = not event.style
            elif isinstance(event, yaml.AliasEvent):
                node, anchor = self._alias(event), None
            else:
                continue
            if anchor is not None:
                self._anchors[anchor] = node
            if open_:
                open_[-1][1].append((node, plain_key))
            else:
                root = node
        return root

    def _stop(self, place: Place, message: str, hint: str | None = None) -> NoReturn:
        self._problems.add(place, message, hint, code="GA011")
        raise _Stop

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None:
            self._problems.add(
                _place(event.start_mark),
                f"the tag {shown(event.tag)} has no meaning here",
                "remove it; put a text in quotes instead",
                code="GA011",
            )

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        # The style of a plain scalar is None in the pure parser and "" in the C one.
        place = _place(event.start_mark)
        if event.style:
            return Node(event.value, place)
        # libyaml keeps a tab inside a plain value, and silently; PyYAML's own parser refuses it.
        if "\t" in event.value:
            self._problems.add(
                place, "there is a tab in this value", "use spaces, or put the value in quotes", code="GA011"
            )
        return Node(_resolved(event.value), place)

    def _alias(self, event: yaml.AliasEvent) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            self._stop(_place(event.start_mark), f"the alias {shown(event.anchor)} refers to nothing above it")
        return node

    def _collection(self, start: yaml.CollectionStartEvent, entries: list[tuple[Node, bool]]) -> Node:
        place = _place(start.start_mark)
        if isinstance(start, yaml.SequenceStartEvent):
            made = Node([node for node, _ in entries], place)
            children = made.items
        else:
            made = self._mapping(place, entries)
            children = list(made.mapping.values())
        made.values += sum(child.values for child in children)
        made.depth += max((child.depth for child in children), default=0)
        if made.values > MAX_VALUES or made.depth > MAX_DEPTH:
            self._stop(place, "this holds too many values, or too deep ones, once its aliases are filled in")
        return made

    def _mapping(self, place: Place, entries: list[tuple[Node, bool]]) -> Node:
        made = Node({}, place)
        merged: list[Node] = []
        for (key, plain), (value, _) in zip(entries[::2], entries[1::2], strict=True):
            name = key.content
            if name == "<<" and plain:
                merged += value.items or [value]
            elif not isinstance(name, str):
                self._problems.add(key.place, f"this key is {shown(key.plain())}, not a text", "put it in quotes")
            elif name in made.mapping:
                line, column = made.keys[name]
                self._problems.add(
                    key.place,
                    f"{shown(name)} is here for a second time",
                    f"the first is at line {line}, column {column}",
                )
            else:
                made.content[name] = value
                made.keys[name] = key.place
        if sum(len(node.mapping) for node in merged) > MAX_VALUES:
            self._stop(place, "this merges too many values")
        for node in merged:
            if not isinstance(node.content, dict):
                self._problems.add(node.place, "only mappings can be merged with `<<`", code="GA011")
            for name, value in node.mapping.items():
                if name not in made.content:
                    made.content[name] = value
                    made.keys[name] = node.keys[name]
        return made


def _place(mark: Any) -> Place:
    return mark.line + 1, mark.column + 1


def _resolved(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
