"""A GitLab on loopback."""

from __future__ import annotations

import base64
import copy
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import Answer, Call, ForgeServer
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
    requests,
    statuses,
)
from gitops_actions.testing.gitlab.access import Visitor, complaint, credential, scoped
from gitops_actions.testing.gitlab.repository import Repository
from gitops_actions.testing.gitlab.state import (
    Group,
    MergeRequest,
    Milestone,
    Past,
    Project,
    Protection,
    State,
    Token,
    TokenKind,
    User,
    Visibility,
)
from gitops_actions.testing.gitlab.wire import Ask, Refusal, Route, Routes, answer_of, params_of, refused

API = "/api/v4/"
EVERY_SCOPE = frozenset({"*"})


class GitLab(ForgeServer):
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
        super().__init__(request_delay=request_delay, connection_delay=connection_delay)
        self.root = root
        self.rate_limit = rate_limit
        self.state = State(clock=clock, merge_checks=merge_checks)
        self._window = (0, 0)  # minute, requests in it
        self._routes = Routes(
            *(room.routes for room in (accounts, code, commits, statuses, requests, accepting, notes, deployments))
        )

    @property
    def api_url(self) -> str:
        """Where the REST API begins, as ``CI_API_V4_URL`` has it."""
        return f"{self.url}/api/v4"

    # --- what there is ---

    def add_user(self, username: str, *, name: str | None = None, admin: bool = False) -> User:
        """A person."""
        made = User(self.state.id(), username, name or username.title(), f"{username}@example.com", admin)
        self.state.users.append(made)
        return made

    def add_group(
        self, path: str, *, members: Mapping[str, int] | None = None, visibility: Visibility = "private"
    ) -> Group:
        """A group, with the groups above it; ``members`` gives access levels by user name."""
        above = path.rpartition("/")[0]
        if above and not any(group.path == above for group in self.state.groups):
            self.add_group(above, visibility=visibility)
        made = next((group for group in self.state.groups if group.path == path), None)
        if made is None:
            made = Group(self.state.id(), path, visibility)
            self.state.groups.append(made)
        made.members.update(self._levels(members))
        return made

    def add_project(
        self,
        path: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        modes: Mapping[str, str] | None = None,
        members: Mapping[str, int] | None = None,
        visibility: Visibility = "private",
        branch: str = "main",
        protected: bool = True,
    ) -> Project:
        """A project with one commit of ``files`` on its default branch (without files: an empty repository), whose
        default branch is protected as GitLab does it. ``members`` gives access levels by user name."""
        self.add_group(path.rpartition("/")[0], visibility=visibility)
        folder = repos.bare(self.root / f"{path}.git", files or {}, branch=branch, modes=modes)
        made = Project(self.state.id(), path, Repository(folder), self.state.now(), visibility)
        made.default_branch = branch
        made.members = self._levels(members)
        if protected:
            made.protections.append(Protection(self.state.id(), branch))
        self.state.projects.append(made)
        events.look(self.state, made)
        return made

    def add_token(
        self,
        user: str | User | None = None,
        *,
        kind: TokenKind = "personal",
        scopes: tuple[str, ...] = ("api",),
        project: Project | None = None,
        access_level: int = 40,
        expires_at: date | None = None,
        value: str | None = None,
    ) -> str:
        """A token. Returns its value.

        ``personal`` needs a user; ``job`` a user and the project where the job runs; ``project`` a project, in which
        its bot gets ``access_level``. Without ``expires_at`` it is good for a year; one that is not after today is
        expired.
        """
        prefix = {"personal": "glpat-", "project": "glpat-", "group": "glpat-", "job": "glcbt-"}[kind]
        value = value or prefix + uuid.uuid4().hex[:20]
        if kind == "project" and project:
            bot = self.add_user(f"project_{project.id}_bot_{uuid.uuid4().hex[:8]}", name="Deploy bot")
            bot.bot = True
            project.members[bot.id] = access_level
            owner: User | None = bot
        else:
            owner = self.state.user(user) if isinstance(user, str) else user
        if owner is None:
            raise ValueError(f"a {kind} token needs a {'project' if kind == 'project' else 'user'}")
        made = Token(self.state.id(), value, kind, owner, scopes, f"{kind} token", self.state.now())
        made.expires_at = expires_at or (None if kind == "job" else self.state.today() + timedelta(days=365))
        made.project, made.access_level = project, access_level if kind == "project" else None
        self.state.tokens[value] = made
        return value

    def add_milestone(self, project: Project, title: str) -> Milestone:
        """A milestone of a project."""
        made = Milestone(self.state.id(), len(project.milestones) + 1, title, created_at=self.state.now())
        project.milestones.append(made)
        return made

    def move_project(self, project: Project, path: str) -> None:
        """Rename a project. Reading at the old path is redirected, writing refused, and git redirected not at all."""
        with self.lock:
            target = self.root / f"{path}.git"
            target.parent.mkdir(parents=True, exist_ok=True)
            self.add_group(path.rpartition("/")[0], visibility=project.visibility)
            project.repository.path.rename(target)
            self.state.moved[project.path.lower()] = project
            project.path, project.repository = path, Repository(target)

    def finish(self, project: Project, sha: str, status: str = "success") -> None:
        """End the jobs of GitLab's own CI for a commit."""
        with self.lock:
            for one in statuses.statuses_of(project, sha):
                if not one.external and one.status not in statuses.DONE:
                    one.status, one.finished_at = status, self.state.now()
            events.look(self.state, project)

    def approve(self, request: MergeRequest, user: str) -> None:
        """Approve a merge request in somebody's name."""
        with self.lock:
            found = self.state.user(user)
            if found is None:
                raise ValueError(f"there is no user {user}")
            request.approved_by.append(found)
            project = next(one for one in self.state.projects if request in one.merge_requests)
            events.look(self.state, project)

    def look(self) -> None:
        """See what was done to the repositories directly; requests of the API do so for their project anyway."""
        with self.lock:
            for project in self.state.projects:
                events.look(self.state, project)

    def _levels(self, members: Mapping[str, int] | None) -> dict[int, int]:
        found = {}
        for name, level in (members or {}).items():
            found[(self.state.user(name) or self.add_user(name)).id] = level
        return found

    # --- answering ---

    def respond(self, call: Call, past: object | None = None) -> Answer:
        """See `ForgeServer.respond`."""
        self.state.url = self.url
        about = {"X-Request-Id": uuid.uuid4().hex.upper()[:26], **self._limits()}
        try:
            if about["RateLimit-Remaining"] == "-1":
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
        about["RateLimit-Remaining"] = str(max(0, int(about["RateLimit-Remaining"])))
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
            return graphql.answer(self.state, visitor, call)
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
        if found is None:
            return Visitor(self.state, None)
        token, as_job = self.state.tokens.get(found[0]), found[1]
        # A job token is a credential only where its use is allowed, and only as such; elsewhere it is no token at all:
        # https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access
        if token is None or (token.kind == "job") != as_job or (as_job and not (route and route.job)):
            raise (
                refused(401, "401 Unauthorized") if route else Refusal(401, {"errors": [{"message": "Invalid token"}]})
            )
        if why := complaint(self.state, token):
            raise Refusal(401, {"error": "invalid_token", "error_description": why})
        scopes = route.scopes if route else frozenset()
        if scopes != EVERY_SCOPE and not scoped(token, scopes, reading=reading):
            needed = " ".join(["api", *(["read_api"] if reading else []), *sorted(scopes)])
            text = "The request requires higher privileges than provided by the access token."
            raise Refusal(403, {"error": "insufficient_scope", "error_description": text, "scope": needed})
        token.last_used_at = self.state.now()
        return Visitor(self.state, token)

    def _limits(self) -> dict[str, str]:
        """https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers."""
        now = self.state.clock()
        minute = int(now // 60)
        with self.lock:
            self._window = (minute, self._window[1] + 1 if self._window[0] == minute else 1)
            observed = self._window[1]
        limit, reset = self.rate_limit or 2000, (minute + 1) * 60
        over = self.rate_limit is not None and observed > limit
        return {
            "RateLimit-Limit": str(limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(observed),
            "RateLimit-Remaining": "-1" if over else str(max(0, limit - observed)),
            "RateLimit-Reset": str(reset),
            "RateLimit-ResetTime": datetime.fromtimestamp(reset, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
        }


def git_header(token: str, user: str = "oauth2") -> str:
    """The value of ``Authorization`` that lets git in with a token."""
    return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()


def _copied(request: MergeRequest) -> MergeRequest:
    made = copy.copy(request)
    made.labels, made.pending = list(request.labels), list(request.pending)
    made.notes = [copy.copy(note) for note in request.notes]
    return made
