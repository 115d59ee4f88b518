"""The store contract, on every way to reach a repository."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import Secret
from gitops_actions.protocols import Store
from gitops_actions.testing.githttp import GitServer
from gitops_actions.testing.store import StoreContract


class Contract(StoreContract):
    """Every test ends with an empty temporary folder."""

    @pytest.fixture(autouse=True)
    def temporary(self, tmp_path: Path) -> Iterator[Path]:
        self._temporary = tmp_path / "temporary"
        yield self._temporary
        assert list(self._temporary.glob("*/*")) == []

    @contextmanager
    def opened(self, url: str, credentials: Credentials | None = None) -> Iterator[Store]:
        with Repository(url, credentials=credentials, temporary=self._temporary) as repository:
            yield GitStore(repository)


class TestPath(Contract):
    @contextmanager
    def open_store(self, bare: Path) -> Iterator[Store]:
        with self.opened(str(bare)) as store:
            yield store


class TestFileUrl(Contract):
    @contextmanager
    def open_store(self, bare: Path) -> Iterator[Store]:
        with self.opened(bare.as_uri()) as store:
            yield store


class TestHttp(Contract):
    """Blobless and shallow, with a token."""

    filters = True

    @pytest.fixture(autouse=True)
    def server(self, tmp_path: Path) -> Iterator[GitServer]:
        with GitServer(tmp_path / "served", token="s3sam-öffne", filters=self.filters) as self._server:
            yield self._server

    @contextmanager
    def open_store(self, bare: Path) -> Iterator[Store]:
        with self.opened(f"{self._server.url}/{bare.name}", Credentials(Secret("s3sam-öffne"), "pat")) as store:
            yield store


class TestHttpWithoutFilters(TestHttp):
    """A server that knows nothing of partial clones sends the blobs at once."""

    filters = False


class TestSsh(Contract):
    """git's real ssh transport; what stands in for ssh runs the command on this machine."""

    @pytest.fixture(autouse=True)
    def ssh(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        script = tmp_path / "ssh"
        script.write_text(
            "#!/bin/sh\n"
            'while case "$1" in -o) shift 2;; -*) shift;; *) false;; esac; do :; done\n'
            '[ "$1" = git@example.invalid ] || exit 255\n'
            'exec sh -c "$2"\n'
        )
        script.chmod(stat.S_IRWXU)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
        monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "uploadpack.allowFilter")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")

    @contextmanager
    def open_store(self, bare: Path) -> Iterator[Store]:
        with self.opened(f"git@example.invalid:{os.fspath(bare)}") as store:
            yield store
