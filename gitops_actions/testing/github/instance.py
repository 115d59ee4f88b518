"""What there is in a GitHub, as a test sets it up."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import ForgeServer
from gitops_actions.testing.github.objects import Objects
from gitops_actions.testing.github.pushing import HOOK
from gitops_actions.testing.github.records import Account, App, Kind, Level, Milestone, Request, Team, Token
from gitops_actions.testing.github.repository import Repository, Settings
from gitops_actions.testing.github.state import World
from gitops_actions.testing.github.work import Work


class Instance(ForgeServer, ABC):
    """A GitHub that does not answer yet; see `GitHub`."""

    def __init__(self, root: Path, clock: Callable[[], float], request_delay: float, connection_delay: float) -> None:
        super().__init__(request_delay=request_delay, connection_delay=connection_delay)
        self.root = root
        self.world = World(clock)
        self.work = Work(self.world)

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
        hook.write_text(HOOK, encoding="ascii")
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
