"""What tests of the fakes use: a plain client, and GitHub's own descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

from gitops_actions.testing.client import Client
from gitops_actions.testing.github import GitHub
from tests.checkers import npm_package


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    """A GitHub with the repository acme/deploy, people, and the token `tok` of octocat that may write."""
    with GitHub(tmp_path / "hub") as server:
        server.add_repository("acme/deploy", files={"shared": "".join(f"{n}\n" for n in range(10)), "apps/web": "1\n"})
        server.add_user("alice")
        server.add_team("acme", "sre")
        server.add_token("tok")
        yield server


@pytest.fixture
def ask(hub: GitHub) -> Client:
    """Asks it with the token."""
    return Client(hub.api_url, "tok")


@pytest.fixture(scope="session")
def official() -> GraphQLSchema:
    """The official schema of GitHub (https://github.com/octokit/graphql-schema). Skips where npm cannot bring it."""
    path = npm_package("@octokit/graphql-schema", "15.26.1") / "schema.graphql"
    # It defines some fields twice and deprecates some that interfaces have, which graphql-core does not like.
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True, assume_valid_sdl=True)
