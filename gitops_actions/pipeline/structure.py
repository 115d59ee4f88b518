"""The shape of a YAML text, to tell whether a value that was filled in has become anything but a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from gitops_actions.errors import UsageError

MAX_DEPTH = 40

Path = tuple[str | int, ...]


class Leaf(NamedTuple):
    """A scalar: its text, the type that a plain one has under YAML 1.1, and the line it begins at."""

    text: str
    tag: str
    line: int


def read(text: str, what: str = "what comes out") -> Any:
    """The text as dicts, lists and `Leaf`s. Raises UsageError, with the line, for what is not one plain document;
    aliases, with which little text is much data, make it none."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                raise _unread(f"{what} has an alias, and aliases are not allowed", event.start_mark)
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise _unread(f"{what} is not YAML: {error.problem}", error.problem_mark or error.context_mark) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _unread(f"{what} is not YAML: {type(error).__name__}") from None
    if not isinstance(node, yaml.MappingNode):
        raise _unread(f"{what} is not a mapping")
    return _Reader(what).plain(node, 0)


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """Every scalar of a tree, keys too (as the last step of their own path)."""
    if isinstance(tree, Leaf):
        yield path, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    else:
        for number, value in enumerate(tree):
            yield from leaves(value, (*path, number))


def line(tree: Any) -> int | None:
    """The line of the first scalar of a tree; None when there is none."""
    return next((leaf.line for _, leaf in leaves(tree)), None)


def broken(message: str, at: int | None) -> UsageError:
    """The error for what keeps not to a rule of its platform, with the line."""
    return UsageError(message, code="GA557", line=at, hint="mend the template: docs/pipelines.md has the rules")


def plain(tree: Any) -> Any:
    """The tree with texts in the place of its leaves."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    return tree.text if isinstance(tree, Leaf) else [plain(value) for value in tree]


class _Reader:
    def __init__(self, what: str) -> None:
        self._what = what

    def plain(self, node: yaml.Node, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _unread(f"{self._what} is too deep", node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return Leaf(node.value, node.tag, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(child, depth + 1) for child in node.value]
        made: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _unread(f"{self._what} has a key that is no text", key.start_mark)
            if key.value in made:
                raise _unread(f"{self._what} has {repr(key.value)[:60]} twice", key.start_mark)
            made[key.value] = self.plain(value, depth + 1)
        return made


def _unread(message: str, mark: Any = None) -> UsageError:
    line = mark.line + 1 if mark is not None else None
    return UsageError(message, code="GA555", line=line, hint="write values with the filter `yaml`")
