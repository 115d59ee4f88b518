"""A project's repository, read and written by git's plumbing as Gitaly does it for GitLab."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops_actions.testing.forgegit import ZERO, BareRepository

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


class Repository(BareRepository):
    """A bare repository as Gitaly has it."""

    # --- reading ---

    def branches(self) -> dict[str, str]:
        """Branches with their commits, by name."""
        return {name.removeprefix("refs/heads/"): commit for name, commit in self.refs("refs/heads/").items()}

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

    def count(self, commit: str, *, first_parent: bool = False) -> int:
        """How many commits there are up to one, itself included."""
        return int(self.git("rev-list", "--count", *(["--first-parent"] if first_parent else []), commit))

    def commit(self, commit: str) -> Commit:
        """One commit by its id."""
        return self.once(("commit", commit), lambda: self.commits(commit, limit=1)[0])

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

    def last_change(self, ref: str, path: str) -> str | None:
        """The last commit that changed a path."""
        found = self.commits(ref, path=path, limit=1)
        return found[0].id if found else None

    def diff(self, old: str, new: str) -> bytes:
        """A patch of git between two commits, with full file modes."""
        command = ("diff-tree", "-r", "-p", "-M", "--full-index", "--no-ext-diff", old, new)
        return self.once(command, lambda: self.git(*command))

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
        return self.store("commit", ("\n".join(lines) + "\n\n" + message).encode("utf-8", "surrogateescape"))

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree."""
        return self.git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def update(self, branch: str, new: str | None, old: str | None) -> None:
        """Move a branch from ``old`` (None: it is new) to ``new`` (None: delete). Raises RefMoved, and ValueError for
        a name that no branch can have."""
        ref = f"refs/heads/{branch}"
        if not self.good_name(ref):
            raise ValueError(branch)
        self.update_refs([(ref, new or ZERO, old or ZERO)])


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
