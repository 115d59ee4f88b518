"""git itself against the fake: the same tokens, rights and protected branches."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from gitlab.exceptions import GitlabError

from gitops_actions.testing.gitlab import DEVELOPER, git_header

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground


class Clone:
    """A clone, and git in it with one token."""

    def __init__(self, ground: Ground, folder: Path, token: str | None) -> None:
        self.url = f"{ground.server.url}/{ground.project.path}.git"
        self.folder = folder
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "GIT_TERMINAL_PROMPT": "0"}
        self.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        if token:
            settings = {"http.extraHeader": f"Authorization: {git_header(token)}"}
            self.environ["GIT_CONFIG_COUNT"] = str(len(settings))
            for number, (name, value) in enumerate(settings.items()):
                self.environ |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}

    def git(self, *arguments: str, at: Path | None = None) -> tuple[int, str]:
        """Run git. Returns its exit code and what it printed."""
        done = subprocess.run(
            ["git", "-c", "user.name=Pat", "-c", "user.email=pat@example.com", *arguments],
            cwd=at or self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def begin(self) -> tuple[int, str]:
        return self.git("clone", "-q", self.url, str(self.folder), at=self.folder.parent)

    def commit(self, name: str) -> None:
        (self.folder / name).write_text(name)
        self.git("add", name)
        self.git("commit", "-qm", name)


def test_a_push_moves_branches_and_merge_requests(ground: Ground, tmp_path: Path) -> None:
    one = ground.request("b")
    clone = Clone(ground, tmp_path / "clone", ground.server.add_token("ada", scopes=("write_repository",)))
    assert clone.begin() == (0, "")
    clone.git("checkout", "-q", "b")
    clone.commit("x")
    assert clone.git("push", "-q", "origin", "b")[0] == 0
    head = clone.git("rev-parse", "HEAD")[1].strip()
    assert ground.project.merge_requests[0].head == head
    assert clone.git("push", "-q", "origin", "b:main")[0] == 0
    assert ground.api.mergerequests.get(one.iid).state == "merged"
    assert any(request.path.endswith("/git-receive-pack") and request.write for request in ground.server.requests)


def test_a_protected_branch_takes_no_push_of_a_developer(ground: Ground, tmp_path: Path) -> None:
    clone = Clone(ground, tmp_path / "clone", ground.server.add_token("dev"))
    clone.begin()
    clone.commit("x")
    code, text = clone.git("push", "origin", "HEAD:main", "HEAD:free")
    assert code == 1
    assert "GitLab: You are not allowed to push code to protected branches on this project." in text
    assert "[remote rejected] HEAD -> main (pre-receive hook declined)" in text
    assert set(ground.project.repository.branches()) == {"main"}
    assert clone.git("push", "-q", "origin", "HEAD:free")[0] == 0


def test_a_protected_branch_is_not_forced_or_deleted(ground: Ground, tmp_path: Path) -> None:
    tip = ground.change("main", {"README.md": "new"})
    clone = Clone(ground, tmp_path / "clone", ground.server.add_token("ada"))
    clone.begin()
    code, text = clone.git("push", "origin", "+HEAD^:main")
    assert (code, ground.project.repository.branches()) == (1, {"main": tip})
    assert "You are not allowed to force push code to a protected branch" in text
    assert "The default branch of a project cannot be deleted" in clone.git("push", "origin", ":main")[1]
    ground.project.protections[0].force = True
    assert clone.git("push", "-q", "origin", "+HEAD^:main")[0] == 0


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nobody", "could not read Username"),
        ("unknown", "could not read Username"),
        ("stranger", "not found"),
        ("read_api", "403"),
        ("read_repository", "403"),
        ("reporter", "403"),
        ("archived", "403"),
        ("job", "403"),
    ],
)
def test_who_cannot_push(ground: Ground, tmp_path: Path, kind: str, message: str) -> None:
    ground.server.add_user("eve")
    tokens: dict[str, Callable[[], str | None]] = {
        "nobody": lambda: None,
        "unknown": lambda: "glpat-unknown",
        "stranger": lambda: ground.server.add_token("eve"),
        "reporter": lambda: ground.server.add_token("rita"),
        "job": lambda: ground.server.add_token("ada", kind="job", project=ground.project),
        "archived": lambda: ground.server.add_token("ada"),
    }
    token = tokens.get(kind, lambda: ground.server.add_token("ada", scopes=(kind,)))()
    reader = Clone(ground, tmp_path / "clone", ground.server.add_token("ada"))
    reader.begin()
    reader.commit("x")
    ground.project.archived = kind == "archived"
    clone = Clone(ground, tmp_path / "clone", token)
    code, text = clone.git("push", "origin", "HEAD:new")
    assert code != 0
    assert message in text
    assert "new" not in ground.project.repository.branches()


def test_a_job_token_reads_and_pushes_where_the_project_allows_it(ground: Ground, tmp_path: Path) -> None:
    clone = Clone(ground, tmp_path / "clone", ground.server.add_token("ada", kind="job", project=ground.project))
    assert clone.begin()[0] == 0
    ground.project.job_token_push = True
    clone.commit("x")
    assert clone.git("push", "-q", "origin", "HEAD:new")[0] == 0


def test_a_public_project_can_be_read_by_anybody(ground: Ground, tmp_path: Path) -> None:
    ground.project.visibility = "public"
    assert Clone(ground, tmp_path / "clone", None).begin()[0] == 0


def test_a_project_token_pushes(ground: Ground, tmp_path: Path) -> None:
    token = ground.server.add_token(kind="project", project=ground.project, access_level=DEVELOPER)
    clone = Clone(ground, tmp_path / "clone", token)
    clone.begin()
    clone.commit("x")
    assert clone.git("push", "-q", "origin", "HEAD:new")[0] == 0


def test_push_rules(ground: Ground, tmp_path: Path) -> None:
    """By git and by the API; what GitLab commits itself need not be signed, and the Free tier has none."""
    clone = Clone(ground, tmp_path / "clone", ground.server.add_token("ada", scopes=("write_repository",)))
    clone.begin()
    clone.git("checkout", "-q", "b")
    clone.git("checkout", "-q", "-b", "topic")
    clone.commit("x")
    for rule, value, words in (
        ("branch_name_regex", "^gitops/", "Branch name 'topic' does not follow"),
        ("commit_message_regex", "^Deploy", "Commit message does not follow"),
        ("author_email_regex", "@acme.com$", "email 'pat@example.com' does not follow"),
        ("reject_unsigned_commits", True, "must be signed"),
    ):
        ground.project.push_rules = {rule: value}
        code, said = clone.git("push", "-q", "origin", "topic")
        assert (code != 0, words in said) == (True, True), said
        assert "topic" not in ground.project.repository.branches()
    assert ground.change("signed", {"apps/web/values.yaml": "tag: 2\n"})
    ground.project.push_rules = {"branch_name_regex": "^gitops/"}
    with pytest.raises(GitlabError, match="does not follow the pattern"):
        ground.change("other", {"apps/web/values.yaml": "tag: 2\n"})
    assert ground.change("gitops/dev/web", {"apps/web/values.yaml": "tag: 2\n"})
    ground.project.plan = "free"
    assert clone.git("push", "-q", "origin", "topic")[0] == 0
