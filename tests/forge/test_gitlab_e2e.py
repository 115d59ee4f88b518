"""gitops-actions as real processes against a GitLab."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

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


def test_the_life_of_a_release(lab: Lab) -> None:
    opened = lab.deploy("1.0.1")
    assert opened.outcomes == [("dev", "opened")]
    (request,) = lab.open_requests()
    assert (request.source, request.target, request.labels) == ("gitops/dev/web", "main", ["dev"])
    assert request.title == "Deploy web 1.0.1 to dev"
    assert opened.results[0]["pull_request"]["number"] == request.iid
    assert opened.results[0]["commit"] == request.head
    assert lab.deploy("1.0.1").outcomes == [("dev", "unchanged")]

    assert lab.deploy("1.0.2").outcomes == [("dev", "updated")]
    (request,) = lab.open_requests()
    assert "newTag: '1.0.2'" in lab.overlay("dev", request.head)

    (row,) = lab.run("pr list").document["pull_requests"]
    assert (row["number"], row["environment"], row["apps"], row["head_sha"]) == (1, "dev", ["web"], request.head)
    lab.run("pr merge", "1")
    assert request.state == "merged"
    assert "newTag: '1.0.2'" in lab.overlay("dev")
    assert list(lab.project.repository.branches()) == ["main"]
    assert lab.deploy("1.0.2").outcomes == [("dev", "unchanged")]

    promoted = lab.run("promote", "--app", "web")
    assert ("staging", "opened") in promoted.outcomes
    assert [one.source for one in lab.open_requests()] == ["gitops/staging/web"]
    assert set(lab.run("promote", "--app", "web").outcomes) <= {("staging", "unchanged"), ("production", "unchanged")}
    (cell,) = [one for one in lab.run("status").document["cells"] if (one["app"], one["environment"]) == ("web", "dev")]
    assert cell["version"] == "1.0.2"
    entries = lab.run("history", "--app", "web", "-e", "dev").document["entries"]
    assert [entry["version"] for entry in entries] == ["1.0.2"]


def test_a_commit_to_the_base(pushing: Lab) -> None:
    assert pushing.deploy("1.0.1").outcomes == [("dev", "committed")]
    assert "newTag: '1.0.1'" in pushing.overlay("dev")
    assert pushing.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    assert pushing.open_requests() == []


def test_a_person_who_closes_a_request_turns_the_release_away(lab: Lab) -> None:
    lab.deploy("1.0.1")
    lab.run("pr close", "1")
    assert lab.deploy("1.0.1").outcomes == [("dev", "skipped-closed")]
    assert lab.deploy("1.0.2").outcomes == [("dev", "opened")]
    assert [one.iid for one in lab.open_requests()] == [2]


def test_other_peoples_commits_stay(lab: Lab) -> None:
    lab.deploy("1.0.1")
    theirs = commit(lab.project.repository.path, {"note": "mine"}, message="Note\n", branch="gitops/dev/web")
    assert lab.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]
    assert lab.project.repository.branches()["gitops/dev/web"] == theirs


def test_what_gitlab_lacks_is_told(lab: Lab) -> None:
    policy = REQUESTS.replace("labels: [dev]", "team-reviewers: [sre]")
    commit(lab.project.repository.path, {"gitops.yaml": policy}, message="Teams\n")
    (result,) = lab.deploy("1.0.1").results
    assert [finding["code"] for finding in result["findings"]] == ["GA315"]


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


def test_auto_merge_at_once_where_nothing_is_required(lab: Lab) -> None:
    assert lab.deploy("1.0.1", "--auto-merge").outcomes == [("dev", "merged")]
    assert "newTag: '1.0.1'" in lab.overlay("dev")


def test_auto_merge_waits_for_the_pipeline(lab: Lab) -> None:
    lab.project.ci = ("test",)
    lab.project.only_allow_merge_if_pipeline_succeeds = True
    assert lab.deploy("1.0.1", "--auto-merge").outcomes == [("dev", "opened")]
    (request,) = lab.open_requests()
    assert request.auto_merge is not None
    assert lab.deploy("1.0.1", "--auto-merge").outcomes == [("dev", "unchanged")]


def forms() -> list[str]:
    encoded = base64.b64encode(CANARY.encode()).decode()
    return [CANARY, quote(CANARY, safe=""), encoded, encoded.rstrip("=")]


@pytest.mark.parametrize("status", [None, 401, 403, 404, 422, 500])
def test_the_token_is_nowhere(lab: Lab, status: int | None) -> None:
    if status is not None:
        lab.server.fault(lambda _: True, status, times=1000)
    done = lab.world.run(
        "-v", "deploy", "--config-repo", lab.repo, "--forge", "gitlab", "--image", "ghcr.io/acme/web:1.0.1",
        "--budget", "30s" if status is None else "2s", code=None, environ={"GITOPS_TOKEN": CANARY},
    )  # fmt: skip
    assert (done.code == 0) == (status is None), done.errors
    assert "Traceback" not in done.errors
    bodies = b"".join(one.body for one in lab.server.requests).decode("utf-8", "replace")
    paths = " ".join(one.path for one in lab.server.requests)
    left = " ".join(path.read_text(errors="replace") for path in lab.world.temporary.rglob("*") if path.is_file())
    for form in forms():
        assert form not in done.output + done.errors + bodies + paths + left


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
