"""Answers of another shape than the forges describe: said as such (exit 6), whatever was asked; then all goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.testing.forgehttp import Answer, ForgeServer
from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.world import POLICY, Done
from tests.e2e.hubworld import REQUESTS, hub_world, outcome
from tests.forge.lab import Lab

SHAPES: dict[str, Any] = {
    "list": [{}],
    "text": "x",
    "object": {"data": {}},
    "repository": {"data": {"repository": {"id": 5}, "project": {"repository": {}}}},
    "nulls": {"data": {"repository": {"id": "R", "managed": None}, "project": {"repository": {"empty": False}}}},
}


def strange(server: ForgeServer, number: int, shape: str) -> list[str]:
    """Let the ``number``-th request from now be answered so. The list gets the request."""
    hit: list[str] = []
    first = len(server.requests)

    def when(one: Any) -> bool:
        if one.number != first + number or ".git/" in one.path:
            return False
        hit.append(f"{one.method} {one.path}")
        return True

    server.fault(when, Answer.of(200, SHAPES[shape]))
    return hit


def told(run: Callable[[str], Done], server: ForgeServer, shape: str) -> None:
    """One release after the other, each with a strange answer to another one of its requests."""
    number = 1
    while True:
        hit = strange(server, number, shape)
        done = run(f"1.0.{number}")
        if not hit:
            break
        assert done.code in (0, 2, 4, 6), (shape, hit, done.errors)
        again = run(f"1.0.{number}")
        assert again.code == 0, (shape, hit, again.errors)
        assert outcome(again) in ("opened", "updated", "unchanged"), (shape, hit)
        number += 1
    assert number > 3


@pytest.mark.parametrize("shape", SHAPES)
def test_on_github(tmp_path: Path, shape: str) -> None:
    with hub_world(tmp_path, REQUESTS) as hub:
        told(hub.released, hub.hub, shape)
        (request,) = hub.requests()
        assert (request.labels, request.reviewers, request.teams) == (["dev", "gitops"], ["alice"], ["sre"])


@pytest.mark.parametrize("shape", SHAPES)
def test_on_gitlab(tmp_path: Path, shape: str) -> None:
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, POLICY.replace("dev: {deliver: push}", "dev: {labels: [dev]}"))
        lab.world.address = lab.repo
        environ = {"GITOPS_TOKEN": lab.token, "GITOPS_FORGE": "gitlab"}

        def run(version: str) -> Done:
            image = f"ghcr.io/acme/web:{version}"
            return lab.world.play("deploy", "--image", image, code=None, environ=environ)

        told(run, server, shape)
        (request,) = lab.open_requests()
        assert request.labels == ["dev"]


def test_it_is_said_what_was_asked_and_what_is_missing(tmp_path: Path) -> None:
    with hub_world(tmp_path, REQUESTS) as hub:
        hub.hub.fault(lambda _: True, Answer.of(200, {"data": {"repository": {"id": "R"}}}))
        errors = hub.deploy("1.0.1", code=6).errors
        assert "the answer to POST /graphql (Reading) is not what GitHub describes: it has no 'p0'" in errors
        assert "--api-url" in errors
