"""Generated files on this machine: what has become of them, and putting new ones in their place, all or none."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gitops_actions.cli import disk
from gitops_actions.errors import UsageError
from gitops_actions.pipeline import header

State = Literal["unchanged", "new", "inputs-changed", "templates-changed", "edited", "not-ours", "left-over"]
# What a person has to agree to by --force.
PRECIOUS = ("edited", "not-ours")
_PLACES = (".github/workflows", ".gitlab/ci")
_ROOT = ".gitlab-ci.yml"
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that is or should be: ``old`` and ``new`` None where it is not there, or should not be."""

    path: str
    state: State
    old: str | None
    new: str | None

    @property
    def changes(self) -> bool:
        return self.state != "unchanged"


def survey(root: Path, wanted: Mapping[str, str]) -> list[Placed]:
    """Every file that is wanted, and every one that an earlier run has written and that is wanted no more.

    Raises UsageError for what is no plain file in plain folders below ``root``.
    """
    found = [_placed(root, path, text) for path, text in wanted.items()]
    for path in _others(root, wanted):
        old = _read(root, path)
        head = header.read(old) if old is not None else None
        if head is not None:
            found.append(Placed(path, "left-over" if head.intact else "edited", old, None))
    return found


def place(root: Path, files: Sequence[Placed]) -> None:
    """Write and remove files. All are written beside their places first; when one cannot be put there, those before it
    are put back.

    Raises what `disk.failure` makes of the system's words.
    """
    staged: dict[str, Path] = {}
    made: list[Path] = []
    done: list[Placed] = []
    path = ""
    try:
        for file in files:
            path = file.path
            if file.new is not None:
                _make_folders((root / path).parent, made)
                staged[path] = _stage(root / path, file.new)
        for file in files:
            path = file.path
            done.append(file)
            if file.new is None:
                (root / path).unlink()
            else:
                staged.pop(path).replace(root / path)
    except BaseException as error:
        _undo(root, done, made)
        if isinstance(error, OSError):
            raise disk.failure("write", path, error) from None
        raise
    finally:
        for beside in staged.values():
            beside.unlink(missing_ok=True)
        if len(done) < len(files):
            _remove_empty(made)


def _placed(root: Path, path: str, new: str) -> Placed:
    old = _read(root, path)
    if old is None:
        return Placed(path, "new", None, new)
    if old.replace("\r\n", "\n") == new:
        return Placed(path, "unchanged", old, new)
    head, fresh = header.read(old), header.read(new)
    if head is None or fresh is None:
        return Placed(path, "not-ours", old, new)
    if not head.intact:
        return Placed(path, "edited", old, new)
    same = (head.set, head.inputs) == (fresh.set, fresh.inputs)
    return Placed(path, "templates-changed" if same else "inputs-changed", old, new)


def _read(root: Path, path: str) -> str | None:
    """The text of a file; None when it is not there."""
    place = root
    parts = path.split("/")
    for number, part in enumerate(parts):
        place = place / part
        try:
            mode = place.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise disk.failure("read", path, error) from None
        last = number == len(parts) - 1
        if stat.S_ISLNK(mode) or not (stat.S_ISREG(mode) if last else stat.S_ISDIR(mode)):
            what = "a symbolic link" if stat.S_ISLNK(mode) else f"no {'file' if last else 'folder'}"
            message = f"{'/'.join(parts[: number + 1])} is {what}, and what is written there would go elsewhere"
            raise UsageError(message, code="GA560", file=path, hint="make it a plain file or folder of the repository")
    try:
        return place.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise disk.failure("read", path, error) from None


def _others(root: Path, wanted: Mapping[str, str]) -> Iterator[str]:
    """The files beside those that are wanted that may be ours."""
    names = [_ROOT] if (root / _ROOT).is_file() else []
    for place in _PLACES:
        folder = root / place
        if folder.is_dir() and not any(above.is_symlink() for above in (folder, folder.parent)):
            names += [
                f"{place}/{entry.name}"
                for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
                if entry.name.endswith((".yml", ".yaml")) and entry.is_file(follow_symlinks=False)
            ]
    return (name for name in names if name not in wanted and not (root / name).is_symlink())


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()
        made.append(each)


def _stage(target: Path, text: str) -> Path:
    """A file beside the target with its mode. Its name ends in no suffix that a CI system looks for."""
    beside = target.parent / f".gitops-{os.urandom(8).hex()}"
    descriptor = os.open(beside, _WRITE, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            if target.exists() and hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _undo(root: Path, done: Sequence[Placed], made: Sequence[Path]) -> None:
    """As far as the system lets us: what it says now is not what the person has to hear."""
    for file in reversed(done):
        target = root / file.path
        try:
            if file.old is None:
                target.unlink(missing_ok=True)
            else:
                _stage(target, file.old).replace(target)
        except OSError:
            continue
    _remove_empty(made)


def _remove_empty(made: Sequence[Path]) -> None:
    for folder in reversed(made):
        try:
            folder.rmdir()
        except OSError:
            continue
