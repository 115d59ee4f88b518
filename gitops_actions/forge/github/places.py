"""What a commit may hold, and where."""

from __future__ import annotations

from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.forge.github.objects import Wanted
from gitops_actions.forge.github.view import View
from gitops_actions.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, FileChange


def check_paths(files: tuple[FileChange, ...]) -> None:
    """Raise UsageError for paths and modes that no commit may have, when a path comes twice, or is that of a file and
    of a folder."""
    written = {change.path for change in files if change.content is not None}
    for change in files:
        parts = change.path.split("/")
        odd = "\0" in change.path or any("\ud800" <= character <= "\udfff" for character in change.path)
        if odd or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
            raise UsageError(f"{change.path!r} cannot be a path in a repository", hint="give a plain relative path")
        if change.mode not in (REGULAR, EXECUTABLE, SYMLINK, SUBMODULE):
            raise UsageError(f"{change.mode!r} is not the mode of a file", hint="use 100644 or 100755")
        if any("/".join(parts[:end]) in written for end in range(1, len(parts))):
            raise UsageError(
                f"{change.path!r} is to be a file and a folder in one commit", hint="give one of them another path"
            )
    if len({change.path for change in files}) < len(files):
        raise UsageError("a file is to be written twice in one commit", hint="this is a bug of the caller")


def check_places(view: View, wanted: Wanted) -> None:
    """Raise EditRefused where a file would replace a folder, or a folder a file."""
    for change in wanted.files:
        parts = change.path.split("/")
        here = view.entries.get((wanted.parent, change.path))
        if here is not None and here.kind == "tree":
            raise EditRefused(f"{change.path} is a folder", file=change.path, hint="give the path of a file in it")
        for end in range(1, len(parts)):
            above = view.entries.get((wanted.parent, folder := "/".join(parts[:end])))
            if above is not None and above.kind != "tree":
                raise EditRefused(f"{folder} is not a folder", file=change.path, hint="give the path of a real file")
