"""What git stores as commits and trees, and GitHub's own signature of commits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

_SIGNING_KEY = b"the key of a fake"


@dataclass(frozen=True)
class Person:
    """Who made a commit, and when (seconds, and the offset as git writes it)."""

    name: str
    email: str
    time: int
    offset: str = "+0000"

    def line(self) -> str:
        """As git writes it."""
        return f"{self.name} <{self.email}> {self.time} {self.offset}"


@dataclass(frozen=True)
class CommitObject:
    """A commit as it is stored."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str
    signature: str | None
    payload: str  # what the signature is of

    @property
    def verified(self) -> bool:
        """Whether the forge itself signed it."""
        return self.signature is not None and self.signature == sign(self.payload)


@dataclass(frozen=True)
class Entry:
    """A line of a tree."""

    mode: str
    kind: str
    id: str
    name: str


def sign(payload: str) -> str:
    """What stands for a signature of the forge: it is different for each payload, and can be checked."""
    digest = hmac.new(_SIGNING_KEY, payload.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    text = base64.b64encode(digest).decode()
    return f"-----BEGIN PGP SIGNATURE-----\n\n{text}\n-----END PGP SIGNATURE-----"


def commit_in(id: str, content: bytes) -> CommitObject:
    """A commit from what git stores."""
    head, _, message = content.decode("utf-8", "replace").partition("\n\n")
    values: dict[str, list[str]] = {}
    kept: list[str] = []
    name = ""
    for line in head.split("\n"):
        if line.startswith(" "):
            values[name][-1] += "\n" + line[1:]
        else:
            name, _, value = line.partition(" ")
            values.setdefault(name, []).append(value)
        if name != "gpgsig":
            kept.append(line)
    return CommitObject(
        id=id,
        tree=values["tree"][0],
        parents=tuple(values.get("parent", ())),
        author=_person(values["author"][0]),
        committer=_person(values["committer"][0]),
        message=message,
        signature=values["gpgsig"][0] if "gpgsig" in values else None,
        payload="\n".join(kept) + "\n\n" + message,
    )


def entries_in(content: bytes) -> list[Entry]:
    """The lines of a tree from what git stores."""
    found = []
    position = 0
    while position < len(content):
        end = content.index(b"\0", position)
        mode, _, name = content[position:end].partition(b" ")
        id = content[end + 1 : end + 21].hex()
        position = end + 21
        text = mode.decode().zfill(6)
        kind = {"040000": "tree", "160000": "commit"}.get(text, "blob")
        found.append(Entry(text, kind, id, os.fsdecode(name)))
    return found


def _person(text: str) -> Person:
    name, _, rest = text.partition(" <")
    email, _, when = rest.rpartition("> ")
    time, _, offset = when.partition(" ")
    return Person(name, email, int(time), offset or "+0000")
