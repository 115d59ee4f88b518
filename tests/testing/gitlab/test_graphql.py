"""Reading many files and the open requests in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.testing.gitlab.conftest import Ground

QUERY = """
query Read($path: ID!, $paths: [String!]!, $branches: [String!]) {
  project(fullPath: $path) {
    archived
    repository {
      rootRef
      empty
      blobs(paths: $paths, ref: "main") {
        nodes { path rawTextBlob rawBlob oid mode size lfsOid }
        pageInfo { hasNextPage }
      }
      tree(ref: "main") { lastCommit { sha } }
    }
    mergeRequests(sourceBranches: $branches, targetBranches: ["main"], state: opened) {
      nodes { iid title state conflicts diffHeadSha sourceBranch labels { nodes { title } } author { username } }
    }
  }
}
"""


def ask(ground: Ground, token: str | None, query: str = QUERY, **variables: Any) -> tuple[int, Any]:
    """Send a query. Returns (status, document)."""
    given = {"path": "acme/ops/deploy", "paths": [], **variables}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    document = {"query": query, "variables": given}
    status, _, shown = ground.call("/api/graphql", method="POST", document=document, headers=headers)
    return status, shown


def test_files_and_requests_in_one_query(ground: Ground) -> None:
    one = ground.request("b", labels="dev")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 5\n"
    ground.change("main", {"big": pointer})
    paths = ["README.md", "run", "big", "nothing", "apps"]
    status, shown = ask(ground, ground.server.add_token("ada", scopes=("read_api",)), paths=paths, branches=["b"])
    assert status == 200
    project = shown["data"]["project"]
    blobs = {blob["path"]: blob for blob in project["repository"]["blobs"]["nodes"]}
    assert set(blobs) == {"README.md", "run", "big", "apps"}
    assert (blobs["apps"]["mode"], blobs["apps"]["rawBlob"]) == ("40000", "")  # a folder, as Gitaly tells it
    assert (blobs["README.md"]["rawTextBlob"], blobs["run"]["mode"], blobs["big"]["lfsOid"]) == (
        "# deploy\n",
        "100755",
        "a" * 64,
    )
    assert project["repository"]["tree"]["lastCommit"]["sha"] == ground.project.refs["main"]
    assert project["mergeRequests"]["nodes"] == [
        {
            "iid": "1", "title": one.title, "state": "opened", "conflicts": False, "diffHeadSha": one.sha,
            "sourceBranch": "b", "labels": {"nodes": [{"title": "dev"}]}, "author": {"username": "ada"},
        }
    ]  # fmt: skip
    assert ground.server.requests[-1].operation == "Read"
    assert ground.server.requests[-1].write is False


def test_what_cannot_be_seen_is_null(ground: Ground) -> None:
    ground.server.add_user("eve")
    assert ask(ground, ground.server.add_token("eve"))[1] == {"data": {"project": None}}
    assert ask(ground, None)[1] == {"data": {"project": None}}


def test_errors(ground: Ground) -> None:
    assert ask(ground, "glpat-unknown") == (401, {"errors": [{"message": "Invalid token"}]})
    token = ground.server.add_token("ada")
    status, shown = ask(ground, token, '{ project(fullPath: "x") { nonsense } }')
    assert status == 200
    assert shown["errors"][0]["message"] == "Field 'nonsense' doesn't exist on type 'Project'"
    assert shown["errors"][0]["extensions"]["code"] == "undefinedField"
    assert "data" not in shown
    assert ask(ground, ground.server.add_token("ada", scopes=("read_user",)))[0] == 403


def test_more_files_than_a_page_holds(ground: Ground) -> None:
    ground.change("main", {f"many/{number}": "x" for number in range(120)})
    paths = [f"many/{number}" for number in range(120)]
    blobs = ask(ground, ground.server.add_token("ada"), paths=paths)[1]["data"]["project"]["repository"]["blobs"]
    assert (len(blobs["nodes"]), blobs["pageInfo"]["hasNextPage"]) == (100, True)
