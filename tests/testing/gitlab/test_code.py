"""Branches, files, trees, commits and comparisons."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from gitlab.exceptions import GitlabError

from gitops_actions.testing import repos

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground


def test_branches(ground: Ground) -> None:
    for name in ("gitops/dev/web", "gitops/dev/api", "other"):
        ground.api.branches.create({"branch": name, "ref": "main"})
    names = [branch.name for branch in ground.api.branches.list(search="^gitops/", get_all=True)]
    assert names == ["gitops/dev/api", "gitops/dev/web"]
    assert ground.api.branches.get("gitops/dev/web").commit["id"] == ground.project.refs["main"]
    ground.api.branches.delete("gitops/dev/web")
    with pytest.raises(GitlabError, match="404 Branch Not Found"):
        ground.api.branches.get("gitops/dev/web")
    for branch, ref, message in (
        ("other", "main", "Branch already exists"),
        ("new", "nowhere", "Invalid reference name: nowhere"),
        ("a..b", "main", "Branch name is invalid"),
    ):
        with pytest.raises(GitlabError, match=message):
            ground.api.branches.create({"branch": branch, "ref": ref})


def test_files(ground: Ground) -> None:
    file = ground.api.files.get("apps/web/values.yaml", ref="main")
    assert (file.decode(), file.ref, file.execute_filemode) == (b"tag: 1\n", "main", False)
    assert ground.api.files.get("run", ref="HEAD").execute_filemode is True
    assert ground.api.files.raw("apps/web/values.yaml", ref="main") == b"tag: 1\n"
    assert ground.api.files.raw("README.md") == b"# deploy\n"
    assert ground.api.files.head("README.md", ref="main")["X-Gitlab-Size"] == "9"
    for path, ref, message in (
        ("nothing", "main", "404 File Not Found"),
        ("apps", "main", "404 File Not Found"),
        ("README.md", "nowhere", "404 Commit Not Found"),
    ):
        with pytest.raises(GitlabError, match=message):
            ground.api.files.get(path, ref=ref)


def test_the_tree_has_pages_of_both_kinds(ground: Ground) -> None:
    ground.change("b", {f"many/{number:03}": "x" for number in range(45)})
    by_page = list(ground.api.repository_tree("many", ref="b", iterator=True, per_page=20))
    by_key = list(ground.api.repository_tree("many", ref="b", iterator=True, per_page=20, pagination="keyset"))
    assert [one["path"] for one in by_page] == [f"many/{number:03}" for number in range(45)]
    assert by_key == by_page
    paths = [one["path"] for one in ground.api.repository_tree(ref="b", recursive=True, iterator=True)]
    assert len(paths) == len(set(paths)) == 45 + 6
    path = f"/api/v4/projects/{ground.project.id}/repository/tree?path=many&ref=b&per_page=20&page=2"
    _, headers, _ = ground.call(path, headers={"PRIVATE-TOKEN": ground.server.add_token("ada")})
    assert (headers["x-total"], headers["x-total-pages"], headers["x-page"]) == ("45", "3", "2")
    assert (headers["x-next-page"], headers["x-prev-page"]) == ("3", "1")
    assert 'rel="next"' in headers["link"]


def test_one_commit_makes_a_branch_with_many_files(ground: Ground) -> None:
    last = ground.api.files.get("apps/web/values.yaml", ref="main").last_commit_id
    actions: list[dict[str, Any]] = [
        {"action": "update", "file_path": "apps/web/values.yaml", "content": "tag: 2\n", "last_commit_id": last},
        {
            "action": "create",
            "file_path": "new/ü",
            "content": base64.b64encode(b"\0\xff").decode(),
            "encoding": "base64",
        },
        {"action": "move", "previous_path": "run", "file_path": "bin/run"},
        {"action": "delete", "file_path": "README.md"},
        {"action": "chmod", "file_path": "new/ü", "execute_filemode": True},
    ]
    made = ground.api.commits.create(
        {
            "branch": "gitops/dev/web",
            "start_branch": "main",
            "commit_message": "Deploy web\n\nGitops-App: web\n",
            "author_name": "Robot",
            "author_email": "robot@example.com",
            "actions": actions,
        }
    )
    folder = ground.project.repository.path
    assert repos.git(folder, "rev-parse", "gitops/dev/web", "gitops/dev/web^") == (
        f"{made.id}\n{ground.project.refs['main']}"
    )
    assert repos.git(
        folder, "-c", "core.quotePath=false", "ls-tree", "-r", "--format=%(objectmode) %(path)", made.id
    ) == ("100644 apps/web/values.yaml\n100755 bin/run\n100755 new/ü")
    assert repos.show(folder, made.id, "new/ü") == b"\0\xff"
    assert (made.author_name, made.committer_name, made.title) == ("Robot", "Ada", "Deploy web")
    assert made.trailers == {"Gitops-App": "web"}
    assert repos.git(folder, "fsck", "--strict") == ""
    signature: Any = made.signature()
    assert signature["verification_status"] == "verified_system"


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"branch": "taken", "start_branch": "main"}, 400, "A branch called 'taken' already exists."),
        ({"branch": "taken", "start_sha": "tip"}, 400, "A branch called 'taken' already exists."),
        ({"branch": "new"}, 400, "You can only create or edit files when you are on a branch"),
        ({"branch": "new", "start_branch": "nowhere"}, 400, "You can only create or edit files when you are on a br"),
        ({"branch": "new", "start_sha": "abc"}, 400, "Invalid start_sha 'abc'"),
        ({"branch": "new", "start_sha": "1" * 40}, 400, "Cannot find start_sha '1111"),
        ({"branch": "a b", "start_branch": "main"}, 400, "Something went wrong when we tried to create 'a b' for you"),
        ({"branch": "new", "start_branch": "main", "start_sha": "tip"}, 400, "are mutually exclusive"),
        ({"branch": "new", "start_branch": "main", "start_project": "acme/none"}, 404, "404 Project Not Found"),
    ],
)
def test_where_a_commit_cannot_go(ground: Ground, given: dict[str, str], status: int, message: str) -> None:
    ground.api.branches.create({"branch": "taken", "ref": "main"})
    tip = ground.project.refs["main"]
    actions = [{"action": "create", "file_path": "x", "content": "1"}]
    given = {name: tip if text == "tip" else text for name, text in given.items()}
    with pytest.raises(GitlabError, match=message) as caught:
        ground.api.commits.create({"commit_message": "m", "actions": actions, **given})
    assert caught.value.response_code == status
    assert ground.project.refs == {"main": tip, "taken": tip}


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ({"action": "create", "file_path": "run", "content": ""}, "A file with this name already exists"),
        ({"action": "create", "file_path": "apps", "content": ""}, "A directory with this name already exists"),
        ({"action": "create", "file_path": "run/x", "content": ""}, "A file with this name already exists"),
        ({"action": "update", "file_path": "none", "content": ""}, "A file with this name doesn't exist"),
        ({"action": "delete", "file_path": "none"}, "A file with this name doesn't exist"),
        ({"action": "create", "file_path": "../x", "content": ""}, "Path cannot include directory traversal"),
        ({"action": "create", "file_path": ".git/x", "content": ""}, "invalid path"),
        ({"action": "update", "file_path": "run"}, r"actions\[0\]\[content\] is missing"),
        ({"action": "paint", "file_path": "run"}, r"actions\[0\]\[action\] does not have a valid value"),
    ],
)
def test_actions_that_do_not_fit(ground: Ground, action: dict[str, str], message: str) -> None:
    with pytest.raises(GitlabError, match=message) as caught:
        ground.api.commits.create({"branch": "main", "commit_message": "m", "actions": [action]})
    assert caught.value.response_code == 400


def test_a_file_that_has_changed_is_not_overwritten(ground: Ground) -> None:
    path = "apps/web/values.yaml"
    last = ground.api.files.get(path, ref="main").last_commit_id
    ground.change("main", {"README.md": "another file"})
    ground.change("main", {path: "tag: 2\n"}, actions=[update(path, "tag: 2\n", last)])
    with pytest.raises(GitlabError, match=f"The file has changed since you started editing it: {path}"):
        ground.change("main", {path: "tag: 3\n"}, actions=[update(path, "tag: 3\n", last)])


def update(path: str, text: str, last: str) -> dict[str, str]:
    return {"action": "update", "file_path": path, "content": text, "last_commit_id": last}


def test_force_puts_a_branch_on_a_new_base(ground: Ground) -> None:
    ground.change("b", {"x": "1"})
    base = ground.change("main", {"README.md": "newer"})
    made = ground.change("b", {"y": "2"}, start_sha=base, force=True)
    folder = ground.project.repository.path
    assert repos.git(folder, "rev-parse", "b", "b^") == f"{made}\n{base}"


def test_commits_are_listed_by_path(ground: Ground) -> None:
    first = ground.change("main", {"README.md": "one"})
    second = ground.change("main", {"apps/web/values.yaml": "two"})
    # As a keyword, `path` would be the path of the request to python-gitlab.
    query = {"ref_name": "main", "path": "apps"}
    ids = [commit.id for commit in ground.api.commits.list(query_parameters=query, get_all=True)]
    assert ids[0] == second
    assert first not in ids
    assert len(list(ground.api.commits.list(ref_name="main", per_page=1, iterator=True))) == 3
    assert ground.api.commits.get("main").id == second
    for ref in ("nowhere", "0" * 40):
        with pytest.raises(GitlabError, match="404 Commit Not Found"):
            ground.api.commits.get(ref)


def test_comparing(ground: Ground) -> None:
    old = ground.project.refs["main"]
    new = ground.change("main", {"apps/web/values.yaml": "tag: 2\n"})
    document: Any = ground.api.repository_compare(old, new)
    assert [commit["id"] for commit in document["commits"]] == [new]
    assert [(one["old_path"], one["new_file"]) for one in document["diffs"]] == [("apps/web/values.yaml", False)]
    assert document["diffs"][0]["diff"] == "@@ -1 +1 @@\n-tag: 1\n+tag: 2\n"
    back: Any = ground.api.repository_compare(new, old)
    assert (back["commits"], back["diffs"]) == ([], [])
    same: Any = ground.api.repository_compare(new, "main")
    assert same["compare_same_ref"] is True
    base: Any = ground.api.repository_merge_base([old, new])
    assert base["id"] == old
    with pytest.raises(GitlabError, match="404 Ref Not Found"):
        ground.api.repository_compare("nowhere", "main")
