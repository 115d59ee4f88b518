"""Who may do what: tokens of every kind, roles, protected branches, archived and empty projects, limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from gitlab import Gitlab
from gitlab.exceptions import GitlabAuthenticationError, GitlabError, GitlabHttpError

from gitops_actions.testing.gitlab import DEVELOPER, GUEST, MAINTAINER, REPORTER

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground

COMMIT: dict[str, Any] = {
    "commit_message": "m",
    "actions": [{"action": "create", "file_path": "x", "content": "1"}],
}
REQUEST = {"source_branch": "b", "target_branch": "main", "title": "t"}


def refusal(call: Callable[[], object]) -> tuple[int | None, str]:
    """The status and message of a call that is refused."""
    with pytest.raises(GitlabError) as caught:
        call()
    return caught.value.response_code, str(caught.value.error_message)


def test_an_unknown_token_is_unauthorized(ground: Ground) -> None:
    assert ground.call("/api/v4/user", headers={"PRIVATE-TOKEN": "glpat-unknown"})[0::2] == (
        401,
        {"message": "401 Unauthorized"},
    )
    assert ground.call("/api/v4/user")[0] == 401


def test_an_expired_or_revoked_token_says_so(ground: Ground) -> None:
    token = ground.server.add_token("ada", expires_at=date(2020, 1, 1))
    status, _, document = ground.call("/api/v4/user", headers={"PRIVATE-TOKEN": token})
    assert (status, document["error"]) == (401, "invalid_token")
    assert document["error_description"].startswith("Token is expired.")
    ground.server.state.tokens[token].expires_at = None
    ground.server.state.tokens[token].revoked = True
    assert "revoked" in ground.call("/api/v4/user", headers={"PRIVATE-TOKEN": token})[2]["error_description"]


def test_a_token_may_come_as_bearer_and_tells_about_itself(ground: Ground) -> None:
    token = ground.server.add_token("dev", scopes=("read_user",), expires_at=date(2999, 1, 1))
    status, _, document = ground.call(
        "/api/v4/personal_access_tokens/self", headers={"Authorization": f"Bearer {token}"}
    )
    assert (status, document["scopes"], document["expires_at"]) == (200, ["read_user"], "2999-01-01")
    assert token not in str(document)


@pytest.mark.parametrize(
    ("scopes", "reads", "writes", "files"),
    [
        (("api",), True, True, True),
        (("read_api",), True, False, True),
        (("read_repository",), False, False, True),
        (("read_user", "write_repository"), False, False, False),
    ],
)
def test_scopes(ground: Ground, scopes: tuple[str, ...], reads: bool, writes: bool, files: bool) -> None:
    api = ground.as_("ada", scopes=scopes)
    calls: list[tuple[bool, Callable[[], object]]] = [
        (reads, lambda: api.branches.list(get_all=True)),
        (writes, lambda: api.commits.create({"branch": "main", **COMMIT})),
        (files, lambda: api.files.get("README.md", "main")),
    ]
    for allowed, call in calls:
        if allowed:
            call()
        else:
            assert refusal(call)[0] == 403


def test_a_scope_that_lacks_is_named(ground: Ground) -> None:
    token = ground.server.add_token("ada", scopes=("read_user",))
    path = f"/api/v4/projects/{ground.project.id}"
    status, _, document = ground.call(path, headers={"PRIVATE-TOKEN": token})
    assert (status, document["error"], document["scope"]) == (403, "insufficient_scope", "api read_api")


def test_a_private_project_does_not_exist_for_strangers(ground: Ground) -> None:
    ground.server.add_user("eve")
    assert refusal(lambda: ground.as_("eve").branches.get("main")) == (404, "404 Project Not Found")
    assert ground.call("/api/v4/projects/acme%2Fops%2Fdeploy")[0::2] == (404, {"message": "404 Project Not Found"})
    ground.project.visibility = "public"
    assert ground.call("/api/v4/projects/acme%2Fops%2Fdeploy")[0] == 200
    assert refusal(lambda: ground.as_("eve").commits.create({"branch": "b", **COMMIT}))[0] == 403


def test_roles(ground: Ground) -> None:
    ground.change("b", {"x": "1"})
    ground.server.add_user("gus")
    ground.project.members[ground.server.state.users[-1].id] = GUEST
    assert refusal(lambda: ground.as_("gus").branches.get("main"))[0] == 403
    rita = ground.as_("rita")
    assert rita.branches.get("main").can_push is False
    assert refusal(lambda: rita.mergerequests.create(REQUEST))[0] == 403
    assert refusal(lambda: rita.commits.create({"branch": "c", "start_branch": "main", **COMMIT})) == (
        403,
        "403 Forbidden - You are not allowed to push into this branch",
    )
    assert ground.as_("dev").mergerequests.create(REQUEST).iid == 1


def test_members_of_a_group_are_members_below_it(ground: Ground) -> None:
    ground.server.add_user("gil")
    ground.server.add_group("acme", members={"gil": DEVELOPER})
    api = ground.as_("gil")
    assert api.branches.get("main").name == "main"
    project = Gitlab(ground.server.url, private_token=ground.server.add_token("gil")).projects.get(ground.project.id)
    assert project.permissions["project_access"] is None
    assert project.permissions["group_access"]["access_level"] == DEVELOPER


def test_protected_branches(ground: Ground) -> None:
    dev = ground.as_("dev")
    assert refusal(lambda: dev.commits.create({"branch": "main", **COMMIT}))[0] == 403
    ground.api.protectedbranches.create({"name": "env/*", "push_access_level": 0, "merge_access_level": 30})
    assert refusal(lambda: ground.api.branches.create({"branch": "env/dev", "ref": "main"}))[0] == 403
    assert dev.branches.create({"branch": "free", "ref": "main"}).protected is False
    assert refusal(lambda: ground.api.branches.delete("main"))[0] == 405
    main = ground.api.protectedbranches.get("main")
    assert [level["access_level"] for level in main.push_access_levels] == [MAINTAINER]
    assert refusal(lambda: ground.as_("rita").protectedbranches.list(get_all=True))[0] == 403


def test_a_project_token_is_of_its_project_only(ground: Ground) -> None:
    other = ground.server.add_project("acme/ops/other", {"a": "b"})
    token = ground.server.add_token(kind="project", project=ground.project, access_level=DEVELOPER)
    api = ground.with_token(token)
    assert api.commits.create({"branch": "b", "start_branch": "main", **COMMIT}).author_name == "Deploy bot"
    client = Gitlab(ground.server.url, private_token=token)
    assert refusal(lambda: client.projects.get(other.id)) == (404, "404 Project Not Found")
    user: Any = client.http_get("/user")
    assert user["bot"] is True


def test_a_job_token_cannot_open_merge_requests(ground: Ground) -> None:
    ground.change("b", {"x": "1"})
    token = ground.server.add_token("ada", kind="job", project=ground.project)
    job = Gitlab(ground.server.url, job_token=token).projects.get(ground.project.id, lazy=True)
    for call in (
        lambda: job.mergerequests.create(REQUEST),
        lambda: job.commits.create({"branch": "main", **COMMIT}),
    ):
        with pytest.raises(GitlabAuthenticationError):
            call()
    assert refusal(lambda: job.branches.get("main")) == (404, "404 Project Not Found")
    sha = ground.project.refs["main"]
    made = job.deployments.create({"environment": "dev", "sha": sha, "ref": "main", "tag": False, "status": "running"})
    assert made.status == "running"
    with pytest.raises(GitlabAuthenticationError):
        Gitlab(ground.server.url, private_token=token).projects.get(ground.project.id)


def test_a_job_token_of_another_project_needs_the_allowlist(ground: Ground) -> None:
    other = ground.server.add_project("acme/app", {"a": "b"}, members={"ada": MAINTAINER})
    token = ground.server.add_token("ada", kind="job", project=other)
    job = Gitlab(ground.server.url, job_token=token).projects.get(ground.project.id, lazy=True)
    assert refusal(lambda: job.environments.list(get_all=True)) == (404, "404 Project Not Found")
    ground.project.job_token_allowlist.append(other.id)
    assert job.environments.list(get_all=True) == []
    assert ground.api.job_token_scope.get().inbound_enabled is True


def test_an_archived_project_can_only_be_read(ground: Ground) -> None:
    ground.change("b", {"x": "1"})
    one = ground.request("b")
    ground.project.archived = True
    assert ground.client.projects.get(ground.project.id).archived is True
    assert ground.api.job_token_scope.get().inbound_enabled is True
    assert ground.api.branches.get("main").can_push is False
    for call in (
        lambda: ground.api.commits.create({"branch": "main", **COMMIT}),
        lambda: ground.api.mergerequests.create(REQUEST),
        lambda: ground.api.mergerequests.update(one.iid, {"title": "New"}),
        lambda: one.notes.create({"body": "x"}),
    ):
        assert refusal(call)[0] == 403


def test_an_empty_repository(ground: Ground) -> None:
    ground.server.add_project("acme/ops/empty", members={"ada": MAINTAINER})
    empty = ground.client.projects.get("acme/ops/empty")
    assert (empty.empty_repo, empty.default_branch) == (True, None)
    assert empty.branches.list(get_all=True) == []
    assert empty.commits.list(get_all=True) == []
    assert refusal(lambda: empty.branches.get("main")) == (404, "404 Branch Not Found")
    assert refusal(lambda: empty.repository_tree(get_all=True))[0] == 404
    assert refusal(lambda: empty.files.get("a", "main"))[0] == 404
    empty.commits.create({"branch": "main", **COMMIT})
    assert empty.branches.get("main").default is True


def test_a_project_that_moved_is_redirected_for_reading(ground: Ground) -> None:
    ground.server.move_project(ground.project, "acme/ops/moved")
    token = {"PRIVATE-TOKEN": ground.server.add_token("ada")}
    status, _, document = ground.call("/api/v4/projects/acme%2Fops%2Fdeploy", headers=token)
    assert (status, document["path_with_namespace"]) == (200, "acme/ops/moved")
    path = "/api/v4/projects/acme%2Fops%2Fdeploy/labels"
    status, _, document = ground.call(path, method="POST", document={}, headers=token)
    assert (status, document) == (405, {"message": "Non GET methods are not allowed for moved projects"})


def test_rate_limits(make: Callable[..., Ground]) -> None:
    ground = make(rate_limit=3, clock=lambda: 1_750_000_020.0)
    token = {"PRIVATE-TOKEN": ground.server.add_token("ada")}
    seen = [ground.call("/api/v4/user", headers=token) for _ in range(3)]
    assert [status for status, _, _ in seen] == [200, 200, 429]
    assert [headers["ratelimit-remaining"] for _, headers, _ in seen] == ["1", "0", "0"]
    assert (seen[2][1]["retry-after"], seen[2][2]) == ("60", "Retry later\n")
    assert seen[0][1]["x-request-id"] != seen[1][1]["x-request-id"]


def test_faults(ground: Ground) -> None:
    ground.server.fault(lambda request: request.path.endswith("/branches"), 429, seconds=7)
    token = {"PRIVATE-TOKEN": ground.server.add_token("ada")}
    path = f"/api/v4/projects/{ground.project.id}/repository/branches"
    status, headers, _ = ground.call(path, headers=token)
    assert (status, headers["retry-after"]) == (429, "7")
    ground.server.fault(1, "502-after")
    with pytest.raises(GitlabHttpError):
        ground.client.http_post(f"/projects/{ground.project.id}/labels", post_data={"name": "a", "color": "#fff"})
    assert [label.name for label in ground.api.labels.list(get_all=True)] == ["a"]
    ground.change("b", {"x": "1"})
    ground.request("b")
    ground.server.fault(lambda request: "/merge_requests?" in request.path, "stale")
    assert ground.api.mergerequests.list(state="opened", get_all=True) == []
    assert len(ground.api.mergerequests.list(state="opened", get_all=True)) == 1


def test_what_is_not_there(ground: Ground) -> None:
    assert ground.call("/api/v4/nothing")[0::2] == (404, {"error": "404 Not Found"})
    assert ground.call(f"/api/v4/projects/{ground.project.id}", method="PATCH")[0] == 405
    assert REPORTER < DEVELOPER
