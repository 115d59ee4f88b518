"""Config repositories on all three forges, each beside the source repository of an app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gitops_actions.testing import repos
from gitops_actions.testing.gitlab import DEVELOPER, GitLab
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
    people see comparisons. ``deployments`` are those of the source: environment, commit, and the state in the forge's
    words.
    """

    run: Callable[..., Done]
    body: Callable[[], str]
    config: Path
    ids: Sequence[str]
    deployments: Callable[[], list[tuple[str, str, str]]]
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
            lambda: [
                (one.environment, one.sha, one.statuses[-1].state if one.statuses else "")
                for one in hub.hub.repository("acme/web").deployments.values()
            ],
            lambda: len(hub.hub.requests),
            4,
            f"{hub.hub.url}/acme/web/compare",
        )


@contextmanager
def on_gitlab(root: Path, policy: str) -> Iterator[Ground]:
    with GitLab(root / "gitlab") as server:
        lab = Lab(root, server, policy)
        source = server.add_project("acme/web", members={"ada": DEVELOPER})
        lab.world.address = lab.repo
        environ = {"GITOPS_TOKEN": lab.token, "GITOPS_FORGE": "gitlab"}
        yield Ground(
            lambda words, *arguments: lab.world.play(*words.split(), *arguments, code=None, environ=environ),
            lambda: str(lab.open_requests()[0].description),
            lab.project.repository.path,
            repos.history(source.repository.path, STEPS),
            lambda: [(one.environment.name, one.sha, one.status) for one in source.deployments],
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

    yield Ground(
        lambda words, *arguments: world.play(*words.split(), *arguments, code=None), body, world.config, ids, list
    )
