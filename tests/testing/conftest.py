"""What tests of the fakes use: a plain client, and packages of npm."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

from gitops_actions.testing.client import Client
from gitops_actions.testing.github import GitHub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    """A GitHub with the repository acme/deploy, people, and the token `tok` of octocat that may write."""
    with GitHub(tmp_path / "hub") as server:
        server.add_repository("acme/deploy", files={"shared": "".join(f"{n}\n" for n in range(10)), "apps/web": "1\n"})
        server.add_user("alice")
        server.add_team("acme", "sre")
        server.add_token("tok")
        yield server


@pytest.fixture
def ask(hub: GitHub) -> Client:
    """Asks it with the token."""
    return Client(hub.api_url, "tok")


@pytest.fixture(scope="session")
def official(npm: Callable[[str, str, str], Path]) -> GraphQLSchema:
    """The official schema of GitHub (https://github.com/octokit/graphql-schema). Skips without npm."""
    path = npm("@octokit/graphql-schema", "15.26.1", "schema.graphql")
    # It defines some fields twice and deprecates some that interfaces have, which graphql-core does not like.
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True, assume_valid_sdl=True)


@pytest.fixture(scope="session")
def npm() -> Callable[[str, str, str], Path]:
    """(package, version, file): a file of a package of npm, kept in the user's cache. Skips without npm."""

    def fetch(package: str, version: str, file: str) -> Path:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitops-actions-tests"
        place = home / f"{package.replace('/', '-')}-{version}" / Path(file).name
        if place.exists():
            return place
        program = shutil.which("npm")
        if program is None:
            pytest.skip(f"{package} is compared with, and npm, which brings it, is not installed")
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as name:
            command = [program, "pack", "--silent", f"{package}@{version}", "--pack-destination", name]
            done = subprocess.run(command, cwd=name, capture_output=True, text=True, check=False, timeout=240)
            if done.returncode != 0:
                pytest.skip(f"npm could not bring {package}: {done.stderr.strip()[-200:]}")
            (archive,) = Path(name).glob("*.tgz")
            with tarfile.open(archive) as members:
                source = members.extractfile(f"package/{file}")
                assert source is not None
                whole = Path(name) / "file"
                whole.write_bytes(source.read())
            whole.replace(place)
        return place

    return fetch
