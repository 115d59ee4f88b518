"""`pr list|view|merge|close` as a person or a script calls them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.forge.local.forge import LocalForge
from gitops_actions.git.repository import Repository
from gitops_actions.model import RequestText, Signature
from gitops_actions.testing.repos import bare, commit, git
from gitops_actions.testing.runs import Done, played

CONFIG = """\
version: 1
environments:
  dev: {}
  staging: {after: dev, merge-method: squash}
apps:
  web:
    image: ghcr.io/acme/web
    edits:
      - kustomize: web/{environment}
"""


class Here:
    """A config repo with two requests of ours (#1 to staging, #2 to dev) and one of a person (#3)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo = bare(folder / "config.git", {"gitops.yaml": CONFIG, "values": "one\n"})
        self.opened("gitops/staging/web", "Promote web 1.1 to staging", "staging", {"web": "1.1"})
        self.opened("gitops/dev/_all", "Deploy api 3, web 1.2 to dev", "dev", {"api": "3", "web": "1.2"})
        commit(self.repo, {"docs": "x\n"}, message="Write docs\n", branch="docs", start="main")
        self.open("docs", "Write docs")

    def opened(self, branch: str, title: str, environment: str, versions: dict[str, str]) -> None:
        trailers = "".join(f"Gitops-App: {app}\nGitops-Version: {version}\n" for app, version in versions.items())
        message = f"{title}\n\nGitops-Environment: {environment}\n{trailers}"
        commit(self.repo, {"values": f"{branch}\n"}, message=message, branch=branch, start="main")
        self.open(branch, title)

    def open(self, branch: str, title: str) -> None:
        with Repository(str(self.repo), temporary=self.folder) as repository:
            text = RequestText(title, "A body.\n\x1b[2J", labels=("release",), reviewers=("bob",))
            LocalForge(repository, Signature("Ada", "ada@example.com", 1)).open(branch, "main", text)

    def run(self, *arguments: str, code: int = 0) -> Done:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("GITOPS_", "GIT_"))}
        environ |= {"SOURCE_DATE_EPOCH": "1750000000", "RUNNER_TEMP": str(self.folder)}
        done = played([*arguments, "--config-repo", str(self.repo)], cwd=self.folder, environ=environ)
        assert done.code == code, done.errors
        return done

    def documents(self, *arguments: str) -> list[dict[str, Any]]:
        document = json.loads(self.run("--output", "json", "pr", *arguments).text)
        assert (document["schema_version"], document["command"]) == (1, f"pr {arguments[0]}")
        return list(document["pull_requests"])

    def refs(self) -> str:
        return git(self.repo, "for-each-ref")


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def test_list_shows_the_requests_that_we_manage(here: Here) -> None:
    assert here.run("pr", "list").text == (
        "NUMBER  TITLE                         BRANCH              ENVIRONMENT  STATE\n"
        "#2      Deploy api 3, web 1.2 to dev  gitops/dev/_all     dev          open\n"
        "#1      Promote web 1.1 to staging    gitops/staging/web  staging      open\n"
    )
    found = here.documents("list")
    assert found[1] == {
        "number": 1,
        "url": f"{here.repo.as_uri()}#1",
        "title": "Promote web 1.1 to staging",
        "state": "open",
        "branch": "gitops/staging/web",
        "base": "main",
        "head_sha": git(here.repo, "rev-parse", "gitops/staging/web"),
        "environment": "staging",
        "apps": ["web"],
        "versions": {"web": "1.1"},
        "labels": ["release"],
        "draft": False,
        "auto_merge": False,
    }
    assert found[0]["versions"] == {"api": "3", "web": "1.2"}


def test_list_filters(here: Here) -> None:
    here.run("pr", "close", "1")
    for arguments, numbers in (
        (["-e", "dev"], [2]),
        (["-e", "staging"], []),
        (["--app", "api"], [2]),
        (["--state", "closed"], [1]),
        (["--state", "all", "--app", "web"], [2, 1]),
        (["--state", "merged"], []),
    ):
        assert [one["number"] for one in here.documents("list", *arguments)] == numbers
    empty = here.run("pr", "list", "-e", "staging")
    assert (empty.text, empty.errors) == ("", "no open pull requests\n")


def test_view_shows_one_request_without_terminal_codes(here: Here) -> None:
    text = here.run("pr", "view", "1").text
    head = git(here.repo, "rev-parse", "gitops/staging/web")
    assert text == (
        "Promote web 1.1 to staging #1\n"
        "state:       open\n"
        "branch:      gitops/staging/web into main\n"
        "environment: staging\n"
        "apps:        web 1.1\n"
        "labels:      release\n"
        "reviewers:   bob\n"
        f"head:        {head}\n"
        f"url:         {here.repo.as_uri()}#1\n"
        "\n"
        "A body.\n"
        "[2J\n"
    )


def test_merge_uses_the_method_of_the_environment_and_a_second_one_is_no_error(here: Here) -> None:
    assert here.run("pr", "merge", "1").text.startswith("#1 is merged into main as ")
    assert git(here.repo, "log", "--format=%s", "main") == "Promote web 1.1 to staging (#1)\nStart"
    assert git(here.repo, "log", "-1", "--format=%an", "main") == "gitops-actions"
    before = here.refs()
    assert "merged already" in here.run("pr", "merge", "1").errors
    assert here.refs() == before
    (merged,) = here.documents("view", "1")
    assert (merged["state"], merged["environment"], merged["versions"]) == ("merged", "staging", {"web": "1.1"})


def test_merge_takes_another_method(here: Here) -> None:
    (merged,) = here.documents("merge", "1", "--merge-method", "merge")
    assert merged["state"] == "merged"
    assert git(here.repo, "log", "-1", "--format=%s", "main") == "Merge pull request #1 from gitops/staging/web"
    assert [one["number"] for one in here.documents("list", "--state", "merged")] == [1]


def test_a_conflict_is_for_a_person(here: Here) -> None:
    here.run("pr", "merge", "1")
    before = here.refs()
    done = here.run("pr", "merge", "2", code=5)
    assert "#2 conflicts with main in values" in done.errors
    assert here.refs() == before


def test_close_says_why_and_leaves_the_branch(here: Here) -> None:
    assert here.run("pr", "close", "2", "--comment", "too early").text == "#2 is closed\n"
    kept = json.loads(git(here.repo, "cat-file", "blob", "refs/gitops/requests:requests/2.json"))
    assert (kept["state"], kept["comments"]) == ("closed", {"close": "too early"})
    assert "gitops/dev/_all" in here.refs()
    assert "closed already" in here.run("pr", "close", "2").errors
    here.run("pr", "merge", "2", code=2)
    here.run("pr", "merge", "1")
    here.run("pr", "close", "1", code=2)


@pytest.mark.parametrize("verb", ["view", "merge", "close"])
def test_an_unknown_number_is_a_usage_error(here: Here, verb: str) -> None:
    before = here.refs()
    assert "there is no pull request #99" in here.run("pr", verb, "99", code=2).errors
    assert here.refs() == before


def test_a_commit_can_put_no_codes_into_the_terminal(here: Here) -> None:
    here.opened("gitops/dev/evil", "Deploy", "dev\x1b[31m", {"web\x9b0m": "1\u202e"})
    for arguments in (["list"], ["view", "4"]):
        text = here.run("pr", *arguments).text
        assert all(line.isprintable() for line in text.replace("\N{REPLACEMENT CHARACTER}", "?").splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--app", "nope"), "GA020", "there is no app 'nope'"),
        (("-e", "nope"), "GA037", "there is no environment 'nope' (known: dev, staging)"),
        (("-e", "dev", "--app", "we"), "GA020", "did you mean 'web'?"),
    ],
)
def test_list_refuses_names_that_nothing_has(here: Here, arguments: tuple[str, ...], code: str, words: str) -> None:
    done = here.run("pr", "list", *arguments, code=2)
    assert code in done.errors
    assert words in done.errors


def test_a_request_may_be_written_with_its_sign(here: Here) -> None:
    assert here.run("pr", "view", "#2").text == here.run("pr", "view", "2").text
    assert here.run("pr", "merge", "#2").text.startswith("#2 is merged")


@pytest.mark.parametrize("text", ["x", "0", "-1", "#", "2.0", "\u0662"])
def test_what_is_no_number(here: Here, text: str) -> None:
    assert "a request is a number such as 2" in here.run("pr", "merge", "--", text, code=2).errors


@pytest.mark.parametrize("arguments", [("--app", "nope"), ("-e", "nope")])
@pytest.mark.parametrize("verb", [("pr", "list"), ("status",), ("history",)], ids=lambda verb: verb[0])
def test_who_looks_for_a_name_is_told_the_others(here: Here, verb: tuple[str, ...], arguments: tuple[str, ...]) -> None:
    done = here.run(*verb, *arguments, code=2)
    assert f"hint: give one of these: {'web' if '--app' in arguments else 'dev, staging'} [" in done.errors
