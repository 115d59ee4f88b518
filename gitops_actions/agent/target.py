"""The target folder: `current`, a symbolic link to the published tree, and `.gitops-agent`, what the agent keeps.

::

    DIR/current -> .gitops-agent/trees/<content id>-<n>/apps
    DIR/.gitops-agent/lock
    DIR/.gitops-agent/scratch/                only while a cycle renders
    DIR/.gitops-agent/state.json              what the last cycle did, for people and for the next cycle
    DIR/.gitops-agent/trees/<tree>/apps/<app>/...
    DIR/.gitops-agent/trees/<tree>/inventory.json

Nothing else in DIR is read or written. The link alone says what is published; killed at any moment, a cycle leaves
at worst a tree that nothing points to, and the next one sweeps it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from gitops_actions.agent import tree
from gitops_actions.agent.tree import Inventory
from gitops_actions.errors import Temporary, UsageError
from gitops_actions.lock import Lock
from gitops_actions.model import File

CURRENT, OWN, CONTENT = "current", ".gitops-agent", "apps"
_LINK = re.compile(re.escape(f"{OWN}/trees/") + r"([0-9a-f]{32}-[0-9]{1,9})/" + CONTENT)
_NOT_OURS = "move it away, or use another --target"

Outcome = Literal["applied", "unchanged", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class AppState:
    """How an app was published. ``objects`` counts Kubernetes objects, and files that hold none."""

    app: str
    method: Literal["none", "kustomize", "helm"]
    files: int
    objects: int


@dataclass(frozen=True, slots=True)
class State:
    """What the agent remembers from cycle to cycle. Times are seconds since the epoch, UTC.

    ``revision``, ``tree``, ``inputs`` and ``apps`` are of the tree that was published last; ``previous`` is the one
    before, kept for readers that are still in it. ``pending`` are apps for which the on-change command has not
    succeeded yet.
    """

    environment: str
    outcome: Outcome
    checked: int
    message: str = ""
    revision: str | None = None
    applied: int | None = None
    tree: str | None = None
    previous: str | None = None
    inputs: str | None = None
    apps: tuple[AppState, ...] = ()
    pending: tuple[str, ...] = ()


class Target:
    """A folder that one agent owns two entries of. Every method may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._own = folder / OWN
        self._trees = self._own / "trees"

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the folder if need be and be its only agent. Raises Temporary when another one is, UsageError when
        `current` or `.gitops-agent` is not ours."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for folder in (self._own, self._trees):
            with contextlib.suppress(FileExistsError):
                tree.make_folder(folder)
            if not stat.S_ISDIR(folder.lstat().st_mode):
                raise UsageError(
                    f"{folder} is not a folder", code="GA505", hint="move it away, or use another --target"
                )
        self.published()
        lock = Lock(self._own / "lock")
        if not lock.acquire():
            raise Temporary(
                "another agent works on this target",
                code="GA503",
                hint="wait until it has ended, or give this agent a --target of its own",
            )
        try:
            yield
        finally:
            lock.release()

    def published(self) -> str | None:
        """The name of the tree that `current` points to. Raises UsageError when `current` is not our link."""
        link = self.folder / CURRENT
        try:
            match = _LINK.fullmatch(os.readlink(link))
        except FileNotFoundError:
            return None
        except OSError:
            match = None
        if match is None:
            raise UsageError(f"{link} exists and is not the link of an agent", code="GA505", hint=_NOT_OURS)
        return match[1]

    def content(self, name: str) -> Path:
        """Where the files of a tree lie."""
        return self._trees / name / CONTENT

    def inventory(self, name: str) -> Inventory | None:
        """What a tree should hold; None when that is not known any more."""
        try:
            found = msgspec.json.decode((self._trees / name / "inventory.json").read_bytes(), type=Inventory)
        except (OSError, msgspec.MsgspecError):
            return None
        return found if name.startswith(f"{found.id}-") else None

    def state(self) -> State | None:
        """What the last cycle left; None when there was none, or it is not readable."""
        try:
            return msgspec.json.decode((self._own / "state.json").read_bytes(), type=State)
        except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
            return None

    def owner(self) -> str | None:
        """The environment that was published here; None when none was, or that is not known any more. The state says
        it, and should that be damaged, the inventory."""
        state, published = self.state(), self.published()
        if state is not None:
            return state.environment if state.tree or published else None
        inventory = self.inventory(published) if published else None
        return inventory.environment if inventory else None

    def remember(self, state: State) -> None:
        """Write the state, wholly or not at all."""
        new = self._own / "state.json.new"
        _write(new, msgspec.json.format(msgspec.json.encode(state), indent=1))
        os.replace(new, self._own / "state.json")

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder for one cycle, private. It is here and not in the temporary folder of the machine, so that
        the next cycle finds and removes what a killed one has left."""
        folder = self._own / "scratch"
        tree.remove(folder)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            tree.remove(folder)

    def build(self, inventory: Inventory, files: Mapping[str, File]) -> str:
        """Write a tree that nothing points to yet and answer its name."""
        number = 1
        while os.path.lexists(self._trees / f"{inventory.id}-{number}"):
            number += 1
        name = f"{inventory.id}-{number}"
        folder = self._trees / name
        tree.make_folder(folder)
        tree.write(folder / CONTENT, files, inventory)
        _write(folder / "inventory.json", msgspec.json.encode(inventory))
        return name

    def publish(self, name: str) -> None:
        """Let `current` point to a tree, in one step: a reader finds the old one or the new."""
        tree.settle(self._trees / name)
        tree.fsync_folder(self._trees)
        new = self._own / "current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(f"{OWN}/trees/{name}/{CONTENT}")
        self.published()
        os.replace(new, self.folder / CURRENT)
        tree.fsync_folder(self.folder)

    def sweep(self, keep: Collection[str | None]) -> tuple[str, ...]:
        """Remove all trees but these and the published one; answers those that would not go."""
        keep = {*keep, self.published()}
        names = [name for name in sorted(os.listdir(self._trees)) if name not in keep]
        return tuple(name for name in names if not tree.remove(self._trees / name))


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)
