"""What is written where nothing was: keys, items and a value, as a tree and as YAML text."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, Union

from gitops_actions.edit import paths, scalars
from gitops_actions.edit.paths import Filter, Step, Token


class Text(NamedTuple):
    """A scalar: a string in a style (as in `scalars.render`), or with ``literal`` the plain text of a number, boolean
    or null."""

    value: str
    style: str = ""
    literal: bool = False


Tree: TypeAlias = Union[Text, "dict[str, Tree]", "list[Tree]"]


class Pen(NamedTuple):
    """How an author writes: the indentation of a mapping and of a list below their key, the spaces behind a "-", and
    whether everything is JSON."""

    width: int = 2
    list_width: int = 2
    gap: int = 1
    json: bool = False


def tree(steps: tuple[Step, ...], leaf: Text, items: Text | None = None) -> Tree | None:
    """The tree that holds a value at the end of ``steps``; None where the steps do not say what that is.

    ``items`` is the value that the first step, a filter, asks for, when it is to be written in a style of its own.
    """
    if not steps:
        return leaf
    step, rest = steps[0], steps[1:]
    if isinstance(step, Token):
        if step.text != "-" and paths.pointer_index(step) is not None:
            return None  # a key or an index
        step = 0 if step.text == "-" else step.text
    if isinstance(step, str):
        below = tree(rest, leaf)
        return None if below is None else {step: below}
    if isinstance(step, int):
        below = tree(rest, leaf)
        return [below] if step == 0 and below is not None else None
    item = filtered(step, rest, leaf, items or Text(step.value))
    return None if item is None else [item]


def filtered(step: Filter, rest: tuple[Step, ...], leaf: Text, name: Text) -> Tree | None:
    """The item that a filter matches, with a value at the end of ``rest`` in it; None where both cannot be."""
    item = tree(step.keys, name)
    below = tree(rest, leaf)
    return _merged(item, below) if rest and item is not None and below is not None else None


def _merged(one: Tree, other: Tree) -> Tree | None:
    if isinstance(one, Text) and isinstance(other, Text):
        return other if one.value == other.value else None
    if not isinstance(one, dict) or not isinstance(other, dict):
        return None
    merged = dict(one)
    for key, value in other.items():
        both = _merged(merged[key], value) if key in merged else value
        if both is None:
            return None
        merged[key] = both
    return merged


def lines(grown: Tree, pen: Pen) -> list[str]:
    """A tree in block style, line by line, from column 0."""
    if isinstance(grown, Text):
        return [scalar(grown, pen, flow=False)]
    written: list[str] = []
    if isinstance(grown, list):
        for item in grown:
            head, *rest = lines(item, pen)
            written.append("-" + " " * pen.gap + head)
            written += _indented(rest, 1 + pen.gap)
        return written
    for key, value in grown.items():
        below = lines(value, pen)
        head = f"{scalars.render(key, '', flow=False)}:"
        if isinstance(value, Text):
            written.append(f"{head} {below[0]}")
        else:
            written.append(head)
            written += _indented(below, pen.list_width if isinstance(value, list) else pen.width)
    return written


def _indented(written: list[str], width: int) -> list[str]:
    return [" " * width + line for line in written]


def flow(grown: Tree, pen: Pen) -> str:
    """A tree in flow style."""
    if isinstance(grown, Text):
        return scalar(grown, pen, flow=True)
    if isinstance(grown, list):
        return "[" + ", ".join(flow(item, pen) for item in grown) + "]"
    style = '"' if pen.json else ""
    pairs = (f"{scalars.render(key, style, flow=True)}: {flow(value, pen)}" for key, value in grown.items())
    return "{" + ", ".join(pairs) + "}"


def scalar(text: Text, pen: Pen, *, flow: bool) -> str:
    """A scalar as YAML text."""
    return text.value if text.literal else scalars.render(text.value, '"' if pen.json else text.style, flow)
