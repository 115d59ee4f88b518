"""A GitLab with one project, and python-gitlab to talk to it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gitlab
import pytest
from gitlab.v4.objects import Project as ClientProject
from gitlab.v4.objects import ProjectMergeRequest

from gitops_actions.testing.gitlab import DEVELOPER, MAINTAINER, REPORTER, GitLab, Project

FILES: dict[str, str | bytes] = {"README.md": "# deploy\n", "apps/web/values.yaml": "tag: 1\n", "run": "#!/bin/sh\n"}


@dataclass
class Ground:
    """What a test stands on: the server, its project, and both as the maintainer Ada sees them."""

    server: GitLab
    project: Project
    client: gitlab.Gitlab
    api: ClientProject

    def as_(self, user: str, **given: Any) -> ClientProject:
        """The project as somebody else sees it."""
        return self.with_token(self.server.add_token(user, **given))

    def with_token(self, token: str) -> ClientProject:
        """The project as a token sees it, unseen until something is asked of it."""
        client = gitlab.Gitlab(self.server.url, private_token=token, timeout=20)
        return client.projects.get(self.project.id, lazy=True)

    def change(self, branch: str, files: dict[str, str], **given: Any) -> str:
        """Commit files to a branch by the API; a new branch starts at main. Returns the id."""
        start = {} if branch in self.project.refs else {"start_branch": "main"}
        there = set(FILES)
        actions = [
            {"action": "update" if path in there else "create", "file_path": path, "content": text}
            for path, text in files.items()
        ]
        made = self.api.commits.create(
            {"branch": branch, "commit_message": "Change", "actions": actions, **start, **given}
        )
        return str(made.id)

    def request(self, branch: str = "gitops/dev/web", **given: Any) -> ProjectMergeRequest:
        """A merge request of one commit."""
        if branch not in self.project.refs:
            self.change(branch, {"apps/web/values.yaml": f"tag: {branch}\n"})
        return self.api.mergerequests.create(
            {"source_branch": branch, "target_branch": "main", "title": f"Deploy {branch}", **given}
        )

    def checked(self, **given: Any) -> ProjectMergeRequest:
        """A merge request that GitLab has checked."""
        return self.look(self.request(**given).iid)

    def look(self, iid: int) -> ProjectMergeRequest:
        """Look until GitLab has checked."""
        while (one := self.api.mergerequests.get(iid)).detailed_merge_status in ("preparing", "checking", "unchecked"):
            pass
        return one

    def call(
        self, path: str, *, method: str = "GET", document: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], Any]:
        """A request without any client: (status, headers in lower case, document or text)."""
        data = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.server.url}{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, sent, body = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, sent, body = error.code, error.headers, error.read()
        try:
            shown = json.loads(body)
        except ValueError:
            shown = body.decode()
        return status, {name.lower(): value for name, value in sent.items()}, shown


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Ground]]:
    """Makes a ground; what is given goes to `GitLab`."""
    running: list[GitLab] = []

    def begin(**given: Any) -> Ground:
        server = GitLab(tmp_path / str(len(running)), **given)
        server.__enter__()
        running.append(server)
        members = {"ada": MAINTAINER, "dev": DEVELOPER, "rita": REPORTER}
        project = server.add_project("acme/ops/deploy", FILES, members=members, modes={"run": "100755"})
        client = gitlab.Gitlab(server.url, private_token=server.add_token("ada"), timeout=20)
        return Ground(server, project, client, client.projects.get(project.id))

    yield begin
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def ground(make: Callable[..., Ground]) -> Ground:
    return make()
