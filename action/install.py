"""Makes the action's private virtual environment, or finds the one that an earlier step or job has made.

In: RUNNER_TOOL_CACHE, RUNNER_TEMP and GITHUB_OUTPUT, as every step of GitHub Actions has them
(https://docs.github.com/en/actions/reference/workflows-and-actions/variables). Out: `python=` in GITHUB_OUTPUT.
Only the standard library: this runs before anything is installed. Exit 2: this machine cannot; 6: it may next time.

Only what the lock file names is installed, and only wheels: no code of a package runs. gitops-actions itself is not
installed at all, run.py runs it where it lies, so the environment fits every version that has the same lock file.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
MARKER = "complete"  # its time says when the environment was last used
KEPT = 30 * 24 * 3600  # seconds that one is kept unused
# What a runner's owner may have set so that packages can be reached at all. Nothing else of theirs, such as
# PIP_TARGET or UV_SYSTEM_PYTHON, has a say; what is fetched is held against the hashes of the lock file anyway.
REACHING = {
    *(f"PIP_{name}" for name in (
        "CACHE_DIR", "CERT", "CLIENT_CERT", "CONFIG_FILE", "DEFAULT_TIMEOUT", "EXTRA_INDEX_URL", "FIND_LINKS",
        "INDEX_URL", "KEYRING_PROVIDER", "NO_CACHE_DIR", "NO_INDEX", "PROXY", "RETRIES", "TIMEOUT", "TRUSTED_HOST")),
    *(f"UV_{name}" for name in (
        "CACHE_DIR", "CONFIG_FILE", "DEFAULT_INDEX", "EXTRA_INDEX_URL", "FIND_LINKS", "HTTP_TIMEOUT", "INDEX",
        "INDEX_URL", "INSECURE_HOST", "KEYRING_PROVIDER", "NATIVE_TLS", "NO_CACHE", "NO_INDEX", "OFFLINE",
        "SYSTEM_CERTS")),
}  # fmt: skip
FROM_LOCK = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(LOCK)]


def main() -> None:
    started = time.monotonic()
    for home in homes(os.environ):
        folder = home / key()
        try:
            reused = (folder / MARKER).is_file()
            if not reused:
                make(folder, home)
            os.utime(folder / MARKER)
        except PermissionError:
            continue  # a tool cache that belongs to another user
        sweep(home, keep=folder)
        told(folder, "reused" if reused else "made", time.monotonic() - started)
        return
    fail("RUNNER_TOOL_CACHE and RUNNER_TEMP name no folder that can be written to", 2)


def homes(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where environments may live: what outlasts the job (on a runner that does), else what ends with it."""
    for name in ("RUNNER_TOOL_CACHE", "RUNNER_TEMP"):
        if environ.get(name):
            home = Path(environ[name]) / "gitops-actions"
            try:
                home.mkdir(parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=home).close()  # os.access does not tell on Windows
            except OSError:
                continue
            yield home


def key() -> str:
    """What an environment depends on: the lock file, and the very Python. Jobs in containers share the tool cache."""
    parts = [
        sys.version,
        sysconfig.get_platform(),
        str(sysconfig.get_config_var("SOABI")),
        *platform.libc_ver(),
        base(),
    ]
    return hashlib.sha256("\0".join([*parts, LOCK.read_text(encoding="utf-8")]).encode()).hexdigest()[:16]


def base() -> str:
    """The Python itself, also when this one is a virtual environment's."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make(folder: Path, home: Path) -> None:
    """Build the environment beside its place and move it there: others see all of it or nothing, and of two jobs that
    build at once, the first wins."""
    building = Path(tempfile.mkdtemp(prefix="new-", dir=home))
    try:
        install(building)
        (building / MARKER).touch()
        try:
            building.rename(folder)
        except OSError:  # somebody was faster, or a cleaner has left a part of an old one
            if not (folder / MARKER).is_file():
                folder.rename(building / "broken")
                building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def install(folder: Path) -> None:
    """Put the packages of the lock file into a new environment: by uv, which takes a tenth of the time, else by pip."""
    uv = shutil.which("uv")
    command: list[str | Path]
    if uv is not None:
        command = [uv, "pip", "install", "--python", python_of(folder)]
    elif newest_pip() >= (22, 3):  # the first with --python
        command = [
            sys.executable,
            "-I",
            "-m",
            "pip",
            "--python",
            python_of(folder),
            "install",
            "--no-compile",
            "--no-user",
        ]
    else:
        command = [python_of(folder), "-I", "-m", "pip", "install", "--no-compile", "--no-user"]
    try:
        own_pip = command[0] == python_of(folder)  # takes seconds, so only where there is no other
        venv.create(folder, symlinks=os.name != "nt", with_pip=own_pip)
    except (OSError, subprocess.CalledProcessError) as error:
        fail(f"the virtual environment could not be made ({error}); install uv, or use actions/setup-python", 2)
    environ = {
        name: value
        for name, value in os.environ.items()
        if name in REACHING or not name.startswith(("PIP_", "UV_", "PYTHON"))
    }
    # Not in the workspace: uv reads uv.toml and pyproject.toml of the folder that it runs in.
    done = subprocess.run([*command, *FROM_LOCK], cwd=folder, env=environ, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        fail(f"{'uv' if uv else 'pip'} could not install the packages of requirements.lock (see above)", 6)


def newest_pip() -> tuple[int, ...]:
    """The version of the pip that this Python has; () for none."""
    if importlib.util.find_spec("pip") is None:
        return ()
    return tuple(int(part) for part in importlib.metadata.version("pip").split(".")[:2] if part.isdecimal())


def sweep(home: Path, keep: Path) -> None:
    """Remove what nobody has used for a month, and what was left half-built."""
    for one in home.iterdir():
        marker = one / MARKER if (one / MARKER).is_file() else one
        try:
            if one != keep and marker.stat().st_mtime < time.time() - KEPT:
                shutil.rmtree(one, ignore_errors=True)
        except OSError:
            continue  # another job is cleaning up, too


def told(folder: Path, how: str, seconds: float) -> None:
    python = str(python_of(folder))
    if not python.isprintable():
        fail("the path of the virtual environment holds control characters", 2)
    sys.stdout.write(f"{python} ({how} in {seconds:.1f} s)\n")
    with open(os.environ["GITHUB_OUTPUT"], "a", encoding="utf-8", newline="\n") as output:
        output.write(f"python={python}\n")


def fail(message: str, code: int) -> NoReturn:
    sys.stdout.write(f"::error title=gitops-actions is not installed::{message}\n")
    sys.exit(code)


main()
