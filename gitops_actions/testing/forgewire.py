"""Requests and answers, as fakes of forges get and give them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

_OPERATION = re.compile(r"\s*(?:#[^\n]*\n\s*)*(query|mutation)\b\s*(\w*)")


@dataclass(frozen=True)
class Call:
    """A request as it came in; the names of ``headers`` are in lower case. It holds the token: not to be kept."""

    method: str
    target: str  # path and query, as sent
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """The path, percent-encoded as sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last one of a name counts."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def is_push(self) -> bool:
        """Whether it is a git push over smart HTTP."""
        return self.method == "POST" and self.path.endswith("/git-receive-pack")

    @property
    def is_git(self) -> bool:
        """Whether it is git's smart HTTP at all."""
        return _is_git(self.path)


@dataclass(frozen=True)
class Answer:
    """What the server says. The length is told by the server itself."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, status: int, document: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """An answer in JSON; without a document, an empty one."""
        if document is None:
            return cls(status, dict(headers or {}))
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
        return cls(status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body)

    @classmethod
    def plain(cls, status: int, text: str, headers: Mapping[str, str] | None = None) -> Answer:
        """An answer in plain text, which is what git shows to people."""
        return cls(status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}, text.encode())


@dataclass
class Recorded:
    """A request in the log, without what was secret in it."""

    number: int  # 1 is the first request of this server
    method: str
    path: str  # with the query, as sent
    operation: str | None  # of a GraphQL request: the operation's name, else "query" or "mutation"
    write: bool  # whether it is meant to change something
    token: bool  # whether a credential came along
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    status: int | None = None  # what was answered; None: nothing, or not yet
    seconds: float = 0.0  # how long it took to find the answer, without delays

    @property
    def is_git(self) -> bool:
        """Whether it was git's smart HTTP."""
        return _is_git(self.path.partition("?")[0])

    @property
    def document(self) -> Any:
        """The body's JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def _is_git(path: str) -> bool:
    return path.endswith(("/info/refs", "/git-upload-pack", "/git-receive-pack"))


def operation_of(call: Call) -> tuple[str, str] | None:
    """(``query`` or ``mutation``, its name or "") of a GraphQL request; None for others."""
    if call.method != "POST" or not call.path.endswith("/graphql"):
        return None
    try:
        document = json.loads(call.body)
        text, name = document["query"], document.get("operationName") or ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return "query", ""
    found = _OPERATION.match(str(text))
    return (found[1], str(name or found[2])) if found else ("query", str(name))


def password_of(headers: Mapping[str, str]) -> str | None:
    """The password of HTTP Basic, which is how git brings a token; "" when it cannot be read, None when none came."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
