"""Readers of YAML, JSON and TOML for `replay`: what a file says, by parsers and code that the editors do not use."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from gitops_actions.core.values import WITH_TAB, Entry, Place, Reader, Type, Unreadable, Value

MAX_DEPTH = 200

_Steps = tuple[str | int, ...]

_BODY = re.compile(r"(?<=[^ \t\r\n])[^\r\n]+")  # of a line, all but its indentation and what comes first
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TYPES: dict[str, Type] = {
    "tag:yaml.org,2002:str": "string",
    "tag:yaml.org,2002:int": "integer",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:null": "null",
}


class _Literal(str):
    """A number of JSON or TOML as it is written."""


def read_yaml(text: str) -> Iterator[Entry]:
    """Every value of every document. Aliases stay aliases: nothing grows. Raises Unreadable."""
    bom = text.startswith("\ufeff")
    body = text[bom:]
    # Behind the indentation, a tab is white space to YAML and libyaml, and may become part of a value to PyYAML. The
    # places stay where they are.
    even = _BODY.sub(lambda line: line[0].replace("\t", " "), body) if "\t" in body else body
    try:
        yield from _Events(int(bom), body).entries(yaml.parse(even, Loader=_Loader))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Unreadable(type(error).__name__) from None


class _Events:
    """What the events of a YAML stream say."""

    def __init__(self, shift: int, text: str) -> None:
        self._shift = shift
        self._text = text
        self._resolver = Resolver()

    def entries(self, events: Iterable[Event]) -> Iterator[Entry]:
        """Every node but keys, with its place."""
        document = -1
        steps: list[str | int] = []
        # Of each open collection: the number of the next item, or for a mapping None, and whether a key comes next.
        open_: list[list[Any]] = []
        for event in events:
            if isinstance(event, DocumentStartEvent):
                document += 1
            elif isinstance(event, CollectionEndEvent):
                open_.pop()
                self._step(open_, steps)
            elif isinstance(event, NodeEvent):
                if open_ and open_[-1][0] is None and open_[-1][1]:
                    steps[-1] = self._key(event)
                    open_[-1][1] = False
                    continue
                yield Place(document, tuple(steps)), self._found(event)
                if isinstance(event, MappingStartEvent | SequenceStartEvent):
                    if len(open_) >= MAX_DEPTH:
                        raise Unreadable(f"more than {MAX_DEPTH} levels")
                    mapping = isinstance(event, MappingStartEvent)
                    open_.append([None, True] if mapping else [0, False])
                    steps.append("" if mapping else 0)
                else:
                    self._step(open_, steps, ended=False)

    def _step(self, open_: list[list[Any]], steps: list[str | int], *, ended: bool = True) -> None:
        """Behind a value: the next item, or the next key."""
        if ended:
            steps.pop()
        if not open_:
            return
        if open_[-1][0] is None:
            open_[-1][1] = True
        else:
            open_[-1][0] += 1
            steps[-1] = open_[-1][0]

    def _key(self, event: NodeEvent) -> str:
        if not isinstance(event, ScalarEvent):
            raise Unreadable("a key is not a text")
        return str(event.value)

    def _found(self, event: NodeEvent) -> Value | str:
        if isinstance(event, AliasEvent):
            return f"*{event.anchor}"
        if not isinstance(event, ScalarEvent):
            kind, tag = "mapping" if isinstance(event, MappingStartEvent) else "list", getattr(event, "tag", None)
            return f"{kind} {tag}" if tag else kind
        start, end = (mark.index if mark is not None else 0 for mark in (event.start_mark, event.end_mark))
        if "\t" in self._text[start:end]:
            return Value(self._text[start:end], "other", WITH_TAB, (start + self._shift, end + self._shift))
        end = start + len(self._text[start:end].rstrip(" \r\n"))  # a block ends where the next thing begins
        if start == end:  # an empty value: behind its ":" or "-", not where the parser noticed
            while start and self._text[start - 1] == " ":
                start -= 1
            end = start
        type_: Type = "string"
        if event.implicit[0]:
            resolved = self._resolver.resolve(ScalarNode, event.value, (True, False))  # type: ignore[no-untyped-call]
            type_ = _TYPES.get(resolved, "other")
        elif event.tag and not event.implicit[1]:
            type_ = _TYPES.get(event.tag, "other")
        tag = event.tag if event.tag and not any(event.implicit) else None
        return Value(event.value, type_, tag, (start + self._shift, end + self._shift))


def read_json(text: str) -> Iterator[Entry]:
    """Every value of a JSON text. Raises Unreadable."""
    return _read(text, lambda body: json.loads(
        body, object_pairs_hook=_Pairs, parse_int=_Literal, parse_float=_Literal, parse_constant=_no_constant
    ))  # fmt: skip


def read_toml(text: str) -> Iterator[Entry]:
    """Every value of a TOML text. Raises Unreadable."""
    return _read(text, lambda body: tomllib.loads(body.replace("\r\n", "\n"), parse_float=_Literal))


READERS: dict[str, Reader] = {"yaml": read_yaml, "json": read_json, "toml": read_toml}


class _Pairs(list[tuple[str, Any]]):
    """A JSON object, with the keys that are there twice."""


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _read(text: str, parse: Callable[[str], Any]) -> Iterator[Entry]:
    try:
        root = parse(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(type(error).__name__) from None
    waiting: list[Iterator[tuple[_Steps, Any]]] = [iter([((), root)])]
    while waiting:
        steps, value = next(waiting[-1], (None, None))
        if steps is None:
            waiting.pop()
        elif isinstance(value, _Pairs | dict):
            yield Place(0, steps), "mapping"
            items = value.items() if isinstance(value, dict) else value
            waiting.append(_below(steps, items))
        elif isinstance(value, list):
            yield Place(0, steps), "list"
            waiting.append(_below(steps, enumerate(value)))
        else:
            yield Place(0, steps), _value(value)


def _below(steps: _Steps, items: Iterable[tuple[str | int, Any]]) -> Iterator[tuple[_Steps, Any]]:
    for step, value in items:
        yield (*steps, step), value


def _value(value: Any) -> Value:
    if isinstance(value, _Literal):
        return Value(str(value), "integer" if re.fullmatch(r"-?\d+", value) else "number")
    if isinstance(value, str):
        return Value(value, "string")
    if isinstance(value, bool):
        return Value("true" if value else "false", "boolean")
    if value is None:
        return Value("null", "null")
    return Value(str(value), "integer" if isinstance(value, int) else "other")
