"""The temporary folder of a run: private, locked while it is in use, and swept when its run has died."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitops_actions.errors import UsageError
from gitops_actions.lock import Lock


@contextmanager
def temporary_folder(temporary: Path) -> Iterator[tuple[Path, Lock]]:
    """A folder ``<temporary>/gitops-actions-<uid>/<random>`` of ours alone, with ``<random>.lock`` beside it.

    Whoever gets the lock of a folder may remove it: a run that was killed cannot clean up after itself, so the next
    one does. The lock file is beside the folder and not inside, so that it can be there first.

    Raises UsageError when the place is not safe or not writable.
    """
    parent = temporary.absolute() / f"gitops-actions-{os.getuid() if hasattr(os, 'getuid') else 0}"
    try:
        _check(parent)
        _sweep(parent)
        folder, lock = _make(parent)
    except OSError as error:
        raise UsageError(
            f"cannot make a temporary folder in {parent}: {error.strerror}",
            hint="set TMPDIR to a folder that can be written to",
        ) from None
    try:
        yield folder, lock
    finally:
        _remove(folder, lock)
        _sweep(parent)  # again: what a dead run had started may have ended only now


def _check(parent: Path) -> None:
    """A folder that somebody else prepared could show them what we fetch, or make us write elsewhere."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = parent.lstat()
    ours = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077)
    if not stat.S_ISDIR(status.st_mode) or not ours:
        raise UsageError(
            f"{parent} is not a private folder of this user, so it is not safe to use",
            hint="remove it, or set TMPDIR to another folder",
        )


def _sweep(parent: Path) -> None:
    for file in parent.glob("*.lock"):
        lock = Lock(file)
        try:
            taken = lock.acquire()
        except OSError:
            continue  # it is no file of ours
        if taken and _still_there(lock):
            _remove(file.with_suffix(""), lock)
        else:
            lock.release()


def _make(parent: Path) -> tuple[Path, Lock]:
    while True:
        folder = parent / secrets.token_hex(8)
        lock = Lock(folder.with_suffix(".lock"))
        try:
            if lock.acquire() and _still_there(lock):
                folder.mkdir(mode=0o700)
                return folder, lock
        except OSError:
            _remove(folder, lock)
            raise
        lock.release()


def _still_there(lock: Lock) -> bool:
    """Whether the file that is locked is the one that has this name: another run may have swept it in between."""
    try:
        named = lock.path.stat()
    except FileNotFoundError:
        return False
    return lock.descriptor is not None and os.path.samestat(named, os.fstat(lock.descriptor))


def _remove(folder: Path, lock: Lock) -> None:
    """The folder first: what has no lock file any more is never looked at again. One that cannot be removed,
    because something still writes to it, keeps its lock file, and a later run tries again."""
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            lock.path.unlink(missing_ok=True)
            break
    lock.release()
