"""Everything that one GitHub knows, how it writes times and ids, and how it refuses."""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from gitops_actions.testing.github.records import Account, App, Team, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.stored import Person


class Refusal(Exception):
    """What is answered instead of a result.

    ``kind`` is the ``type`` of a GraphQL error, ``errors`` the list below ``errors`` of a REST answer.
    """

    def __init__(
        self, status: int, message: str, *, kind: str = "UNPROCESSABLE", errors: list[Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.errors = errors

    def sentence(self) -> str:
        """The message as GraphQL words it: the errors without the heading."""
        told = [one["message"] if isinstance(one, Mapping) and "message" in one else one for one in self.errors or ()]
        return ", ".join(str(one) for one in told) or self.message


class World:
    """Everything there is, and the counters."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.ids = itertools.count(1001)
        self.accounts: dict[str, Account] = {}  # by login in lower case
        self.teams: dict[tuple[str, str], Team] = {}  # by organization and slug, in lower case
        self.repositories: dict[str, Repository] = {}  # by full name in lower case
        self.moved: dict[str, Repository] = {}  # by the names that they had before
        self.tokens: dict[str, Token] = {}
        self.apps: dict[int, App] = {}

    def account(self, login: str) -> Account | None:
        """An account by its login."""
        return self.accounts.get(login.lower())

    def repository(self, full_name: str) -> Repository | None:
        """A repository by its full name."""
        return self.repositories.get(full_name.lower())

    def teams_of(self, owner: Account) -> dict[str, Team]:
        """The teams of an organization by slug."""
        return {slug: team for (login, slug), team in self.teams.items() if login == owner.login.lower()}


def stamp(moment: float) -> str:
    """A moment as GitHub writes it."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def node_id(kind: str, *parts: object) -> str:
    """An id of GraphQL; it can be read back with `parts_of`."""
    text = "\n".join(str(part) for part in parts)
    raw = base64.urlsafe_b64encode(text.encode("utf-8", "surrogateescape")).decode().rstrip("=")
    return f"{kind}_{raw}"


def parts_of(id: str) -> tuple[str, list[str]]:
    """The kind and the parts of an id; ("", []) when it is none."""
    kind, _, raw = id.partition("_")
    try:
        text = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode("utf-8", "surrogateescape")
    except ValueError:
        return "", []
    return kind, text.split("\n")


def person(account: Account, moment: float) -> Person:
    """An account as the author of a commit."""
    return Person(account.name or account.login, account.mail, int(moment))


def machine(moment: float) -> Person:
    """The committer of what GitHub commits."""
    return Person("GitHub", "noreply@github.com", int(moment))
