"""Programs that the agent starts: with a bound on time and output, and without any secret in their environment."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gitops_actions.errors import DeploymentFailed
from gitops_actions.texts import lines

RENDER_SECONDS = 120
RENDER_BYTES = 64 * 1024 * 1024
COMMAND_SECONDS = 600

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASS|CRED|PRIVATE|AUTH|JWT|APIKEY|(^|_)(KEY|PAT)($|_)|_PWD$|^(GIT|GITOPS)_", re.IGNORECASE
)
_URL_WITH_PASSWORD = re.compile(r"://[^/\s@]+@")


def search_path(environ: Mapping[str, str]) -> str:
    """PATH without relative parts: these would mean folders of the config repo."""
    return os.pathsep.join(part for part in environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(part))


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for a command of the user: everything but what may be a secret, by name or by form."""
    return {
        name: value
        for name, value in environ.items()
        if not _SECRET_NAME.search(name) and not _URL_WITH_PASSWORD.search(value)
    }


def output_of(argv: Sequence[str], *, folder: Path, home: Path, environ: Mapping[str, str]) -> bytes:
    """What a program prints to stdout, run in ``folder`` with ``home`` as its HOME and nearly nothing else in its
    environment. Raises DeploymentFailed with the program's words when it fails, talks or works too long.
    """
    clean = {name: environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "NO_PROXY") if name in environ}
    clean |= {"PATH": search_path(environ), "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
    clean |= {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    name = Path(argv[0]).name
    with (
        tempfile.TemporaryFile(dir=home) as words,
        subprocess.Popen(
            argv,
            cwd=folder,
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            start_new_session=True,
        ) as process,
        _ended(process, RENDER_SECONDS) as late,
    ):
        output = process.stdout.read(RENDER_BYTES + 1) if process.stdout else b""
        if len(output) > RENDER_BYTES:
            raise DeploymentFailed(
                f"{name} printed more than {RENDER_BYTES} bytes", code="GA502", hint="look at what the app renders to"
            )
        code = process.wait()
        if late.is_set():
            raise DeploymentFailed(
                f"{name} did not end within {RENDER_SECONDS} seconds", code="GA502", hint="does it wait for a network?"
            )
        if code:
            words.seek(max(0, os.fstat(words.fileno()).st_size - 2000))
            said = lines(words.read().decode("utf-8", "replace")).replace(str(folder), "").strip()
            raise DeploymentFailed(
                f"{name} ended with exit code {code}: {said or 'it gave no reason'}",
                code="GA502",
                hint="mend what it complains about in the config repo; the last good tree stays",
            )
    return output


def run_command(command: str, *, folder: Path, environ: Mapping[str, str]) -> None:
    """Run a command of the user through the shell. What it prints goes to stderr, because stdout is for results.
    Raises DeploymentFailed when it fails or takes too long."""
    with (
        subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=2,
            start_new_session=True,
        ) as process,
        _ended(process, COMMAND_SECONDS) as late,
    ):
        code = process.wait()
    if late.is_set():
        what = f"did not end within {COMMAND_SECONDS} seconds"
    elif code:
        what = f"ended with exit code {code}"
    else:
        return
    raise DeploymentFailed(
        f"the --on-change command {what}",
        code="GA504",
        hint="what it printed is above; the new tree is in place, and the command is run again in the next cycle",
    )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """Whatever happens, the program is gone at the end, and after ``seconds`` at the latest (the event is set then),
    with all that it started."""
    late = threading.Event()

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def end_late() -> None:
        late.set()
        end()  # also when the program itself is gone: what it started may hold its output open

    timer = threading.Timer(seconds, end_late)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        if process.poll() is None:
            end()
