"""What can be plugged in."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions import plugins
from gitops_actions.errors import UsageError

NAMES = [(group, name) for group, names in plugins.BUILT_IN.items() for name in names]


@pytest.mark.parametrize(("group", "name"), NAMES, ids=[f"{group}-{name}" for group, name in NAMES])
def test_what_is_built_in_can_be_loaded(group: plugins.Group, name: str) -> None:
    assert callable(plugins.load(group, name))


def test_editors_say_the_kind_that_they_are_listed_under() -> None:
    editors = plugins.Editors()
    assert {kind: editors[kind].kind for kind in editors} == {kind: kind for kind in plugins.BUILT_IN["editors"]}
    assert "kustomize" in editors
    assert "kustomise" not in editors
    with pytest.raises(KeyError):
        editors["kustomise"]


def test_a_name_is_never_a_module() -> None:
    for name in ("os:system", "gitops_actions.edit.yaml:YamlValue", "../evil"):
        with pytest.raises(UsageError, match="is installed"):
            plugins.load("editors", name)


def test_an_installed_package_adds_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shout.py").write_text("class Shout:\n    kind = 'shout'\n")
    info = tmp_path / "shout-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shout\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gitops_actions.editors]\nshout = shout:Shout\nyaml = shout:Shout\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    editors = plugins.Editors()
    assert "shout" in editors
    assert editors["shout"].kind == "shout"
    assert editors["yaml"].kind == "yaml", "a package cannot stand in for what is built in"
    assert plugins.names("editors")[-1] == "shout"
