"""Files that a CI system reads after us."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def encoded(text: str) -> bytes:
    """UTF-8, whatever the text holds."""
    return text.encode("utf-8", "replace")


def append(path: Path, text: str) -> None:
    """Add lines to a file that is there. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
    with open(descriptor, "r+b") as file:
        # Whoever wrote before us may have left its last line open.
        if file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            text = "\n" + text
        file.write(encoded(text))


def replace(path: Path, text: str) -> None:
    """Write a file, all of it or nothing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        new.write_bytes(encoded(text))
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
