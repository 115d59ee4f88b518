"""An older build never overwrites a newer one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from gitops_actions.model import MergeMethod
from gitops_actions.testing import repos
from gitops_actions.testing.lifecycle.ground import Sources
from gitops_actions.testing.lifecycle.scene import BY_REQUEST, OVERLAY_OF, Scene, Scenes
from gitops_actions.testing.world import POLICY

RECORD = ".gitops/releases/dev/web.yaml"
WITHOUT_RECORDS = "version: 1\nrecords: false\n"


def build(source: Path, text: str) -> str:
    """A commit in a source repository."""
    return repos.commit(source, {"main.py": text}, message=text)


class Ordering(Scenes):
    """By ancestry, by number, by version: whichever is known."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        """A checkout of acme/web on this machine."""
        return repos.bare(tmp_path / "source.git", {"main.py": "one"})

    def test_by_ancestry_of_a_checkout(self, scene: Scene, source: Path) -> None:
        seven, eight = build(source, "seven"), build(source, "eight")
        scene.deploy("sha-eight", "--revision", eight)
        tip = scene.tip()
        for done in (
            scene.deploy("sha-seven", "--revision", seven, "--source-path", str(source)),
            scene.deploy("sha-seven", "--revision", seven, cwd=source),
        ):
            assert done.outcomes == [("dev", "superseded")]
            assert "comes before" in done.results[0]["findings"][0]["message"]
        assert scene.tip() == tip
        assert scene.deploy("sha-seven", "--revision", seven).outcomes == [("dev", "committed")], "nobody could know"

    def test_a_shallow_checkout_does_not_guess(self, scene: Scene, source: Path, tmp_path: Path) -> None:
        revisions = [build(source, text) for text in ("seven", "between", "eight")]
        scene.deploy("sha-eight", "--revision", revisions[2], "--sequence", "8")
        shallow = tmp_path / "shallow"
        repos.git(tmp_path, "clone", "--quiet", "--depth=1", source.as_uri(), str(shallow))
        done = scene.deploy("sha-seven", "--revision", revisions[0], "--sequence", "7", cwd=shallow)
        assert done.outcomes == [("dev", "superseded")]
        assert "build 7 and build 8" in done.results[0]["findings"][0]["message"]

    def test_by_ancestry_that_the_forge_knows(self, scene: Scene) -> None:
        if not isinstance(scene.ground, Sources):
            pytest.skip("this forge knows no source repositories")
        source = scene.ground.add_source("acme/web")
        seven, eight = build(source, "seven"), build(source, "eight")
        scene.deploy("sha-eight", "--revision", eight)
        done = scene.deploy("sha-seven", "--revision", seven)
        assert done.outcomes == [("dev", "superseded")]
        assert "comes before" in done.results[0]["findings"][0]["message"]
        assert scene.promote().outcomes == [("staging", "opened")]
        scene.merge("gitops/staging/web")
        scene.deploy("sha-nine", "--revision", build(source, "nine"))
        assert scene.promote().outcomes == [("staging", "opened"), ("production", "opened")]
        (request,) = [one for one in scene.requests() if one.branch == "gitops/staging/web"]
        assert "\n\n- `nine` by `Pat Person`\n" in request.body.partition("Since `sha-eight`")[2]
        assert "`eight`" not in request.body

    def test_by_sequence(self, scene: Scene) -> None:
        scene.deploy("blue", "--sequence", "8")
        tip = scene.tip()
        assert scene.deploy("red", "--sequence", "7").outcomes == [("dev", "superseded")]
        assert scene.tip() == tip
        assert scene.deploy("red", "--sequence", "7", "--source", "acme/other").outcomes == [("dev", "committed")]

    def test_by_version_only(self, scene: Scene) -> None:
        scene.deploy("1.0.8")
        there = scene.everything()
        done = scene.deploy("1.0.7")
        assert done.outcomes == [("dev", "superseded")]
        assert done.results[0]["changed"] is False
        assert scene.everything() == there
        done = scene.deploy("1.0.7", "--allow-downgrade")
        assert done.outcomes == [("dev", "committed")]
        (finding,) = done.results[0]["findings"]
        assert (finding["code"], finding["severity"]) == ("GA311", "warning")
        assert "1.0.7 is older than 1.0.8" in finding["message"]
        assert scene.tag("dev") == "1.0.7"

    def test_a_persons_edit_wins_over_the_record(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.set_tag("dev", "1.0.5")
        assert scene.deploy("1.0.2").outcomes == [("dev", "superseded")]
        cells = scene.run("status").document["cells"]
        (cell,) = [cell for cell in cells if (cell["app"], cell["environment"]) == ("web", "dev")]
        assert cell["version"] == "1.0.5"
        place = {"file": OVERLAY_OF.format("dev"), "line": 5, "path": "images[0].newTag"}
        assert cell["drift"] == [{**place, "recorded": "1.0.1", "found": "1.0.5"}]
        assert scene.promote().outcomes == [("staging", "opened")]
        assert scene.tag("staging", "gitops/staging/web") == "1.0.5"

    def test_a_release_without_a_number_does_not_open_the_door(self, scene: Scene) -> None:
        scene.deploy("blue", "--sequence", "5")
        done = scene.deploy("hotfix")
        assert done.outcomes == [("dev", "committed")]
        assert [finding["code"] for finding in done.results[0]["findings"]] == ["GA314"]
        assert scene.deploy("red", "--sequence", "4").outcomes == [("dev", "superseded")]
        assert scene.deploy("green", "--sequence", "6").outcomes == [("dev", "committed")]

    def test_nor_does_one_that_waits(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("abc", "--sequence", "8")
        scene.deploy("def")
        assert scene.deploy("ghi", "--sequence", "7").outcomes == [("dev", "superseded")]

    @pytest.mark.parametrize("method", get_args(MergeMethod))
    def test_without_records_merged_requests_tell(self, scenes: Callable[..., Scene], method: MergeMethod) -> None:
        scene = scenes(BY_REQUEST.replace("version: 1\n", WITHOUT_RECORDS))
        scene.deploy("abc", "--sequence", "8")
        scene.merge("gitops/dev/web", "--merge-method", method)
        assert scene.deploy("abd", "--sequence", "7").outcomes == [("dev", "superseded")]

    def test_a_merged_assignment_tells(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(content={"v.yaml": "a: 1\n"})
        (result,) = scene.run("deploy", "--set", "v.yaml:a=2", "--sequence", "8").results
        scene.merge(result["branch"])
        assert scene.run("deploy", "--set", "v.yaml:a=3", "--sequence", "7").outcomes == [(None, "superseded")]

    def test_records_of_another_time_do_not_count_when_records_are_off(self, scene: Scene) -> None:
        scene.deploy("a5", "--sequence", "5")
        scene.change_policy(POLICY.replace("version: 1\n", WITHOUT_RECORDS))
        scene.deploy("a8", "--sequence", "8")
        assert scene.deploy("a7", "--sequence", "7").outcomes == [("dev", "superseded")]
        assert {cell["drift"] is None for cell in scene.run("status").document["cells"]} == {True}
