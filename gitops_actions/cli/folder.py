"""A folder of files read as the commit that they would make: nothing is followed that git would not follow."""

from __future__ import annotations

import errno
import functools
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from gitops_actions.errors import UsageError
from gitops_actions.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, File, Snapshot


class Folder:
    """A checkout. A symbolic link is its target's name, another repository inside is a submodule.

    With ``plain``, `names` leaves out what a person does not look at: what starts with a dot, links, repositories.
    """

    def __init__(self, root: Path, *, plain: bool = False) -> None:
        self.root = root
        self._plain = plain

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The paths of all files, sorted, with `/`; names that are not UTF-8 are left out. Raises UsageError for what
        cannot be read."""
        try:
            return tuple(sorted(name for name in self._walk("") if _speakable(name)))
        except OSError as error:
            raise unusable("read", error, self.root) from None

    def snapshot(self, paths: Collection[str]) -> Snapshot:
        """The files at ``paths``; those that do not exist are not in it. Raises UsageError for what cannot be read."""
        found = ((path, self._file(path)) for path in paths)
        return Snapshot("disk in this folder", "", {path: file for path, file in found if file is not None})

    def branch(self) -> str | None:
        """The branch that is checked out, read from `.git/HEAD`; None where that does not tell."""
        try:
            text = (self.root / ".git" / "HEAD").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        prefix = "ref: refs/heads/"
        return text.removeprefix(prefix) if text.startswith(prefix) else None

    def _walk(self, below: str) -> Iterator[str]:
        with os.scandir(self.root / below) as entries:
            for entry in entries:
                name = below + entry.name
                if entry.name == ".git" or (self._plain and (entry.name.startswith(".") or entry.is_symlink())):
                    continue
                if not entry.is_dir(follow_symlinks=False):
                    yield name
                elif os.path.lexists(self.root / name / ".git") or (self._plain and _is_bare(self.root / name)):
                    if not self._plain:
                        yield name
                else:
                    yield from self._walk(name + "/")

    def _file(self, path: str) -> File | None:
        parts = path.split("/")
        if any(part in ("", ".", "..", ".git") for part in parts):
            return None
        place = self.root
        try:
            for part in parts[:-1]:
                place = place / part
                if not stat.S_ISDIR(place.lstat().st_mode) or os.path.lexists(place / ".git"):
                    return None
            place = place / parts[-1]
            mode = place.lstat().st_mode
            if stat.S_ISLNK(mode):
                return File(os.fsencode(place.readlink()), SYMLINK)
            if stat.S_ISDIR(mode):
                return File(b"", SUBMODULE) if os.path.lexists(place / ".git") else None
            if not stat.S_ISREG(mode):
                return None
            return File(place.read_bytes(), EXECUTABLE if mode & stat.S_IXUSR else REGULAR)
        except ValueError:  # a NUL in the path
            return None
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                return None
            raise unusable("read", error, self.root) from None


def unusable(verb: str, error: OSError, path: Path) -> UsageError:
    """What the system says about a file or folder of the person, as an error of ours."""
    return UsageError(
        f"cannot {verb} {error.filename or path}: {error.strerror}",
        code="GA079",
        hint="check the permissions of the file and of the folders that it is in",
    )


def _is_bare(folder: Path) -> bool:
    return all(os.path.lexists(folder / name) for name in ("HEAD", "objects", "refs"))


def _speakable(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)
