from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.git.command import Command
from gitops_actions.git.likely import likely_blobs
from gitops_actions.git.objects import Objects
from gitops_actions.testing import repos

WORDS = ["web", "dev", "staging"]


@pytest.fixture
def likely(tmp_path: Path) -> Callable[..., list[str]]:
    def likely_paths(files: dict[str, str | bytes], words: list[str] = WORDS) -> list[str]:
        bare = repos.bare(tmp_path / "likely.git", files)
        objects = Objects(Command(bare))
        try:
            ids = likely_blobs(objects, repos.git(bare, "rev-parse", "main^{tree}"), words)
        finally:
            objects.close()
        lines = repos.git(bare, "ls-tree", "-r", "main").splitlines()
        paths = {line.split()[2]: line.partition("\t")[2] for line in lines}
        return [paths[id] for id in ids]

    return likely_paths


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("apps/web/overlays/dev/kustomization.yaml", True),
        ("charts/api/values-dev.yaml", True),
        ("envs/staging/versions.toml", True),
        (".gitops/releases/dev/web.yaml", True),
        ("dev.JSON", True),
        ("a/b/c/d/web_x.yml", True),
        ("web/readme.md", False),
        ("webs/x.yaml", False),
        ("develop.yaml", False),
        ("apps/api/prod.yaml", False),
    ],
)
def test_words_in_paths(path: str, found: bool, likely: Callable[..., list[str]]) -> None:
    assert likely({path: path, "gitops.yaml": "x"}) == ([path] if found else [])


def test_folders_that_hold_a_word_are_enough(likely: Callable[..., list[str]]) -> None:
    files: dict[str, str | bytes] = {f"apps/app{number}/dev.yaml": f"{number}" for number in range(100)}
    assert likely(files | {"apps/web/dev.yaml": "web"}) == ["apps/web/dev.yaml"]


def test_the_most_fitting_come_first_and_not_too_many(likely: Callable[..., list[str]]) -> None:
    files: dict[str, str | bytes] = {f"web/{number}.yaml": f"{number}" for number in range(100)}
    found = likely(files | {"web/dev.yaml": "dev"})
    assert found[0] == "web/dev.yaml"
    assert len(found) == 64


def test_a_wide_folder_without_a_word_is_not_searched(likely: Callable[..., list[str]]) -> None:
    assert likely({f"apps/app{number}/dev.yaml": f"{number}" for number in range(100)}) == []


def test_words_are_no_patterns(likely: Callable[..., list[str]]) -> None:
    assert likely({"xyz.yaml": "1", "a.c.yaml": "2"}, [".", "x.z", "a.c", "("]) == ["a.c.yaml"]
