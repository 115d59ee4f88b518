"""The git side of a repository: the objects of a bare repository, read and written as GitHub's backend does it."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitops_actions.testing import repos
from gitops_actions.testing.forgegit import BareRepository
from gitops_actions.testing.github.stored import CommitObject, Entry, Person, commit_in, entries_in, sign

_SHA = re.compile(r"[0-9a-f]{40}")


class Objects(BareRepository):
    """Reads and writes the objects of a bare repository."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = threading.Lock()
        self._reader: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """Where the repository is."""
        return self.path

    def close(self) -> None:
        """End the process that reads."""
        with self._lock:
            if self._reader is not None:
                self._reader.communicate()
                self._reader = None

    # --- reading ---

    def read(self, name: str) -> tuple[str, str, bytes] | None:
        """(id, kind, content) of an object by id or by a revision; None when there is none."""
        if not name or "\n" in name or "\0" in name:
            return None
        with self._lock:
            if self._reader is None:
                self._reader = subprocess.Popen(
                    ["git", "cat-file", "--batch"], cwd=self.path, env=repos.environment(), stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                )  # fmt: skip
            reader = self._reader
            assert reader.stdin is not None
            assert reader.stdout is not None
            reader.stdin.write(os.fsencode(name) + b"\n")
            reader.stdin.flush()
            head = reader.stdout.readline().decode("utf-8", "replace").rstrip("\n").split(" ")
            if len(head) != 3 or not _SHA.fullmatch(head[0]):
                return None
            content = reader.stdout.read(int(head[2]))
            reader.stdout.read(1)
        return head[0], head[1], content

    def kind(self, id: str) -> str | None:
        """The kind of an object; None when there is no such object."""
        found = self.read(id) if _SHA.fullmatch(id) else None
        return found[1] if found else None

    def commit(self, id: str) -> CommitObject | None:
        """A commit by its id; None when there is no such commit."""
        found = self.read(id) if _SHA.fullmatch(id) else None
        return commit_in(id, found[2]) if found and found[1] == "commit" else None

    def tree(self, id: str) -> list[Entry] | None:
        """The lines of a tree (or of a commit's); None when there is none."""
        found = self.read(f"{id}^{{tree}}") if _SHA.fullmatch(id) else None
        return entries_in(found[2]) if found else None

    def listing(self, tree: str, *, recursive: bool) -> list[tuple[Entry, int | None]]:
        """What is in a tree, by path, with the sizes of files; ``recursive``: in the trees in it, too."""
        options = ["-r", "-t"] if recursive else []
        raw = self.git("ls-tree", *options, "-l", "-z", tree)
        found: list[tuple[Entry, int | None]] = []
        for line in raw.split(b"\0")[:-1]:
            head, _, path = line.partition(b"\t")
            mode, kind, id, size = head.decode().split()
            found.append((Entry(mode, kind, id, os.fsdecode(path)), None if size == "-" else int(size)))
        return found

    def at(self, commit: str, path: str) -> Entry | None:
        """What is at a path of a commit; None when nothing is."""
        parts = [part for part in path.split("/") if part]
        root = self.read(f"{commit}^{{tree}}")
        if root is None:
            return None
        entry = Entry("040000", "tree", root[0], "")
        for part in parts:
            entries = self.tree(entry.id) if entry.kind == "tree" else None
            found = next((one for one in entries or () if one.name == part), None)
            if found is None:
                return None
            entry = found
        return entry

    def branch(self, name: str) -> str | None:
        """The commit of a branch."""
        return self.ref(f"refs/heads/{name}")

    def head(self) -> str:
        """The branch that HEAD names."""
        text = (self.path / "HEAD").read_text(encoding="utf-8").strip()
        return text.removeprefix("ref: refs/heads/")

    def resolve(self, text: str) -> str | None:
        """The commit that a branch, tag or (short) id means."""
        if text == "HEAD":
            return self.branch(self.head())
        names = [f"refs/heads/{text}", f"refs/tags/{text}", f"refs/{text}"]
        for name in [text, *names] if text.startswith("refs/") else names:
            id = self.ref(name)
            if id is not None:
                return self._peeled(id)
        return self._peeled(text) if re.fullmatch(r"[0-9a-f]{4,40}", text) else None

    def _peeled(self, text: str) -> str | None:
        found = self.read(f"{text}^{{commit}}")
        return found[0] if found else None

    # --- history ---

    def between(self, base: str, head: str) -> list[str]:
        """The commits of ``head`` that ``base`` lacks, oldest first."""
        return self._lines("rev-list", "--reverse", "--topo-order", head, f"^{base}")

    def history(self, start: str, path: str | None = None) -> list[str]:
        """The commits of ``start``, newest first; with ``path`` those that changed it."""
        return self._lines("rev-list", start, *(["--", path] if path else []))

    def _lines(self, *arguments: str) -> list[str]:
        return os.fsdecode(self.git(*arguments)).splitlines()

    def changes(self, old: str, new: str) -> list[tuple[str, str, str, str, str, int, int]]:
        """What differs between two trees: (status, old path, path, old id, id, additions, deletions)."""
        raw = self.git("diff-tree", "-r", "-M", "-z", "--raw", "--numstat", old, new)
        fields = [os.fsdecode(field) for field in raw.split(b"\0")[:-1]]
        found: list[tuple[str, str, str, str, str]] = []
        counts: dict[str, tuple[int, int]] = {}
        position = 0
        while position < len(fields):
            text = fields[position]
            if text.startswith(":"):
                _, _, before, after, status = text.split(" ")
                path = old_path = fields[position + 1]
                position += 2
                if status[0] in "RC":
                    path = fields[position]
                    position += 1
                found.append((status[0], old_path, path, before, after))
                continue
            added, deleted, path = text.split("\t", 2)
            position += 1
            if not path:
                path = fields[position + 1]
                position += 2
            counts[path] = (0, 0) if added == "-" else (int(added), int(deleted))
        return [(*one, *counts.get(one[2], (0, 0))) for one in found]

    # --- writing ---

    def write_tree(self, entries: Sequence[Entry]) -> str:
        """Store a tree; git's order is that of names where folders end with a slash."""
        ordered = sorted(entries, key=lambda one: os.fsencode(one.name) + (b"/" if one.kind == "tree" else b""))
        lines = (
            one.mode.lstrip("0").encode() + b" " + os.fsencode(one.name) + b"\0" + bytes.fromhex(one.id)
            for one in ordered
        )
        return self.store("tree", b"".join(lines))

    def changed_tree(self, tree: str | None, files: Mapping[str, Entry | None]) -> str:
        """The tree with files put in (None: taken out). A folder that gets empty goes away.

        Raises KeyError for a file that is to be taken out and does not exist.
        """
        entries = {} if tree is None else {one.name: one for one in self.tree(tree) or ()}
        below: dict[str, dict[str, Entry | None]] = {}
        for path, wanted in files.items():
            first, _, rest = path.partition("/")
            if rest:
                below.setdefault(first, {})[rest] = wanted
            elif wanted is None:
                del entries[first]
            else:
                entries[first] = Entry(wanted.mode, wanted.kind, wanted.id, first)
        for name, inner in below.items():
            there = entries.get(name)
            folder = there.id if there is not None and there.kind == "tree" else None
            if folder is None and all(wanted is None for wanted in inner.values()):
                raise KeyError(next(iter(inner)))
            id = self.changed_tree(folder, inner)
            if self.tree(id):
                entries[name] = Entry("040000", "tree", id, name)
            else:
                entries.pop(name, None)
        return self.write_tree(list(entries.values()))

    def write_commit(
        self, tree: str, parents: Sequence[str], message: str, author: Person, committer: Person, *, signed: bool
    ) -> str:
        """Store a commit, signed by the forge or not at all."""
        head = [f"tree {tree}", *(f"parent {id}" for id in parents)]
        head += [f"author {author.line()}", f"committer {committer.line()}"]
        payload = "\n".join(head) + "\n\n" + message
        if signed:
            signature = sign(payload)
            head.append("gpgsig " + signature.replace("\n", "\n "))
        text = "\n".join(head) + "\n\n" + message
        return self.store("commit", text.encode("utf-8", "surrogateescape"))
