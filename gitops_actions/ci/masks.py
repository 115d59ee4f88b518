"""The forms in which a secret may turn up in a log."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

# Who a token belongs to in git's Authorization header: GitHub, GitLab, a GitLab job, and nobody.
USERS = ("x-access-token", "oauth2", "gitlab-ci-token", "")
# Shorter texts would take words out of the log that have nothing to do with a secret.
_LEAST = 4
_LEAST_OF_LINES = 8


def forms(secret: str, users: Iterable[str] = ()) -> tuple[str, ...]:
    """A secret raw, as JSON and in a URL, in base64 (without its padding), and in base64 behind a user name; the
    longest first. None has more than one line: logs are read line by line, so each line of a secret is one.

    Args:
        secret: as it is in the environment.
        users: user names beside `USERS`.
    """
    text = secret.strip()
    if not text:
        return ()
    names = dict.fromkeys((*users, *USERS))
    wholes = [secret, text, *(f"{name}:{text}" for name in names), f"{text}:"]
    found = [encode(each.encode()).decode().rstrip("=") for each in wholes for encode in (b64encode, urlsafe_b64encode)]
    found += _inner(text.encode())
    found += [json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]]
    found += [quote(text, safe=""), quote(text), quote_plus(text)]
    lines = [line.strip() for line in text.replace("\\n", "\n").splitlines()]
    if len(lines) == 1:
        found.append(text)
    else:  # the first and last line of a key in PEM are the same in all of them
        found += [line for line in lines if len(line) >= _LEAST_OF_LINES and not line.startswith("-----")]
    kept = {form for form in found if len(form) >= _LEAST and "\n" not in form and "\r" not in form}
    return tuple(sorted(kept, key=lambda form: (-len(form), form)))


def _inner(secret: bytes) -> Iterator[str]:
    """What every base64 of a text that has the secret somewhere in it has in common: three cases, by the place where
    the secret begins. The characters at both ends depend on what is beside it."""
    for shift in range(3):
        start = -(-shift * 8 // 6)
        end = (shift + len(secret)) * 8 // 6
        if end - start >= 2 * _LEAST:
            yield b64encode(b"\0" * shift + secret).decode()[start:end]
