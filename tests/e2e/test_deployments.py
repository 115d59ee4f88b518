"""`deployments: true`: the source repository is told what becomes of its releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gitops_actions.testing.world import POLICY, Done
from tests.e2e.hubworld import REPOSITORY, hub_world
from tests.e2e.sourceworld import Ground, on_github, on_gitlab, on_this_machine

PUSHED = POLICY.replace("dev: {deliver: push}", "dev: {deliver: push, deployments: true}")
REQUESTED = POLICY.replace("dev: {deliver: push}", "dev: {deployments: true}").replace(
    "staging: {after: dev}", "staging: {after: dev, deployments: true, auto-merge: true}"
)
RUNNING = {"on_github": "in_progress", "on_gitlab": "running"}
Grounds = Callable[[str], Ground]


@pytest.fixture(params=[on_github, on_gitlab])
def grounds(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Grounds]:
    made: list[AbstractContextManager[Ground]] = []

    def make(policy: str) -> Ground:
        made.append(request.param(tmp_path, policy))
        return made[-1].__enter__()

    yield make
    for one in made:
        one.__exit__(None, None, None)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> str:
    return RUNNING[request.node.callspec.params["grounds"].__name__]


def codes(done: Done) -> list[str]:
    return [finding["code"] for result in done.results for finding in result["findings"]]


def test_a_commit_to_the_base_is_on_its_way(grounds: Grounds, running: str) -> None:
    ground = grounds(PUSHED)
    for outcome in ("committed", "unchanged"):
        done = ground.deploy("1.0.1", 0)
        assert (done.outcomes, codes(done)) == ([("dev", outcome)], [])
        assert ground.deployments() == [("dev", ground.ids[0], running)]
    ground.deploy("1.0.2", 1)
    assert ground.deployments()[1:] == [("dev", ground.ids[1], running)]
    assert ground.deploy("1.0.1", 0).outcomes == [("dev", "superseded")]
    assert ground.deploy("1.0.1", 0, "--allow-downgrade").outcomes == [("dev", "committed")]
    assert [commit for _, commit, _ in ground.deployments()] == [ground.ids[0], ground.ids[1], ground.ids[0]]


def test_a_request_waits_and_is_on_its_way_when_it_is_merged(grounds: Grounds, running: str) -> None:
    ground = grounds(REQUESTED)
    waiting = [("dev", ground.ids[0], "queued")] if running == "in_progress" else []
    for outcome in ("opened", "unchanged"):
        assert ground.deploy("1.0.1", 0).outcomes == [("dev", outcome)]
        assert ground.deployments() == waiting
    ground.run("pr merge", "1")
    assert ground.deployments() == [("dev", ground.ids[0], running)]
    assert ("staging", "merged") in ground.run("promote").outcomes
    assert ground.deployments()[1:] == [("staging", ground.ids[0], running)]


def test_a_plan_tells_nobody(grounds: Grounds) -> None:
    ground = grounds(PUSHED)
    assert ground.deploy("1.0.1", 0, "--plan").outcomes == [("dev", "planned")]
    assert ground.deployments() == []


def test_nobody_is_asked_who_is_not_to_be_told(grounds: Grounds) -> None:
    ground = grounds(POLICY)
    ground.deploy("1.0.1", 0)
    assert ground.deployments() == []


def test_a_report_that_fails_is_a_warning(grounds: Grounds) -> None:
    ground = grounds(PUSHED)
    done = ground.deploy("1.0.1", 0, "--source", "acme/none")
    assert (done.code, done.outcomes, codes(done)) == (0, [("dev", "committed")], ["GA317"])
    assert "acme/none is not told of web 1.0.1 in dev: " in done.errors
    assert "take `deployments` out of the environment" in done.errors
    assert codes(ground.deploy("1.0.2", 1, "--source", "https://else.example/acme/web")) == ["GA317"]
    done = ground.run("deploy", "--image", "ghcr.io/acme/web:1.0.3")
    assert (done.outcomes, codes(done)) == ([("dev", "committed")], ["GA318"])
    assert ground.deployments() == []


def test_a_forge_that_keeps_none_says_so(tmp_path: Path) -> None:
    with on_this_machine(tmp_path, PUSHED) as ground:
        done = ground.deploy("1.0.1", 0)
        assert (done.outcomes, codes(done)) == ([("dev", "committed")], ["GA317"])


def test_a_token_that_may_not_tell_still_delivers(tmp_path: Path) -> None:
    with hub_world(tmp_path, PUSHED) as hub:
        hub.hub.add_repository("acme/web", files={"a": "a"})
        hub.hub.add_token(hub.environ["GITOPS_TOKEN"], permissions={"contents": "write", "pull_requests": "write"})
        revision = hub.hub.repository("acme/web").objects.branch("main")
        assert revision is not None
        done = hub.play("deploy", "--image", "ghcr.io/acme/web:1.0.1", "--revision", revision)
        assert (done.code, done.outcomes, codes(done)) == (0, [("dev", "committed")], ["GA317"])
        assert "deployments: write" in done.errors
        assert hub.hub.repository(REPOSITORY).deployments == {}


@pytest.mark.parametrize("number", range(3, 8))
def test_a_run_that_is_killed_is_made_good_by_the_next(tmp_path: Path, number: int) -> None:
    """After its commit, and after each request that the report takes."""
    with hub_world(tmp_path, PUSHED) as hub:
        hub.hub.add_repository("acme/web", files={"a": "a"})
        revision = hub.hub.repository("acme/web").objects.branch("main") or ""
        release = ("deploy", "--image", "ghcr.io/acme/web:1.0.1", "--revision", revision)
        running = hub.start(*release)
        hub.hub.fault(lambda request: request.number == number, lambda _request: running.kill())
        running.communicate(timeout=120)
        assert running.returncode == -9
        assert hub.play(*release).outcomes == [("dev", "unchanged")]
        (made,) = hub.hub.repository("acme/web").deployments.values()
        assert (made.sha, [one.state for one in made.statuses]) == (revision, ["in_progress"])
