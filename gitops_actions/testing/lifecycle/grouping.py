"""Several apps in one request."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing.lifecycle.scene import GROUPED, Scene, Scenes

ALL = "gitops/dev/_all"
API = "charts/api/values-dev.yaml"


class Grouping(Scenes):
    """`group: environment`: what one app brings never takes out what another waits for."""

    def test_a_group_shares_one_request(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(GROUPED.replace("staging: {after: dev}", "staging: {after: dev, group: environment}"))
        assert scene.deploy("1.0.1").results[0]["branch"] == ALL
        assert scene.deploy("2.0.1", app="api").outcomes == [("dev", "updated")]
        assert scene.tag("dev", ALL) == "1.0.1", "the other app's release stays in the request"
        assert '"2.0.1"' in scene.text(API, ALL)
        (row,) = scene.run("pr", "list").document["pull_requests"]
        assert row["versions"] == {"web": "1.0.1", "api": "2.0.1"}
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        scene.merge(ALL)
        assert (scene.tag("dev"), '"2.0.1"' in scene.text(API)) == ("1.0.1", True)
        assert scene.promote().outcomes == [("staging", "opened")]
        (row,) = scene.run("pr", "list").document["pull_requests"]
        assert sorted(row["apps"]) == ["api", "web"]
        assert scene.promote().outcomes == [("staging", "unchanged")]

    def test_a_late_build_does_not_take_a_newer_one_out(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(GROUPED)
        scene.deploy("1.0.2")
        scene.deploy("2.0.1", app="api")
        assert scene.deploy("1.0.1").outcomes == [("dev", "superseded")]
        assert scene.tag("dev", ALL) == "1.0.2"

    def test_a_commit_does_not_carry_what_waits_for_review(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(GROUPED)
        scene.deploy("2.0.1", app="api")
        assert scene.deploy("1.0.1", "--deliver", "push").outcomes == [("dev", "committed")]
        assert '"2.0.0"' in scene.text(API)
        assert [row["apps"] for row in scene.run("pr", "list").document["pull_requests"]] == [["api"]]
