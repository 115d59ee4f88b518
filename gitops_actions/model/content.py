"""Files, commits and the values in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = "100644", "100755", "120000", "160000"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a commit: its bytes and its git mode (``100644`` ...). A submodule's content is empty."""

    content: bytes
    mode: str = REGULAR


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The asked-for files of one commit; a path that is not in ``files`` does not exist there."""

    ref: str
    commit: str
    files: Mapping[str, File]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file to be written; ``content`` None deletes it."""

    path: str
    content: bytes | None
    mode: str = REGULAR


@dataclass(frozen=True, slots=True)
class Signature:
    """Author and committer of a commit. ``time``: seconds since the epoch, UTC."""

    name: str
    mail: str
    time: int = 0


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit. ``files`` maps each path it changed against its first parent to the blob id it has now
    (None: deleted); filled only where the caller asked for paths."""

    id: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str
    files: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A compare-and-swap of one ref (full name): from ``old`` (None: must not exist) to ``new`` (None: delete)."""

    ref: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that an editor replaced. ``line`` counts from 1; ``old`` None: the place was created."""

    path: str
    line: int
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Edited:
    """What an editor made: the new text (the old one when nothing changed) and the values that differ."""

    text: str
    changes: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A value that an edit points to. ``role`` says what part of a release it is; ``name`` which image."""

    path: str
    line: int
    value: str
    role: Literal["repository", "tag", "digest", "image", "version", "revision", "value"] = "value"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a plan changes, for people."""

    app: str | None
    file: str
    line: int
    path: str
    old: str | None
    new: str
