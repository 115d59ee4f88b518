"""A GitLab on loopback."""

from __future__ import annotations

import base64
import copy
import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.gitlab import (
    accepting,
    accounts,
    code,
    commits,
    deployments,
    events,
    graphql,
    notes,
    pushing,
    pushrules,
    requests,
    settings,
    statuses,
)
from gitops_actions.testing.gitlab.access import Visitor, complaint, credential, scoped
from gitops_actions.testing.gitlab.instance import Instance
from gitops_actions.testing.gitlab.params import Refusal, params_of, refused
from gitops_actions.testing.gitlab.records import (
    MergeRequest,
)
from gitops_actions.testing.gitlab.state import Past, State
from gitops_actions.testing.gitlab.wire import Ask, Route, Routes, answer_of

API = "/api/v4/"
EVERY_SCOPE = frozenset({"*"})
_ROOMS = (accounts, settings, code, commits, statuses, requests, accepting, notes, deployments, pushrules)


class GitLab(Instance):
    """A GitLab with REST API v4, some GraphQL and git over HTTP, stateful, with real repositories below ``root``.

    Args:
        root: an empty or new folder; projects are bare repositories in it.
        merge_checks: how often a merge request has to be looked at before GitLab has checked whether it can be merged.
        rate_limit: requests a minute before 429; None: no limit.
        clock: the time in seconds since 1970.
        request_delay, connection_delay: see `ForgeServer`.

    Users, groups, projects and tokens are made with the ``add_`` methods; what those return is the state itself, to be
    looked at and, for a project's settings, to be changed.
    """

    def __init__(
        self,
        root: Path,
        *,
        merge_checks: int = 2,
        rate_limit: int | None = None,
        clock: Callable[[], float] = time.time,
        request_delay: float = 0.0,
        connection_delay: float = 0.0,
    ) -> None:
        super().__init__(root, State(clock=clock, merge_checks=merge_checks), request_delay, connection_delay)
        self.rate_limit = rate_limit
        self._window = (0, 0)  # minute, requests in it
        self._routes = Routes(*(room.routes for room in _ROOMS))

    @property
    def api_url(self) -> str:
        """Where the REST API begins, as ``CI_API_V4_URL`` has it."""
        return f"{self.url}/api/v4"

    # --- answering ---

    def respond(self, call: Call, past: object | None = None) -> Answer:
        """See `ForgeServer.respond`."""
        self.state.url = self.url
        limits, over = self._limits()
        request = uuid.uuid4().hex.upper()[:26]
        meta = json.dumps({"correlation_id": request, "version": "1"}, separators=(",", ":"))
        about = {"X-Request-Id": request, "X-Gitlab-Meta": meta, **limits}
        try:
            if over:
                answer = self.failure(429, 60 - self.state.clock() % 60)
            elif call.is_git:
                answer, project = pushing.answer(self.state, self.root, call)
                if call.is_push:
                    with self.lock:
                        events.look(self.state, project)
            else:
                with self.lock:
                    answer = self._answer(call, past if isinstance(past, Past) else None)
        except Refusal as refusal:
            answer = refusal.answer
        return Answer(answer.status, {**about, **answer.headers}, answer.body)

    def failure(self, status: int, seconds: float) -> Answer:
        """See `ForgeServer.failure`; the words are those of GitLab's Rack::Attack, Workhorse and API."""
        if status == 429:
            headers = {"Content-Type": "text/plain", "Retry-After": str(max(1, round(seconds)))}
            return Answer(429, headers, b"Retry later\n")
        if status in (502, 503, 504):
            page = f"<!DOCTYPE html>\n<html><head><title>GitLab is not responding ({status})</title></head></html>\n"
            return Answer(status, {"Content-Type": "text/html"}, page.encode())
        texts = {401: "Unauthorized", 403: "Forbidden", 404: "Not found", 405: "Method Not Allowed", 409: "Conflict"}
        texts |= {422: "Unprocessable Entity", 500: "Internal Server Error"}
        return Answer.of(status, {"message": f"{status} {texts.get(status, 'Error')}"})

    def remember(self) -> Past:
        """See `ForgeServer.remember`."""
        return Past(
            {one.id: [_copied(request) for request in one.merge_requests] for one in self.state.projects},
            {one.id: dict(one.refs) for one in self.state.projects},
        )

    def _answer(self, call: Call, past: Past | None) -> Answer:
        if call.path == "/api/graphql":
            visitor = self._visitor(call, None, reading=True)
            for project in self.state.projects:
                if visitor.sees(project):
                    events.look(self.state, project)
            return graphql.answer(self.state, visitor, call, past)
        if call.path.startswith("/api/v3/"):
            return Answer.of(410, {"error": "API V3 is no longer supported. Use API V4 instead."})
        if not call.path.startswith(API):
            return Answer.of(404, {"error": "404 Not Found"})
        route, names = self._routes.find(call.method, call.path.removeprefix(API).rstrip("/"))
        visitor = self._visitor(call, route, reading=call.method in ("GET", "HEAD"))
        if visitor.user is None and not route.anonymous:
            raise refused(401, "401 Unauthorized")
        named = self.state.project(names["id"]) if "id" in names and route.parts[0] == "projects" else None
        if named:
            events.look(self.state, named)
        return answer_of(route, route.handler(Ask(self.state, visitor, call, names, params_of(call), past)))

    def _visitor(self, call: Call, route: Route | None, *, reading: bool) -> Visitor:
        """Who asks. Raises Refusal for a token that is unknown, spent or not meant for this."""
        found = credential(call)
        # A job token is one only where its use is allowed; elsewhere it is not even looked at:
        # https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access
        if found is None or (found[1] and not (route and route.job)):
            return Visitor(self.state, None)
        token = self.state.tokens.get(found[0])
        if token is None or (token.kind == "job") != found[1]:
            invalid = Answer.of(401, {"errors": [{"message": "Invalid token"}]})
            raise refused(401, "401 Unauthorized") if route else Refusal(invalid)
        if why := complaint(self.state, token):
            raise Refusal(Answer.of(401, {"error": "invalid_token", "error_description": why}))
        scopes = route.scopes if route else frozenset()
        if scopes != EVERY_SCOPE and not scoped(token, scopes, reading=reading):
            needed = " ".join(["api", *(["read_api"] if reading else []), *sorted(scopes)])
            text = "The request requires higher privileges than provided by the access token."
            document = {"error": "insufficient_scope", "error_description": text, "scope": needed}
            raise Refusal(Answer.of(403, document))
        token.last_used_at = self.state.now()
        return Visitor(self.state, token)

    def _limits(self) -> tuple[dict[str, str], bool]:
        """The headers that tell the limit, and whether it is passed:
        https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers."""
        now = self.state.clock()
        minute = int(now // 60)
        with self.lock:
            self._window = (minute, self._window[1] + 1 if self._window[0] == minute else 1)
            observed = self._window[1]
        limit, reset = self.rate_limit or 2000, (minute + 1) * 60
        over = self.rate_limit is not None and observed > limit
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(observed),
            "RateLimit-Remaining": str(max(0, limit - observed)),
            "RateLimit-Reset": str(reset),
            "RateLimit-ResetTime": datetime.fromtimestamp(reset, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
        }
        return headers, over


def git_header(token: str, user: str = "oauth2") -> str:
    """The value of ``Authorization`` that lets git in with a token."""
    return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()


def _copied(request: MergeRequest) -> MergeRequest:
    made = copy.copy(request)
    made.labels, made.pending = list(request.labels), list(request.pending)
    made.notes = [copy.copy(note) for note in request.notes]
    return made
