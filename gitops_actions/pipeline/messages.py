"""Texts of requests from templates, ours and those of gitops.yaml.

A template is read as a small part of Jinja: values, `if`, `for` over what it is given, comparisons and a few filters.
That bounds what it can cost, which the sandbox alone does not: there are no calls, no arithmetic, no assignments and
no loops within loops within loops.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import Template, TemplateError, nodes

from gitops_actions.errors import UsageError
from gitops_actions.pipeline.sandbox import environment, source

LONGEST = 256 * 1024  # characters that come out
_LOOPS, _DEPTH = 2, 30

_FORMS: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.List, nodes.Tuple,
    nodes.Filter, nodes.Test, nodes.Keyword,
)  # fmt: skip
_FILTERS: Mapping[str, Callable[..., Any]] = {
    "length": len,
    "first": lambda items: items[0] if items else None,
    "last": lambda items: items[-1] if items else None,
    "short": lambda text: str(text)[:7],
    "upper": lambda text: str(text).upper(),
    "lower": lambda text: str(text).lower(),
}
_TESTS = ("defined", "none", "undefined")


def render(
    name: str,
    own: str | None,
    data: Mapping[str, Any],
    *,
    shown: Callable[[Any], str],
    filters: Mapping[str, Callable[[Any], str]],
) -> str:
    """The text of a template: ``own``, or else ``name`` below `templates/messages/`.

    Args:
        shown: what becomes of each value that the template writes.
        filters: filters that it may use beside the few that all may.

    Raises UsageError, with the line in the template where it is known.
    """
    text = own if own is not None else source(f"messages/{name}")
    try:
        pieces: list[str] = []
        size = 0
        for piece in _compiled(text, shown, tuple(filters.items())).generate(dict(data)):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST:
                raise UsageError(f"it makes more than {LONGEST} characters", hint="show less of it")
    except UsageError:
        raise
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"line {line} of the template: " if line else ""
        hint = "values are <@ name @>, blocks <% if name %>; docs/configuration.md has the names"
        raise UsageError(f"{where}{error.message}", hint=hint) from None
    except Exception as error:
        raise UsageError(f"{type(error).__name__}: {error}"[:300], hint="make it simpler") from None
    return "".join(pieces)


@functools.lru_cache(maxsize=8)  # `promote` writes the same for many apps
def _compiled(
    text: str, shown: Callable[[Any], str], filters: tuple[tuple[str, Callable[[Any], str]], ...]
) -> Template:
    jinja = environment(finalize=shown)
    jinja.globals.clear()
    jinja.filters = {**_FILTERS, **dict(filters)}
    jinja.tests = {test: jinja.tests[test] for test in _TESTS}
    _check(jinja.parse(text), jinja.filters)
    return jinja.from_string(text)


def _check(template: nodes.Template, filters: Mapping[str, Any]) -> None:
    """Raises UsageError for what a template must not do. Without recursion: it may be deep."""
    waiting: list[tuple[nodes.Node, int, int]] = [(template, 0, 0)]
    while waiting:
        node, depth, loops = waiting.pop()
        complaint = _complaint(node, filters)
        loops += isinstance(node, nodes.For)
        if loops > _LOOPS:
            complaint = "loops within loops within loops are not allowed here"
        if depth > _DEPTH:
            complaint = "this is too deep"
        if complaint:
            raise UsageError(f"line {node.lineno} of the template: {complaint}")
        waiting += [(child, depth + 1, loops) for child in node.iter_child_nodes()]


def _complaint(node: nodes.Node, filters: Mapping[str, Any]) -> str | None:
    if not isinstance(node, _FORMS):
        return f"{type(node).__name__} is not allowed here: only values, `if`, `for` and comparisons are"
    if isinstance(node, nodes.Name) and node.name == "self":
        return "there is no `self` here"
    if isinstance(node, nodes.Filter) and node.name not in filters:
        return f"there is no filter `{node.name}` here ({_listed(sorted(filters))})"
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        return f"there is no test `{node.name}` here ({_listed(_TESTS)})"
    if isinstance(node, nodes.Filter | nodes.Test) and (node.args or node.kwargs):
        return f"`{node.name}` takes nothing in brackets"
    if isinstance(node, nodes.For) and (node.recursive or not isinstance(node.iter, nodes.Name | nodes.Getattr)):
        return "`for` goes over a list that has a name"
    return None


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
