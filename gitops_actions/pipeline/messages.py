"""Texts of requests from templates, ours and those of gitops.yaml.

A template is read as a small part of Jinja: values, `if`, `for` over what it is given, comparisons and a few filters.
That bounds what it can cost: see `bounds`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Template, TemplateError

from gitops_actions.errors import UsageError
from gitops_actions.pipeline.bounds import TESTS, check, whole
from gitops_actions.pipeline.sandbox import environment, source

_FILTERS: Mapping[str, Callable[..., Any]] = {
    "length": len,
    "first": lambda items: items[0] if items else None,
    "last": lambda items: items[-1] if items else None,
    "short": lambda text: str(text)[:7],
    "upper": lambda text: str(text).upper(),
    "lower": lambda text: str(text).lower(),
}


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
        return whole(_compiled(text, shown, tuple(filters.items())).generate(dict(data)))
    except UsageError:
        raise
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        where = f"line {line} of the template: " if line else ""
        hint = "values are <@ name @>, blocks <% if name %>; docs/configuration.md has the names"
        raise UsageError(f"{where}{error.message}", hint=hint) from None
    except Exception as error:
        raise UsageError(f"{type(error).__name__}: {error}"[:300], hint="make it simpler") from None


@functools.lru_cache(maxsize=8)  # `promote` writes the same for many apps
def _compiled(
    text: str, shown: Callable[[Any], str], filters: tuple[tuple[str, Callable[[Any], str]], ...]
) -> Template:
    jinja = environment(finalize=shown)
    jinja.globals.clear()
    jinja.filters = {**_FILTERS, **dict(filters)}
    jinja.tests = {test: jinja.tests[test] for test in TESTS}
    check(jinja.parse(text), jinja.filters)
    return jinja.from_string(text)
