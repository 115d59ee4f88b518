"""A GitHub on loopback: REST, GraphQL and git over HTTP, over real bare repositories."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import unquote

from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import Answer, Call, ForgeServer, git_answer
from gitops_actions.testing.github import graph, merging, rest
from gitops_actions.testing.github.access import need, role, sees, token_of
from gitops_actions.testing.github.objects import Objects
from gitops_actions.testing.github.shapes import Json, Shapes
from gitops_actions.testing.github.state import (
    Account,
    App,
    CheckRun,
    Kind,
    Level,
    Milestone,
    Protection,
    Refusal,
    Repository,
    Request,
    Review,
    Settings,
    Team,
    Token,
    World,
    stamp,
)
from gitops_actions.testing.github.work import Work

ENTERPRISE_VERSION = "3.19.0"
_HOOK = """\
#!/bin/sh
# FORGE_RULES has a line for each rule of a protected branch: "<ref> <kind> <rest>".
refused=0
complain() {
  echo "error: GH006: Protected branch update failed for $ref." >&2
  echo "error: $1" >&2
  refused=1
}
while read -r old new ref; do
  green=none
  while read -r name kind rest; do
    [ "$name" = "$ref" ] || continue
    case "$new" in
      0000000000000000000000000000000000000000)
        [ "$kind" = keep ] && complain "Cannot delete a protected branch"
        continue ;;
    esac
    case "$kind" in
      requests) complain "$rest" ;;
      checks) [ "$green" = none ] && green=no ;;
      green) [ "$rest" = "$new" ] && green=yes ;;
      forward)
        [ "$(git merge-base "$old" "$new")" = "$old" ] || complain "Cannot force-push to a protected branch" ;;
      signed)
        for id in $(git rev-list "$new" $(git rev-parse -q --verify "$ref" | sed 's/^/^/')); do
          git cat-file commit "$id" | sed '/^$/q' | grep -q '^gpgsig ' || {
            complain "Commits must have verified signatures."; break
          }
        done ;;
    esac
  done <<END
$FORGE_RULES
END
  [ "$green" = no ] && complain "Required status checks are expected."
done
exit $refused
"""
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


class GitHub(ForgeServer):
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
        super().__init__(request_delay=request_delay, connection_delay=connection_delay)
        self.root = root
        self.enterprise = enterprise
        self.world = World(clock)
        self.work = Work(self.world)
        self.documents: list[str] = []  # the GraphQL documents that were valid
        self._used = 0

    # --- what a test uses ---

    @property
    def api_url(self) -> str:
        """The root of the REST API."""
        return f"{self.url}/api/v3" if self.enterprise else self.url

    @property
    def graphql_url(self) -> str:
        """Where GraphQL is answered."""
        return f"{self.url}/api/graphql" if self.enterprise else f"{self.url}/graphql"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        for repository in self.world.repositories.values():
            repository.objects.close()

    def add_user(
        self,
        login: str,
        *,
        type: Literal["User", "Bot", "Organization"] = "User",
        name: str | None = None,
        email: str | None = None,
    ) -> Account:
        """An account; the one that is there, when it is."""
        with self.lock:
            found = self.world.account(login)
            if found is None:
                found = Account(next(self.world.ids), login, type, name, email)
                self.world.accounts[login.lower()] = found
            return found

    def add_team(self, organization: str, slug: str, name: str | None = None) -> Team:
        """A team of an organization that has access to all its repositories."""
        self.add_user(organization, type="Organization")
        with self.lock:
            team = Team(next(self.world.ids), slug, name or slug)
            self.world.teams[organization.lower(), slug.lower()] = team
            return team

    def add_repository(
        self,
        full_name: str,
        *,
        files: Mapping[str, str | bytes] | None = None,
        branch: str = "main",
        labels: Collection[str] = (),
        roles: Mapping[str, Level] | None = None,
        **settings: Any,
    ) -> Repository:
        """A repository with one commit of ``files`` on its default branch; without files an empty one.

        Args:
            roles: what accounts may in it; others have what their token says.
            settings: fields of `Settings`.
        """
        login, _, name = full_name.partition("/")
        owner = self.add_user(login, type="Organization")
        folder = repos.bare(self.root / login / f"{name}.git", dict(files or {}), branch=branch)
        hook = folder / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_HOOK, encoding="ascii")
        hook.chmod(0o755)
        # As on GitHub, `refs/pull/*/head` can be fetched and not be pushed to.
        repos.git(folder, "config", "receive.hideRefs", "refs/pull")
        with self.lock:
            made = Repository(
                next(self.world.ids), owner, name, Objects(folder), Settings(**settings), self.world.clock(),
                roles=dict(roles or {}),
            )  # fmt: skip
            self.world.repositories[full_name.lower()] = made
            for label in labels:
                self.work.label(made, label)
            self.work.follow(made)
        return made

    def add_token(
        self,
        text: str,
        *,
        login: str = "octocat",
        kind: Kind = "fine-grained",
        permissions: Mapping[str, str] | None = None,
        repositories: Collection[str] | None = None,
        role: Level = "write",
        expires: float | None = None,
    ) -> Token:
        """A token.

        Args:
            kind: ``user`` (a classic one), ``fine-grained``, ``app`` (of an installation) or ``actions``
                (``GITHUB_TOKEN``: give it the one repository that it is for).
            permissions: as GitHub names them (``contents``, ``pull_requests``, ``statuses``, ...) with ``read`` or
                ``write``; None: whatever the role allows.
            repositories: the repositories that it reaches; None: all.
            role: what its owner may in a repository that does not say otherwise.
            expires: when it ends, on the clock.
        """
        bot = kind in ("app", "actions")
        account = self.add_user("github-actions[bot]" if kind == "actions" and login == "octocat" else login,
                                type="Bot" if bot else "User")  # fmt: skip
        app = self._app_of_actions() if kind == "actions" else None
        reached = None if repositories is None else frozenset(name.lower() for name in repositories)
        with self.lock:
            token = Token(
                account, kind, permissions, reached, role, "repo" if kind == "user" else None,
                app.id if app else None, expires,
            )  # fmt: skip
            self.world.tokens[text] = token
        return token

    def _app_of_actions(self) -> App:
        return self.add_app("github-actions", id=15368, client_id="Iv1.actions")

    def add_app(
        self,
        slug: str,
        *,
        id: int | None = None,
        client_id: str | None = None,
        key: str | None = None,
        permissions: Mapping[str, str] | None = None,
        owner: str | None = None,
        repositories: Collection[str] | None = None,
    ) -> App:
        """A GitHub App, installed for ``owner`` (if given) on all repositories or on some.

        Args:
            key: its public key in PEM; JWTs are checked with it.
            permissions: what its installations are granted.
        """
        bot = self.add_user(f"{slug}[bot]", type="Bot")
        with self.lock:
            number = next(self.world.ids) if id is None else id
            if number not in self.world.apps:
                self.world.apps[number] = App(
                    number, slug, client_id or f"Iv23{slug}", bot, key, dict(permissions or {})
                )
            app = self.world.apps[number]
            if owner is not None:
                app.installations[owner] = next(self.world.ids)
                app.repositories[owner] = None if repositories is None else frozenset(r.lower() for r in repositories)
            return app

    def add_milestone(self, full_name: str, title: str) -> int:
        """A milestone; returns its number."""
        with self.lock:
            repository = self.repository(full_name)
            number = len(repository.milestones) + 1
            repository.milestones[number] = Milestone(
                next(self.world.ids), number, title, repository.owner, self.world.clock()
            )
            return number

    def repository(self, full_name: str) -> Repository:
        """The state of a repository, its requests up to date. Raises KeyError."""
        with self.lock:
            found = self.world.repositories[full_name.lower()]
            self.work.follow(found)
            return found

    def requests_of(self, full_name: str) -> list[Request]:
        """All pull requests of a repository, oldest first."""
        return list(self.repository(full_name).requests.values())

    def settings(self, full_name: str) -> Settings:
        """The settings of a repository, to be changed."""
        return self.repository(full_name).settings

    def protect(self, full_name: str, branch: str = "main", protection: Protection | None = None, **rules: Any) -> None:
        """Protect a branch; ``rules`` are fields of `Protection`."""
        with self.lock:
            self.repository(full_name).protections[branch] = protection or Protection(**rules)

    def unprotect(self, full_name: str, branch: str = "main") -> None:
        """Take the protection away; what waited for it goes on."""
        with self.lock:
            self.repository(full_name).protections.pop(branch, None)
            self.repository(full_name)

    def approve(self, full_name: str, number: int, login: str = "reviewer") -> None:
        """Let somebody approve a request."""
        account = self.add_user(login)
        with self.lock:
            repository = self.repository(full_name)
            request = repository.requests[number]
            request.reviews.append(Review(next(self.world.ids), account, "APPROVED", request.head_sha))
            self.work.follow(repository)

    def set_status(self, full_name: str, sha: str, context: str, state: str, description: str | None = None) -> None:
        """Set a commit status as some CI system would."""
        token = Token(self.add_user("ci"), "user", None, None, "write")
        with self.lock:
            self.work.set_status(
                token, self.repository(full_name), sha, state=state, context=context, description=description
            )

    def set_check(self, full_name: str, sha: str, name: str, conclusion: str | None, *, app: str = "ci") -> None:
        """Add a check run as some App would; without a conclusion it is in progress."""
        made = next((one for one in self.world.apps.values() if one.slug == app), None) or self.add_app(app)
        with self.lock:
            repository = self.repository(full_name)
            now = self.world.clock()
            status = "completed" if conclusion else "in_progress"
            run = CheckRun(
                next(self.world.ids), name, sha, status, conclusion, None, None, None, None, made, now,
                now if conclusion else None,
            )  # fmt: skip
            repository.checks[run.id] = run
            self.work.follow(repository)

    def rename_repository(self, full_name: str, new: str) -> None:
        """Give a repository another full name of the same owner: the old one is answered with a redirect."""
        with self.lock:
            repository = self.repository(full_name)
            repository.name = new.partition("/")[2]
            self.world.repositories[new.lower()] = repository
            self.world.moved[full_name.lower()] = self.world.repositories.pop(full_name.lower())

    def rename_branch(self, full_name: str, old: str, new: str) -> None:
        """Rename a branch; requests into it follow, and HEAD when it is the default."""
        with self.lock:
            repository = self.repository(full_name)
            objects = repository.objects
            tip = objects.refs()[f"refs/heads/{old}"]
            objects.update_refs([(f"refs/heads/{new}", tip, "0" * 40)])
            for request in repository.requests.values():
                request.base = new if request.base == old else request.base
                request.head = new if request.head == old else request.head
            if objects.head() == old:
                objects.git("symbolic-ref", "HEAD", f"refs/heads/{new}")
            objects.update_refs([(f"refs/heads/{old}", "0" * 40, tip)])
            self.work.follow(repository)

    def run_queue(self, full_name: str) -> list[int]:
        """Let the merge queue of a repository go on; the numbers of what it merged."""
        with self.lock:
            return self.work.run_queue(self.repository(full_name))

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
                return self._git(call)
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
            answer = rest.serve(self.work, shapes, call, path, self._mint, past)
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

    def _mint(self, app: App, owner: str, wanted: Mapping[str, Any]) -> Json:
        """A token of an installation: of what is asked for, as far as the installation goes. Raises Refusal."""
        reached = app.repositories[owner]
        asked = wanted.get("repositories")
        if asked is None and wanted.get("repository_ids") is not None:
            by_id = {one.id: one.name for one in self.world.repositories.values()}
            asked = [by_id.get(id, "?") for id in wanted["repository_ids"]]
        if asked is not None:
            names = frozenset(f"{owner}/{name}".lower() for name in asked)
            known = frozenset(self.world.repositories) if reached is None else reached
            if not names <= known:
                raise Refusal(422, "There is at least one repository that does not exist or is not accessible to the "
                                   "parent installation.")  # fmt: skip
            reached = names
        elif reached is None:
            reached = frozenset(name for name in self.world.repositories if name.startswith(f"{owner.lower()}/"))
        permissions = dict(wanted.get("permissions") or app.permissions)
        order = ("none", "read", "write", "admin")
        for name, held in permissions.items():
            if order.index(held) > order.index(app.permissions.get(name, "none")):
                raise Refusal(422, "The permissions requested are not granted to this installation.")
        text = "ghs_" + secrets.token_hex(18)
        expires = self.world.clock() + 3600
        self.world.tokens[text] = Token(app.bot, "app", permissions, reached, "write", None, app.id, expires)
        made: Json = {
            "token": text,
            "expires_at": stamp(expires),
            "permissions": {"metadata": "read", **permissions},
            "repository_selection": "all" if asked is None and app.repositories[owner] is None else "selected",
        }
        return made

    # --- git ---

    def _git(self, call: Call) -> Answer:
        """Smart HTTP. Raises nothing: git wants plain text."""
        parts = unquote(call.path).lstrip("/").split("/")
        full_name = "/".join(parts[:2]).removesuffix(".git")
        push = call.is_push or call.query.get("service") == "git-receive-pack"
        try:
            token = token_of(self.world, call.headers)
        except Refusal:
            return _plain(401, "Invalid username or token.", {"WWW-Authenticate": 'Basic realm="GitHub"'})
        repository = self.world.repository(full_name) or self.world.moved.get(full_name.lower())
        if token is None and (repository is None or push or repository.settings.private):
            # Whether it exists is told to nobody.
            return _plain(401, "No anonymous write access.", {"WWW-Authenticate": 'Basic realm="GitHub"'})
        if repository is None or not sees(token, repository):
            return _plain(404, "Repository not found.")
        try:
            need(token, repository, "contents", "read")
            if push:
                need(token, repository, "contents", "write")
        except Refusal as refusal:
            if repository.settings.archived and role(token, repository) in ("write", "admin"):
                return _plain(403, "This repository was archived so it is read-only.")
            who = token.account.login if token else "nobody"
            text = f"Permission to {repository.full_name}.git denied to {who}."
            return _plain(403 if refusal.status == 403 else refusal.status, text)
        rest_of_path = "/".join(parts[2:])
        folder = repository.objects.folder
        with self.lock:
            rules = self._rules(repository, token) if call.is_push else ""
        answer = git_answer(
            call, folder.parent, f"/{folder.name}/{rest_of_path}", user=token.account.login if token else "",
            extra={"FORGE_RULES": rules},
        )  # fmt: skip
        if call.is_push:
            with self.lock:
                self.work.follow(repository)
        return answer

    def _rules(self, repository: Repository, token: Token | None) -> str:
        """What the hook is to enforce."""
        lines: list[str] = []
        for branch, protection in repository.protections.items():
            if token is not None and token.account.login in protection.bypass:
                continue
            ref = f"refs/heads/{branch}"
            if not protection.deletions:
                lines.append(f"{ref} keep")
            if not protection.force:
                lines.append(f"{ref} forward")
            if protection.queue:
                lines.append(f"{ref} requests Changes must be made through the merge queue")
            elif protection.pull_requests:
                lines.append(f"{ref} requests Changes must be made through a pull request.")
            if protection.checks:
                lines.append(f"{ref} checks")
                known = {*repository.statuses, *(run.sha for run in repository.checks.values())}
                lines += [f"{ref} green {sha}" for sha in known
                          if not merging.lacking_checks(repository, protection, sha)]  # fmt: skip
            if protection.signatures:
                lines.append(f"{ref} signed")
        return "\n".join(lines)


def _copy(request: Request) -> Request:
    return dataclasses.replace(
        request,
        labels=list(request.labels),
        assignees=list(request.assignees),
        reviewers=list(request.reviewers),
        teams=list(request.teams),
        reviews=list(request.reviews),
        events=list(request.events),
    )


def _plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}, f"{text}\n".encode())
