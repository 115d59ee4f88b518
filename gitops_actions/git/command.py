"""Running git: fixed arguments, an environment without surprises, and words that are safe to show."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_actions.errors import UsageError
from gitops_actions.git.credentials import Credentials
from gitops_actions.lock import Lock
from gitops_actions.texts import lines

if TYPE_CHECKING:
    from subprocess import Popen

# What of git's environment a person may set: how to reach a server, never which repository or which configuration.
# GIT_SSL_NO_VERIFY is not here on purpose, and GIT_TRACE* and GIT_CURL_VERBOSE would write tokens into logs.
_ALLOWED = re.compile(
    r"GIT_(?:SSH_COMMAND|SSH_VARIANT|EXEC_PATH|HTTP_PROXY_AUTHMETHOD|PROXY_SSL_\w+"
    r"|SSL_(?:CAINFO|CAPATH|CERT|KEY|CERT_TYPE|KEY_TYPE|VERSION|CIPHER_LIST))"
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",  # else git asks SSH_ASKPASS, which may open a window
    "GIT_NO_REPLACE_OBJECTS": "1",
}
# Overrides every `protocol.*.allow`: what is missing in a partial clone is not fetched when it is only looked at.
_OFFLINE = {"GIT_ALLOW_PROTOCOL": "none"}
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")


def scrub(environ: MutableMapping[str, str]) -> None:
    """Remove every ``GIT_*`` variable that is not about reaching a server. Once, at the start of the program:
    GitPython hands ``os.environ`` on to git, and can only add to it."""
    for name in [name for name in environ if name.startswith("GIT_") and not _ALLOWED.fullmatch(name)]:
        del environ[name]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git command said. ``errors`` is safe to show. ``remedy``: see `Credentials`."""

    status: int
    output: bytes
    errors: str
    remedy: str | None = None

    @property
    def words(self) -> str:
        """What the other side said (its lines start with ``remote:``), or else git itself."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        theirs = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
        return "\n".join([line for line in theirs if line] or lines)


class Running:
    """A git process. It is stopped when the block that started it is left."""

    def __init__(self, process: Popen[bytes], secrets: tuple[str, ...], remedy: str | None) -> None:
        self.process = process
        self._secrets = secrets
        self._remedy = remedy

    def finish(self, data: bytes | None = None) -> Answer:
        """Give it ``data``, read all that it says, and wait for its end."""
        try:
            output, errors = self.process.communicate(data)
        except BaseException:
            self.stop()
            raise
        return Answer(self.process.returncode, output, _safe(errors, self._secrets), self._remedy)

    def give(self, data: bytes) -> None:
        """Write all of its input now; for a process that reads it before it answers."""
        stream, self.process.stdin = self.process.stdin, None
        if stream is not None:
            with contextlib.suppress(BrokenPipeError), stream:  # it may have ended already; its answer says why
                stream.write(data)

    def stop(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue  # it died with input unread


class Command:
    """git in one repository.

    ``lock`` (of a repository of ours) is kept by the processes that are started here, so that the folder is not swept
    away under one that outlives us. ``origin`` is where ``credentials`` may go.
    """

    def __init__(
        self,
        folder: Path,
        lock: Lock | None = None,
        *,
        credentials: Credentials | None = None,
        origin: str | None = None,
    ) -> None:
        self.folder = folder
        self._lock = lock
        self._environment = {**_ENVIRONMENT, "GIT_DIR": str(folder)}
        self._credentials = credentials
        self._origin = origin

    def start(self, *arguments: str, network: bool = False) -> Running:
        """Start git. Only ``network`` commands get the credentials, and reach anything. Raises UsageError when there is
        no git."""
        try:
            from git.cmd import Git
        except ImportError:
            raise UsageError("git was not found", hint="install git 2.38 or newer, on the PATH") from None
        options: dict[str, Any] = {}
        if os.name == "posix" and self._lock is not None and self._lock.descriptor is not None:
            options["pass_fds"] = (self._lock.descriptor,)
        # Only now: a token may be made for this, and end before a process that runs for days.
        shown = self._credentials if network and self._origin is not None else None
        online = shown.environment(self._origin) if shown else {}
        environment = {**self._environment, **(online if network else _OFFLINE)}
        running = Git(self.folder).execute(
            [Git.GIT_PYTHON_GIT_EXECUTABLE, *arguments], istream=-1, as_process=True, env=environment, **options
        )
        # `AutoInterrupt` swallows what goes wrong; the process is ours to wait for.
        process, running.proc = running.proc, None
        if process is None:
            raise UsageError("git could not be started", hint="install git 2.38 or newer, on the PATH")
        return Running(process, shown.texts() if shown else (), shown.remedy if shown else None)

    def run(self, *arguments: str, data: bytes | None = None, network: bool = False) -> Answer:
        """Run git to its end."""
        return self.start(*arguments, network=network).finish(data)


def _safe(errors: bytes, secrets: tuple[str, ...]) -> str:
    """Text from a server or from git, fit for a terminal and a log."""
    text = lines(_ESCAPES.sub("", errors.decode("utf-8", "replace").replace("\r", "\n")))
    for secret in secrets:  # only now: what was taken out may have stood in the middle of one
        text = text.replace(secret, "***")
    return text if len(text) <= 8000 else text[:4000] + "\n...\n" + text[-4000:]
