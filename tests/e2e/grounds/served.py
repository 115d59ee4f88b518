"""What the grounds of forges with a server have in common: people act by the forge's own API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gitops_actions.testing import repos
from gitops_actions.testing.client import Client
from gitops_actions.testing.forgehttp import ForgeServer, Recorded


class Served:
    """A server, the config repository behind it, and a person's token."""

    def __init__(self, server: ForgeServer, api_url: str, token: str, repository: Path) -> None:
        self.server = server
        self.repository = repository
        self._person = Client(api_url, token)

    def ask(self, method: str, path: str, document: object = None) -> Any:
        """What the API answers to a person, who may do this."""
        said = self._person(method, path, document, {"Content-Type": "application/json"})
        assert said.status < 300, said
        return said.json

    def overtake(self, branch: str, commit: str) -> None:
        """See `Ground.overtake`."""
        waiting = [commit]

        def slip_in(request: Recorded) -> bool:
            if request.write and waiting:
                repos.git(self.repository, "update-ref", f"refs/heads/{branch}", waiting.pop())
            return False

        self.server.fault(slip_in, 500)
