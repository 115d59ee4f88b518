"""Deploys whose source repository is where the config repo is: order, changelog and link come from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gitops_actions.testing.world import POLICY
from tests.e2e.sourceworld import BY_REQUEST, Ground, on_github, on_gitlab, on_this_machine

Grounds = Callable[..., Ground]


@pytest.fixture(params=[on_github, on_gitlab, on_this_machine])
def grounds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Grounds]:
    made: list[AbstractContextManager[Ground]] = []

    def make(policy: str = BY_REQUEST) -> Ground:
        made.append(request.param(tmp_path, policy))
        return made[-1].__enter__()

    yield make
    for one in made:
        one.__exit__(None, None, None)


def test_a_request_tells_what_lies_between_two_builds(grounds: Grounds) -> None:
    ground = grounds()
    ground.deploy("1.0.1", 0)
    ground.run("pr merge", "1")
    before = ground.asked()
    assert ground.deploy("1.0.2", 3).outcomes == [("dev", "opened")]
    assert ground.asked() - before <= ground.most
    old, new = ground.ids[0], ground.ids[3]
    for text in (ground.body(), ground.message()):
        assert "Mend the till" in text
        assert "Add a basket" in text
        assert "request 12" in text
        assert "start" not in text
        assert "@everyone" not in text
    if ground.pages is not None:
        assert f"[all changes]({ground.pages}/{old}...{new})" in ground.body()
    assert ground.run("pr list").document["pull_requests"][0]["versions"] == {"web": "1.0.2"}


def test_an_older_build_is_known_by_the_forge(grounds: Grounds) -> None:
    ground = grounds(POLICY)
    assert ground.deploy("green", 3).outcomes == [("dev", "committed")]
    for build, outcome in ((1, "superseded"), (0, "superseded"), (4, "committed")):
        done = ground.deploy(f"build-{build}", build)
        assert done.outcomes == [("dev", outcome)], done.output
    assert ground.deploy("other", 3).results[0]["findings"][0]["code"] == "GA314", "they have parted"


def test_an_older_build_does_not_take_over_a_request(grounds: Grounds) -> None:
    ground = grounds()
    ground.deploy("green", 3)
    (finding,) = ground.deploy("red", 1).results[0]["findings"]
    assert (finding["code"], "comes before" in finding["message"]) == ("GA310", True)


def test_a_source_on_another_forge_has_a_link_and_nothing_else(grounds: Grounds) -> None:
    ground = grounds()
    source = ("--source", "https://github.com/acme/web.git")
    ground.deploy("1.0.1", 0, *source)
    ground.run("pr merge", "1")
    assert ground.deploy("1.0.2", 3, *source).outcomes == [("dev", "opened")]
    text = ground.body()
    assert f"[all changes](https://github.com/acme/web/compare/{ground.ids[0]}...{ground.ids[3]})" in text
    assert "Mend the till" not in text
    assert f"Gitops-Source: https://github.com/acme/web@{ground.ids[3]}" in ground.message()
