"""Many pipelines that finish at the same moment, and one config repository behind a forge."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pytest

from tests.forge.sky import BRANCH, KINDS, Kind, Sky, policy, sky

# Dozens of processes: no two of these tests at the same time.
pytestmark = pytest.mark.xdist_group("crowd")

Where = Literal["own files", "one file"]
How = Literal["commits", "requests", "one request"]
_DEV: Mapping[How, str] = {"commits": "deliver: push", "requests": "labels: [dev]", "one request": "group: environment"}


def fleet(count: int, how: How, where: Where) -> tuple[str, dict[str, str | bytes]]:
    """A policy for so many apps in one environment, and their files."""
    names = [f"app-{number:02}" for number in range(count)]
    lines = ["version: 1", f"environments: {{dev: {{{_DEV[how]}}}}}", "apps:"]
    for name in names:
        file = "values.yaml" if where == "one file" else f"{name}.yaml"
        lines.append(f"  {name}: {{image: x/{name}, edits: [{{yaml: {file}, path: {name}.tag, value: '{{tag}}'}}]}}")
    values = {f"{name}.yaml": f"{name}:\n  tag: 1.0.0\n" for name in names}
    files = values if where == "own files" else {"values.yaml": "".join(values.values())}
    return "\n".join(lines) + "\n", {**files}


def at_once(there: Sky, commands: Iterable[tuple[str, ...]]) -> None:
    """Start all, and see each of them end well."""
    running = {command: there.start("deploy", *command, "--budget", "10m") for command in commands}
    for command, process in running.items():
        output, errors = process.communicate(timeout=1200)
        assert process.returncode == 0, f"{command}: {errors}\n{output}"


def tags(there: Sky, branch: str = "main") -> dict[str, str]:
    """The tag of each app on a branch."""
    found = {}
    for file in there.git("ls-tree", "--name-only", branch).splitlines():
        name = ""
        for line in there.text(file, branch).splitlines() if file.endswith(".yaml") and file != "gitops.yaml" else ():
            name = line.rstrip(":") if not line.startswith(" ") else name
            if line.startswith("  tag: "):
                found[name] = line.removeprefix("  tag: ")
    return found


def all_land(root: Path, kind: Kind, count: int, how: How, where: Where) -> None:
    """All apps deploy into one environment at the same moment; none is lost."""
    rules, content = fleet(count, how, where)
    names = [f"app-{number:02}" for number in range(count)]
    with sky(kind, root, rules, content=content) as there:
        at_once(there, [("--app", name, "--image", f"x/{name}:2.0.0") for name in names])
        if how == "commits":
            assert tags(there) == dict.fromkeys(names, "2.0.0")
            assert there.commits("main") == count + 1
            assert there.requests() == []
            return
        found = there.requests()
        assert {(one.state, one.turns) for one in found} == {("open", ())}
        if how == "requests":
            assert sorted(one.branch for one in found) == [f"gitops/dev/{name}" for name in names]
            assert {one.labels for one in found} == {("dev",)}
            for name in names:
                assert tags(there, f"gitops/dev/{name}") == dict.fromkeys(names, "1.0.0") | {name: "2.0.0"}
        else:
            assert [one.branch for one in found] == ["gitops/dev/_all"]
            assert tags(there, "gitops/dev/_all") == dict.fromkeys(names, "2.0.0")
            assert there.commits("main..gitops/dev/_all") == 1
        assert tags(there) == dict.fromkeys(names, "1.0.0")


def newest_stays(root: Path, kind: Kind, count: int, seed: int) -> None:
    """All releases of an app at the same moment, in an order by the seed: one request, of the newest."""
    numbers = random.Random(seed).sample(range(1, count + 1), count)
    with sky(kind, root, policy("labels: [dev]")) as there:
        at_once(there, [("--image", f"ghcr.io/acme/web:1.0.{n}", "--sequence", str(n)) for n in numbers])
        request = there.request()
        assert (request.state, request.turns, request.labels) == ("open", (), ("dev",)), numbers
        assert request.title == f"Deploy web 1.0.{count} to dev", numbers
        assert request.head == there.tip(BRANCH)
        assert there.tag("dev", BRANCH) == f"1.0.{count}", numbers
        assert there.commits(f"main..{BRANCH}") == 1


@pytest.mark.parametrize(
    ("how", "where"),
    [("commits", "own files"), ("commits", "one file"), ("requests", "one file"), ("one request", "own files")],
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [4, pytest.param(32, marks=pytest.mark.stress)])
def test_apps_at_once(tmp_path: Path, kind: Kind, count: int, how: How, where: Where) -> None:
    all_land(tmp_path, kind, count, how, where)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("count", "seed"), [(4, 1), *(pytest.param(16, seed, marks=pytest.mark.stress) for seed in range(3))]
)
def test_releases_of_an_app_at_once(tmp_path: Path, kind: Kind, count: int, seed: int) -> None:
    newest_stays(tmp_path, kind, count, seed)
