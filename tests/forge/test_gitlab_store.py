"""The store by GitLab's API keeps the promises of every store, as far as GitLab lets it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitops_actions.forge.gitlab.address import address
from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.credentials import chosen
from gitops_actions.forge.gitlab.reading import Reading
from gitops_actions.forge.gitlab.store import GitLabStore
from gitops_actions.git.credentials import from_environment
from gitops_actions.git.repository import Repository as GitRepository
from gitops_actions.git.store import GitStore
from gitops_actions.model import EXECUTABLE, FileChange, Secret
from gitops_actions.protocols import Store
from gitops_actions.testing import repos
from gitops_actions.testing.gitlab import MAINTAINER, GitLab, Project
from gitops_actions.testing.gitlab.repository import Repository
from gitops_actions.testing.store import StoreContract
from gitops_actions.testing.store_reading import AUTHOR, FILES, MODES


class TestGitLabStore(StoreContract):
    signed = True

    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[GitLab]:
        with GitLab(tmp_path / "served") as server:
            server.add_user("ada")
            yield server

    @pytest.fixture
    def bare(self, server: GitLab) -> Path:
        project = server.add_project("acme/config", FILES, modes=MODES, members={"ada": MAINTAINER})
        return project.repository.path

    @pytest.fixture(autouse=True)
    def current(self, server: GitLab) -> None:
        self.instance = server
        self.token = server.add_token("ada")

    @contextmanager
    def open_store(self, bare: Path) -> Iterator[Store]:
        state = self.instance.state
        project = next((one for one in state.projects if one.repository.path == bare), None)
        if project is None:
            project = Project(state.id(), "acme/empty", Repository(bare), state.now())
            project.members = {state.users[0].id: MAINTAINER}
            state.projects.append(project)
        with opened(self.instance, project, self.token) as store:
            yield store

    def test_a_commit_is_in_the_name_of_the_tokens_user(self, store: Store, bare: Path) -> None:
        """So that author and committer are one person: a commit that was amended has two."""
        tip = store.snapshot("main", []).commit
        files = [FileChange("run", b"#!/bin/sh\n", EXECUTABLE), FileChange("apps/web/run.sh", b"#!/bin/sh\n")]
        new = store.publish("main", expected=tip, parent=tip, files=files, message="Run\n", author=AUTHOR)
        people = repos.git(bare, "log", "-1", "--format=%an <%ae>%n%cn <%ce>", new).splitlines()
        assert people == ["Ada <ada@example.com>"] * 2
        modes = repos.git(bare, "ls-tree", "--format=%(objectmode)", new, "run", "apps/web/run.sh").splitlines()
        assert sorted(modes) == ["100644", "100755"]


@contextmanager
def opened(server: GitLab, project: Project, token: str) -> Iterator[GitLabStore]:
    """A store on a project of the server, with its git behind it."""
    url = f"{server.url}/{project.path}"
    where = address(url, None)
    credentials = from_environment({"GITOPS_TOKEN": token})
    client = Client(where, chosen({"GITOPS_TOKEN": Secret(token)}), deadline=math.inf, detail=lambda _: None)
    with GitRepository(f"{url}.git", credentials=credentials, temporary=server.root) as repository:
        yield GitLabStore(client, Reading(client), GitStore(repository))
