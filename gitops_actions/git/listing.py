"""The refs of the remote, by one `git ls-remote` that can run while something else is fetched."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_actions.git.command import Command, Running
from gitops_actions.git.failures import failure


class Listing:
    """What the remote had when it was asked, until `forget`; with what we know since."""

    def __init__(self, command: Command, url: str) -> None:
        self._command = command
        self._url = url
        self._running: Running | None = None
        self._refs: dict[str, str] | None = None
        self._seen: dict[str, str | None] = {}
        self._head: str | None = None
        self._at: str | None = None

    def begin(self) -> None:
        """Ask now, and read the answer when it is needed."""
        if not self.asked:
            self._running = self._command.start("ls-remote", "--symref", "origin", network=True)

    @property
    def asked(self) -> bool:
        """Whether the answer is here, or on its way."""
        return self._refs is not None or self._running is not None

    def refs(self) -> Mapping[str, str]:
        """All refs by full name. Raises NotAllowed, UsageError, Temporary when the remote does not answer."""
        if self._refs is None:
            self.begin()
            running, self._running = self._running, None
            if running is None:
                raise RuntimeError("ls-remote was not started")
            answer = running.finish()
            if answer.status:
                raise failure(answer, self._url)
            self._refs = self._parse(answer.output)
            for ref, id in self._seen.items():
                self._put(ref, id)
        return self._refs

    def head(self) -> str | None:
        """The full name of the branch that HEAD names; None when there is no such branch."""
        return self._head if self.refs() else None

    def detached(self) -> str | None:
        """The commit that HEAD is at when it names no branch (a checkout in CI); None when it does."""
        return self._at if self.refs() and self._head is None else None

    def learn(self, ref: str, id: str | None) -> None:
        """A ref is known to be at ``id`` (None: gone) without asking: it was fetched, or we put it there."""
        self._seen[ref] = id
        if self._refs is not None:
            self._put(ref, id)

    def known(self, ref: str) -> str | None:
        """Where a ref is as far as it is known without asking."""
        return self._seen.get(ref) or (self._refs or {}).get(ref)

    def forget(self) -> None:
        """Ask again next time."""
        if self._running is not None:
            self._running.stop()
        self._running, self._refs, self._seen, self._head, self._at = None, None, {}, None, None

    def _put(self, ref: str, id: str | None) -> None:
        if self._refs is None:
            return
        if id is None:
            self._refs.pop(ref, None)
        else:
            self._refs[ref] = id

    def _parse(self, output: bytes) -> dict[str, str]:
        refs: dict[str, str] = {}
        for line in output.decode("utf-8", "surrogateescape").split("\n"):
            value, _, name = line.partition("\t")
            if name == "HEAD" and value.startswith("ref: "):
                self._head = value.removeprefix("ref: ")
            elif name == "HEAD":
                self._at = value
            elif name.startswith("refs/") and not name.endswith("^{}"):
                refs[name] = value
        return refs
