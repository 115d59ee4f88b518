"""Forges of ours on a GitHub of loopback."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gitops_actions.forge.github.forge import GitHubForge, connect
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import FileChange, RequestText, Secret
from gitops_actions.protocols import Connection
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.github.server import GitHub

TOKEN = "ghp_s3sam"
NAME = "acme/config"
BRANCH = "gitops/dev/web"
TEXT = RequestText("Deploy web 1.1 to dev", "Body\n")


@contextmanager
def connected(
    hub: GitHub,
    name: str,
    temporary: Path,
    *,
    environ: Mapping[str, str] | None = None,
    deadline: float = math.inf,
    detail: Callable[[str], None] = print,
) -> Iterator[GitHubForge]:
    """The forge of a repository; by default with `TOKEN`."""
    url = f"{hub.url}/{name}"
    given = {"GITOPS_TOKEN": TOKEN} if environ is None else environ
    secrets = {key: Secret(value) for key, value in given.items()}
    with Repository(url, credentials=Credentials(Secret(TOKEN)), temporary=temporary / "git") as repository:
        yield connect(Connection(url, hub.api_url, secrets, AUTHOR, deadline, detail, GitStore(repository), repository))


class Place:
    """A repository on a GitHub, and forges on it."""

    def __init__(self, hub: GitHub, stack: ExitStack, temporary: Path) -> None:
        self.hub, self._stack, self._temporary = hub, stack, temporary
        self.said: list[str] = []
        self.repo = hub.add_repository(NAME, files={"gitops.yaml": "version: 1\n"}).objects.folder

    def forge(self, environ: dict[str, str] | None = None, budget: float = 20, name: str = NAME) -> GitHubForge:
        deadline = time.monotonic() + budget
        made = connected(self.hub, name, self._temporary, environ=environ, deadline=deadline, detail=self.said.append)
        return self._stack.enter_context(made)

    def publish(self, forge: GitHubForge) -> str:
        assert forge.store is not None
        tip = forge.store.snapshot("main", []).commit
        files = [FileChange("a", b"1")]
        return forge.store.publish(BRANCH, expected=None, parent=tip, files=files, message="m\n", author=AUTHOR)

    def open(self) -> int:
        forge = self.forge()
        self.publish(forge)
        return forge.open(BRANCH, "main", TEXT).number
