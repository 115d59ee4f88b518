"""The git side of a repository: objects, refs and merges of a bare repository, as a forge's own backend sees them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import subprocess
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ZERO = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}")
_SIGNING_KEY = b"the key of a fake"


@dataclass(frozen=True)
class Person:
    """Who made a commit, and when (seconds, and the offset as git writes it)."""

    name: str
    email: str
    time: int
    offset: str = "+0000"

    def line(self) -> str:
        """As git writes it."""
        return f"{self.name} <{self.email}> {self.time} {self.offset}"


@dataclass(frozen=True)
class CommitObject:
    """A commit as it is stored."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str
    signature: str | None
    payload: str  # what the signature is of

    @property
    def verified(self) -> bool:
        """Whether the forge itself signed it."""
        return self.signature is not None and self.signature == sign(self.payload)


@dataclass(frozen=True)
class Entry:
    """A line of a tree."""

    mode: str
    kind: str
    id: str
    name: str


class RefMoved(Exception):
    """A ref was not where the writer thought."""


class Objects:
    """Reads and writes a bare repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._reader: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        """End the process that reads."""
        with self._lock:
            if self._reader is not None:
                self._reader.communicate()
                self._reader = None

    def git(self, *arguments: str, data: bytes | None = None, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run git here."""
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, env=_environment(), input=data, capture_output=True, check=check
        )

    def lines(self, *arguments: str) -> list[str]:
        """What git prints, by lines."""
        return os.fsdecode(self.git(*arguments).stdout).splitlines()

    # --- reading ---

    def read(self, name: str) -> tuple[str, str, bytes] | None:
        """(id, kind, content) of an object by id or by a revision; None when there is none."""
        if not name or "\n" in name or "\0" in name:
            return None
        with self._lock:
            if self._reader is None:
                self._reader = subprocess.Popen(
                    ["git", "cat-file", "--batch"], cwd=self.folder, env=_environment(), stdin=subprocess.PIPE,
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
        return _commit(id, found[2]) if found and found[1] == "commit" else None

    def tree(self, id: str) -> list[Entry] | None:
        """The lines of a tree (or of a commit's); None when there is none."""
        found = self.read(f"{id}^{{tree}}") if _SHA.fullmatch(id) else None
        return _tree(found[2]) if found else None

    def listing(self, tree: str, *, recursive: bool) -> list[tuple[Entry, int | None]]:
        """What is in a tree, by path, with the sizes of files; ``recursive``: in the trees in it, too."""
        options = ["-r", "-t"] if recursive else []
        raw = self.git("ls-tree", *options, "-l", "-z", tree).stdout
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

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether ``new`` has ``old`` in its history, or is it."""
        return old == new or self.git("merge-base", "--is-ancestor", old, new, check=False).returncode == 0

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor."""
        found = self.git("merge-base", one, other, check=False).stdout.decode().split()
        return found[0] if found else None

    def between(self, base: str, head: str) -> list[str]:
        """The commits of ``head`` that ``base`` lacks, oldest first."""
        return self.lines("rev-list", "--reverse", "--topo-order", head, f"^{base}")

    def history(self, start: str, path: str | None = None) -> list[str]:
        """The commits of ``start``, newest first; with ``path`` those that changed it."""
        return self.lines("rev-list", start, *(["--", path] if path else []))

    def changes(self, old: str, new: str) -> list[tuple[str, str, str, str, str, int, int]]:
        """What differs between two trees: (status, old path, path, old id, id, additions, deletions)."""
        raw = self.git("diff-tree", "-r", "-M", "-z", "--raw", "--numstat", old, new).stdout
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

    def write(self, kind: str, content: bytes) -> str:
        """Store an object; returns its id. As a loose object, which costs no process."""
        raw = f"{kind} {len(content)}\0".encode() + content
        id = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        path = self.folder / "objects" / id[:2] / id[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            new = path.with_name(f"tmp_obj_{threading.get_ident()}_{id[2:]}")
            new.write_bytes(zlib.compress(raw, 1))
            new.rename(path)
        return id

    def write_tree(self, entries: Sequence[Entry]) -> str:
        """Store a tree; git's order is that of names where folders end with a slash."""
        ordered = sorted(entries, key=lambda one: os.fsencode(one.name) + (b"/" if one.kind == "tree" else b""))
        lines = (
            one.mode.lstrip("0").encode() + b" " + os.fsencode(one.name) + b"\0" + bytes.fromhex(one.id)
            for one in ordered
        )
        return self.write("tree", b"".join(lines))

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
        return self.write("commit", text.encode("utf-8", "surrogateescape"))

    def merged_tree(self, ours: str, theirs: str) -> tuple[str | None, list[str]]:
        """(tree, []) of a merge, or (None, conflicting files)."""
        arguments = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs]
        done = self.git(*arguments, check=False)
        fields = os.fsdecode(done.stdout).split("\0")
        if done.returncode == 0:
            return fields[0], []
        return None, sorted({field for field in fields[1:] if field})

    def picked(self, onto: str, commit: CommitObject) -> str | None:
        """The tree of a commit's change on top of another commit; None when it conflicts."""
        ours = self.commit(onto)
        assert ours is not None
        # A commit with their parent and our tree: what both have in common is the parent, so the merge is a pick.
        helper = self.write_commit(ours.tree, commit.parents[:1], "pick\n", ours.author, ours.committer, signed=False)
        return self.merged_tree(helper, commit.id)[0]

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


def sign(payload: str) -> str:
    """What stands for a signature of the forge: it is different for each payload, and can be checked."""
    digest = hmac.new(_SIGNING_KEY, payload.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    text = base64.b64encode(digest).decode()
    return f"-----BEGIN PGP SIGNATURE-----\n\n{text}\n-----END PGP SIGNATURE-----"


@lru_cache(maxsize=1024)
def _good_name(ref: str) -> bool:
    command = ["git", "check-ref-format", ref]
    return "\0" not in ref and subprocess.run(command, env=_environment(), check=False).returncode == 0


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


def _environment() -> dict[str, str]:
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


def _person(text: str) -> Person:
    name, _, rest = text.partition(" <")
    email, _, when = rest.rpartition("> ")
    time, _, offset = when.partition(" ")
    return Person(name, email, int(time), offset or "+0000")


def _commit(id: str, content: bytes) -> CommitObject:
    head, _, message = content.decode("utf-8", "replace").partition("\n\n")
    values: dict[str, list[str]] = {}
    kept: list[str] = []
    name = ""
    for line in head.split("\n"):
        if line.startswith(" "):
            values[name][-1] += "\n" + line[1:]
        else:
            name, _, value = line.partition(" ")
            values.setdefault(name, []).append(value)
        if name != "gpgsig":
            kept.append(line)
    return CommitObject(
        id=id,
        tree=values["tree"][0],
        parents=tuple(values.get("parent", ())),
        author=_person(values["author"][0]),
        committer=_person(values["committer"][0]),
        message=message,
        signature=values["gpgsig"][0] if "gpgsig" in values else None,
        payload="\n".join(kept) + "\n\n" + message,
    )


def _tree(content: bytes) -> list[Entry]:
    found = []
    position = 0
    while position < len(content):
        end = content.index(b"\0", position)
        mode, _, name = content[position:end].partition(b" ")
        id = content[end + 1 : end + 21].hex()
        position = end + 21
        text = mode.decode().zfill(6)
        kind = {"040000": "tree", "160000": "commit"}.get(text, "blob")
        found.append(Entry(text, kind, id, os.fsdecode(name)))
    return found
