"""The store by GitHub's API keeps the promises of every store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitops_actions.protocols import Store
from gitops_actions.testing import repos
from gitops_actions.testing.github.server import GitHub
from gitops_actions.testing.store import StoreContract
from gitops_actions.testing.store_reading import FILES, MODES
from tests.forge.hub import TOKEN, connected


class TestGitHubStore(StoreContract):
    signed = True

    @pytest.fixture(autouse=True)
    def hub(self, tmp_path: Path) -> Iterator[GitHub]:
        self._temporary = tmp_path / "temporary"
        with GitHub(tmp_path / "served") as self._hub:
            self._hub.add_token(TOKEN)
            yield self._hub

    @pytest.fixture
    def bare(self, hub: GitHub) -> Path:
        made = hub.add_repository("acme/config").objects.folder
        repos.commit(made, FILES, message="Start", modes=MODES)
        return made

    @contextmanager
    def open_store(self, bare: Path) -> Iterator[Store]:
        full_name = f"{bare.parent.name}/{bare.name.removesuffix('.git')}"
        if full_name.lower() not in self._hub.world.repositories:
            full_name = "acme/empty"
            self._hub.add_repository(full_name)
        with connected(self._hub, full_name, self._temporary) as made:
            assert made.store is not None
            yield made.store
