"""Fetching as little as possible from a remote: tips without history or blobs, then exactly the blobs that are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256

from gitops_actions.errors import GitOpsError
from gitops_actions.git.command import Answer, Command, Running
from gitops_actions.git.failures import failure

# A server that does not know the filter ignores it and sends the blobs at once (https://git-scm.com/docs/partial-clone).
_OPTIONS = (
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--recurse-submodules=no",
    "--filter=blob:none",
    "--stdin",
)
# Only for the fetch itself: a command that knows of a promisor would go and fetch each blob that it misses, or die.
_PARTIAL = ("-c", "remote.origin.promisor=true", "-c", "remote.origin.partialCloneFilter=blob:none")


def ours(name: str) -> str:
    """The ref under which a ref of the remote is kept. All are beside each other under names of their own: `a` may have
    been deleted for `a/b` since it was fetched, and to some file systems `a` and `A` are the same."""
    return f"refs/origin/{sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()}"


class Fetching:
    """Each method is at most one network command."""

    def __init__(self, command: Command, url: str) -> None:
        self._command = command
        self._url = url
        self._names: set[str] = set()
        self._begun: tuple[str, Running] | None = None
        self._whole: set[str] = set()
        self.complete = False  # whether all that was fetched has its history

    def begin(self, name: str) -> None:
        """Start what `tips` of this one name will wait for."""
        if self._begun is None and not self._names:
            self._begun = (name, self._start("--depth=1", wanted=self._refspecs([name])))

    def close(self) -> None:
        """Stop what was begun and not waited for."""
        if self._begun is not None:
            self._begun[1].stop()
            self._begun = None

    def tips(self, names: Collection[str]) -> GitOpsError | None:
        """Fetch the commits and trees of refs (full names, ``HEAD`` or commit ids), without their history; returns
        what went wrong."""
        begun, self._begun = self._begun, None
        if begun is not None:
            answer = begun[1].finish()
            if [begun[0]] == list(names):
                return failure(answer, self._url) if answer.status else None
        answer = self._fetch(*(() if self.complete else ("--depth=1",)), wanted=self._refspecs(names))
        return failure(answer, self._url) if answer.status else None

    def blobs(self, ids: Collection[str]) -> None:
        """Fetch blobs by id: all in one command, as git itself does it when it misses one, but not one by one.
        Raises NotAllowed, UsageError, Temporary."""
        answer = self._fetch(wanted=ids, settings=("-c", "fetch.negotiationAlgorithm=noop"))
        if answer.status:
            raise failure(answer, self._url)

    def beyond(self, base: str, head: str) -> bool | None:
        """Fetch ``head`` (a full ref or an id) with its history down to where it leaves the ref ``base``. False: it
        does not leave it, all of it is in ``base``. None: the server cannot do that."""
        answer = self._fetch(f"--shallow-exclude={base}", wanted=self._refspecs([head]))
        if not answer.status:
            return True
        # The server has no other way to say that nothing is left (upload-pack.c, get_shallow_commits_by_rev_list).
        return False if "no commits selected" in answer.errors else None

    def has_history(self, ids: Collection[str]) -> bool:
        """Whether those of these commits that were fetched have their history."""
        return self.complete or self._whole.issuperset(ids)

    def history(self, ids: Collection[str], there: Collection[str]) -> None:
        """Fetch commits with all their history, and that of what was fetched before and is still ``there``: the remote
        would refuse the whole fetch for one name that is gone. Raises NotAllowed, UsageError, Temporary."""
        self._settle()
        shallow = self._command.folder / "shallow"
        self._names.intersection_update(there)
        wanted = self._refspecs(self._names.union(ids))
        answer = self._fetch(*(("--unshallow",) if shallow.exists() else ()), wanted=wanted)
        if answer.status:
            raise failure(answer, self._url)
        self._whole.update(ids)
        self.complete = not shallow.exists()

    def _refspecs(self, names: Collection[str]) -> list[str]:
        self._names.update(names)
        return [f"+{name}:{ours(name)}" for name in sorted(names)]

    def _settle(self) -> None:
        """Wait for what was begun: of two fetches at once into one repository, each would cut or complete the history
        without knowing of the other."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun[1].finish()

    def _fetch(self, *options: str, wanted: Collection[str], settings: Sequence[str] = ()) -> Answer:
        self._settle()
        return self._start(*options, wanted=wanted, settings=settings).finish()

    def _start(self, *options: str, wanted: Collection[str], settings: Sequence[str] = ()) -> Running:
        lines = "".join(f"{line}\n" for line in wanted).encode("utf-8", "surrogateescape")
        running = self._command.start(*_PARTIAL, *settings, "fetch", *_OPTIONS, *options, "origin", network=True)
        running.give(lines)
        return running
