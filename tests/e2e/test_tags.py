"""Tags that YAML would take for something else."""

from __future__ import annotations

import pytest
import yaml

from gitops_actions.testing.world import World


@pytest.fixture
def processes() -> bool:
    return False


@pytest.mark.parametrize("tag", ["1.10", "0123", "1e3", "on", "6801028", "null"])
def test_a_tag_reads_back_as_a_string(world: World, tag: str) -> None:
    for app, path, keys in (
        ("web", "apps/web/overlays/dev/kustomization.yaml", ("images", 0, "newTag")),
        ("api", "charts/api/values-dev.yaml", ("image", "tag")),
    ):
        world.deploy(tag, "--allow-downgrade", app=app)
        value = yaml.safe_load(world.text(path))
        for key in keys:
            value = value[key]
        assert value == tag
