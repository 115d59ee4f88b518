"""Random lives of the same releases on every forge, by every transport: each step comes to the same.

``GITOPS_LIVES=200 pytest -m stress tests/stress/test_lives.py`` is the run by hand.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, get_args

import pytest

from gitops_actions.model import MergeMethod
from gitops_actions.testing.lifecycle import Ground, Scene
from gitops_actions.testing.lifecycle.scene import BY_REQUEST, GROUPED
from gitops_actions.testing.world import POLICY, Done, files
from tests.e2e.grounds.github import github_ground
from tests.e2e.grounds.gitlab import gitlab_ground
from tests.e2e.grounds.local import local_ground

pytestmark = pytest.mark.stress
SEEDS = int(os.environ.get("GITOPS_LIVES", "20"))
Opening = Callable[[Path, Mapping[str, str | bytes]], AbstractContextManager[Ground]]
GROUNDS: dict[str, Opening] = {
    "local": local_ground,
    "github-api": partial(github_ground, transport="api"),
    "github-git": partial(github_ground, transport="git"),
    "gitlab-api": partial(gitlab_ground, transport="api"),
    "gitlab-git": partial(gitlab_ground, transport="git"),
}
POLICIES = (
    POLICY,
    BY_REQUEST,
    GROUPED,
    BY_REQUEST.replace("staging: {after: dev}", "staging: {after: dev, auto-merge: true}"),
    POLICY.replace("staging: {after: dev}", "staging: {after: dev, group: environment}"),
    BY_REQUEST.replace("version: 1\n", "version: 1\nrecords: false\n"),
)


@dataclass(frozen=True)
class Step:
    """What is done; ``where``, from 0 to 1, chooses among what there is to do it to."""

    what: str
    app: str
    version: str
    where: float
    method: MergeMethod


def steps(luck: random.Random) -> list[Step]:
    """A life."""
    weights = {"deploy": 12, "promote": 8, "merge": 7, "push": 3, "merge by hand": 3, "close": 2, "edit": 2,
               "policy": 2, "append": 2, "commit": 2, "downgrade": 1, "reword": 1}  # fmt: skip
    found = []
    for what in luck.choices(list(weights), list(weights.values()), k=luck.randint(8, 20)):
        app = luck.choice(("web", "web", "api"))
        version = f"{1 if app == 'web' else 2}.0.{luck.randint(1, 5)}"
        found.append(Step(what, app, version, luck.random(), luck.choice(get_args(MergeMethod))))
    return found


def done(scene: Scene, step: Step) -> object:
    """What a step comes to."""
    waiting = scene.waiting()
    branch = waiting[int(step.where * len(waiting))] if waiting else None
    options = {"deploy": (), "append": ("--on-foreign", "append"), "commit": ("--deliver", "push"),
               "downgrade": ("--allow-downgrade",)}  # fmt: skip
    if step.what in options:
        return told(scene.deploy(step.version, *options[step.what], app=step.app, code=None))
    if step.what == "promote":
        return told(scene.promote(code=None))
    if step.what == "policy":
        scene.change_policy(POLICIES[int(step.where * len(POLICIES))])
    elif step.what == "edit":
        scene.set_tag(("dev", "staging", "production")[int(step.where * 3)], f"1.1.{step.where}")
    elif step.what == "push":
        scene.push({f"notes-{int(step.where * 3)}.md": f"{step.where}\n"}, branch=branch or "main")
    elif branch is None:
        return None
    elif step.what == "merge":
        return scene.merge(branch, "--merge-method", step.method, code=None).code
    elif step.what == "close":
        scene.close(branch)
    elif step.what == "reword":
        scene.ground.edit(next(one.number for one in scene.requests() if one.branch == branch), body="Mine.")
    elif mergeable(scene, branch):  # a person sees that, too
        several = scene.git("rev-list", "--count", f"main..{branch}") != "1"
        scene.merge_by_hand(branch, "merge" if several else step.method)
    return branch


def mergeable(scene: Scene, branch: str) -> bool:
    """Whether a branch merges without a conflict."""
    try:
        scene.git("merge-tree", "--write-tree", "--no-messages", "main", branch)
    except CalledProcessError:
        return False
    return True


def told(run: Done) -> object:
    """What a delivery says, apart from what every forge words in its own way."""
    assert run.code in (0, 5), run.errors
    results: list[Any] = run.results
    return run.code, sorted(
        (one["environment"], one["apps"], one["outcome"], sorted(finding["code"] for finding in one["findings"]))
        for one in results
    )


def state(scene: Scene) -> object:
    """What there is now: the files of the base, and of each request that waits."""
    trees = {one.branch: scene.git("rev-parse", f"{one.head}^{{tree}}") for one in scene.requests()}
    requests = [(one.branch, one.base, one.title, one.labels) for one in scene.requests()]
    return scene.git("rev-parse", "main^{tree}"), trees, sorted(requests, key=str)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_life(seed: int, tmp_path: Path) -> None:
    luck = random.Random(seed)
    policy, life = luck.choice(POLICIES), steps(luck)
    lives: dict[str, list[object]] = {}
    for name, opening in GROUNDS.items():
        folder = tmp_path / name
        (folder / "forge").mkdir(parents=True)
        with opening(folder / "forge", files(policy)) as ground:
            scene = Scene(folder, ground, processes=False)
            lives[name] = [(step, done(scene, step), state(scene)) for step in life]
            scene.promote(code=None)
            again = told(scene.promote(code=None))
            lives[name].append((again, state(scene), scene.leftovers()))
        for number, (here, there) in enumerate(zip(lives["local"], lives[name], strict=True)):
            assert here == there, (name, life[: number + 1])
