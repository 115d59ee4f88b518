"""Requests that gitops.yaml has no use for any more."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing.lifecycle.scene import BY_REQUEST, GROUPED, Scene, Scenes
from gitops_actions.testing.world import POLICY


class Leftovers(Scenes):
    """The policy changes, and what waits changes with it."""

    def test_deploy_moves_an_app_into_the_request_of_its_group(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.2")
        scene.deploy("2.0.1", app="api")
        scene.change_policy(GROUPED)
        assert scene.deploy("1.0.1").outcomes == [("dev", "superseded")]
        assert scene.waiting() == ["gitops/dev/api", "gitops/dev/web"]
        assert scene.deploy("1.0.3", "--plan").outcomes == [("dev", "planned"), ("dev", "planned")]
        assert scene.deploy("1.0.3").outcomes == [("dev", "opened"), ("dev", "closed")]
        assert scene.waiting() == ["gitops/dev/_all", "gitops/dev/api"]
        assert scene.deploy("2.0.2", app="api").outcomes == [("dev", "updated"), ("dev", "closed")]
        assert scene.waiting() == ["gitops/dev/_all"]
        assert scene.tag("dev", "gitops/dev/_all") == "1.0.3"
        assert scene.deploy("1.0.3").outcomes == [("dev", "unchanged")]

    def test_deploy_takes_an_app_out_of_the_request_of_its_former_group(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(GROUPED)
        scene.deploy("1.0.2")
        scene.deploy("2.0.1", app="api")
        scene.change_policy(BY_REQUEST)
        assert scene.deploy("1.0.1").outcomes == [("dev", "superseded")]
        assert scene.deploy("1.0.2").outcomes == [("dev", "opened"), ("dev", "updated")]
        rows = scene.run("pr", "list").document["pull_requests"]
        assert [(row["branch"], row["apps"]) for row in rows] == [
            ("gitops/dev/web", ["web"]),
            ("gitops/dev/_all", ["api"]),
        ]
        assert scene.tag("dev", "gitops/dev/_all") == "1.0.0"
        assert scene.deploy("2.0.1", app="api").outcomes == [("dev", "opened"), ("dev", "closed")]
        assert scene.waiting() == ["gitops/dev/api", "gitops/dev/web"]

    def test_a_commit_closes_the_request_on_the_former_branch(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(GROUPED)
        scene.deploy("1.0.2")
        scene.change_policy(POLICY)
        assert scene.deploy("1.0.2").outcomes == [("dev", "committed"), ("dev", "closed")]
        assert scene.waiting() == []

    def test_promote_closes_requests_on_former_branches(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.deploy("2.0.1", app="api")
        scene.promote()
        assert scene.waiting() == ["gitops/staging/api", "gitops/staging/web"]
        scene.change_policy(POLICY.replace("staging: {after: dev}", "staging: {after: dev, group: environment}"))
        done = scene.promote()
        assert done.outcomes == [("staging", "opened"), ("staging", "closed"), ("staging", "closed")]
        assert scene.waiting() == ["gitops/staging/_all"]
        scene.change_policy(POLICY)
        assert scene.promote().outcomes == [("staging", "opened"), ("staging", "opened"), ("staging", "closed")]
        assert scene.waiting() == ["gitops/staging/api", "gitops/staging/web"]
        assert scene.promote().outcomes == [("staging", "unchanged"), ("staging", "unchanged")]

    def test_promote_leaves_what_waits_for_its_first_environment(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.change_policy(GROUPED)
        assert scene.promote().results == []
        assert scene.waiting() == ["gitops/dev/web"]

    def test_promote_closes_requests_of_what_is_gone(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.deploy("2.0.1", app="api")
        scene.promote()
        theirs = scene.push({"notes.md": "x\n"}, branch="gitops/staging/api")
        without_staging = POLICY.replace("  staging: {after: dev}\n", "").replace("after: staging", "after: dev")
        scene.change_policy(without_staging)
        assert scene.promote("--app", "web").outcomes == [("production", "opened"), ("staging", "closed")]
        done = scene.promote("--app", "api")
        assert done.outcomes == [("production", "opened"), ("staging", "unchanged")]
        assert [finding["code"] for finding in done.results[1]["findings"]] == ["GA304"]
        assert scene.tip("gitops/staging/api") == theirs
        scene.change_policy(without_staging[: without_staging.index("  api:")])
        closed = {(result["environment"], *result["apps"], result["outcome"]) for result in scene.promote().results}
        assert ("production", "api", "closed") in closed
        assert scene.waiting() == ["gitops/production/web", "gitops/staging/api"]

    def test_a_request_on_a_branch_of_ones_own_is_nobodys_leftover(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1", "--branch", "gitops/dev/try-this")
        assert scene.promote().results == []
        assert scene.waiting() == ["gitops/dev/try-this"]

    def test_what_the_policy_asks_for_reaches_what_waits(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.needs("labels")
        scene.deploy("1.0.1")
        scene.change_policy(BY_REQUEST.replace("dev: {}", "dev: {labels: [automatic]}"))
        assert scene.deploy("1.0.1").outcomes == [("dev", "updated")]
        assert scene.request().labels == {"automatic"}
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
