"""A folder of files read as the commit that they would make: nothing is followed that git would not follow."""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from gitops_actions.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, File, Snapshot


class Folder:
    """A checkout. A symbolic link is its target's name, another repository inside is a submodule."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The paths of all files, sorted, with `/`; names that are not UTF-8 are left out."""
        return tuple(sorted(name for name in self._walk("") if _speakable(name)))

    def snapshot(self, paths: Collection[str]) -> Snapshot:
        """The files at ``paths``; those that do not exist are not in it."""
        found = ((path, self._file(path)) for path in paths)
        return Snapshot("this folder", "", {path: file for path, file in found if file is not None})

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
                if entry.name == ".git":
                    continue
                if not entry.is_dir(follow_symlinks=False) or (self.root / name / ".git").exists():
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
                if not stat.S_ISDIR(place.lstat().st_mode) or (place / ".git").exists():
                    return None
            place = place / parts[-1]
            mode = place.lstat().st_mode
            if stat.S_ISLNK(mode):
                return File(os.fsencode(place.readlink()), SYMLINK)
            if stat.S_ISDIR(mode):
                return File(b"", SUBMODULE) if (place / ".git").exists() else None
            if not stat.S_ISREG(mode):
                return None
            return File(place.read_bytes(), EXECUTABLE if mode & stat.S_IXUSR else REGULAR)
        except (OSError, ValueError):  # ValueError: a NUL in the path
            return None


def _speakable(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)
