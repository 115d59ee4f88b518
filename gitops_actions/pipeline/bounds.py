"""The small part of Jinja that templates of other people may be written in.

It bounds what a template can cost, which the sandbox alone does not: values, `if`, `for` over a list that it is given,
comparisons, and a few filters. There are no calls, no arithmetic, no assignments and no loops within loops within
loops, so nothing runs longer than its text and its data are long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from gitops_actions.errors import UsageError

LONGEST = 256 * 1024  # characters that come out
TESTS = ("defined", "none", "undefined")
_LOOPS, _DEPTH = 2, 30

_FORMS: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.List, nodes.Tuple,
    nodes.Filter, nodes.Test, nodes.Keyword,
)  # fmt: skip


def check(template: nodes.Template, filters: Mapping[str, Any], *, includes: bool = False) -> list[tuple[str, int]]:
    """The names that a template includes, with the number of loops around each: what it includes is written there.

    Raises UsageError, with the line, for what a template must not do. Without recursion: it may be deep.
    """
    found: list[tuple[str, int]] = []
    waiting: list[tuple[nodes.Node, int, int]] = [(template, 0, 0)]
    while waiting:
        node, depth, loops = waiting.pop()
        included = _included(node) if includes else None
        complaint = None if included is not None else _complaint(node, filters)
        loops += isinstance(node, nodes.For)
        if loops > _LOOPS:
            complaint = "loops within loops within loops are not allowed here"
        if depth > _DEPTH:
            complaint = "this is too deep"
        if complaint:
            raise UsageError(f"line {node.lineno} of the template: {complaint}")
        if included is not None:
            found.append((included, loops))
            continue
        waiting += [(child, depth + 1, loops) for child in node.iter_child_nodes()]
    return found


def whole(pieces: Iterable[str]) -> str:
    """The pieces of a text in one. Raises UsageError when they are too many."""
    kept: list[str] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > LONGEST:
            raise UsageError(f"it makes more than {LONGEST} characters", hint="show less of it")
    return "".join(kept)


def _included(node: nodes.Node) -> str | None:
    """The name of what a node includes, if it does and the name is a plain text."""
    if isinstance(node, nodes.Include) and isinstance(node.template, nodes.Const) and not node.ignore_missing:
        return str(node.template.value)
    return None


def _complaint(node: nodes.Node, filters: Mapping[str, Any]) -> str | None:
    if not isinstance(node, _FORMS):
        return f"{type(node).__name__} is not allowed here: only values, `if`, `for` and comparisons are"
    if isinstance(node, nodes.Name) and node.name == "self":
        return "there is no `self` here"
    if isinstance(node, nodes.Filter) and node.name not in filters:
        return f"there is no filter `{node.name}` here ({_listed(sorted(filters))})"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"there is no test `{node.name}` here ({_listed(TESTS)})"
    if isinstance(node, nodes.Filter | nodes.Test) and (node.args or node.kwargs):
        return f"`{node.name}` takes nothing in brackets"
    if isinstance(node, nodes.For) and (node.recursive or not isinstance(node.iter, nodes.Name | nodes.Getattr)):
        return "`for` goes over a list that has a name"
    return None


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
