"""A document on its way, and the things that its ids and names mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from gitops_actions.testing.github.access import sees
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.records import Request, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.shapes import Shapes
from gitops_actions.testing.github.state import Refusal, parts_of
from gitops_actions.testing.github.work import Work


@dataclass
class Session:
    """One document on its way."""

    work: Work
    shapes: Shapes
    token: Token
    past: Mapping[str, Repository]
    failed: bool = field(default=False)


class Finder(ABC):
    """Finds what a document names; the nodes of all kinds are made on top of it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.work, self.shapes, self.token = session.work, session.shapes, session.token
        self.world = session.work.world

    # --- finding ---

    def found(self, name: str) -> Repository:
        """A repository that the token sees, with its requests up to date. Raises Refusal."""
        repository = self.world.repository(name) or self.world.moved.get(name.lower())
        if repository is None or not sees(self.token, repository):
            raise Refusal(404, f"Could not resolve to a Repository with the name '{name}'.", kind="NOT_FOUND")
        self.work.follow(repository)
        return self.session.past.get(repository.full_name, repository)

    def by_id(self, id: str, *kinds: str) -> tuple[str, Repository, list[str]]:
        """(kind, repository, the other parts) of a node that belongs to a repository. Raises Refusal."""
        kind, parts = parts_of(id)
        repository = self.world.repository(parts[0]) if parts else None
        if repository is None or (kinds and kind not in kinds) or not sees(self.token, repository):
            raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
        self.work.follow(repository)
        return kind, repository, parts[1:]

    def request_of(self, id: str) -> tuple[Repository, Request]:
        """A request by its node id. Raises Refusal."""
        _, repository, parts = self.by_id(id, "PR")
        request = repository.requests.get(int(parts[0]))
        if request is None:
            raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
        return repository, request

    # --- what nodes of all kinds lead back to ---

    @abstractmethod
    def repository(self, repository: Repository) -> Node:
        """Repository."""

    @abstractmethod
    def ref(self, repository: Repository, name: str, prefix: str | None = None) -> Node:
        """Ref; its name is told without the prefix."""

    @abstractmethod
    def object(self, repository: Repository, id: str) -> Node | None:
        """Commit, Tree, Blob or Tag; None when there is no such object."""

    @abstractmethod
    def request(self, repository: Repository, request: Request) -> Node:
        """PullRequest."""
