"""Deploys whose source repository is where the config repo is: order, changelog and link come from there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.gitlab import REPORTER, GitLab
from gitops_actions.testing.repos import Step
from gitops_actions.testing.world import POLICY, Done, World, files
from tests.e2e.hubworld import hub_world
from tests.forge.lab import Lab

BY_REQUEST = POLICY.replace("dev: {deliver: push}", "dev: {}")
STEPS = (
    Step("start"),
    Step("Add a basket (#12)"),
    Step("Ping @everyone\n\nCloses #1 <img src=x>\n\nGitops-App: evil\nGitops-Version: 6.6.6"),
    Step("Mend the till"),
    Step("start of something else", (0,), "other"),
)


@dataclass
class Ground:
    """A config repo with the source `acme/web`, whose commits are ``ids``.

    ``run`` runs a command; ``body`` is that of the only open request; ``config`` is the bare repository; ``asked``
    counts the requests to the API so far, of which a deploy with a new request may make ``most``; ``pages`` is where
    people see comparisons.
    """

    run: Callable[..., Done]
    body: Callable[[], str]
    config: Path
    ids: Sequence[str]
    asked: Callable[[], int] = lambda: 0
    most: int = 0
    pages: str | None = None

    def deploy(self, version: str, build: int, *arguments: str) -> Done:
        return self.run("deploy", "--image", f"ghcr.io/acme/web:{version}", "--revision", self.ids[build], *arguments)

    def message(self, branch: str = "gitops/dev/web") -> str:
        return repos.git(self.config, "log", "-1", "--format=%B", branch)


@contextmanager
def on_github(root: Path, policy: str) -> Iterator[Ground]:
    with hub_world(root, policy) as hub:
        ids = repos.history(hub.hub.add_repository("acme/web").objects.folder, STEPS)
        yield Ground(
            lambda words, *arguments: hub.play(*words.split(), *arguments, code=None),
            lambda: str(hub.requests()[0].body),
            hub.config,
            ids,
            lambda: len(hub.hub.requests),
            4,
            f"{hub.hub.url}/acme/web/compare",
        )


@contextmanager
def on_gitlab(root: Path, policy: str) -> Iterator[Ground]:
    with GitLab(root / "gitlab") as server:
        lab = Lab(root, server, policy)
        source = server.add_project("acme/web", members={"ada": REPORTER})
        lab.world.address = lab.repo
        environ = {"GITOPS_TOKEN": lab.token, "GITOPS_FORGE": "gitlab"}
        yield Ground(
            lambda words, *arguments: lab.world.play(*words.split(), *arguments, code=None, environ=environ),
            lambda: str(lab.open_requests()[0].description),
            lab.project.repository.path,
            repos.history(source.repository.path, STEPS),
            lambda: sum(".git/" not in one.path for one in server.requests),
            5,
            f"{server.url}/acme/web/-/compare",
        )


@contextmanager
def on_this_machine(root: Path, policy: str) -> Iterator[Ground]:
    world = World(root / "acme", files(policy))
    ids = repos.history(repos.bare(root / "acme" / "web.git", {}), STEPS)

    def body() -> str:
        (row,) = world.open_requests()
        return str(json.loads(world.git("show", f"refs/gitops/requests:requests/{row['number']}.json"))["body"])

    yield Ground(lambda words, *arguments: world.play(*words.split(), *arguments, code=None), body, world.config, ids)


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
