"""What runs leave that were cut off, and what others do while one runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitops_actions.testing.lifecycle.scene import BY_REQUEST, GROUPED, OVERLAY_OF, Scene, Scenes

BRANCH = "gitops/dev/web"


class Crashing(Scenes):
    """The next run finishes what one began, and a race is run again."""

    def test_a_branch_left_behind_gets_its_request(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.2")
        head = scene.tip(BRANCH)
        scene.ground.forget_requests()
        assert scene.deploy("1.0.1").outcomes == [("dev", "superseded")], "it still counts"
        assert scene.deploy("1.0.2").outcomes == [("dev", "opened")]
        assert scene.request().head == scene.tip(BRANCH) == head

    def test_a_shared_branch_left_behind_keeps_the_others(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(GROUPED)
        scene.deploy("2.0.1", app="api")
        scene.ground.forget_requests()
        assert scene.deploy("1.0.1").outcomes == [("dev", "opened")]
        assert '"2.0.1"' in scene.text("charts/api/values-dev.yaml", "gitops/dev/_all")
        assert scene.tag("dev", "gitops/dev/_all") == "1.0.1"

    def test_a_request_that_was_marked_and_not_closed_goes_on(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.needs("labels")
        scene.deploy("1.0.1")
        scene.ground.edit(scene.request().number, labels=["gitops/obsolete"])
        assert scene.deploy("1.0.1").outcomes == [("dev", "updated")]
        assert scene.request().labels == frozenset()
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]

    def test_a_request_that_was_closed_without_its_branch(self, scenes: Callable[..., Scene]) -> None:
        """The branch of a closed request stayed, and the release is due again."""
        scene = scenes(BY_REQUEST)
        scene.needs("labels")
        scene.deploy("1.0.1")
        number = scene.request().number
        scene.ground.edit(number, labels=["gitops/obsolete"])
        scene.ground.close(number)
        assert scene.deploy("1.0.1").outcomes == [("dev", "opened")]
        assert scene.request().number > number
        assert scene.git("rev-list", "--count", f"main..{BRANCH}") == "1"

    def test_a_commit_that_lost_the_race_goes_on_top(self, scene: Scene) -> None:
        theirs = scene.aside({"charts/api/values-dev.yaml": "image: {tag: '2.0.9'}\n"})
        scene.ground.overtake("main", theirs)
        assert scene.deploy("1.0.1").outcomes == [("dev", "committed")]
        assert scene.git("rev-parse", "main^") == theirs
        assert (scene.tag("dev"), "2.0.9" in scene.text("charts/api/values-dev.yaml")) == ("1.0.1", True)

    def test_a_race_against_a_newer_release(self, scene: Scene) -> None:
        path = OVERLAY_OF.format("dev")
        theirs = scene.aside({path: scene.overlay("dev").replace("1.0.0", "1.0.2")})
        scene.ground.overtake("main", theirs)
        assert scene.deploy("1.0.1").outcomes == [("dev", "superseded")]
        assert scene.tip() == theirs

    def test_a_race_against_the_same_run(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        made = scene.tip(BRANCH)
        scene.ground.forget_requests()
        scene.git("update-ref", "-d", f"refs/heads/{BRANCH}")
        scene.ground.overtake(BRANCH, str(made))
        assert scene.deploy("1.0.1").outcomes == [("dev", "opened")]
        assert scene.request().head == scene.tip(BRANCH)
        assert scene.git("rev-list", "--count", f"main..{BRANCH}") == "1"
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]

    def test_a_policy_that_changes_meanwhile(self, scene: Scene) -> None:
        if not scene.ground.swaps:
            pytest.skip("a commit is put on top of whatever others have committed, unless it is of the same files")
        theirs = scene.aside({"gitops.yaml": BY_REQUEST})
        scene.ground.overtake("main", theirs)
        assert scene.deploy("1.0.1").outcomes == [("dev", "opened")]
        assert scene.tip() == theirs
