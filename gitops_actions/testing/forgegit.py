"""What fakes of forges share on the side of git: a bare repository with its refs, merges without a work tree, and git's
own server."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import subprocess
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import unquote

from gitops_actions.testing import githttp, repos
from gitops_actions.testing.forgewire import Answer, Call

ZERO = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}")
_Found = TypeVar("_Found")


class RefMoved(Exception):
    """A ref was not where the writer thought."""


class BareRepository:
    """A bare repository at ``path``. Every method looks at it as it is now; what follows from full commit ids alone
    is remembered."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[tuple[str, ...], object] = {}

    def git(self, *arguments: str, data: bytes | None = None, codes: Sequence[int] = (0,)) -> bytes:
        """What git prints. Raises CalledProcessError when it ends with none of ``codes``."""
        command = ["git", "--literal-pathspecs", *arguments]
        done = subprocess.run(
            command, cwd=self.path, env=repos.environment(), input=data, capture_output=True, check=False
        )
        if done.returncode not in codes:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout

    def once(self, key: tuple[str, ...], find: Callable[[], _Found]) -> _Found:
        """What ``find`` returned the first time; for what can never be different. What it raises is not remembered."""
        if key not in self._known:
            self._known[key] = find()
        return cast("_Found", self._known[key])

    # --- refs ---

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """All refs below a prefix with their objects, sorted by name. Read from the files: it is asked all the time."""
        found = {name: id for name, id in self._packed().items() if name.startswith(prefix)}
        root = os.fspath(self.path)
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
        return _ref_in(os.path.join(os.fspath(self.path), name)) or self._packed().get(name)

    def _packed(self) -> dict[str, str]:
        try:
            text = (self.path / "packed-refs").read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return {}
        lines = (line.partition(" ") for line in text.splitlines())
        return {name: id for id, _, name in lines if _SHA.fullmatch(id)}

    def update_refs(self, updates: Sequence[tuple[str, str, str | None]]) -> None:
        """Move refs, all or none: (name, new, old); zeros create or delete, None as old means any.

        Raises RefMoved when one is elsewhere, or its name clashes with another's.
        """
        lines = ["start"]
        for name, new, old in updates:
            lines.append(f"update {name} {new}" + ("" if old is None else f" {old}"))
        lines += ["prepare", "commit", ""]
        try:
            self.git("update-ref", "--stdin", data=os.fsencode("\n".join(lines)))
        except subprocess.CalledProcessError as error:
            raise RefMoved(error.stderr.decode("utf-8", "replace").strip()) from None

    def keep(self, name: str, id: str) -> None:
        """Keep a commit alive by a ref that nobody else writes, as ``refs/pull/7/head`` does."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.lock")
        new.write_text(f"{id}\n", encoding="ascii")
        new.replace(path)

    def good_name(self, ref: str) -> bool:
        """Whether git allows the name."""
        return _good_name(ref)

    # --- history ---

    def merge_base(self, *commits: str) -> str | None:
        """The best common ancestor of commits by their full ids; None when there is none."""

        def find() -> str | None:
            found = self.git("merge-base", *commits, codes=(0, 1)).decode().split()
            return found[0] if found else None

        return self.once(("merge-base", *commits), find)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether ``new`` has ``old`` in its history, or is it."""
        return old == new or self.merge_base(old, new) == old

    # --- writing ---

    def store(self, kind: str, content: bytes) -> str:
        """Store an object; returns its id. As a loose object, which costs no process."""
        raw = f"{kind} {len(content)}\0".encode() + content
        id = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        path = self.path / "objects" / id[:2] / id[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            new = path.with_name(f"tmp_obj_{threading.get_ident()}_{id[2:]}")
            new.write_bytes(zlib.compress(raw, 1))
            new.rename(path)
        return id

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """The tree of a merge of two commits by their full ids; None when it conflicts."""

        def merge() -> str | None:
            output = self.git("merge-tree", "--write-tree", "--no-messages", ours, theirs, codes=(0, 1)).decode(
                "utf-8", "replace"
            )
            tree, _, conflicts = output.partition("\n")
            return None if conflicts else tree

        try:
            return self.once(("merge-tree", ours, theirs), merge)
        except subprocess.CalledProcessError:
            return None  # histories that have nothing in common

    def picked(self, tree: str, commit: str, parents: Sequence[str]) -> str | None:
        """The tree of what a commit changed since its parents, on top of another tree; None when it conflicts."""
        # `git merge-tree --merge-base` needs git 2.40. A commit of our tree on top of the picked one's parents has
        # those as its merge base, too.
        who = "forge <forge@example.com> 0 +0000"
        lines = [f"tree {tree}", *(f"parent {one}" for one in parents), f"author {who}", f"committer {who}"]
        ours = self.store("commit", ("\n".join(lines) + "\n\npick\n").encode())
        return self.merged_tree(ours, commit)


@lru_cache(maxsize=1024)
def _good_name(ref: str) -> bool:
    command = ["git", "check-ref-format", ref]
    return "\0" not in ref and subprocess.run(command, env=repos.environment(), check=False).returncode == 0


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


def git_answer(
    call: Call,
    root: Path,
    path: str,
    *,
    user: str = "",
    filters: bool = True,
    extra: Mapping[str, str] | None = None,
) -> Answer:
    """Let ``git http-backend`` answer a request of git.

    Args:
        root: the folder that holds the bare repositories.
        path: the repository's path below ``root``, and what follows it (``/acme/deploy.git/info/refs``).
        user: who asks; hooks see it as ``REMOTE_USER``.
        extra: more variables for hooks.
    """
    status, headers, body = githttp.backend(
        root,
        method=call.method,
        path=unquote(path),
        query=call.target.partition("?")[2],
        headers=call.headers,
        body=call.body,
        user=user,
        filters=filters,
        extra=extra,
    )
    return Answer(int(status.split(" ")[0]), dict(headers), body)


def commands_of(call: Call) -> list[tuple[str, str, str]]:
    """(old, new, ref) of each ref that a push wants to move
    (https://git-scm.com/docs/pack-protocol#_reference_update_request_and_packfile_transfer)."""
    body = gzip.decompress(call.body) if call.headers.get("content-encoding") == "gzip" else call.body
    found, at = [], 0
    while size := int(body[at : at + 4] or b"0", 16):
        line = body[at + 4 : at + size].split(b"\0")[0].decode().strip()
        if not line.startswith(("shallow ", "push-cert")):
            old, new, ref = line.split(" ", 2)
            found.append((old, new, ref))
        at += size
    return found
