"""Where the texts of `templates/` are: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path


def templates() -> Path:
    """The folder `templates/`."""
    package = Path(__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"
