"""Many pipelines that finish at the same moment, and one branch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitops_actions.testing.world import World

# Dozens of processes: no two of these tests at the same time.
pytestmark = pytest.mark.xdist_group("crowd")


def policy(apps: int, file: str, path: str) -> str:
    lines = ["version: 1", "environments: {dev: {deliver: push}}", "apps:"]
    for number in range(apps):
        name = f"app-{number:02}"
        edit = f'{{yaml: {file.format(app=name)}, path: {path.format(app=name)}, value: "{{tag}}"}}'
        lines.append(f"  {name}: {{image: x/{name}, edits: [{edit}]}}")
    return "\n".join(lines) + "\n"


def race(world: World, apps: int, rounds: int) -> None:
    """All apps deploy at once, round after round; every release is there, and every process ended well."""
    start = int(world.git("rev-list", "--count", "main"))
    for turn in range(1, rounds + 1):
        running = {
            name: world.start("deploy", "--app", name, "--image", f"x/{name}:1.0.{turn}", "--budget", "9m")
            for name in (f"app-{number:02}" for number in range(apps))
        }
        for name, process in running.items():
            output, errors = process.communicate(timeout=600)
            assert process.returncode == 0, f"{name}: {errors}\n{output}"
    subjects = world.git("log", "--format=%s", "main").splitlines()
    wanted = {f"Deploy app-{n:02} 1.0.{turn} to dev" for n in range(apps) for turn in range(1, rounds + 1)}
    assert wanted <= set(subjects)
    assert int(world.git("rev-list", "--count", "main")) == start + apps * rounds
    cells = world.run("status").document["cells"]
    assert {cell["version"] for cell in cells} == {f"1.0.{rounds}"}
    assert [cell["drift"] for cell in cells] == [None] * apps
    assert world.leftovers() == []


def of_their_own(worlds: Callable[..., World], apps: int) -> World:
    content: dict[str, str | bytes] = {f"app-{n:02}/values.yaml": "image:\n  tag: 1.0.0\n" for n in range(apps)}
    return worlds(content={"gitops.yaml": policy(apps, "{app}/values.yaml", "image.tag"), **content})


def shared(worlds: Callable[..., World], apps: int) -> World:
    values = "".join(f"app-{n:02}:\n  tag: 1.0.0  # of app {n}\n" for n in range(apps))
    return worlds(content={"gitops.yaml": policy(apps, "values.yaml", "{app}.tag"), "values.yaml": values})


@pytest.mark.parametrize("make", [of_their_own, shared])
def test_a_few_at_once(worlds: Callable[..., World], make: Callable[..., World]) -> None:
    race(make(worlds, 8), 8, 2)


@pytest.mark.stress
@pytest.mark.parametrize("make", [of_their_own, shared])
def test_64_at_once_10_times(worlds: Callable[..., World], make: Callable[..., World]) -> None:
    race(make(worlds, 64), 64, 10)


def test_requests_of_many_apps_at_once(worlds: Callable[..., World]) -> None:
    apps = 6
    made = of_their_own(worlds, apps)
    running = [
        made.start("deploy", "--app", f"app-{n:02}", "--image", f"x/app-{n:02}:2.0.0", "--deliver", "pull-request")
        for n in range(apps)
    ]
    for process in running:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, f"{errors}\n{output}"
    requests = made.open_requests()
    assert sorted(request["number"] for request in requests) == list(range(1, apps + 1))
    assert len({request["branch"] for request in requests}) == apps


def test_the_same_release_by_many_at_once_makes_one_request(worlds: Callable[..., World]) -> None:
    made = of_their_own(worlds, 1)
    running = [
        made.start("deploy", "--app", "app-00", "--image", "x/app-00:2.0.0", "--deliver", "pull-request")
        for _ in range(6)
    ]
    for process in running:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, f"{errors}\n{output}"
    assert [request["number"] for request in made.open_requests()] == [1]
    assert made.git("rev-list", "--count", "main..gitops/dev/app-00") == "1"
