"""Another user for a while: what permissions forbid does not concern root, who runs tests in containers."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


class Nobody:
    """``folder`` belongs to nobody and can be reached by everybody. Call it for a block that runs as nobody; modules
    have to be imported before, where Python itself belongs to root. Needs to be root, and a Unix."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own(folder)

    def own(self, place: Path) -> None:
        """Give away a file, or a folder with all that it holds."""
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        codecs.lookup("ascii")  # that a codec could not be loaded would be remembered
        groups = os.getgroups()
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, 0)
        os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield
        finally:
            os.setresuid(0, 0, 0)
            os.setresgid(0, 0, 0)
            os.setgroups(groups)
