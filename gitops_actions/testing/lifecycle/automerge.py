"""Requests that are to be merged without a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitops_actions.testing.lifecycle.ground import Checks
from gitops_actions.testing.lifecycle.scene import BY_REQUEST, Scene, Scenes
from gitops_actions.testing.world import POLICY

AUTO = BY_REQUEST.replace("dev: {}", "dev: {auto-merge: true}")
BRANCH = "gitops/dev/web"


def checked(scene: Scene) -> Checks:
    """The ground, as one that waits. Skips where nothing can be required."""
    scene.needs("auto-merge")
    if not isinstance(scene.ground, Checks):
        pytest.skip("nothing can be required of a request here")
    return scene.ground


class AutoMerges(Scenes):
    """Where nothing is required they are merged at once, else as soon as everything is green."""

    def test_a_forge_without_it_says_so(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(AUTO)
        (result,) = scene.deploy("1.0.1").results
        codes = [finding["code"] for finding in result["findings"]]
        if scene.can("auto-merge"):
            assert (result["outcome"], codes) == ("merged", [])
            assert result["commit"] == scene.tip()
        else:
            assert (result["outcome"], codes) == ("opened", ["GA313"])

    def test_what_needs_nothing_goes_through_the_stages(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(POLICY.replace("staging: {after: dev}", "staging: {after: dev, auto-merge: true}"))
        scene.needs("auto-merge")
        scene.deploy("1.0.1")
        assert scene.promote().outcomes == [("staging", "merged"), ("production", "opened")]
        assert scene.tag("staging") == "1.0.1"
        assert scene.promote().outcomes == [("production", "unchanged")]
        assert scene.branches() == {"main", "gitops/production/web"}

    def test_it_waits_for_what_is_required(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(AUTO)
        ground = checked(scene)
        ground.require("build")
        for version, outcome in (("1.0.1", "opened"), ("1.0.1", "unchanged"), ("1.0.2", "updated")):
            assert scene.deploy(version).outcomes == [("dev", outcome)]
            assert scene.request().auto_merge
        assert scene.tag("dev") == "1.0.0"
        ground.succeed(scene.request().head, "build")
        assert scene.request("merged").branch == BRANCH
        assert scene.tag("dev") == "1.0.2"
        assert scene.deploy("1.0.2").outcomes == [("dev", "unchanged")], "and its branch may stay, if the forge lets it"
        assert scene.deploy("1.0.3").outcomes == [("dev", "opened")]

    def test_a_run_may_ask_for_it_or_not(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(AUTO)
        ground = checked(scene)
        ground.require("build")
        scene.deploy("1.0.1", "--no-auto-merge")
        assert not scene.request().auto_merge
        assert scene.deploy("1.0.1").outcomes == [("dev", "updated")]
        assert scene.request().auto_merge
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]

    def test_a_draft_is_not_merged(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(AUTO)
        scene.needs("auto-merge", "draft")
        assert scene.deploy("1.0.1", "--draft").outcomes == [("dev", "opened")]
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert (scene.request().draft, scene.request().auto_merge) == (True, False)
        scene.merge(BRANCH, code=5)
        assert scene.tag("dev") == "1.0.0"

    def test_the_method_is_that_of_the_policy(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(AUTO.replace("auto-merge: true", "auto-merge: true, merge-method: squash"))
        scene.needs("auto-merge")
        scene.deploy("1.0.1")
        scene.deploy("1.0.2", "--no-auto-merge")
        scene.merge(BRANCH)
        log = scene.git("log", "--format=%H %B", "main")
        for request, version in zip(scene.requests("merged"), ("1.0.1", "1.0.2"), strict=True):
            assert request.head not in log, "it was squashed"
            assert f"Gitops-Version: {version}" in log

    def test_it_is_asked_for_until_it_comes_about(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.needs("auto-merge")
        scene.deploy("1.0.2")
        scene.push({"notes.md": "theirs\n"}, branch=BRANCH)
        scene.push({"notes.md": "ours\n"})
        done = scene.deploy("1.0.2", "--auto-merge", code=None)
        if done.code:  # this forge does not wait for a conflict to be solved
            assert (done.code, done.outcomes) == (5, [("dev", "unchanged")])
            assert [finding["code"] for finding in done.results[0]["findings"]] == ["GA302"]
        else:
            assert scene.request().auto_merge
        scene.push({"notes.md": "theirs\n"}, "Solved")
        scene.deploy("1.0.2", "--auto-merge")
        assert scene.tag("dev") == "1.0.2"
        assert scene.request("all").state == "merged"
