"""gitops-actions as real processes against a GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_actions.testing.gitlab import GitLab
from gitops_actions.testing.repos import commit
from gitops_actions.testing.world import POLICY
from tests.forge.lab import CANARY, Lab

REQUESTS = POLICY.replace("dev: {deliver: push}", "dev: {labels: [dev]}")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with GitLab(tmp_path / "gitlab") as server:
        yield Lab(tmp_path, server, REQUESTS)


@pytest.fixture
def pushing(tmp_path: Path) -> Iterator[Lab]:
    with GitLab(tmp_path / "gitlab") as server:
        yield Lab(tmp_path, server, POLICY)


def test_an_instance_that_signs_is_the_committer(lab: Lab) -> None:
    """And so our own commits are not other people's."""
    lab.project.web_committer = ("The Instance", "noreply@git.example.com")
    lab.deploy("1.0.1")
    assert lab.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    signed = set(lab.project.signed)
    lab.project.signed.clear()  # as if somebody had only written that name
    assert lab.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]
    lab.project.signed |= signed
    assert lab.deploy("1.0.2").outcomes == [("dev", "updated")]


def test_few_requests(lab: Lab) -> None:
    def asked(version: str) -> list[str]:
        before = len(lab.server.requests)
        lab.deploy(version)
        asked = lab.server.requests[before:]
        return [f"{one.method} {one.operation or one.path}" for one in asked if ".git/" not in one.path]

    commit(lab.project.repository.path, {"x": "x"}, message="x\n", branch="gitops/dev/web-admin", start="main")
    opened = asked("1.0.1")
    assert len(opened) <= 5, opened
    assert opened[:2] == ["POST Entry", "POST Expected"]
    (request,) = lab.open_requests()
    request.pending.clear()  # GitLab has found out meanwhile whether it can be merged
    unchanged = asked("1.0.1")
    assert len(unchanged) <= 3, unchanged
    updated = asked("1.0.2")
    assert len(updated) <= 5, updated  # and git, which compares and swaps
    lab.run("pr merge", "1")
    unchanged = asked("1.0.2")
    assert len(unchanged) <= 3, unchanged


@pytest.mark.parametrize("transport", ["api", "git"])
def test_gitlabs_own_variable_and_both_transports(lab: Lab, transport: str) -> None:
    where = ("--config-repo", lab.repo, "--api-url", f"{lab.server.url}/api/v4", "--transport", transport)
    for version, outcome in (("1.0.1", "opened"), ("1.0.1", "unchanged"), ("1.0.2", "updated")):
        done = lab.world.run(
            "deploy", *where, "--image", f"ghcr.io/acme/web:{version}", environ={"GITLAB_TOKEN": CANARY}
        )
        assert done.outcomes == [("dev", outcome)]


def test_a_jobs_own_token_is_told_to_be_too_little(lab: Lab) -> None:
    token = lab.server.add_token("ada", kind="job", project=lab.project)
    done = lab.world.run(
        "deploy", "--config-repo", lab.repo, "--forge", "gitlab", "--image", "ghcr.io/acme/web:1.0.1",
        code=4, environ={"CI_JOB_TOKEN": token},
    )  # fmt: skip
    assert "project access token" in done.errors
    assert token not in done.errors + done.output


@pytest.mark.parametrize("title", ["Draft: web", "[draft] web", "Draft: (Draft) web"])
def test_a_title_that_says_draft_makes_one_and_is_right_the_second_time(lab: Lab, title: str) -> None:
    assert lab.deploy("1.0.1", "--title", title).outcomes == [("dev", "opened")]
    (request,) = lab.open_requests()
    assert (request.title, request.draft) == ("Draft: web", True)
    writes = len(lab.server.writes())
    assert lab.deploy("1.0.1", "--title", title).outcomes == [("dev", "unchanged")]
    request.title = "web"  # somebody says that it is ready
    assert lab.deploy("1.0.1", "--title", title).outcomes == [("dev", "unchanged")]
    assert len(lab.server.writes()) == writes
    assert lab.deploy("1.0.2", "--title", title).outcomes == [("dev", "updated")]
    assert (request.title, request.draft) == ("web", False)
