"""`--set FILE:PATH=VALUE`: which files it takes."""

from __future__ import annotations

import pytest

from gitops_actions.core import sets
from gitops_actions.core.sets import Assignment
from gitops_actions.errors import UsageError
from gitops_actions.plugins import BUILT_IN


@pytest.mark.parametrize(
    "file", ["a.yaml", "a/b.yml", "values.YAML", "package.json", "env.tfvars.json", "a/Cargo.toml", "a.b/c.TOML"]
)
def test_the_extension_says_the_kind(file: str) -> None:
    assert sets.parse(f"{file}:a[?n=='x'].b=1=2") == Assignment(file, "a[?n=='x'].b", "1=2")


def test_each_kind_is_built_in() -> None:
    assert set(sets.KINDS.values()) <= BUILT_IN["editors"].keys()


@pytest.mark.parametrize("file", ["main.tf", "Makefile", "values.yaml.gotmpl", "a.jsonc", "a.json5", "yaml"])
def test_other_files_are_refused(file: str) -> None:
    with pytest.raises(UsageError) as caught:
        sets.parse(f"{file}:a=1")
    assert caught.value.code == "GA053"
    assert caught.value.hint == "--set knows .yaml, .yml, .json, .toml"


def test_a_place_that_is_given_twice_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        sets.parse_all(["a.yaml:b=1", "a.yaml:c=1", "a.yaml:b=2"])
    assert (caught.value.code, caught.value.hint) == ("GA054", "leave one of them out")
