"""A checkout of a source repository on this machine, asked for the order of its commits and what they say."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Command
from gitops_actions.git.walk import OPTIONS, commits
from gitops_actions.model import EXECUTABLE, REGULAR, Changes
from gitops_actions.protocols import Ancestry

_MOST_FILES, _LARGEST = 200, 256 * 1024
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


class Checkout:
    """The repository that a folder is in. Nothing of it is run or changed: commits are compared by id."""

    def __init__(self, folder: Path) -> None:
        self._start = folder.absolute()

    @cached_property
    def _git(self) -> Command | None:
        try:
            for folder in (self._start, *self._start.parents):
                if (folder / ".git").exists():
                    return Command(folder / ".git")
                if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
                    return Command(folder)
        except OSError:
            return None  # what cannot be read is no help
        return None

    @property
    def exists(self) -> bool:
        """Whether the folder is in a repository at all."""
        return self._git is not None

    @property
    def has_remote(self) -> bool:
        """Whether there is a remote `origin`."""
        if self._git is None:
            return False
        return self._git.run("config", "--get-regexp", r"^remote\.origin\.").status == 0

    def commit(self, name: str) -> str | None:
        """The full id of the commit that a name stands for here; None when there is none."""
        if self._git is None:
            return None
        answer = self._git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return answer.output.decode().strip() if answer.status == 0 else None

    def texts(self, commit: str, folder: str) -> dict[str, str]:
        """The regular files of a commit below a folder, by their paths in it. Raises UsageError for what is no text in
        UTF-8 and for more than is sensible."""
        found: dict[str, str] = {}
        if self._git is None:
            return found
        listed = self._git.run("ls-tree", "-r", "-z", "--full-tree", commit, f"{folder}/").output
        for entry in filter(None, listed.split(b"\0")):
            words, _, path = entry.partition(b"\t")
            mode, _, blob = words.decode().split(" ")
            name = path.decode("utf-8", "replace").removeprefix(f"{folder}/")
            if mode not in (REGULAR, EXECUTABLE):
                continue
            content = self._git.run("cat-file", "blob", blob).output
            if len(found) >= _MOST_FILES or len(content) > _LARGEST:
                raise UsageError(f"{folder} holds too many files, or too large ones: {name}")
            try:
                found[name] = content.decode("utf-8")
            except UnicodeDecodeError:
                raise UsageError("this is no text in UTF-8", file=f"{folder}/{name}") from None
        return found

    def relation(self, old: str, new: str) -> Ancestry | None:
        """How ``new`` stands to ``old`` (commit ids); None when the checkout does not hold both of them, or is too
        shallow to tell, and for names: they mean other commits here than where they come from."""
        if self._git is None or not (_COMMIT.fullmatch(old) and _COMMIT.fullmatch(new)):
            return None
        if old == new:
            return "same"
        forth = self._git.run("merge-base", "--is-ancestor", old, new).status
        if forth == 0:
            return "descendant"
        if forth != 1:
            return None
        if self._git.run("merge-base", "--is-ancestor", new, old).status == 0:
            return "ancestor"
        # In a shallow clone the way from one to the other may be what is missing.
        shallow = self._git.run("rev-parse", "--is-shallow-repository").output.strip() != b"false"
        return None if shallow else "diverged"

    def changes(self, old: str, new: str, *, limit: int) -> Changes | None:
        """The commits that ``new`` has and ``old`` lacks, along the first parents: the newest ones, at most ``limit``,
        and how many there are in all. None where `relation` cannot tell."""
        if self._git is None or self.relation(old, new) not in ("descendant", "diverged"):
            return None
        span = ("--first-parent", f"{old}..{new}", "--")
        log = self._git.run("log", *OPTIONS, f"--max-count={limit}", *span)
        count = self._git.run("rev-list", "--count", *span)
        if log.status or count.status:
            return None
        return Changes(tuple(commits(log.output)), int(count.output))
