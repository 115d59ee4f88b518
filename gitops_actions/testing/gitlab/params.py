"""Refusals as GitLab words them, and the parameters of a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from gitops_actions.testing.forgehttp import Answer, Call


class Refusal(Exception):
    """An error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refused(status: int, message: object) -> Refusal:
    """An error with a message, as most are."""
    return Refusal(Answer.of(status, {"message": message}))


def invalid(text: str) -> Refusal:
    """Parameters that are missing or wrong; ``text`` is like `title is missing`."""
    return Refusal(Answer.of(400, {"error": text}))


def not_found(what: str = "") -> Refusal:
    """`404 Project Not Found`, or `404 Not found` for what has no name."""
    return refused(404, f"404 {what} Not Found" if what else "404 Not found")


def forbidden(reason: str = "") -> Refusal:
    """`403 Forbidden`, with a reason where GitLab gives one."""
    return refused(403, f"403 Forbidden - {reason}" if reason else "403 Forbidden")


class Params:
    """The parameters of a request, from query and body alike."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name.removesuffix("[]"): value for name, value in values.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def raw(self, name: str) -> Any:
        """As sent, or None."""
        return self._values.get(name)

    def text(self, name: str, default: str | None = None) -> str | None:
        """A text; an empty one is there."""
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, (dict, list)):
            raise invalid(f"{name} is invalid")
        return value if isinstance(value, str) else json.dumps(value)

    def need(self, *names: str) -> list[str]:
        """Texts that have to be there. Raises Refusal naming all that are missing."""
        missing = [name for name in names if self._values.get(name) is None]
        if missing:
            raise invalid(", ".join(f"{name} is missing" for name in missing))
        return [self.text(name) or "" for name in names]

    def flag(self, name: str) -> bool | None:
        """A boolean, or None."""
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        known = {
            "true": True,
            "1": True,
            "yes": True,
            "on": True,
            "false": False,
            "0": False,
            "no": False,
            "off": False,
        }
        if str(value).lower() not in known:
            raise invalid(f"{name} is invalid")
        return known[str(value).lower()]

    def number(self, name: str) -> int | None:
        """An integer, or None."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise invalid(f"{name} is invalid") from None

    def texts(self, name: str) -> list[str] | None:
        """A list, given as one or separated by commas."""
        value = self._values.get(name)
        if value is None:
            return None
        items = value if isinstance(value, list) else str(value).split(",")
        return [str(item).strip() for item in items if str(item).strip()]

    def numbers(self, name: str) -> list[int] | None:
        """A list of integers; 0 means none."""
        items = self.texts(name)
        if items is None:
            return None
        try:
            return [int(item) for item in items if int(item)]
        except ValueError:
            raise invalid(f"{name} is invalid") from None

    def choice(self, name: str, values: Sequence[str], default: str | None = None) -> str | None:
        """One of several texts."""
        value = self.text(name, default)
        if value is not None and value not in values:
            raise invalid(f"{name} does not have a valid value")
        return value


def params_of(call: Call) -> Params:
    """The query's parameters and the body's: JSON or a form. Raises Refusal."""
    values = _pairs(call.target.partition("?")[2])
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if call.body and kind == "application/json":
        try:
            document = json.loads(call.body)
        except ValueError:
            raise invalid("Problem while parsing request body, please check if it is a valid json") from None
        values.update(document if isinstance(document, dict) else {})
    elif call.body and kind in ("", "application/x-www-form-urlencoded"):
        values.update(_pairs(call.body.decode("utf-8", "replace")))
    elif call.body:
        raise Refusal(Answer.of(415, {"error": f"The provided content-type '{kind}' is not supported."}))
    return Params(values)


def _pairs(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name.endswith("[]"):
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values
