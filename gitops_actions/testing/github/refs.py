"""The refs of a bare repository, and how git is run in it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

ZERO = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}")


class RefMoved(Exception):
    """A ref was not where the writer thought."""


class Refs:
    """The refs of a bare repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str, data: bytes | None = None, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run git here."""
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment(), input=data, capture_output=True, check=check
        )

    def lines(self, *arguments: str) -> list[str]:
        """What git prints, by lines."""
        return os.fsdecode(self.git(*arguments).stdout).splitlines()

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """All refs below a prefix with their objects, sorted by name. Read from the files: it is asked all the time."""
        found = {name: id for name, id in self._packed().items() if name.startswith(prefix)}
        root = os.fspath(self.folder)
        for folder, _, names in os.walk(os.path.join(root, prefix.rpartition("/")[0])):
            for file in names:
                path = os.path.join(folder, file)
                name = path[len(root) + 1 :]
                if name.startswith(prefix) and (id := _ref_in(path)) is not None:
                    found[name] = id
        return dict(sorted(found.items()))

    def ref(self, name: str) -> str | None:
        """The object of one ref."""
        if any(part in ("", ".", "..") for part in name.split("/")):
            return None
        return _ref_in(os.path.join(os.fspath(self.folder), name)) or self._packed().get(name)

    def _packed(self) -> dict[str, str]:
        try:
            text = (self.folder / "packed-refs").read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return {}
        lines = (line.partition(" ") for line in text.splitlines())
        return {name: id for id, _, name in lines if _SHA.fullmatch(id)}

    def branch(self, name: str) -> str | None:
        """The commit of a branch."""
        return self.ref(f"refs/heads/{name}")

    def head(self) -> str:
        """The branch that HEAD names."""
        text = (self.folder / "HEAD").read_text(encoding="utf-8").strip()
        return text.removeprefix("ref: refs/heads/")

    def update_refs(self, updates: Sequence[tuple[str, str, str | None]]) -> None:
        """Move refs, all or none: (name, new, old); zeros create or delete, None as old means any.

        Raises RefMoved when one is elsewhere, or its name clashes with another's.
        """
        lines = ["start"]
        for name, new, old in updates:
            lines.append(f"update {name} {new}" + ("" if old is None else f" {old}"))
        lines += ["prepare", "commit", ""]
        done = self.git("update-ref", "--stdin", data=os.fsencode("\n".join(lines)), check=False)
        if done.returncode != 0:
            raise RefMoved(done.stderr.decode("utf-8", "replace").strip())

    def keep(self, name: str, id: str) -> None:
        """Set a ref that nobody else writes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name("head.lock")
        new.write_text(f"{id}\n", encoding="ascii")
        new.replace(path)

    def good_name(self, ref: str) -> bool:
        """Whether git allows the name."""
        return _good_name(ref)


@lru_cache(maxsize=1024)
def _good_name(ref: str) -> bool:
    command = ["git", "check-ref-format", ref]
    return "\0" not in ref and subprocess.run(command, env=environment(), check=False).returncode == 0


def _ref_in(path: str) -> str | None:
    """The id in a file of a ref; None when there is none (yet)."""
    if path.endswith(".lock"):
        return None
    try:
        with open(path, encoding="ascii") as file:
            id = file.read().rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return id if _SHA.fullmatch(id) else None


def environment() -> dict[str, str]:
    """What git runs with: nothing of the machine's settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return environment | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C",
        "GIT_AUTHOR_NAME": "GitHub",
        "GIT_AUTHOR_EMAIL": "noreply@github.com",
        "GIT_COMMITTER_NAME": "GitHub",
        "GIT_COMMITTER_EMAIL": "noreply@github.com",
    }
