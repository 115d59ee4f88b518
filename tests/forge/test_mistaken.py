"""A forge that is named wrongly is told so at once: nothing is repeated, nothing is waited for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.testing.forgehttp import Answer
from tests.forge.sky import KINDS, Kind, sky

OTHER = {"github": "gitlab", "gitlab": "github"}
NAMES = {"github": "GitHub", "gitlab": "GitLab"}
IMAGE = ("--image", "ghcr.io/acme/web:1.1")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", [("deploy", *IMAGE), ("status",), ("doctor",)], ids=lambda verb: verb[0])
def test_the_other_forge(tmp_path: Path, kind: Kind, verb: tuple[str, ...]) -> None:
    with sky(kind, tmp_path, "version: 1\n") as there:
        there.environ |= {"GITOPS_FORGE": OTHER[kind]}
        there.environ.pop("GITOPS_API_URL", None)
        done = there.play(*verb, code=None)
        said = done.output + done.errors
        assert f"does not answer like a {NAMES[OTHER[kind]]}: it looks like a {NAMES[kind]}" in said
        assert f"say --forge {kind}; or give the address of the right API with --api-url" in said
        assert done.code == (4 if verb[0] == "doctor" else 2)
        assert len(there.server.requests) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_api_of_the_other_forge(tmp_path: Path, kind: Kind) -> None:
    with sky(kind, tmp_path, "version: 1\n") as there:
        version = {"github": "v3", "gitlab": "v4"}[kind]
        done = there.play(
            "deploy",
            *("--forge", OTHER[kind], "--api-url", f"{there.server.url}/api/{version}", *IMAGE),
            code=2,
        )
        assert f"/api/{version} is" in done.errors
        assert f"say --forge {kind}" in done.errors
        assert there.server.requests == []


def test_no_graphql_where_github_should_have_it(tmp_path: Path) -> None:
    with sky("github", tmp_path, "version: 1\n") as there:
        done = there.play("status", "--api-url", f"{there.server.url}/here", code=2)
        assert f"{there.server.url}/here does not answer like the API of a GitHub: Not Found" in done.errors
        assert "https://HOST/api/v3" in done.errors
        assert len(there.server.requests) == 1


@pytest.mark.parametrize("more", [{}, {"extensions": {"code": "undefinedField"}}], ids=["plain", "coded"])
def test_a_request_that_is_not_understood_is_not_repeated(tmp_path: Path, more: dict[str, object]) -> None:
    """Also where nothing tells who answers, as behind a proxy that takes headers away."""
    with sky("github", tmp_path, "version: 1\n") as there:
        error = {"message": "no such field", "locations": [{"line": 1, "column": 1}], **more}
        there.server.fault(_always, Answer.of(200, {"errors": [error]}), times=9)
        done = there.play("status", code=2)
        assert "does not understand the request: no such field" in done.errors
        assert "say --forge gitlab" in done.errors
        assert len(there.server.requests) == 1


def test_a_server_that_breaks_is_asked_again(tmp_path: Path) -> None:
    with sky("github", tmp_path, "version: 1\n") as there:
        there.server.fault(_always, Answer.of(200, {"errors": [{"message": "Something went wrong"}]}))
        there.play("status")
        assert len(there.server.requests) > 1


_always: Callable[[object], bool] = lambda _: True  # noqa: E731
