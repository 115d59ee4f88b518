"""The HTTP session under python-gitlab: no token for other hosts, no credentials from files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

_LEAST_WAIT = 60.0  # where GitLab limits and does not say for how long


class Elsewhere(Exception):
    """An answer that sends us to another host, or would have us repeat a write; ``target`` is where to."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


class Session(requests.Session):
    """A session for one instance, whose root is ``root``. ``answered`` are the headers of the last answer.

    requests would send `PRIVATE-TOKEN` along to whatever host an answer redirects to (it strips `Authorization` only),
    and would take passwords from `~/.netrc` where we have no token.
    """

    def __init__(self, root: str) -> None:
        super().__init__()
        self._origin = _origin(root)
        self.answered: Mapping[str, str] = {}
        self.auth = _nothing

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = super().send(request, **options)
        self.answered = answer.headers
        return answer

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Only reading follows, and only on this host. Raises Elsewhere."""
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        full = urljoin(resp.url, target)
        if _origin(full) != self._origin or resp.request.method not in ("GET", "HEAD"):
            parts = urlsplit(full)
            resp.close()
            raise Elsewhere(f"{parts.scheme}://{parts.hostname}{parts.path}")
        return target

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Nothing: the host is the same, and `~/.netrc` is not asked."""

    def told_to_wait(self, *, limited: bool) -> float | None:
        """How many seconds the last answer asks to wait. One that says ``limited`` without a number means a minute
        (https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers)."""
        after, reset = (_number(self.answered.get(name, "")) for name in ("Retry-After", "RateLimit-Reset"))
        if after is not None:
            return after
        if not limited:
            return None
        return _LEAST_WAIT if reset is None else max(1.0, reset - time.time())


def _number(text: str) -> float | None:
    return float(text) if text.strip().isdecimal() and len(text) < 12 else None


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
