"""Where things are: the URLs that shapes are full of."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import World

Json = dict[str, Any]


class Addresses:
    """``api`` is the root of the REST API, ``web`` that of the pages."""

    def __init__(self, world: World, api: str, web: str) -> None:
        self.world = world
        self.api = api
        self.web = web

    def root(self, repository: Repository) -> str:
        """The API's URL of a repository."""
        return f"{self.api}/repos/{repository.full_name}"

    def page(self, repository: Repository) -> str:
        """The page of a repository."""
        return f"{self.web}/{repository.full_name}"
