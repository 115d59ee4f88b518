"""Answers of an API that are not what it describes: a proxy's, another program's, those of a version that is to come.

Code that reads documents field by field need not ask at each one whether it is there. Where one is not, it is said at
the edge of the forge, as what it is: no bug of ours, and nothing that a person could make out of `KeyError: 'sha'`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from gitops_actions import texts
from gitops_actions.errors import Temporary

_PACKAGE = Path(__file__).parents[1]
_WAYS = (KeyError, IndexError, TypeError, AttributeError, ValueError)
Kind = TypeVar("Kind", bound=type)


class Conversation(Protocol):
    """Whoever asks the API."""

    def misread(self, why: str, where: str) -> Temporary:
        """The error for the last answer. ``where``: the line that could not read it."""
        ...


def understood(conversation: Callable[[Any], Conversation]) -> Callable[[Kind], Kind]:
    """For a class: what its public methods cannot read of an answer they raise as Temporary.

    ``conversation`` is given the object. What goes wrong elsewhere, below a method or in the call itself, is a bug as
    ever.
    """

    def guarded(kind: Kind) -> Kind:
        for name, method in list(vars(kind).items()):
            if callable(method) and not name.startswith("_"):
                setattr(kind, name, _guarded(method, conversation))
        return kind

    return guarded


def _guarded(method: Callable[..., Any], conversation: Callable[[Any], Conversation]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guard(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return method(self, *arguments, **named)
        except _WAYS as error:
            where = _place(error.__traceback__)
            if where is None:
                raise
            raise conversation(self).misread(_why(error), where) from error

    return guard


def _why(error: Exception) -> str:
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        return f"it has no {texts.one_line(error.args[0])[:100]!r}"
    return "it is of another form"


def _place(trace: TracebackType | None) -> str | None:
    """Where it went wrong; None when that was not in this room."""
    place = None
    while (trace := trace.tb_next if trace is not None else None) is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(_PACKAGE):
            room = path.relative_to(_PACKAGE).parts[0]
            if room not in ("forge", "texts.py"):
                return None
            place = f"{path.relative_to(_PACKAGE)}:{trace.tb_lineno}"
    return place
