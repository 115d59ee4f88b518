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
from gitops_actions.testing.store_reading import AUTHOR, FILES, MODES, ODD


class TestGitLabStore(StoreContract):
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

    def test_publish(self, store: Store, bare: Path) -> None:
        tip = store.snapshot("main", []).commit
        files = [
            FileChange("apps/web/run.sh", b"#!/bin/bash\n", EXECUTABLE),
            FileChange("new/folder/file", b"\r\n\x00"),
            FileChange("new/run", b"#!/bin/sh\n", EXECUTABLE),
            FileChange("apps/api/dev.yaml", None),
            FileChange("never/was", None),
            *(FileChange(f"odd/{name}", f"new {name}".encode()) for name in ODD),
        ]
        message = "Subject\n\nBody: # kept\n  \nTrailer: x\n"
        new = store.publish("main", expected=tip, parent=tip, files=files, message=message, author=AUTHOR)
        assert repos.git(bare, "rev-parse", "main", "main^") == f"{new}\n{tip}"
        about = repos.git(bare, "log", "-1", "--format=%an <%ae>%n%cn <%ce>%n%B", new)
        assert about.rstrip("\n") == f"Ada <ada@example.com>\nAda <ada@example.com>\n{message}".rstrip("\n")
        for change in files:
            if change.content is not None:
                assert repos.show(bare, "main", change.path) == change.content
        assert repos.git(bare, "ls-tree", "main", "apps/web/run.sh", "new/run").count("100755") == 2
        changed = repos.git(bare, "diff-tree", "-r", "-z", "--name-only", tip, new).split("\0")[:-1]
        assert set(changed) == {change.path for change in files} - {"never/was"}
        assert repos.git(bare, "fsck", "--strict") == ""

    def test_the_same_arguments_make_the_same_commit(self, store: Store, bare: Path) -> None:
        """GitLab dates commits itself: they bring the same, and have other ids."""
        tip = store.snapshot("main", []).commit
        trees = set()
        for branch in ("one", "two"):
            with self.open_store(bare) as other:
                new = other.publish(
                    branch, expected=None, parent=tip, files=[FileChange("a", b"1")], message="a\n", author=AUTHOR
                )
                trees.add(repos.git(bare, "rev-parse", f"{new}^{{tree}}", f"{new}^"))
        assert len(trees) == 1


@contextmanager
def opened(server: GitLab, project: Project, token: str) -> Iterator[GitLabStore]:
    """A store on a project of the server, with its git behind it."""
    url = f"{server.url}/{project.path}"
    where = address(url, None)
    credentials = from_environment({"GITOPS_TOKEN": token})
    client = Client(where, chosen({"GITOPS_TOKEN": Secret(token)}), deadline=math.inf, detail=lambda _: None)
    with GitRepository(f"{url}.git", credentials=credentials, temporary=server.root) as repository:
        yield GitLabStore(client, Reading(client), GitStore(repository))
