"""PyGithub against the GitHub fake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import github
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github.InputGitTreeElement import InputGitTreeElement
from github.Repository import Repository

from gitops_actions.testing import repos
from gitops_actions.testing.client import Client
from gitops_actions.testing.github import GitHub

Connect = Callable[..., github.Github]


@pytest.fixture
def connect(hub: GitHub) -> Iterator[Connect]:
    """Makes clients that neither wait nor repeat."""
    made: list[github.Github] = []

    def client(auth: github.Auth.Auth | None = None) -> github.Github:
        made.append(
            github.Github(
                base_url=hub.api_url,
                auth=auth or github.Auth.Token("tok"),
                seconds_between_writes=0,
                seconds_between_requests=0,
                retry=None,
            )
        )
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.fixture
def repository(connect: Connect) -> Repository:
    return connect().get_repo("acme/deploy")


@pytest.fixture
def folder(hub: GitHub) -> Path:
    return hub.root / "acme" / "deploy.git"


def test_the_life_of_a_request(repository: Repository, folder: Path) -> None:
    repos.commit(folder, {"web": "2\n"}, message="Deploy", branch="gitops/dev/web", start="main")
    pull = repository.create_pull(base="main", head="gitops/dev/web", title="Deploy web", body="Text", draft=True)
    pull.add_to_labels("dev", "production")
    pull.remove_from_labels("production")
    pull.add_to_assignees("alice")
    pull.create_review_request(reviewers=["alice"], team_reviewers=["sre"])
    pull.edit(title="Deploy web 2", body="More")
    comment = pull.create_issue_comment("Hello")
    comment.edit("Hello again")
    pull.mark_ready_for_review()
    (found,) = repository.get_pulls(state="open", head="acme:gitops/dev/web", base="main")
    assert found.number == pull.number
    assert (found.title, found.body, found.draft) == ("Deploy web 2", "More", False)
    assert [one.name for one in found.labels] == ["dev"]
    assert [one.login for one in found.assignees] == ["alice"]
    assert [one.body for one in found.get_issue_comments()] == ["Hello again"]
    users, teams = found.get_review_requests()
    assert ([one.login for one in users], [one.slug for one in teams]) == (["alice"], ["sre"])
    assert [one.filename for one in found.get_files()] == ["web"]
    whole = repository.get_pull(pull.number)
    assert (whole.mergeable, whole.mergeable_state, whole.commits) == (True, "clean", 1)
    done = whole.merge(sha=whole.head.sha, merge_method="squash", delete_branch=True)
    assert done.merged
    assert repository.get_pull(pull.number).merged
    assert repos.git(folder, "for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main"


def test_auto_merge(hub: GitHub, repository: Repository, folder: Path) -> None:
    hub.protect("acme/deploy", checks=("ci",))
    repos.commit(folder, {"web": "2\n"}, message="Deploy", branch="work", start="main")
    pull = repository.create_pull(base="main", head="work", title="T")
    pull.enable_automerge(merge_method="SQUASH", expected_head_oid=pull.head.sha)
    assert repository.get_pull(1).raw_data["auto_merge"]["merge_method"] == "squash"
    pull.disable_automerge()
    pull.enable_automerge(merge_method="SQUASH", expected_head_oid=pull.head.sha)
    repository.get_commit(pull.head.sha).create_status("success", context="ci")
    assert repository.get_pull(1).merged


def test_git_data(repository: Repository, folder: Path) -> None:
    main = repository.get_branch("main").commit
    element = InputGitTreeElement("run.sh", "100755", "blob", content="#!/bin/sh\n")
    tree = repository.create_git_tree([element], main.commit.tree)
    commit = repository.create_git_commit("Run", tree, [main.commit])
    ref = repository.create_git_ref("refs/heads/work", main.sha)
    ref.edit(commit.sha)
    assert repos.git(folder, "ls-tree", "work", "run.sh").startswith("100755 blob")
    assert repository.get_contents("run.sh", ref="work").decoded_content == b"#!/bin/sh\n"  # type: ignore[union-attr]
    compared = repository.compare("main", "work")
    assert (compared.status, compared.ahead_by, [one.filename for one in compared.files]) == ("ahead", 1, ["run.sh"])
    with pytest.raises(github.GithubException) as refused:
        ref.edit(main.sha)
    assert refused.value.status == 422
    ref.edit(main.sha, force=True)
    ref.delete()
    with pytest.raises(github.UnknownObjectException):
        repository.get_branch("work")


def test_statuses_checks_and_deployments(hub: GitHub, repository: Repository) -> None:
    commit = repository.get_commit("main")
    commit.create_status("failure", "https://ci.test/1", "Red", "ci")
    commit.create_status("success", "https://ci.test/2", "Green", "ci")
    hub.set_check("acme/deploy", commit.sha, "lint", "success")
    assert [one.state for one in commit.get_combined_status().statuses] == ["success"]
    assert [(one.name, one.conclusion) for one in commit.get_check_runs()] == [("lint", "success")]
    deployment = repository.create_deployment("main", environment="dev", required_contexts=[])
    deployment.create_status("success", description="Done", environment_url="https://dev.test")
    (found,) = repository.get_deployments(environment="dev")
    assert [one.state for one in found.get_statuses()] == ["success"]


def test_lists_of_several_pages(repository: Repository) -> None:
    for number in range(65):
        repository.create_label(f"l{number}", "ff0000")
    assert [one.name for one in repository.get_labels()] == [f"l{number}" for number in range(65)]


def test_settings_and_protection(hub: GitHub, repository: Repository, connect: Connect) -> None:
    assert (repository.allow_auto_merge, repository.archived, repository.default_branch) == (True, False, "main")
    assert repository.permissions.push
    hub.protect("acme/deploy", checks=("ci",), approvals=2, signatures=True)
    hub.add_token("admin", role="admin")
    assert repository.get_branch("main").protected
    with pytest.raises(github.GithubException) as refused:
        repository.get_branch("main").get_protection()
    assert refused.value.status == 403
    branch = connect(github.Auth.Token("admin")).get_repo("acme/deploy").get_branch("main")
    protection = branch.get_protection()
    assert protection.required_status_checks.contexts == ["ci"]
    assert protection.required_pull_request_reviews.required_approving_review_count == 2


def test_a_repository_with_another_name(hub: GitHub, connect: Connect) -> None:
    hub.rename_repository("acme/deploy", "acme/config")
    assert connect().get_repo("acme/deploy").full_name == "acme/config"
    said = Client(hub.api_url, "tok")("POST", "/repos/acme/deploy/labels", {"name": "x"})
    assert (said.status, said.headers["location"].startswith(f"{hub.url}/repositories/")) == (307, True)


def test_a_branch_with_another_name(hub: GitHub, repository: Repository, folder: Path) -> None:
    repos.commit(folder, {"web": "2\n"}, message="Deploy", branch="work", start="main")
    repository.create_pull(base="main", head="work", title="T")
    hub.rename_branch("acme/deploy", "main", "trunk")
    assert repository.get_pull(1).base.ref == "trunk"
    assert repository.get_pull(1).state == "open"
    repository.update()
    assert repository.default_branch == "trunk"


def test_an_app_mints_a_token_for_one_repository(hub: GitHub, connect: Connect) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    hub.add_repository("acme/other", files={"a": "b"})
    rights = {"contents": "write", "pull_requests": "write"}
    app = hub.add_app("bot", key=public.decode(), permissions=rights, owner="acme")
    auth = github.Auth.AppAuth(app.client_id, private)
    integration = github.GithubIntegration(auth=auth, base_url=hub.api_url, seconds_between_writes=0)
    installation = integration.get_repo_installation("acme", "deploy")
    assert installation.app_id == app.id
    asked = {"repositories": ["deploy"], "permissions": {"contents": "read"}}
    _, made = integration.requester.requestJsonAndCheck(
        "POST", f"/app/installations/{installation.id}/access_tokens", input=asked
    )
    integration.close()
    mine = connect(github.Auth.Token(made["token"]))
    assert mine.get_repo("acme/deploy").full_name == "acme/deploy"
    with pytest.raises(github.UnknownObjectException):
        mine.get_repo("acme/other")
    with pytest.raises(github.GithubException) as refused:
        mine.get_repo("acme/deploy").create_git_ref(
            "refs/heads/x", mine.get_repo("acme/deploy").get_branch("main").commit.sha
        )
    assert refused.value.message == "Resource not accessible by integration"
    assert datetime.fromisoformat(made["expires_at"]) > datetime.now(UTC)


def test_a_jwt_of_another_key_is_refused(hub: GitHub) -> None:
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    public = (
        keys[0].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    app = hub.add_app("bot", key=public.decode(), permissions={"contents": "read"}, owner="acme")
    auth = github.Auth.AppAuth(app.id, private.decode())
    integration = github.GithubIntegration(auth=auth, base_url=hub.api_url)
    with pytest.raises(github.GithubException) as refused:
        integration.get_repo_installation("acme", "deploy")
    integration.close()
    assert refused.value.status == 401
    assert "JSON web token" in str(refused.value.message)
