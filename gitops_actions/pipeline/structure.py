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


def read(text: str) -> Any:
    """The text as dicts, lists and `Leaf`s. Raises UsageError, with the line, for what is not one plain document."""
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UsageError(
            f"what comes out is not YAML: {error.problem}",
            code="GA555",
            line=mark.line + 1 if mark else None,
            hint="write values with the filter `yaml`",
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        message = f"what comes out is not YAML: {type(error).__name__}"
        raise UsageError(message, code="GA555", hint="write values with the filter `yaml`") from None
    if not isinstance(node, yaml.MappingNode):
        raise UsageError("what comes out is not a mapping", code="GA555", hint="a pipeline is a YAML mapping")
    return _plain(node, 0)


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


def _plain(node: yaml.Node, depth: int) -> Any:
    line = node.start_mark.line + 1
    if depth > MAX_DEPTH:
        raise UsageError("what comes out is too deep", code="GA555", line=line)
    if isinstance(node, yaml.ScalarNode):
        return Leaf(node.value, node.tag, line)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, depth + 1) for child in node.value]
    made: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in made:
            what = repr(key.value)[:60] if isinstance(key, yaml.ScalarNode) else "a key"
            message = f"what comes out has {what} twice" if isinstance(key, yaml.ScalarNode) else f"{what} is no text"
            raise UsageError(message, code="GA555", line=key.start_mark.line + 1)
        made[key.value] = _plain(value, depth + 1)
    return made
