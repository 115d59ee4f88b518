"""How a published tree differs from what the agent put there, and how that comes into the next tree.

Trees never change once they are published. What a person adds to one is carried over into the next as a hard link,
so it stays the same file for whoever has it open.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitops_actions.agent.tree import FOLDER_MODE, Entry, Inventory, make_folders, shown, walk
from gitops_actions.errors import NeedsDecision


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference between a tree and its inventory. ``path`` is as the file system gives it: folders end in ``/``,
    the tree itself is ``""``.

    ``overwritten``: a person's file stood where the config repo now has one of its own.
    """

    kind: Literal["changed", "mode", "missing", "replaced", "added", "overwritten"]
    path: str

    @property
    def app(self) -> str | None:
        """The first folder of the path."""
        head, slash, _ = self.path.partition("/")
        return head if head and slash else None

    @property
    def shown(self) -> str:
        """The path for people and for JSON: see `shown` in tree.py."""
        return shown(self.path) or "."


def compare(root: Path, inventory: Inventory, *, unlock: bool = False) -> tuple[Drift, ...]:
    """How the tree differs from its inventory, in order of path. Symbolic links are never followed.

    ``unlock``: a folder of ours that a person made unreadable is opened, since what was added in it could not be
    carried over otherwise. Raises NeedsDecision for a folder of others that cannot be read.
    """
    folders = inventory.folders()
    seen: set[str] = set()
    found: list[Drift] = []
    for path, status in walk(root, folders if unlock else set()):
        ours = path in folders if stat.S_ISDIR(status.st_mode) else path in inventory.files
        if stat.S_ISDIR(status.st_mode) and ours:
            if stat.S_IMODE(status.st_mode) != FOLDER_MODE:
                found.append(Drift("mode", f"{path}/" if path else ""))
        elif ours:
            seen.add(path)
            if kind := _difference(root / path, status, inventory.files[path]):
                found.append(Drift(kind, path))
        elif path in folders or path in inventory.files:
            seen.add(path)
            found.append(Drift("replaced", path))
        else:
            found.append(Drift("added", f"{path}/" if stat.S_ISDIR(status.st_mode) else path))
    found.extend(Drift("missing", path) for path in inventory.files.keys() - seen)
    return tuple(sorted(found, key=lambda drift: (drift.path, drift.kind)))


def carry(old: Path, new: Path, inventory: Inventory) -> tuple[Drift, ...]:
    """Take what persons added to the tree ``old`` (with this inventory) over into ``new``; what is there already
    stays. Answers the files that could not come along because the new tree has something of its own in their place.
    Raises NeedsDecision for what cannot be read."""
    folders = inventory.folders()
    lost: list[Drift] = []
    additions = [
        Drift("added", f"{path}/" if stat.S_ISDIR(status.st_mode) else path)
        for path, status in walk(old, set())
        if path not in folders and path not in inventory.files
    ]
    made: list[str] = []
    for added in additions:
        place = new / added.path
        try:
            if added.path.endswith("/"):
                if not os.path.lexists(place):
                    made.append(added.path)
                make_folders(new, added.path.rstrip("/"))
            else:
                make_folders(new, posixpath.dirname(added.path))
                _link(old / added.path, place)
        except (FileExistsError, NotADirectoryError):
            if not _same(old / added.path, place):
                lost.append(Drift("overwritten", added.path))
        except FileNotFoundError:
            continue  # the person took it away again
        except OSError as error:
            raise NeedsDecision(
                f"{added.shown} was added by somebody else and cannot be carried over: {error.strerror}",
                code="GA505",
                hint="move it out of the target, or give the agent's user the right to read it",
            ) from error
    for folder in reversed(made):  # at the end: its own access may not allow to put anything in
        _copy_access(old / folder, new / folder)
    return tuple(lost)


def _difference(path: Path, status: os.stat_result, entry: Entry) -> Literal["changed", "mode", "replaced"] | None:
    if not stat.S_ISREG(status.st_mode):
        return "replaced"
    if stat.S_IMODE(status.st_mode) != entry.mode:
        return "mode"
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "replaced"
    return None if digest == entry.digest else "changed"


def _copy_access(source: Path, place: Path) -> None:
    """A person's private folder stays private."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        status = source.lstat()
        with contextlib.suppress(PermissionError):
            os.chown(place, status.st_uid, status.st_gid, follow_symlinks=False)
        if stat.S_ISDIR(place.lstat().st_mode):
            place.chmod(stat.S_IMODE(status.st_mode))


def _link(source: Path, place: Path) -> None:
    try:
        os.link(source, place, follow_symlinks=False)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        # Another file system is mounted there, or the file is somebody else's (fs.protected_hardlinks in
        # https://man7.org/linux/man-pages/man5/proc_sys_fs.5.html): a copy is the next best.
        if not stat.S_ISREG(source.lstat().st_mode):
            raise
        shutil.copy2(source, place, follow_symlinks=False)


def _same(one: Path, other: Path) -> bool:
    """Whether both are folders, or the same file or a copy of it: then nothing is lost."""
    try:
        first, second = one.lstat(), other.lstat()
    except OSError:
        return False
    if stat.S_ISDIR(first.st_mode) or stat.S_ISDIR(second.st_mode):
        return stat.S_IFMT(first.st_mode) == stat.S_IFMT(second.st_mode)
    same = (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)
    return same or (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)
