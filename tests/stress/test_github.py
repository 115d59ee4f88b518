"""Many pipelines at once on GitHub, runs that are killed, and whole days that are bad."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops_actions.testing.forgehttp import How, Recorded
from tests.e2e.hubworld import PLAIN, REPOSITORY, REQUESTS, HubWorld, hub_world, outcome

BRANCH = "gitops/dev/web"


def many(count: int, deliver: str) -> tuple[str, dict[str, str | bytes]]:
    """A policy for apps that have a file each, and the files."""
    lines = ["version: 1", f"environments: {{dev: {{deliver: {deliver}}}}}", "apps:"]
    for number in range(count):
        edit = f"{{helm: app-{number:02}/values.yaml}}"
        lines.append(f"  app-{number:02}: {{image: x/app-{number:02}, edits: [{edit}]}}")
    values = {f"app-{n:02}/values.yaml": f"image:\n  repository: x/app-{n:02}\n  tag: 1.0.0\n" for n in range(count)}
    return "\n".join(lines) + "\n", {**values}


def at_once(hub: HubWorld, commands: list[tuple[str, ...]]) -> None:
    running = [hub.start("deploy", *command, "--budget", "5m") for command in commands]
    for process in running:
        output, errors = process.communicate(timeout=600)
        assert process.returncode == 0, f"{errors}\n{output}"


def race(root: Path, count: int, deliver: str) -> None:
    policy, content = many(count, deliver)
    with hub_world(root, policy, content=content) as hub:
        at_once(hub, [("--app", f"app-{n:02}", "--image", f"x/app-{n:02}:2.0.0") for n in range(count)])
        if deliver == "push":
            assert int(hub.git("rev-list", "--count", "main")) == count + 1
            assert all("tag: 2.0.0" in hub.text(f"app-{n:02}/values.yaml") for n in range(count))
        else:
            assert {one.head for one in hub.requests()} == {f"gitops/dev/app-{n:02}" for n in range(count)}
            assert len(hub.hub.requests_of(REPOSITORY)) == count


def same_app(root: Path, count: int, seed: int) -> None:
    with hub_world(root) as hub:
        numbers = list(range(1, count + 1))
        random.Random(seed).shuffle(numbers)
        at_once(hub, [("--image", f"ghcr.io/acme/web:1.0.{n}", "--sequence", str(n)) for n in numbers])
        assert len(hub.hub.requests_of(REPOSITORY)) == 1
        assert hub.tag("dev", BRANCH) == f"1.0.{count}"
        assert hub.requests()[0].title == f"Deploy web 1.0.{count} to dev"
        assert hub.git("rev-list", "--count", f"main..{BRANCH}") == "1"


@pytest.mark.parametrize("deliver", ["push", "pull-request"])
def test_a_few_apps_at_once(tmp_path: Path, deliver: str) -> None:
    race(tmp_path, 5, deliver)


@pytest.mark.stress
@pytest.mark.parametrize("deliver", ["push", "pull-request"])
def test_32_apps_at_once(tmp_path: Path, deliver: str) -> None:
    race(tmp_path, 32, deliver)


def test_a_few_releases_of_an_app_at_once(tmp_path: Path) -> None:
    same_app(tmp_path, 5, seed=1)


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(3))
def test_16_releases_of_an_app_at_once(tmp_path: Path, seed: int) -> None:
    same_app(tmp_path, 16, seed)


# --- killed ---


def killed(hub: HubWorld, version: str, number: int) -> bool:
    """A deploy that is killed while its request of this number is answered; False when it made fewer."""
    running = hub.start("deploy", "--image", f"ghcr.io/acme/web:{version}")
    before = len(hub.hub.requests)
    hub.hub.fault(lambda request: request.number == before + number, lambda _request: running.kill())
    running.communicate(timeout=120)
    return running.returncode == -9


def right(hub: HubWorld, version: str) -> None:
    (request,) = hub.hub.requests_of(REPOSITORY)
    assert (request.state, request.title) == ("open", f"Deploy web {version} to dev")
    assert (request.labels, request.reviewers, request.teams) == (["dev", "gitops"], ["alice"], ["sre"])
    assert hub.tag("dev", BRANCH) == version
    assert hub.git("rev-list", "--count", f"main..{BRANCH}") == "1"


@pytest.mark.parametrize("number", range(1, 6))
def test_a_run_that_is_killed_after_a_request_is_finished_by_the_next(tmp_path: Path, number: int) -> None:
    with hub_world(tmp_path, REQUESTS) as hub:
        assert killed(hub, "1.0.1", number)
        assert hub.released("1.0.1").code == 0
        right(hub, "1.0.1")


@pytest.mark.parametrize("number", range(1, 9))
def test_an_update_that_is_killed_after_a_request_is_finished_by_the_next(tmp_path: Path, number: int) -> None:
    with hub_world(tmp_path, REQUESTS) as hub:
        hub.released("1.0.1")
        assert killed(hub, "1.0.2", number) or number > 7
        assert hub.released("1.0.2").code == 0
        right(hub, "1.0.2")


# --- bad days ---

FAULTS: tuple[How, ...] = (
    "drop-before", "drop-after", "502-after", "duplicate", "truncate", "stale", 500, 502, 503, 429,
)  # fmt: skip


def numbered(number: int) -> Callable[[Recorded], bool]:
    """Whether a request is the one of a number."""
    return lambda request: request.number == number


def bad_day(root: Path, seed: int) -> None:
    """Every third request goes wrong in some way; runs are repeated until one ends well, and what they claim is so."""
    chance = random.Random(seed)
    policy = chance.choice([PLAIN, REQUESTS])
    with hub_world(root, policy, enterprise=chance.random() < 0.5) as hub:
        for version in ("1.0.1", "1.0.2"):
            for _ in range(30):
                start = len(hub.hub.requests)
                for number in range(start + 1, start + 40):
                    if chance.random() < 0.33:
                        hub.hub.fault(numbered(number), chance.choice(FAULTS), seconds=0)
                done = hub.released(version)
                assert done.code in (0, 6), done.errors
                if done.code == 0:
                    assert hub.tag("dev", BRANCH) == version
                    assert len(hub.requests()) == 1
                    break
            else:
                pytest.fail("30 runs were not enough")
        hub.hub._faults.clear()
        assert outcome(hub.released("1.0.2")) in ("unchanged", "updated")
        (request,) = hub.hub.requests_of(REPOSITORY)
        assert request.title == "Deploy web 1.0.2 to dev"
        assert request.labels == (["dev", "gitops"] if policy == REQUESTS else [])
        assert "closed" not in request.events
        assert hub.git("rev-list", "--count", f"main..{BRANCH}") == "1"


@pytest.mark.parametrize("seed", range(6))
def test_bad_days(tmp_path: Path, seed: int) -> None:
    bad_day(tmp_path, seed)


@pytest.mark.stress
@pytest.mark.parametrize("seed", range(100, 200))
def test_100_bad_days(tmp_path: Path, seed: int) -> None:
    bad_day(tmp_path, seed)
