"""Requests as handlers see them, refusals as GitLab words them, pages, and the table of routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.gitlab.access import Visitor
from gitops_actions.testing.gitlab.state import Past, Project, State

Item = TypeVar("Item")
Handler = Callable[["Ask"], object]


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, document: Mapping[str, object], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.answer = Answer.of(status, document, headers)


def refused(status: int, message: object) -> Refusal:
    """An error with a message, as most are."""
    return Refusal(status, {"message": message})


def invalid(text: str) -> Refusal:
    """Parameters that are missing or wrong; ``text`` is like `title is missing`."""
    return Refusal(400, {"error": text})


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
        raise Refusal(415, {"error": f"The provided content-type '{kind}' is not supported."})
    return Params(values)


def _pairs(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name.endswith("[]"):
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return values


@dataclass(frozen=True)
class Ask:
    """A request that found its route. ``names`` are the parts of the path that the route names."""

    state: State
    visitor: Visitor
    call: Call
    names: Mapping[str, str]
    given: Params
    past: Past | None

    def project(self, *abilities: str) -> Project:
        """The project of the path. Raises Refusal: 404 when the visitor cannot see it, 403 for what he may not do."""
        wanted = self.names["id"]
        project = self.state.project(wanted)
        if project is None and (moved := self.state.moved.get(wanted.lower())) and self.visitor.sees(moved):
            if self.call.method not in ("GET", "HEAD"):
                raise refused(405, "Non GET methods are not allowed for moved projects")
            part = f"/projects/{quote(wanted, safe='')}"
            target = self.call.target.replace(part, f"/projects/{moved.id}", 1)
            raise Refusal(301, {"message": "301 Moved Permanently"}, {"Location": self.state.url + target})
        if project is None or not self.visitor.sees(project):
            raise not_found("Project")
        for ability in abilities:
            if not self.visitor.can(project, ability):
                raise forbidden()
        return project

    def page(self, items: Sequence[Item], show: Callable[[Item], object], *, totals: bool = True) -> Answer:
        """The page of a list that is asked for, with the headers of
        https://docs.gitlab.com/api/rest/#pagination-response-headers."""
        number, size = self.given.number("page") or 1, min(max(self.given.number("per_page") or 20, 1), 100)
        if number < 1:
            raise invalid("page does not have a valid value")
        shown = items[(number - 1) * size : number * size]
        last = max(1, -(-len(items) // size))
        more = number < last
        links = [("prev", number - 1)] if number > 1 else []
        links += [("next", number + 1)] if more else []
        links += [("first", 1), *([("last", last)] if totals else [])]
        headers = {
            "Link": ", ".join(
                f'<{self._url(page=str(page), per_page=str(size))}>; rel="{name}"' for name, page in links
            ),
            "X-Page": str(number),
            "X-Per-Page": str(size),
            "X-Next-Page": str(number + 1) if more else "",
            "X-Prev-Page": str(number - 1) if number > 1 else "",
        }
        if totals:
            headers |= {"X-Total": str(len(items)), "X-Total-Pages": str(last)}
        return Answer.of(200, [show(item) for item in shown], headers)

    def keyset(self, items: Sequence[Item], key: Callable[[Item], str], show: Callable[[Item], object]) -> Answer:
        """A page by keyset: the next one begins after the last key of this one (``page_token``)."""
        size = min(max(self.given.number("per_page") or 20, 1), 100)
        token = self.given.text("page_token")
        keys = [key(item) for item in items]
        if token and token not in keys:
            raise invalid("Invalid page token")
        begin = keys.index(token) + 1 if token else 0
        shown = items[begin : begin + size]
        headers = {"X-Per-Page": str(size)}
        if begin + size < len(items):
            url = self._url(pagination="keyset", per_page=str(size), page_token=key(shown[-1]))
            headers["Link"] = f'<{url}>; rel="next"'
        return Answer.of(200, [show(item) for item in shown], headers)

    def _url(self, **changed: str) -> str:
        query = {**self.call.query, **changed}
        return f"{self.state.url}{self.call.path}?{urlencode(query)}"


@dataclass(frozen=True)
class Route:
    """An endpoint. ``scopes`` are those besides `api` (and `read_api` for reading) that let a token in; ``job`` says
    that job tokens may use it; ``anonymous`` that nobody need be logged in (a project still has to be visible)."""

    method: str
    parts: tuple[str, ...]
    handler: Handler
    scopes: frozenset[str]
    job: bool
    anonymous: bool


class Routes:
    """A table of endpoints. Handlers return an `Answer`, or a document for 200 (201 for POST), or None for 204."""

    def __init__(self, *tables: Routes) -> None:
        self._routes: list[Route] = [route for table in tables for route in table._routes]

    def at(
        self, method: str, path: str, *, scopes: Iterable[str] = (), job: bool = False, anonymous: bool | None = None
    ) -> Callable[[Handler], Handler]:
        """Make a function the handler of a path like `projects/:id/labels`."""
        open_to_all = method in ("GET", "HEAD") if anonymous is None else anonymous

        def add(handler: Handler) -> Handler:
            self._routes.append(Route(method, tuple(path.split("/")), handler, frozenset(scopes), job, open_to_all))
            return handler

        return add

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route of a percent-encoded path below `/api/v4/`, and what its names stand for. Raises Refusal."""
        parts = tuple(unquote(part) for part in path.split("/"))
        others = []
        for route in self._routes:
            if len(route.parts) == len(parts):
                pairs = list(zip(route.parts, parts, strict=True))
                if all(name.startswith(":") or name == part for name, part in pairs):
                    if route.method == method:
                        return route, {name[1:]: part for name, part in pairs if name.startswith(":")}
                    others.append(route.method)
        if others:
            raise Refusal(405, {"error": "405 Not Allowed"}, {"Allow": ", ".join(sorted(set(others)))})
        raise Refusal(404, {"error": "404 Not Found"})


def answer_of(route: Route, document: object) -> Answer:
    """What a handler returned, as an answer."""
    if isinstance(document, Answer):
        return document
    if document is None:
        return Answer(204)
    return Answer.of(201 if route.method == "POST" else 200, document)
