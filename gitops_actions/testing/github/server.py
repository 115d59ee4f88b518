"""A GitHub on loopback: REST, GraphQL and git over HTTP, over real bare repositories."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.github import graph, pushing, rest
from gitops_actions.testing.github.access import sees, token_of
from gitops_actions.testing.github.records import Request
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.shapes import Json, Shapes
from gitops_actions.testing.github.state import Refusal, stamp
from gitops_actions.testing.github.surroundings import Surroundings

ENTERPRISE_VERSION = "3.19.0"
_MESSAGES = {
    401: "Bad credentials",
    403: "Resource not accessible by integration",
    404: "Not Found",
    405: "Pull Request is not mergeable",
    409: "Conflict",
    422: "Validation Failed",
    429: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    500: "Server Error",
    503: "Service unavailable",
}


class GitHub(Surroundings):
    """A GitHub that behaves: stateful, with real git behind, and as strict as the real one.

    ::

        with GitHub(tmp_path) as hub:
            hub.add_repository("acme/deploy", files={"gitops.yaml": "version: 1\\n"})
            hub.add_token("a-token", permissions={"contents": "write", "pull_requests": "write"})
            client = github.Github(base_url=hub.api_url, auth=github.Auth.Token("a-token"))

    Args:
        root: a folder for the repositories; ``root/acme/deploy.git`` may be worked on with git directly.
        enterprise: whether URLs are those of an Enterprise Server (``/api/v3``, ``/api/graphql``) rather than those
            of ``api.github.com`` (``/``, ``/graphql``).
        clock: what time it is.
    """

    def __init__(
        self,
        root: Path,
        *,
        enterprise: bool = False,
        clock: Callable[[], float] = time.time,
        request_delay: float = 0.0,
        connection_delay: float = 0.0,
    ) -> None:
        super().__init__(root, clock, request_delay, connection_delay)
        self.enterprise = enterprise
        self.documents: list[str] = []  # the GraphQL documents that were valid
        self._used = 0

    @property
    def api_url(self) -> str:
        """The root of the REST API."""
        return f"{self.url}/api/v3" if self.enterprise else self.url

    @property
    def graphql_url(self) -> str:
        """Where GraphQL is answered."""
        return f"{self.url}/api/graphql" if self.enterprise else f"{self.url}/graphql"

    def primary_limit(self, seconds: float, *, graphql: bool = False) -> Answer:
        """What is answered when the hourly limit is used up, for `fault`
        (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit)."""
        reset = str(int(self.world.clock() + seconds) + 1)
        headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-used": "5000",
                   "x-ratelimit-reset": reset, "x-ratelimit-resource": "graphql" if graphql else "core",
                   "X-GitHub-Request-Id": "0000:LIMIT"}  # fmt: skip
        if graphql:
            message = "API rate limit already exceeded for user ID 1001."
            return Answer.of(200, {"errors": [{"type": "RATE_LIMITED", "message": message}]}, headers)
        return Answer.of(403, self._error("API rate limit exceeded for user ID 1001.", 403), headers)

    def secondary_limit(self, seconds: float | None = None, *, status: int = 403) -> Answer:
        """What is answered to somebody who is too fast, for `fault`; ``Retry-After`` comes with ``seconds`` only."""
        headers = {**self._headers(), **({} if seconds is None else {"Retry-After": str(int(seconds))})}
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return Answer.of(status, self._error(message, status), headers)

    # --- the server's side ---

    def remember(self) -> object:
        """See `ForgeServer.remember`."""
        kept = {}
        for repository in self.world.repositories.values():
            kept[repository.full_name] = dataclasses.replace(
                repository,
                requests={number: _copy(one) for number, one in repository.requests.items()},
                comments={id: copy.copy(one) for id, one in repository.comments.items()},
                labels=dict(repository.labels),
                statuses={sha: list(some) for sha, some in repository.statuses.items()},
                checks={id: copy.copy(one) for id, one in repository.checks.items()},
                deployments={
                    id: dataclasses.replace(one, statuses=list(one.statuses))
                    for id, one in repository.deployments.items()
                },
            )
        return kept

    def respond(self, call: Call, past: object | None = None) -> Answer:
        """See `ForgeServer.respond`."""
        try:
            if call.is_git:
                return pushing.answer(self.work, call, self.lock)
            answer = self._answer(call, past if isinstance(past, dict) else {})
        except Refusal as refusal:
            answer = Answer.of(refusal.status, self._error(refusal.message, refusal.status, refusal.errors))
        return dataclasses.replace(answer, headers={**self._headers(), **answer.headers})

    def failure(self, status: int, seconds: float) -> Answer:
        """See `ForgeServer.failure`."""
        if status == 502:
            # What stands before GitHub answers in HTML.
            return Answer(502, {"Content-Type": "text/html"}, b"<html><body><h1>502 Bad Gateway</h1></body></html>\n")
        errors: list[Any] | None = None
        if status == 422:
            errors = [{"resource": "PullRequest", "code": "custom", "message": "Something is wrong."}]
        headers = self._headers()
        if status in (429, 503):
            headers["Retry-After"] = str(int(seconds))
        return Answer.of(status, self._error(_MESSAGES.get(status, "Error"), status, errors), headers)

    def _headers(self) -> dict[str, str]:
        with self.lock:
            self._used += 1
            used = self._used
        told = {"X-GitHub-Enterprise-Version": ENTERPRISE_VERSION} if self.enterprise else {}
        return {
            **told,
            "X-GitHub-Request-Id": f"{used:04X}:FAKE",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(max(0, 5000 - used % 5000)),
            "x-ratelimit-used": str(used % 5000),
            "x-ratelimit-reset": str(int(self.world.clock()) + 3600),
            "x-ratelimit-resource": "core",
        }

    def _error(self, message: str, status: int, errors: list[Any] | None = None) -> Json:
        made: Json = {"message": message, "documentation_url": rest.DOCUMENTATION, "status": str(status)}
        if errors:
            made["errors"] = errors
        return made

    def _answer(self, call: Call, past: Mapping[str, Repository]) -> Answer:
        if call.path in ("/graphql", "/api/graphql"):
            return self._graphql(call, past)
        path = call.path
        if self.enterprise:
            if not path.startswith("/api/v3"):
                raise Refusal(404, "Not Found")
            path = path.removeprefix("/api/v3")
        shapes = Shapes(self.world, self.api_url, self.url)
        by_id = re.fullmatch(r"/repositories/(\d+)(/.*)?", path)
        if by_id:
            named = (one for one in self.world.repositories.values() if str(one.id) == by_id[1])
            path = next((f"/repos/{one.full_name}{by_id[2] or ''}" for one in named), path)
        by_name = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", path)
        moved = self.world.moved.get(unquote(by_name[1]).lower()) if by_name else None
        if moved is not None and by_name is not None and sees(token_of(self.world, call.headers), moved):
            where = f"{self.api_url}/repositories/{moved.id}{by_name[2] or ''}"
            document = {"message": "Moved Permanently", "url": where, "documentation_url": rest.DOCUMENTATION}
            status = 301 if call.method in ("GET", "HEAD") else 307
            return Answer.of(status, document, {"Location": where})
        with self.lock:
            answer = rest.serve(self.work, shapes, call, path, past)
            try:
                token = token_of(self.world, call.headers)
            except Refusal:
                token = None  # a JWT
        headers = dict(answer.headers)
        if token is not None and token.scopes is not None:
            headers["X-OAuth-Scopes"] = token.scopes
        if token is not None and token.expires is not None and token.kind in ("user", "fine-grained"):
            moment = stamp(token.expires)
            headers["GitHub-Authentication-Token-Expiration"] = f"{moment[:10]} {moment[11:19]} UTC"
        return dataclasses.replace(answer, headers=headers)

    def _graphql(self, call: Call, past: Mapping[str, Repository]) -> Answer:
        if call.method != "POST":
            raise Refusal(404, "Not Found")
        token = token_of(self.world, call.headers)
        if token is None:
            raise Refusal(401, "This endpoint requires you to be authenticated.")
        try:
            document = json.loads(call.body)
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None
        if not isinstance(document, dict):
            raise Refusal(400, "Body should be a JSON object")
        with self.lock:
            session = graph.Session(self.work, Shapes(self.world, self.api_url, self.url), token, past)
            answer = graph.serve(session, document)
            if "data" in answer:
                self.documents.append(str(document["query"]))
            return Answer.of(200, answer, {"x-ratelimit-resource": "graphql"})


def _copy(request: Request) -> Request:
    return dataclasses.replace(
        request,
        labels=list(request.labels),
        assignees=list(request.assignees),
        reviewers=list(request.reviewers),
        teams=list(request.teams),
        reviews=list(request.reviews),
        milestoned=list(request.milestoned),
        events=list(request.events),
    )
