"""A forge of ours on a GitHub of loopback."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gitops_actions.forge.github.forge import GitHubForge, connect
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import Secret
from gitops_actions.protocols import Connection
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.github.server import GitHub

TOKEN = "ghp_s3sam"


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
