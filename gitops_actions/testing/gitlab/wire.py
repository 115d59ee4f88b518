"""Requests as handlers see them, refusals as GitLab words them, pages, and the table of routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, unquote, urlencode

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.gitlab.access import Visitor
from gitops_actions.testing.gitlab.params import Params, Refusal, forbidden, invalid, not_found, refused
from gitops_actions.testing.gitlab.records import Project
from gitops_actions.testing.gitlab.state import Past, State

Item = TypeVar("Item")
Handler = Callable[["Ask"], object]


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
            headers = {"Location": self.state.url + target}
            raise Refusal(Answer.of(301, {"message": "301 Moved Permanently"}, headers))
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
            headers = {"Allow": ", ".join(sorted(set(others)))}
            raise Refusal(Answer.of(405, {"error": "405 Not Allowed"}, headers))
        raise Refusal(Answer.of(404, {"error": "404 Not Found"}))


def answer_of(route: Route, document: object) -> Answer:
    """What a handler returned, as an answer."""
    if isinstance(document, Answer):
        return document
    if document is None:
        return Answer(204)
    return Answer.of(201 if route.method == "POST" else 200, document)
