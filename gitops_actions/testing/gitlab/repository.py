"""One bare repository, read and written by git's plumbing as Gitaly does it for GitLab."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

Found = TypeVar("Found")

_ID = re.compile(r"[0-9a-f]{7,40}")
_FIELDS = ("%H", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B")


@dataclass(frozen=True)
class Commit:
    """A commit; times are as git writes them strictly (ISO 8601)."""

    id: str
    parents: tuple[str, ...]
    author: str
    author_mail: str
    authored: str
    committer: str
    committer_mail: str
    committed: str
    message: str

    @property
    def title(self) -> str:
        """The first line."""
        return self.message.partition("\n")[0]


@dataclass(frozen=True)
class Entry:
    """Something in a tree."""

    mode: str
    type: str
    id: str
    path: str


@dataclass(frozen=True)
class Person:
    """Who a commit is by, and when (seconds)."""

    name: str
    mail: str
    time: int

    def __str__(self) -> str:
        return f"{_clean(self.name)} <{_clean(self.mail)}> {self.time} +0000"


class Moved(Exception):
    """A ref was not where it was thought to be."""


class Repository:
    """A bare repository at ``path``. Every method looks at the repository as it is now; what follows from full commit
    ids alone is remembered."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[tuple[str, ...], object] = {}

    def git(self, *arguments: str, data: bytes | None = None, codes: Sequence[int] = (0,)) -> bytes:
        """What git prints. Raises CalledProcessError when it ends with none of ``codes``."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
        command = ["git", "--literal-pathspecs", *arguments]
        done = subprocess.run(
            command, cwd=self.path, env=environment, input=data, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode not in codes:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout

    # --- reading ---

    def branches(self) -> dict[str, str]:
        """Branches with their commits, by name."""
        lines = self.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads").decode().splitlines()
        found = (line.partition(" ") for line in lines)
        return {name.removeprefix("refs/heads/"): commit for commit, _, name in found}

    def resolve(self, ref: str) -> str | None:
        """The commit of a branch, tag, id (7 digits at least) or HEAD; None when there is none."""
        names = ["HEAD"] if ref == "HEAD" else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
        names += [ref] if _ID.fullmatch(ref) or ref.startswith("refs/") else []
        for name in names:
            found = self.git(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", codes=(0, 1, 128)
            )
            if found.strip():
                return found.decode().strip().splitlines()[-1]
        return None

    def commits(
        self, *revisions: str, path: str = "", limit: int | None = None, skip: int = 0, first_parent: bool = False
    ) -> list[Commit]:
        """The commits that ``git log`` lists, newest first."""
        options = [f"--skip={skip}", *([f"--max-count={limit}"] if limit is not None else [])]
        options += ["--first-parent"] if first_parent else []
        output = self.git(
            "log", "-z", f"--format={'%x00'.join(_FIELDS)}", *options, "--end-of-options", *revisions, "--",
            *([path] if path else []),
        )  # fmt: skip
        texts = output.decode("utf-8", "replace").split("\0")[:-1]
        rows = (texts[start : start + len(_FIELDS)] for start in range(0, len(texts), len(_FIELDS)))
        return [Commit(row[0], tuple(row[1].split()), *row[2:]) for row in rows]

    def commit(self, commit: str) -> Commit:
        """One commit by its id."""
        return self._once(("commit", commit), lambda: self.commits(commit, limit=1)[0])

    def entries(self, commit: str, paths: Iterable[str]) -> dict[str, Entry]:
        """What is at these paths in a commit; those where nothing is are left out."""
        wanted = [path for path in paths if path]
        if not wanted:
            return {}
        return {
            entry.path: entry
            for entry in _entries(self.git("ls-tree", "-z", "-t", "--full-tree", commit, "--", *wanted))
        }

    def tree(self, commit: str, path: str, *, recursive: bool) -> list[Entry] | None:
        """What is in a folder, with the paths from the root; None when there is no such folder."""
        options = ["-r", "-t"] if recursive else []
        try:
            found = _entries(self.git("ls-tree", "-z", *options, f"{commit}:{path}" if path else commit))
        except subprocess.CalledProcessError:
            return None
        prefix = f"{path}/" if path else ""
        return [Entry(entry.mode, entry.type, entry.id, prefix + entry.path) for entry in found]

    def blobs(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Contents by blob id."""
        output = self.git("cat-file", "--batch", data="".join(f"{one}\n" for one in ids).encode())
        found, at = {}, 0
        for one in ids:
            end = output.index(b"\n", at)
            size = int(output[at:end].split()[2])
            found[one] = output[end + 1 : end + 1 + size]
            at = end + 1 + size + 1
        return found

    def merge_base(self, *commits: str) -> str | None:
        """The best common ancestor."""

        def find() -> str | None:
            return self.git("merge-base", *commits, codes=(0, 1)).decode().strip() or None

        return self._once(("merge-base", *commits), find)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether ``new`` has ``old`` in its history."""
        return self.merge_base(old, new) == old

    def last_change(self, ref: str, path: str) -> str | None:
        """The last commit that changed a path."""
        found = self.commits(ref, path=path, limit=1)
        return found[0].id if found else None

    def diff(self, old: str, new: str) -> bytes:
        """A patch of git between two commits, with full file modes."""
        command = ("diff-tree", "-r", "-p", "-M", "--full-index", "--no-ext-diff", old, new)
        return self._once(command, lambda: self.git(*command))

    def stats(self, commit: Commit) -> tuple[int, int]:
        """Added and deleted lines of a commit against its first parent."""
        against = [commit.parents[0], commit.id] if commit.parents else ["--root", commit.id]
        rows = [
            line.split("\t")
            for line in self.git("diff-tree", "-r", "--numstat", *against).decode(errors="replace").splitlines()
        ]
        counted = [row for row in rows if len(row) == 3 and row[0].isdigit()]
        return sum(int(row[0]) for row in counted), sum(int(row[1]) for row in counted)

    # --- writing ---

    def write(
        self,
        parent: str | None,
        files: Mapping[str, tuple[str, str | bytes] | None],
        message: str,
        author: Person,
        committer: Person,
    ) -> str:
        """Make a commit on top of ``parent`` that is on no branch yet. ``files`` gives (mode, blob id or content) by
        path; None deletes. Costs what it changes, however large the tree is."""
        ref = f"refs/gitlab/{uuid.uuid4().hex}"
        stream = [f"commit {ref}\nmark :1\nauthor {author}\ncommitter {committer}\n".encode(), _data(message.encode())]
        if parent:
            stream.append(f"from {parent}\n".encode())
        stream += [b"D %s\n" % _quoted(path) for path, file in files.items() if file is None]
        for path, file in files.items():
            if file is not None:
                mode, content = file
                named = content.encode() if isinstance(content, str) else b"inline"
                stream.append(b"M %s %s %s\n" % (mode.encode(), named, _quoted(path)))
                stream.append(_data(content) if isinstance(content, bytes) else b"")
        stream.append(b"\nget-mark :1\n")
        made = self.git("fast-import", "--quiet", "--date-format=raw", data=b"".join(stream)).decode().strip()
        self.git("update-ref", "-d", ref)
        return made

    def commit_tree(self, tree: str, parents: Sequence[str], message: str, author: Person, committer: Person) -> str:
        """Make a commit of a tree that exists."""
        lines = [f"tree {tree}", *(f"parent {one}" for one in parents), f"author {author}", f"committer {committer}"]
        data = ("\n".join(lines) + "\n\n" + message).encode("utf-8", "surrogateescape")
        return self.git("hash-object", "-t", "commit", "-w", "--stdin", data=data).decode().strip()

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree."""
        return self.git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """The tree of a merge, or None when it conflicts."""

        def merge() -> str | None:
            output = self.git("merge-tree", "--write-tree", "--no-messages", ours, theirs, codes=(0, 1)).decode()
            tree, _, conflicts = output.partition("\n")
            return None if conflicts else tree

        return self._once(("merge-tree", ours, theirs), merge)

    def update(self, branch: str, new: str | None, old: str | None) -> None:
        """Move a branch from ``old`` (None: it is new) to ``new`` (None: delete). Raises Moved, and ValueError for a
        name that no branch can have."""
        ref = f"refs/heads/{branch}"
        try:
            self.git("check-ref-format", ref)
        except subprocess.CalledProcessError as error:
            raise ValueError(branch) from error
        command = f"delete {ref} {old}\n" if new is None else f"update {ref} {new} {old or '0' * 40}\n"
        try:
            self.git("update-ref", "--stdin", data=command.encode())
        except subprocess.CalledProcessError as error:
            raise Moved(branch) from error

    def _once(self, key: tuple[str, ...], find: Callable[[], Found]) -> Found:
        if key not in self._known:
            self._known[key] = find()
        return cast("Found", self._known[key])

    def keep(self, name: str, commit: str) -> None:
        """Keep a commit alive by a hidden ref, as ``refs/merge-requests/7/head`` does."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.git("update-ref", name, commit)


def _entries(output: bytes) -> list[Entry]:
    found = []
    for row in output.split(b"\0")[:-1]:
        about, _, path = row.partition(b"\t")
        mode, kind, one = about.decode().split()
        found.append(Entry(mode, kind, one, os.fsdecode(path)))
    return found


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _clean(text: str) -> str:
    return re.sub(r"[<>\n\0]", "", text).strip() or "GitLab"
