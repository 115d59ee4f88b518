"""Fetching as little as possible from a remote: tips without history or blobs, then exactly the blobs that are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gitops_actions.errors import GitOpsError
from gitops_actions.git.command import Answer, Command, Running
from gitops_actions.git.failures import failure

OURS = "refs/origin/"  # where fetched refs are kept: `refs/heads/main` as `refs/origin/refs/heads/main`
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


class Fetching:
    """Each method is at most one network command."""

    def __init__(self, command: Command, url: str) -> None:
        self._command = command
        self._url = url
        self._names: set[str] = set()
        self._begun: tuple[str, Running] | None = None
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

    def history(self, names: Collection[str]) -> None:
        """Fetch refs or commits with all their history, and that of all that was fetched before.
        Raises NotAllowed, UsageError, Temporary."""
        wanted = self._refspecs(self._names.union(names))
        shallow = (self._command.folder / "shallow").exists()
        answer = self._fetch(*(("--unshallow",) if shallow else ()), wanted=wanted)
        if answer.status:
            raise failure(answer, self._url)
        self.complete = True

    def _refspecs(self, names: Collection[str]) -> list[str]:
        self._names.update(names)
        return [f"+{name}:{OURS}{name}" for name in sorted(names)]

    def _fetch(self, *options: str, wanted: Collection[str], settings: Sequence[str] = ()) -> Answer:
        return self._start(*options, wanted=wanted, settings=settings).finish()

    def _start(self, *options: str, wanted: Collection[str], settings: Sequence[str] = ()) -> Running:
        lines = "".join(f"{line}\n" for line in wanted).encode("utf-8", "surrogateescape")
        running = self._command.start(*_PARTIAL, *settings, "fetch", *_OPTIONS, *options, "origin", network=True)
        running.give(lines)
        return running
