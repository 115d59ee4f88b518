"""An older build never overwrites a newer one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.world import World


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A checkout of acme/web."""
    folder = tmp_path / "source"
    folder.mkdir()
    repos.git(folder, "init", "--quiet", "--initial-branch=main", ".")
    return folder


def build(source: Path, text: str) -> str:
    (source / "main.py").write_text(text, encoding="utf-8")
    repos.git(source, "add", "--all")
    repos.git(source, "commit", "--quiet", "--message", text)
    return repos.git(source, "rev-parse", "HEAD")


def test_by_ancestry_of_a_checkout(world: World, source: Path) -> None:
    seven, eight = build(source, "seven"), build(source, "eight")
    world.deploy("sha-eight", "--revision", eight)
    tip = world.tip()
    for done in (
        world.deploy("sha-seven", "--revision", seven, "--source-path", str(source)),
        world.deploy("sha-seven", "--revision", seven, cwd=source),
    ):
        assert done.outcomes == [("dev", "superseded")]
        assert "comes before" in done.results[0]["findings"][0]["message"]
    assert world.tip() == tip
    assert world.deploy("sha-seven", "--revision", seven).outcomes == [("dev", "committed")], "nobody could know"


def test_a_shallow_checkout_does_not_guess(world: World, source: Path, tmp_path: Path) -> None:
    revisions = [build(source, text) for text in ("seven", "between", "eight")]
    world.deploy("sha-eight", "--revision", revisions[2], "--sequence", "8")
    shallow = tmp_path / "shallow"
    repos.git(tmp_path, "clone", "--quiet", "--depth=1", source.as_uri(), str(shallow))
    done = world.deploy("sha-seven", "--revision", revisions[0], "--sequence", "7", cwd=shallow)
    assert done.outcomes == [("dev", "superseded")]
    assert "build 7 and build 8" in done.results[0]["findings"][0]["message"]


def test_by_sequence(world: World) -> None:
    world.deploy("blue", "--sequence", "8")
    tip = world.tip()
    assert world.deploy("red", "--sequence", "7").outcomes == [("dev", "superseded")]
    assert world.tip() == tip
    assert world.deploy("red", "--sequence", "7", "--source", "acme/other").outcomes == [("dev", "committed")]


def test_by_version_only(world: World) -> None:
    world.deploy("1.0.8")
    tip = world.tip()
    done = world.deploy("1.0.7")
    assert done.outcomes == [("dev", "superseded")]
    assert done.results[0]["changed"] is False
    assert world.tip() == tip


def test_going_back_on_purpose_says_so(world: World) -> None:
    world.deploy("1.0.8")
    done = world.deploy("1.0.7", "--allow-downgrade")
    assert done.outcomes == [("dev", "committed")]
    (finding,) = done.results[0]["findings"]
    assert (finding["code"], finding["severity"]) == ("GA311", "warning")
    assert "1.0.7 is older than 1.0.8" in finding["message"]
    assert world.tag("dev") == "1.0.7"


def test_a_persons_edit_wins_over_the_record(world: World) -> None:
    world.deploy("1.0.1")
    path = "apps/web/overlays/dev/kustomization.yaml"
    repos.commit(world.config, {path: world.overlay("dev").replace("1.0.1", "1.0.5")}, message="Hotfix")
    assert world.deploy("1.0.2").outcomes == [("dev", "superseded")]
    cell = next(c for c in world.run("status").document["cells"] if (c["app"], c["environment"]) == ("web", "dev"))
    assert cell["version"] == "1.0.5"
    assert cell["drift"] == [
        {"file": path, "line": 5, "path": "images[0].newTag", "recorded": "1.0.1", "found": "1.0.5"}
    ]
    assert world.run("promote").outcomes == [("staging", "opened")]
    assert world.tag("staging", "gitops/staging/web") == "1.0.5"


@pytest.mark.parametrize("tag", ["1.10", "0123", "1e3", "on", "6801028", "null"])
def test_tags_that_yaml_would_take_for_something_else(world: World, tag: str) -> None:
    import yaml

    for app, path, keys in (
        ("web", "apps/web/overlays/dev/kustomization.yaml", ("images", 0, "newTag")),
        ("api", "charts/api/values-dev.yaml", ("image", "tag")),
    ):
        world.deploy(tag, "--allow-downgrade", app=app)
        value = yaml.safe_load(world.text(path))
        for key in keys:
            value = value[key]
        assert value == tag


def test_a_release_without_a_number_does_not_open_the_door_for_old_builds(world: World) -> None:
    world.deploy("blue", "--sequence", "5")
    done = world.deploy("hotfix")
    assert done.outcomes == [("dev", "committed")]
    assert [finding["code"] for finding in done.results[0]["findings"]] == ["GA314"]
    assert world.deploy("red", "--sequence", "4").outcomes == [("dev", "superseded")]
    assert world.deploy("green", "--sequence", "6").outcomes == [("dev", "committed")]
