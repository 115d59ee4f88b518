"""One tree of files: what it should hold, and how it is written, walked and removed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitops_actions.errors import NeedsDecision
from gitops_actions.model import EXECUTABLE, File

FOLDER_MODE = 0o755


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that the agent made: permission bits and SHA-256 of its bytes."""

    mode: int
    digest: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the agent put into a tree: files by path (with ``/``, relative), the objects in them, and for which
    environment."""

    files: Mapping[str, Entry] = field(default_factory=dict)
    objects: tuple[str, ...] = ()
    environment: str | None = None

    @property
    def id(self) -> str:
        """The content id: the same files, the same id."""
        lines = (f"{entry.mode:o} {entry.digest} {path}\n" for path, entry in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:32]

    def folders(self) -> set[str]:
        """The folders that the files need, the root (``""``) included."""
        found = {""}
        for path in self.files:
            folder = posixpath.dirname(path)
            while folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return found


def inventory_of(files: Mapping[str, File], objects: tuple[str, ...], environment: str) -> Inventory:
    """The inventory that a tree with these files will have."""
    return Inventory(
        {path: Entry(permissions(file), hashlib.sha256(file.content).hexdigest()) for path, file in files.items()},
        objects,
        environment,
    )


def make_folder(path: Path) -> None:
    """Make a folder that everybody can read, whatever the umask is: readers are other users. Raises OSError."""
    path.mkdir()
    path.chmod(FOLDER_MODE)


def write(root: Path, files: Mapping[str, File], inventory: Inventory) -> None:
    """Write a tree into ``root``, which must not exist, and have the disk keep it. Raises OSError."""
    for folder in sorted(inventory.folders()):
        make_folder(root / folder)
    for path, file in files.items():
        # O_EXCL: on a file system that takes `A` for `a`, two files must not become one.
        descriptor = os.open(root / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.content)
            stream.flush()
            os.fchmod(descriptor, permissions(file))
            os.fsync(descriptor)


def settle(root: Path) -> None:
    """Have the disk keep every folder of a tree, before it is shown to anybody."""
    for path, status in walk(root, set()):
        if stat.S_ISDIR(status.st_mode):
            fsync_folder(root / path)


def fsync_folder(path: Path) -> None:
    """Have the disk keep the entries of a folder (https://man7.org/linux/man-pages/man2/fsync.2.html)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(root: Path) -> bool:
    """Remove a tree; False when something of it could not be removed."""
    with contextlib.suppress(NeedsDecision):
        for _ in walk(root, None):
            pass
    shutil.rmtree(root, ignore_errors=True)
    return not os.path.lexists(root)


def permissions(file: File) -> int:
    return 0o755 if file.mode == EXECUTABLE else 0o644


def walk(root: Path, unlock: set[str] | None) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below a folder, itself (``""``) included, with the stat of the entry itself. Folders in ``unlock``
    (None: all) are made readable."""
    try:
        status = root.lstat()
    except FileNotFoundError:
        return
    pending = [("", status)]
    while pending:
        path, status = pending.pop()
        yield path, status
        if not stat.S_ISDIR(status.st_mode):
            continue
        readable = stat.S_IMODE(status.st_mode) & 0o700 == 0o700 or os.geteuid() == 0
        if not readable and (unlock is None or path in unlock):
            with contextlib.suppress(OSError):
                os.chmod(root / path, FOLDER_MODE)
        try:
            with os.scandir(root / path) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        below = f"{path}/{entry.name}" if path else entry.name
                        pending.append((below, entry.stat(follow_symlinks=False)))
        except FileNotFoundError:
            continue
        except PermissionError as error:
            raise NeedsDecision(
                f"the folder {shown(path)!r} in the target cannot be read",
                code="GA505",
                hint="give the agent's user the right to read it, or move it out of the target",
            ) from error


def make_folders(root: Path, path: str) -> None:
    """Make a folder and those above it. Raises FileExistsError when one of them is something else."""
    place = root
    for part in path.split("/") if path else ():
        place /= part
        with contextlib.suppress(FileExistsError):
            make_folder(place)
        if not stat.S_ISDIR(place.lstat().st_mode):
            raise FileExistsError(place)


def shown(path: str) -> str:
    """A path for people and for JSON: file names of others may be any bytes."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
