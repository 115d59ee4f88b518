"""Requests: opened once, kept up to date, merged, and closed when they have lost their purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from gitops_actions.model import MergeMethod
from gitops_actions.testing import repos
from gitops_actions.testing.lifecycle.scene import BY_REQUEST, OVERLAY_OF, Scene, Scenes
from gitops_actions.testing.world import OVERLAY, POLICY

WEB = OVERLAY_OF.format("dev")
BRANCH = "gitops/dev/web"
METHODS = get_args(MergeMethod)


class Proposing(Scenes):
    """One request for an environment and app, whatever happens to the base."""

    def test_a_release_by_request(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(POLICY.replace("dev: {deliver: push}", "dev: {labels: [automatic]}"))
        before = scene.tip()
        (result,) = scene.deploy("1.0.1").results
        assert (result["outcome"], result["branch"], result["commit"]) == ("opened", BRANCH, scene.tip(BRANCH))
        assert scene.tip() == before
        assert scene.overlay("dev", BRANCH) == OVERLAY.replace("1.0.0", "1.0.1")
        request = scene.request()
        assert result["pull_request"]["number"] == request.number
        assert (request.branch, request.base, request.head) == (BRANCH, "main", scene.tip(BRANCH))
        assert request.title == "Deploy web 1.0.1 to dev"
        assert "1.0.1" in request.body
        assert not request.draft
        if scene.can("labels"):
            assert request.labels == {"automatic"}
        there = scene.everything()
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert scene.everything() == there
        assert scene.deploy("1.0.2").outcomes == [("dev", "updated")]
        assert scene.request().number == request.number
        assert scene.request().title == "Deploy web 1.0.2 to dev"
        assert scene.git("rev-list", "--count", f"main..{BRANCH}") == "1"
        assert scene.deploy("1.0.1").outcomes == [("dev", "superseded")]
        assert scene.tag("dev", BRANCH) == "1.0.2"

    def test_a_newer_release_goes_on_to_the_new_base(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.push({"README.md": "new\n"})
        assert scene.deploy("1.0.2").outcomes == [("dev", "updated")]
        assert scene.git("rev-parse", f"{BRANCH}^") == scene.tip()
        assert scene.request("all").head == scene.tip(BRANCH), "it was never closed on the way"
        assert scene.branches() == {"main", BRANCH}

    def test_another_commit_to_a_shared_file_is_kept(self, scenes: Callable[..., Scene]) -> None:
        policy = """\
version: 1
environments: {dev: {}}
apps:
  a: {image: x/a, edits: [{yaml: all.yaml, path: a.tag, value: "{tag}"}]}
  b: {image: x/b, edits: [{yaml: all.yaml, path: b.tag, value: "{tag}"}]}
"""
        scene = scenes(content={"gitops.yaml": policy, "all.yaml": "a:\n  tag: '1'\nb:\n  tag: '1'\n"})
        scene.run("deploy", "--image", "x/a:2")
        scene.run("deploy", "--image", "x/b:2", "--deliver", "push")
        assert scene.run("deploy", "--image", "x/a:2").outcomes == [("dev", "updated")], "made anew on the new tip"
        scene.merge("gitops/dev/a")
        assert scene.text("all.yaml") == "a:\n  tag: '2'\nb:\n  tag: '2'\n"

    def test_a_request_that_has_come_to_conflict_is_made_anew(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.2")
        scene.set_tag("dev", "1.0.1")
        scene.merge(BRANCH, code=5)
        assert scene.deploy("1.0.2").outcomes == [("dev", "updated")]
        assert scene.deploy("1.0.2").outcomes == [("dev", "unchanged")]
        scene.merge(BRANCH)
        assert scene.tag("dev") == "1.0.2"

    @pytest.mark.parametrize("method", METHODS)
    def test_what_is_merged_is_there(self, scenes: Callable[..., Scene], method: MergeMethod) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.push({"README.md": "new\n"})
        document = scene.merge(BRANCH, "--merge-method", method).document
        (merged,) = document["pull_requests"]
        assert (merged["state"], scene.request("merged").number) == ("merged", merged["number"])
        assert (scene.tag("dev"), scene.text("README.md")) == ("1.0.1", "new\n")
        assert scene.branches() == {"main"}
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert scene.promote().outcomes == [("staging", "opened")]

    @pytest.mark.parametrize("method", METHODS)
    def test_what_a_person_merges_is_there(self, scenes: Callable[..., Scene], method: MergeMethod) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.push({"README.md": "new\n"})
        scene.merge_by_hand(BRANCH, method)
        assert scene.request("all").state == "merged"
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert scene.promote().outcomes == [("staging", "opened")]
        assert scene.deploy("1.0.2").outcomes == [("dev", "opened")]
        assert scene.git("rev-parse", f"{BRANCH}^") == scene.tip()

    def test_a_branch_that_was_merged_but_not_deleted(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.git("update-ref", "refs/heads/main", f"refs/heads/{BRANCH}")
        assert scene.request("all").state == "merged"
        scene.push({WEB: OVERLAY}, "Revert")
        assert scene.deploy("1.0.1").outcomes == [("dev", "opened")]

    def test_a_request_whose_difference_vanished_is_closed_and_may_come_back(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.promote()
        scene.set_tag("staging", "1.0.1")
        done = scene.promote()
        assert done.outcomes == [("staging", "closed"), ("production", "opened")]
        assert done.results[0]["pull_request"]["state"] == "closed"
        assert scene.waiting() == ["gitops/production/web"]
        closed = scene.request("closed")
        if scene.can("labels"):
            assert closed.labels == {"gitops/obsolete"}
        if scene.can("comments"):
            assert len(closed.comments) == 1
        assert scene.branches() == {"main", "gitops/production/web"}
        scene.set_tag("staging", "1.0.0")
        done = scene.promote()
        assert done.outcomes == [("staging", "opened"), ("production", "closed")], "no person turned it away"

    def test_a_request_that_a_release_overtook_is_closed(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        record = ".gitops/releases/dev/web.yaml"
        scene.push({path: repos.show(scene.config, BRANCH, path) for path in (WEB, record)})
        assert scene.deploy("1.0.1").outcomes == [("dev", "closed")]
        assert scene.request("all").state == "closed"
        assert scene.branches() == {"main"}
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]

    def test_a_requests_branch_cannot_be_one_that_releases_are_on(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        there = scene.everything()
        for arguments in (("--image", "ghcr.io/acme/web:1.0.1"), ("--set", "charts/api/values-dev.yaml:replicas=3")):
            assert "GA031" in scene.run("deploy", *arguments, "--branch", "main", code=2).errors
        assert scene.everything() == there

    def test_another_requests_branch_is_not_taken(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        done = scene.deploy("2.0.1", "-e", "staging", "--branch", BRANCH, app="api", code=5)
        assert "is the branch of another request (Deploy web 1.0.1 to dev)" in done.results[0]["findings"][0]["message"]
