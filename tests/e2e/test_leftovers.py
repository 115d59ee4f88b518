"""Requests that gitops.yaml has no use for any more."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing import repos
from gitops_actions.testing.world import POLICY, World

BY_REQUEST = POLICY.replace("dev: {deliver: push}", "dev: {}")
GROUPED = POLICY.replace("dev: {deliver: push}", "dev: {group: environment}")


def change(world: World, policy: str) -> None:
    repos.commit(world.config, {"gitops.yaml": policy}, message="Policy")


def branches(world: World) -> list[str]:
    return sorted(request["branch"] for request in world.open_requests())


def test_deploy_moves_an_app_into_the_request_of_its_group(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.2")
    world.deploy("2.0.1", app="api")
    change(world, GROUPED)
    assert world.deploy("1.0.1").outcomes == [("dev", "superseded")]
    assert branches(world) == ["gitops/dev/api", "gitops/dev/web"]
    assert world.deploy("1.0.3", "--plan").outcomes == [("dev", "planned"), ("dev", "planned")]
    assert world.deploy("1.0.3").outcomes == [("dev", "opened"), ("dev", "closed")]
    assert branches(world) == ["gitops/dev/_all", "gitops/dev/api"]
    assert world.deploy("2.0.2", app="api").outcomes == [("dev", "updated"), ("dev", "closed")]
    assert branches(world) == ["gitops/dev/_all"]
    assert world.tag("dev", "gitops/dev/_all") == "1.0.3"
    assert world.deploy("1.0.3").outcomes == [("dev", "unchanged")]


def test_deploy_takes_an_app_out_of_the_request_of_its_former_group(worlds: Callable[..., World]) -> None:
    world = worlds(GROUPED)
    world.deploy("1.0.2")
    world.deploy("2.0.1", app="api")
    change(world, BY_REQUEST)
    assert world.deploy("1.0.1").outcomes == [("dev", "superseded")]
    assert world.deploy("1.0.2").outcomes == [("dev", "opened"), ("dev", "updated")]
    assert [(one["branch"], one["apps"]) for one in world.open_requests()] == [
        ("gitops/dev/web", ["web"]),
        ("gitops/dev/_all", ["api"]),
    ]
    assert world.tag("dev", "gitops/dev/_all") == "1.0.0"
    assert world.deploy("2.0.1", app="api").outcomes == [("dev", "opened"), ("dev", "closed")]
    assert branches(world) == ["gitops/dev/api", "gitops/dev/web"]


def test_a_commit_closes_the_request_on_the_former_branch(worlds: Callable[..., World]) -> None:
    world = worlds(GROUPED)
    world.deploy("1.0.2")
    change(world, POLICY)
    assert world.deploy("1.0.2").outcomes == [("dev", "committed"), ("dev", "closed")]
    assert branches(world) == []


def test_promote_closes_requests_on_former_branches(world: World) -> None:
    world.deploy("1.0.1")
    world.deploy("2.0.1", app="api")
    world.run("promote")
    assert branches(world) == ["gitops/staging/api", "gitops/staging/web"]
    change(world, POLICY.replace("staging: {after: dev}", "staging: {after: dev, group: environment}"))
    done = world.run("promote")
    assert done.outcomes == [("staging", "opened"), ("staging", "closed"), ("staging", "closed")]
    assert branches(world) == ["gitops/staging/_all"]
    change(world, POLICY)
    assert world.run("promote").outcomes == [("staging", "opened"), ("staging", "opened"), ("staging", "closed")]
    assert branches(world) == ["gitops/staging/api", "gitops/staging/web"]
    assert world.run("promote").outcomes == [("staging", "unchanged"), ("staging", "unchanged")]


def test_promote_leaves_what_waits_for_its_first_environment(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    change(world, GROUPED)
    assert world.run("promote").results == []
    assert branches(world) == ["gitops/dev/web"]


def test_promote_closes_requests_of_what_is_gone(world: World) -> None:
    world.deploy("1.0.1")
    world.deploy("2.0.1", app="api")
    world.run("promote")
    theirs = repos.commit(world.config, {"notes.md": "x\n"}, message="A note", branch="gitops/staging/api")
    without_staging = POLICY.replace("  staging: {after: dev}\n", "").replace("after: staging", "after: dev")
    change(world, without_staging)
    assert world.run("promote", "--app", "web").outcomes == [("production", "opened"), ("staging", "closed")]
    done = world.run("promote", "--app", "api")
    assert done.outcomes == [("production", "opened"), ("staging", "unchanged")]
    assert [finding["code"] for finding in done.results[1]["findings"]] == ["GA304"]
    assert world.tip("gitops/staging/api") == theirs
    change(world, without_staging[: without_staging.index("  api:")])
    closed = {(result["environment"], *result["apps"], result["outcome"]) for result in world.run("promote").results}
    assert ("production", "api", "closed") in closed
    assert branches(world) == ["gitops/production/web", "gitops/staging/api"]


def test_a_request_on_a_branch_of_ones_own_is_nobodys_leftover(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1", "--branch", "gitops/dev/try-this")
    assert world.run("promote").results == []
    assert branches(world) == ["gitops/dev/try-this"]
