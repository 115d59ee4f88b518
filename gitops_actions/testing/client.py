"""The plainest of clients: one connection for each request, nothing repeated, nothing followed."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        """Its document."""
        return json.loads(self.body)


class Client:
    """Asks a server below a root with a token."""

    def __init__(self, root: str, token: str | None) -> None:
        self.root = urlsplit(root)
        self.token = token

    def __call__(self, method: str, path: str, document: object = None, headers: dict[str, str] | None = None) -> Said:
        connection = http.client.HTTPConnection(self.root.netloc, timeout=60)
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body = None if document is None else json.dumps(document)
        try:
            connection.request(method, self.root.path + path, body, {**sent, **(headers or {})})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Said(answer.status, found, answer.read())
        finally:
            connection.close()
