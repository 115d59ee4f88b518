"""A lock that dies with its holder: used for temporary folders and agent targets.

Not `filelock`: importing it costs more than 50 ms, a third of a whole run.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


class Lock:
    """An exclusive lock on a file. The kernel drops it when the last process that has it open is gone,
    children included, so a killed run leaves no lock behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock without waiting; False when somebody else has it. Raises OSError when the file
        cannot be opened, or its file system knows no locks."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        taken = False
        try:
            taken = _take(descriptor)
        finally:
            if not taken:
                os.close(descriptor)
        if taken:
            os.set_inheritable(descriptor, True)
            self._descriptor = descriptor
        return taken

    def release(self) -> None:
        """Let go; children that still run keep it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def descriptor(self) -> int | None:
        """For `pass_fds`: a child that has it keeps the lock."""
        return self._descriptor


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
