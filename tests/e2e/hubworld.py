"""A config repository on a GitHub of loopback, and gitops-actions against it: as real processes, or in this one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gitops_actions.testing.github import GitHub
from gitops_actions.testing.world import POLICY, Done, World, files

TOKEN = "ghp_c4nary0123456789"
REPOSITORY = "acme/deploy"
PEOPLE = "labels: [dev, gitops], reviewers: [alice], team-reviewers: [sre]"
REQUESTS = POLICY.replace("dev: {deliver: push}", f"dev: {{{PEOPLE}}}")
PLAIN = POLICY.replace("dev: {deliver: push}", "dev: {}")


class HubWorld(World):
    """``config`` is the repository behind ``hub``."""

    def __init__(self, root: Path, hub: GitHub, policy: str, content: Mapping[str, str | bytes] | None) -> None:
        everything = files(policy) if content is None else {"gitops.yaml": policy, **content}
        super().__init__(root, config=hub.add_repository(REPOSITORY, files=everything).objects.folder)
        self.hub = hub
        hub.add_team("acme", "sre")
        hub.add_user("alice")
        hub.add_token(TOKEN)
        self.address = f"{hub.url}/{REPOSITORY}"
        self.environ |= {"GITOPS_TOKEN": TOKEN, "GITOPS_FORGE": "github", "GITOPS_API_URL": hub.api_url}

    def released(self, version: str, app: str = "web") -> Done:
        """`deploy` of a version, in this process and in any way it ends."""
        image = f"ghcr.io/acme/{app}:{version}"
        return self.play("deploy", "--image", image, code=None, environ={"GITOPS_BUDGET": "20s"})

    def requests(self, state: str = "open") -> list[Any]:
        """The requests as GitHub has them."""
        return [one for one in self.hub.requests_of(REPOSITORY) if one.state == state]

    def labels(self) -> set[str]:
        """The labels that the repository has."""
        return set(self.hub.repository(REPOSITORY).labels)

    def branches(self) -> set[str]:
        """All branches."""
        return set(self.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines())


@contextmanager
def hub_world(
    root: Path, policy: str = PLAIN, *, content: Mapping[str, str | bytes] | None = None, enterprise: bool = True
) -> Iterator[HubWorld]:
    """A world behind a GitHub that serves while the block runs; ``content`` are files beside the policy."""
    with GitHub(root / "served", enterprise=enterprise) as hub:
        yield HubWorld(root, hub, policy, content)


def outcome(done: Done) -> str:
    """The outcome of the only result."""
    (result,) = json.loads(done.output)["results"]
    return str(result["outcome"])
