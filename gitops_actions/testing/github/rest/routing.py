"""How a request of the REST API finds its endpoint, and what endpoints share."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.github.access import need, sees, token_of
from gitops_actions.testing.github.records import Level, Request, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.shapes import Json, Shapes
from gitops_actions.testing.github.state import Refusal, World
from gitops_actions.testing.github.stored import CommitObject
from gitops_actions.testing.github.work import Work

DOCUMENTATION = "https://docs.github.com/rest"


@dataclass
class Ask:
    """A request on its way through an endpoint."""

    work: Work
    shapes: Shapes
    call: Call
    token: Token | None
    values: Mapping[str, str]  # from the path
    past: Mapping[str, Repository]

    @property
    def world(self) -> World:
        """Everything there is."""
        return self.work.world

    def repository(self, permission: str = "metadata", wanted: Level = "read") -> Repository:
        """The repository of the path. Raises Refusal: 404 for what the token does not see."""
        found = self.world.repository(f"{self.values['owner']}/{self.values['repo']}")
        if found is None or not sees(self.token, found):
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        need(self.token, found, permission, wanted)
        self.work.follow(found)
        return self.past.get(found.full_name, found)

    def request(self, repository: Repository) -> Request:
        """The pull request of the path."""
        return self.work.request(repository, self.number("number"))

    def number(self, name: str) -> int:
        """A number of the path."""
        return whole(self.values[name], lambda: Refusal(404, "Not Found", kind="NOT_FOUND"))

    def document(self) -> Json:
        """The body. Raises Refusal when it is no JSON object."""
        if not self.call.body:
            return {}
        try:
            found = json.loads(self.call.body)
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None
        if not isinstance(found, dict):
            raise Refusal(400, "Body should be a JSON object")
        return found

    def text(self, name: str, *, default: str | None = None, needed: bool = False) -> str | None:
        """A text of the body. Raises Refusal when it is something else, or missing and needed."""
        value = self.document().get(name, default)
        if value is None and not needed:
            return default
        if not isinstance(value, str):
            raise Refusal(422, f'Invalid request.\n\nFor \'properties/{name}\', {value!r} is not a string.'
                          if value is not None else f'Invalid request.\n\n"{name}" wasn\'t supplied.')  # fmt: skip
        return value

    def needed(self, name: str) -> str:
        """A text of the body that has to be there."""
        value = self.text(name, needed=True)
        assert value is not None
        return value

    def page(self, items: Sequence[Json], wrap: str | None = None) -> Answer:
        """One page of a list, with the links to others."""
        query = self.call.query
        size = bounded(query.get("per_page"), 30, 100)
        number = bounded(query.get("page"), 1, 10**9)
        last = max(1, -(-len(items) // size))
        shown = list(items[(number - 1) * size : number * size])
        links = []
        for name, target in (("prev", number - 1), ("next", number + 1), ("last", last), ("first", 1)):
            useful = (number < last) if name in ("next", "last") else (number > 1)
            if useful and 1 <= target <= last:
                links.append(f'<{self.link(target)}>; rel="{name}"')
        headers = {"Link": ", ".join(links)} if links else {}
        document: Any = shown if wrap is None else {"total_count": len(items), wrap: shown}
        return Answer.of(200, document, headers)

    def link(self, page: int) -> str:
        """The URL of another page of the list that is asked for."""
        pairs = [
            (k, v) for k, v in parse_qsl(self.call.target.partition("?")[2], keep_blank_values=True) if k != "page"
        ]
        path = self.call.path.removeprefix("/api/v3")
        return f"{self.shapes.api}{path}?{urlencode([*pairs, ('page', str(page))])}"


Endpoint = Callable[[Ask], Answer]
ROUTES: list[tuple[str, re.Pattern[str], str, Endpoint]] = []


def bounded(text: str | None, default: int, most: int) -> int:
    """A number of the query: as it is asked for, within reason."""
    return min(most, int(text)) if text and text.isdecimal() and int(text) > 0 else default


def route(method: str, template: str) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint; ``{name}`` is a segment, ``{name+}`` may hold slashes."""
    pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(template))
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)

    def register(endpoint: Endpoint) -> Endpoint:
        ROUTES.append((method, re.compile(pattern), template, endpoint))
        return endpoint

    return register


def serve(
    work: Work,
    shapes: Shapes,
    call: Call,
    path: str,
    past: Mapping[str, Repository],
) -> Answer:
    """Answer a request of the REST API. Raises Refusal."""
    # These are for JWTs, which are no tokens.
    by_app = re.fullmatch(r"/app(/.*)?|/repos/[^/]+/[^/]+/installation", path) is not None
    token = None if by_app else token_of(work.world, call.headers)
    for method, pattern, _, endpoint in ROUTES:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if method == ("GET" if call.method == "HEAD" else call.method):
            values = {name: unquote(value) for name, value in found.groupdict().items()}
            return endpoint(Ask(work, shapes, call, token, values, past))
    raise Refusal(404, "Not Found", kind="NOT_FOUND")


def template_of(method: str, path: str) -> str | None:
    """The template of the endpoint that answers; None when there is none."""
    return next((t for m, p, t, _ in ROUTES if m == method and p.fullmatch(path)), None)


def commit_of(repository: Repository, sha: str) -> CommitObject:
    """A commit. Raises Refusal when there is none."""
    found = repository.objects.commit(sha)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def resolved(repository: Repository, ref: str) -> str:
    """The commit that a name means. Raises Refusal."""
    found = repository.objects.resolve(ref.removeprefix("refs/heads/"))
    if found is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return found


def decoded(text: str) -> bytes:
    """The bytes of Base64. Raises Refusal."""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise Refusal(422, "content is not valid Base64") from None


def texts(value: object) -> list[str]:
    """A list of texts in a body. Raises Refusal."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refusal(422, "Invalid request.\n\nA list of texts was expected.")
    return value


def whole(value: object, error: Callable[[], Refusal]) -> int:
    """A number from a path or a body."""
    text = str(value)
    if not re.fullmatch(r"\d{1,18}", text):
        raise error()
    return int(text)
