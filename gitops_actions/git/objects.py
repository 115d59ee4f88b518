"""Reading git objects by one long-lived process, and finding files in trees."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Command, Running
from gitops_actions.model import SUBMODULE

TREE = "40000"
# As many names fit into a pipe at once whatever the platform, so that neither side waits for the other.
_BATCH = 50
_ENTRY = {
    40: re.compile(rb"(\d+) ([^\0]+)\0(.{20})", re.DOTALL),
    64: re.compile(rb"(\d+) ([^\0]+)\0(.{32})", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class Object:
    """A git object: ``kind`` is ``commit``, ``tree``, ``blob`` or ``tag``."""

    id: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree says about a path."""

    mode: str
    id: str

    @property
    def is_tree(self) -> bool:
        return self.mode == TREE

    @property
    def is_blob(self) -> bool:
        return self.mode not in (TREE, SUBMODULE)


class Objects:
    """The objects of one repository. Those that are asked for and missing are not in the answer."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._running: Running | None = None
        self._trees: dict[str, bytes] = {}

    def close(self) -> None:
        """Stop the process."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def get(self, name: str) -> Object | None:
        """One object by id, or by the full name of a ref of ours."""
        return next(self.get_all([name]), None)

    def get_all(self, names: Collection[str]) -> Iterator[Object]:
        """The objects of these names that exist, in this order."""
        if self._running is None:
            self._running = self._command.start("cat-file", "--batch")
        source, sink = self._running.process.stdout, self._running.process.stdin
        if source is None or sink is None:
            raise RuntimeError("cat-file was started without pipes")
        pending = list(names)
        try:
            for start in range(0, len(pending), _BATCH):
                batch = pending[start : start + _BATCH]
                sink.write("".join(f"{name}\n" for name in batch).encode())
                sink.flush()
                found = []
                for _ in batch:
                    header = source.readline().decode().split()
                    if header[-1] == "missing":
                        continue
                    content = source.read(int(header[2]) + 1)  # a line feed follows
                    found.append(Object(header[0], header[1], content[:-1]))
                # Only now: a caller that stops early must not leave answers in the pipe.
                yield from found
        except (BrokenPipeError, IndexError, ValueError):
            words = self._running.finish().words
            self._running = None
            raise UsageError(f"git cannot read the repository: {words}", hint="run git fsck in it") from None

    def sizes(self, ids: Collection[str]) -> dict[str, int]:
        """The sizes of those of these objects that exist, without reading them."""
        data = "".join(f"{id}\n" for id in ids).encode()
        answer = self._command.run("cat-file", "--batch-check=%(objectname) %(objectsize)", data=data)
        if answer.status:
            raise UsageError(f"git cannot read the repository: {answer.words}", hint="run git fsck in it")
        lines = (line.split(" ") for line in answer.output.decode().splitlines())
        return {id: int(size) for id, size in lines if size.isdecimal()}

    def commit(self, name: str) -> Object | None:
        """The commit of a name; an annotated tag is followed. Raises UsageError when it is something else."""
        found = self.get(name)
        while found is not None and found.kind == "tag":
            found = self.get(found.content.split(b"\n", 1)[0].removeprefix(b"object ").decode())
        if found is not None and found.kind != "commit":
            raise UsageError(f"{name} is a {found.kind}, not a commit", hint="give a branch, a tag or a commit id")
        return found

    def find(self, tree: str, paths: Collection[str]) -> Mapping[str, Entry]:
        """What a tree has at ``paths``, files and folders. Symbolic links are not followed."""
        result: dict[str, Entry] = {}
        level = {tree: [(path, path.split("/")) for path in paths]} if paths else {}
        while level:
            contents = self._contents(level)
            below: dict[str, list[tuple[str, list[str]]]] = {}
            for folder, wanted in level.items():
                by_name: dict[bytes, list[tuple[str, list[str]]]] = {}
                for path, parts in wanted:
                    by_name.setdefault(parts[0].encode("utf-8", "surrogateescape"), []).append((path, parts[1:]))
                for name, entry in _entries(contents[folder], folder, by_name):
                    for path, parts in by_name[name]:
                        if not parts:
                            result[path] = entry
                        elif entry.is_tree:
                            below.setdefault(entry.id, []).append((path, parts))
            level = below
        return result

    def children(self, trees: Collection[str]) -> Mapping[str, list[tuple[str, Entry]]]:
        """What is directly in each of these trees, by name."""
        contents = self._contents(trees)
        return {
            tree: [(name.decode("utf-8", "surrogateescape"), entry) for name, entry in _entries(contents[tree], tree)]
            for tree in trees
        }

    def _contents(self, ids: Collection[str]) -> Mapping[str, bytes]:
        for found in self.get_all([id for id in ids if id not in self._trees]):
            self._trees[found.id] = found.content
        missing = next((id for id in ids if id not in self._trees), None)
        if missing is not None:
            raise UsageError(f"the repository has no tree {missing}", hint="run git fsck in it")
        return self._trees


def tree_of(commit: Object) -> str:
    """The id of a commit's tree."""
    return commit.content.split(b"\n", 1)[0].removeprefix(b"tree ").decode()


def parents_of(commit: Object) -> tuple[str, ...]:
    """The parents that a commit names, whether they were fetched or not."""
    header = commit.content.partition(b"\n\n")[0].split(b"\n")
    return tuple(line[7:].decode() for line in header if line.startswith(b"parent "))


def _entries(content: bytes, id: str, names: Collection[bytes] | None = None) -> Iterator[tuple[bytes, Entry]]:
    """The entries of a tree; only those that have one of ``names``."""
    missing = len(names) if names is not None else -1
    for match in _ENTRY[len(id)].finditer(content):
        mode, name, raw = match.groups()
        if names is None or name in names:
            yield name, Entry(mode.decode(), raw.hex())
            missing -= 1
            if not missing:
                return
