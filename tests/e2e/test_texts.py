"""Titles, bodies and commit messages as people find them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.hostile import PIECES, is_quiet
from gitops_actions.testing.world import POLICY, World

BY_REQUEST = POLICY.replace("dev: {deliver: push}", "dev: {}")
OWN = """\
messages:
  title: "[<@ environment @>] <@ verb @> <% for app in apps %><@ app.name @> <@ app.version @><% endfor %>"
  body: |
    # <@ subject @>
    <% for release in releases %>
    <% for commit in release.commits %>
    * <@ commit.subject @>
    <% endfor %>
    <% endfor %>
"""


@pytest.fixture
def processes() -> bool:
    return False


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source repository with one commit on `main`."""
    return repos.bare(tmp_path / "source.git", {"x": "0"})


def commits(source: Path, *messages: str) -> str:
    """Put commits on it; the newest one."""
    for message in messages:
        repos.commit(source, {"x": message.encode("utf-8", "replace")}, message=message)
    return repos.git(source, "rev-parse", "main")


def kept(world: World, number: int) -> dict[str, str]:
    """A request as the local forge keeps it."""
    found: dict[str, str] = json.loads(world.git("show", f"refs/gitops/requests:requests/{number}.json"))
    return found


def body(world: World, number: int = 1) -> str:
    """The body of a request."""
    return kept(world, number)["body"]


def deploy(world: World, version: str, revision: str, source: Path, *arguments: str) -> None:
    world.deploy(
        version, "--revision", revision, "--source", "acme/web", "--source-path", str(source), *arguments
    )  # fmt: skip


def test_the_changelog_of_a_deployment_and_its_promotion(worlds: Callable[..., World], source: Path) -> None:
    world = worlds(BY_REQUEST)
    first = commits(source, "One")
    deploy(world, "1.0.1", first, source)
    assert "Since" not in body(world), "what was there before has no revision"
    world.run("pr", "merge", "1")
    second = commits(source, "Add a basket (#12)\n\nfixes #3", "Close the door")
    deploy(world, "1.0.2", second, source)
    text = body(world, 2)
    assert f"`web` `1.0.2`: built from `acme/web` at `{second}`." in text
    assert (
        "Since `1.0.1`:\n\n- `Close the door` by `Pat Person`\n- `Add a basket` (request 12) by `Pat Person`\n" in text
    )
    message = world.git("log", "-1", "--format=%B", "gitops/dev/web")
    head, log, trailers = message.split("\n\n")
    assert head == "Deploy web 1.0.2 to dev"
    assert log == f"acme/web {first[:7]}..{second[:7]}:\n- Close the door\n- Add a basket (request 12)"
    assert trailers.startswith("Gitops-Environment: dev\nGitops-App: web\n")
    world.run("pr", "merge", "2")
    world.run("promote", "--source-path", str(source))
    assert "Promoted from `dev`." in body(world, 3)
    assert "Since" not in body(world, 3), "staging had no release that is known"


def test_a_promotion_tells_what_its_environment_lacked(world: World, source: Path) -> None:
    deploy(world, "1.0.1", commits(source, "One"), source)
    world.run("promote", "--source-path", str(source))
    world.run("pr", "merge", "1")
    for version, subject in (("1.0.2", "Two"), ("1.0.3", "Three")):
        deploy(world, version, commits(source, subject), source)
    world.run("promote", "--to", "staging", "--source-path", str(source))
    number = world.open_requests()[0]["number"]
    assert "Since `1.0.1`:\n\n- `Three` by `Pat Person`\n- `Two` by `Pat Person`\n" in body(world, number)
    assert "\n- Three\n- Two\n" in world.git("log", "-1", "--format=%B", "gitops/staging/web")
    assert "\n- Three\n\nGitops-" in world.git("log", "-1", "--format=%B"), "dev had 1.0.2"


def test_without_a_checkout_there_is_none_and_nothing_changes(worlds: Callable[..., World], source: Path) -> None:
    world = worlds(BY_REQUEST)
    deploy(world, "1.0.1", commits(source, "One"), source)
    world.run("pr", "merge", "1")
    second = commits(source, "Two")
    deploy(world, "1.0.2", second, source)
    head = world.tip("gitops/dev/web")
    again = world.deploy("1.0.2", "--revision", second, "--source", "acme/web")
    assert again.outcomes == [("dev", "unchanged")]
    assert world.tip("gitops/dev/web") == head
    assert "- `Two`" in body(world, 2)


def test_hostile_commits(worlds: Callable[..., World], source: Path) -> None:
    world = worlds(BY_REQUEST)
    deploy(world, "1.0.1", commits(source, "One"), source)
    world.run("pr", "merge", "1")
    evil = [piece.replace("\0", "").encode("utf-8", "replace").decode().strip() for piece in PIECES]
    second = commits(source, *(f"{piece} {piece}" for piece in evil if piece))
    deploy(world, "1.0.2", second, source, "--title", "Release, fixes #1 @pat [skip ci]")
    assert kept(world, 2)["title"] == "Release, fixes # 1 @ pat [ skip ci]"
    message = world.git("log", "-1", "--format=%B", "gitops/dev/web")
    parsed = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message, capture_output=True, text=True, check=True
    ).stdout
    assert {line.partition(":")[0] for line in parsed.splitlines()} >= {"Gitops-App"}
    assert all(line.startswith("Gitops-") and "evil" not in line for line in parsed.splitlines())
    for text in (body(world, 2).replace("$", ""), message):
        is_quiet(text)
        assert not any(line.startswith("/") for line in text.splitlines())
    assert world.deploy(
        "1.0.2", "--revision", second, "--source", "acme/web", "--title", "Release, fixes #1 @pat [skip ci]"
    ).outcomes == [("dev", "unchanged")]  # fmt: skip


def test_values_that_were_set_close_nothing(world: World) -> None:
    given = "charts/api/values-dev.yaml:image.tag=fixes #1"
    world.run("deploy", "--set", given)
    branch = world.open_requests()[0]["branch"]
    is_quiet(world.git("log", "-1", "--format=%B", branch))
    assert world.run("deploy", "--set", given).outcomes == [(None, "unchanged")]
    world.run("pr", "close", "1")
    assert world.run("deploy", "--set", given).outcomes == [(None, "skipped-closed")]


def test_own_templates(worlds: Callable[..., World], source: Path) -> None:
    world = worlds(BY_REQUEST + OWN)
    deploy(world, "1.0.1", commits(source, "One"), source)
    assert world.open_requests()[0]["title"] == "[dev] Deploy web 1.0.1"
    world.run("pr", "merge", "1")
    deploy(world, "1.0.2", commits(source, "Fix, closes #4"), source)
    assert body(world, 2).strip() == "# `Deploy web 1.0.2 to dev`\n* `Fix, closes # 4`"
    assert world.deploy("1.0.2").outcomes == [("dev", "unchanged")]
    assert world.deploy("1.0.2", "--title", "Mine", "--body", "Ours").outcomes == [("dev", "updated")]
    assert world.open_requests()[0]["title"] == "Mine"
    assert body(world, 2).strip() == "Ours"
    assert world.git("log", "-1", "--format=%s", "gitops/dev/web") == "Deploy web 1.0.2 to dev"


def test_another_title_reaches_an_open_request(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    repos.commit(world.config, {"gitops.yaml": BY_REQUEST + OWN}, message="Other titles")
    assert world.deploy("1.0.1").outcomes == [("dev", "updated")]
    assert world.open_requests()[0]["title"] == "[dev] Deploy web 1.0.1"
    assert world.deploy("1.0.1").outcomes == [("dev", "unchanged")]


def test_a_wrong_template_is_said_before_anything_is_written(worlds: Callable[..., World]) -> None:
    policy = BY_REQUEST + "messages:\n  body: '<@ nobody @>'\n"
    world = worlds(policy)
    before = world.git("for-each-ref")
    done = world.deploy("1.0.1", code=2)
    assert "gitops.yaml:17:9" in done.errors
    assert "'nobody' is undefined" in done.errors
    assert world.git("for-each-ref") == before
    done = world.run("validate", "--config-repo", str(world.config), code=2)
    (finding,) = done.document["findings"]
    assert (finding["code"], finding["line"], finding["column"]) == ("GA015", 17, 9)
    assert world.deploy("1.0.1", "--deliver", "push").outcomes == [("dev", "committed")], "there is no request to word"
