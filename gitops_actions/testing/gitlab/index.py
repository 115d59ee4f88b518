"""The files of a commit that is being made."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from gitops_actions.testing.gitlab.repository import Entry, Repository


class Misfit(Exception):
    """What Gitaly says to actions that do not fit the tree."""


@dataclass
class Index:
    """The files of a commit with changes put over them, one action after the other."""

    repository: Repository
    parent: str | None
    changed: dict[str, tuple[str, str | bytes] | None] = field(default_factory=dict)
    known: dict[str, Entry] = field(default_factory=dict)

    def after(self, actions: list[dict[str, Any]]) -> dict[str, tuple[str, str | bytes] | None]:
        """What to write. Raises Misfit."""
        named = [str(action[name]) for action in actions for name in ("file_path", "previous_path") if action.get(name)]
        parts = [_path(path).split("/") for path in named]
        paths = {"/".join(one[:number]) for one in parts for number in range(1, len(one) + 1)}
        self.known = self.repository.entries(self.parent, sorted(paths)) if self.parent else {}
        for action in actions:
            path, previous = _path(action["file_path"]), action.get("previous_path")
            kind = action["action"]
            if kind == "create":
                self._free(path)
                self.changed[path] = ("100644", _content(action))
            elif kind == "update":
                self.changed[path] = (self._file(path)[0], _content(action))
            elif kind == "delete":
                self._file(path)
                self.changed[path] = None
            elif kind == "chmod":
                mode = "100755" if str(action["execute_filemode"]).lower() == "true" else "100644"
                self.changed[path] = (mode, self._file(path)[1])
            else:
                mode, content = self._file(_path(str(previous)))
                self._free(path)
                self.changed[_path(str(previous))] = None
                self.changed[path] = (mode, content if action.get("content") is None else _content(action))
        return self.changed

    def _there(self, path: str) -> tuple[str, str | bytes] | Entry | None:
        if path in self.changed:
            return self.changed[path]
        return self.known.get(path)

    def _file(self, path: str) -> tuple[str, str | bytes]:
        found = self._there(path)
        if found is None or (isinstance(found, Entry) and found.type != "blob"):
            raise Misfit("A file with this name doesn't exist")
        return (found.mode, found.id) if isinstance(found, Entry) else found

    def _free(self, path: str) -> None:
        parts = path.split("/")
        for above in ("/".join(parts[:number]) for number in range(1, len(parts))):
            found = self._there(above)
            if found is not None and not (isinstance(found, Entry) and found.type == "tree"):
                raise Misfit("A file with this name already exists")
        found = self._there(path)
        if found is not None:
            what = "directory" if isinstance(found, Entry) and found.type == "tree" else "file"
            raise Misfit(f"A {what} with this name already exists")


def _path(path: str) -> str:
    parts = path.removeprefix("/").split("/")
    if ".." in parts:
        raise Misfit("Path cannot include directory traversal")
    if any(part in ("", ".") or part.lower() == ".git" for part in parts):
        raise Misfit(f"invalid path: '{path}'")
    return path.removeprefix("/")


def _content(action: dict[str, Any]) -> bytes:
    text = str(action.get("content") or "")
    if action.get("encoding") != "base64":
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode(text, validate=False)
    except binascii.Error:
        raise Misfit("invalid base64") from None
