"""What an answer says beside its document: that there is none, and how long to wait for the next."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from typing import Any

from gitops_actions.forge.github.words import line


class Lost(Exception):
    """No answer, or half of one. ``sent``: the request may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


def never_sent(error: Exception) -> bool:
    """Whether a connection never came about, so that nothing can have arrived."""
    from requests import exceptions
    from urllib3.exceptions import NewConnectionError

    if isinstance(error, exceptions.ConnectTimeout | exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def reason(error: Exception) -> str:
    """What is wrong with a connection, without the address that the libraries repeat."""
    cause = error.args[0] if error.args else error
    cause = getattr(cause, "reason", None) or cause
    return line(str(cause).rpartition(">: ")[2] or type(error).__name__, 200)


def document_of(text: str) -> Any:
    """The JSON of an answer; None when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def pause(headers: Mapping[str, str]) -> float:
    """How long a rate limit lasts
    (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately).
    """
    told = headers.get("retry-after", "")
    if told.isdecimal():
        return float(told)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(1.0, int(reset) - time.time() + 1)
    return 60.0


def backoff(tries: int) -> float:
    return random.uniform(0.5, 1.0) * min(8.0, 0.2 * float(2**tries))  # noqa: S311 (jitter, not a secret)
