"""The GraphQL side of the GitHub fake."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from gitops_actions.testing import repos
from gitops_actions.testing.client import Client
from gitops_actions.testing.github import GitHub

ZERO = "0" * 40
OPEN = """mutation Open($input: CreatePullRequestInput!) {
  createPullRequest(input: $input) { pullRequest { id number headRefOid } }
}"""


class Graph:
    """Asks with documents."""

    def __init__(self, hub: GitHub, token: str = "tok") -> None:
        self.ask = Client(hub.graphql_url, token)
        self.folder = hub.root / "acme" / "deploy.git"

    def __call__(self, document: str, **variables: Any) -> Any:
        said = self.ask("POST", "", {"query": document, "variables": variables})
        assert said.status == 200, said.body
        return said.json

    @property
    def repository(self) -> str:
        """Its id."""
        id: str = self('{repository(owner: "acme", name: "deploy") {id}}')["data"]["repository"]["id"]
        return id

    @property
    def main(self) -> str:
        """The tip of main."""
        return repos.git(self.folder, "rev-parse", "main")

    def opened(self, branch: str = "work") -> Any:
        """A request of a new branch."""
        repos.commit(self.folder, {branch: "new\n"}, message="Work", branch=branch, start="main")
        given = {"repositoryId": self.repository, "title": "T", "headRefName": branch, "baseRefName": "main"}
        return self(OPEN, input=given)["data"]["createPullRequest"]["pullRequest"]

    def refused(self, document: str, **variables: Any) -> tuple[str, str]:
        """(type, message) of the one error."""
        (error,) = self(document, **variables)["errors"]
        assert error["path"]
        return error["type"], error["message"]


@pytest.fixture
def graph(hub: GitHub, request: pytest.FixtureRequest) -> Iterator[Graph]:
    """What it takes, GitHub takes too; that is looked at where npm is there."""
    try:
        official = request.getfixturevalue("official")
    except pytest.skip.Exception:
        official = None
    yield Graph(hub)
    if official is not None:
        assert not [text for text in hub.documents if validate(official, parse(text))]


DEPLOY = """mutation Deploy(
  $ref: CreateRefInput!, $commit: CreateCommitOnBranchInput!, $pull: CreatePullRequestInput!
) {
  createRef(input: $ref) { ref { name } }
  createCommitOnBranch(input: $commit) { commit { oid signature { isValid wasSignedByGitHub } author { name }
    committer { name email } } }
  createPullRequest(input: $pull) { pullRequest { number headRefOid } }
}"""


def deploy(graph: Graph, **changes: Any) -> dict[str, Any]:
    """The variables of branch, commit and request in one document."""
    main, id = graph.main, graph.repository
    commit = {
        "branch": {"repositoryNameWithOwner": "acme/deploy", "branchName": "gitops/dev/web"},
        "expectedHeadOid": main,
        "message": {"headline": "Deploy", "body": "Gitops-App: web"},
        "fileChanges": {"additions": [{"path": "apps/web", "contents": base64.b64encode(b"2\n").decode()}],
                        "deletions": [{"path": "shared"}]},
    }  # fmt: skip
    return {
        "ref": {"repositoryId": id, "name": "refs/heads/gitops/dev/web", "oid": main},
        "commit": {**commit, **changes},
        "pull": {"repositoryId": id, "title": "T", "headRefName": "gitops/dev/web", "baseRefName": "main"},
    }


def test_branch_commit_and_request_in_one_document(graph: Graph) -> None:
    said = graph(DEPLOY, **deploy(graph))
    assert "errors" not in said, said
    commit = said["data"]["createCommitOnBranch"]["commit"]
    assert commit["signature"] == {"isValid": True, "wasSignedByGitHub": True}
    assert commit["committer"] == {"name": "GitHub", "email": "noreply@github.com"}
    assert commit["author"]["name"] == "octocat"
    assert said["data"]["createPullRequest"]["pullRequest"] == {"number": 1, "headRefOid": commit["oid"]}
    assert repos.show(graph.folder, commit["oid"], "apps/web") == b"2\n"
    assert repos.git(graph.folder, "ls-tree", "-r", "--name-only", commit["oid"]) == "apps/web"
    assert repos.git(graph.folder, "log", "-1", "--format=%B", commit["oid"]).strip() == "Deploy\n\nGitops-App: web"
    repos.git(graph.folder, "fsck", "--strict")


def test_after_an_error_the_other_mutations_are_not_run(graph: Graph) -> None:
    said = graph(DEPLOY, **deploy(graph, expectedHeadOid=ZERO))
    assert said["data"]["createRef"]["ref"]["name"] == "gitops/dev/web"
    assert said["data"]["createCommitOnBranch"] is None
    assert said["data"]["createPullRequest"] is None
    (error,) = said["errors"]
    assert error["type"] == "STALE_DATA"
    assert error["path"] == ["createCommitOnBranch"]
    assert error["message"] == f'Expected branch to point to "{ZERO}" but it did not.  Pull and try again.'
    assert error["locations"] == [{"line": 5, "column": 3}]


def test_modes_stay(graph: Graph) -> None:
    repos.commit(graph.folder, {"apps/web": "1\n"}, message="Run it", modes={"apps/web": "100755"})
    oid = graph(DEPLOY, **deploy(graph))["data"]["createCommitOnBranch"]["commit"]["oid"]
    assert repos.git(graph.folder, "ls-tree", "-r", oid).startswith("100755")


def test_a_deletion_of_nothing_is_refused(graph: Graph) -> None:
    variables = deploy(graph, fileChanges={"deletions": [{"path": "none"}]})
    kind, message = graph.refused(DEPLOY, **variables)
    assert (kind, "deletion which does not exist" in message) == ("UNPROCESSABLE", True)


REFS = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"


def test_refs_are_compared_and_swapped(graph: Graph) -> None:
    main, id = graph.main, graph.repository
    work = repos.commit(graph.folder, {"a": "b"}, message="W", branch="work", start="main")

    def update(*updates: dict[str, Any]) -> dict[str, Any]:
        return {"repositoryId": id, "refUpdates": list(updates), "clientMutationId": "x"}

    def at(name: str) -> str:
        return repos.git(graph.folder, "for-each-ref", "--format=%(objectname)", f"refs/heads/{name}")

    made = {"name": "refs/heads/new", "beforeOid": ZERO, "afterOid": work}
    assert graph(REFS, input=update(made)) == {"data": {"updateRefs": {"clientMutationId": "x"}}}
    assert at("new") == work
    assert graph.refused(REFS, input=update(made))[0] == "STALE_DATA"
    back = {"name": "refs/heads/new", "beforeOid": work, "afterOid": main}
    assert graph.refused(REFS, input=update(back)) == ("UNPROCESSABLE", "Update is not a fast forward")
    wrong = {**back, "force": True, "beforeOid": main}
    right = {"name": "refs/heads/third", "beforeOid": ZERO, "afterOid": main}
    graph.refused(REFS, input=update(right, wrong))
    assert (at("new"), at("third")) == (work, "")  # all or none
    gone = {"name": "refs/heads/new", "beforeOid": work, "afterOid": ZERO}
    assert "errors" not in graph(REFS, input=update(right, gone))
    assert (at("new"), at("third")) == ("", main)


def test_a_ref_is_created_once(graph: Graph) -> None:
    document = "mutation($input: CreateRefInput!) { createRef(input: $input) { ref { id name } } }"
    given = {"repositoryId": graph.repository, "name": "refs/heads/x", "oid": graph.main}
    ref = graph(document, input=given)["data"]["createRef"]["ref"]
    assert graph.refused(document, input=given) == (
        "UNPROCESSABLE", 'A ref named "refs/heads/x" already exists in the repository.'
    )  # fmt: skip
    delete = "mutation($input: DeleteRefInput!) { deleteRef(input: $input) { clientMutationId } }"
    assert "errors" not in graph(delete, input={"refId": ref["id"]})
    assert graph.refused(delete, input={"refId": ref["id"]})[0] == "UNPROCESSABLE"


def test_a_request_is_opened_once(graph: Graph) -> None:
    graph.opened()
    given = {"repositoryId": graph.repository, "title": "T", "headRefName": "work", "baseRefName": "main"}
    assert graph.refused(OPEN, input=given) == ("UNPROCESSABLE", "A pull request already exists for acme:work.")
    kind, message = graph.refused(OPEN, input={**given, "headRefName": "none"})
    assert (kind, "Head sha can't be blank" in message) == ("UNPROCESSABLE", True)
    assert graph.refused(OPEN, input={**given, "headRefName": "main"})[1] == "No commits between main and main"


ENABLE = """mutation($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number autoMergeRequest { mergeMethod } state } }
}"""


def test_auto_merge_is_refused_when_nothing_is_waited_for(hub: GitHub, graph: Graph) -> None:
    id = graph.opened()["id"]
    given = {"pullRequestId": id}
    assert graph.refused(ENABLE, input=given) == ("UNPROCESSABLE", "Pull request Pull request is in clean status")
    head = hub.requests_of("acme/deploy")[0].head_sha
    hub.set_status("acme/deploy", head, "ci", "failure")
    assert graph.refused(ENABLE, input=given)[1] == "Pull request Pull request is in unstable status"
    hub.settings("acme/deploy").allow_auto_merge = False
    assert graph.refused(ENABLE, input=given)[1] == "Pull request Auto merge is not allowed for this repository"


def test_auto_merge_waits_for_required_checks(hub: GitHub, graph: Graph) -> None:
    hub.protect("acme/deploy", checks=("ci",))
    request = graph.opened()
    given = {"pullRequestId": request["id"], "mergeMethod": "SQUASH"}
    assert graph.refused(ENABLE, input={**given, "expectedHeadOid": ZERO})[0] == "UNPROCESSABLE"
    shown = graph(ENABLE, input={**given, "expectedHeadOid": request["headRefOid"]})["data"]
    assert shown["enablePullRequestAutoMerge"]["pullRequest"] == {
        "number": 1, "autoMergeRequest": {"mergeMethod": "SQUASH"}, "state": "OPEN"
    }  # fmt: skip
    hub.set_status("acme/deploy", request["headRefOid"], "ci", "pending")
    assert hub.requests_of("acme/deploy")[0].state == "open"
    hub.set_status("acme/deploy", request["headRefOid"], "ci", "success")
    merged = hub.requests_of("acme/deploy")[0]
    assert (merged.merged is not None, merged.merge_commit) == (True, graph.main)
    assert repos.git(graph.folder, "log", "-1", "--format=%s", "main") == "Work (#1)"


def test_auto_merge_is_taken_back(hub: GitHub, graph: Graph) -> None:
    hub.protect("acme/deploy", checks=("ci",))
    request = graph.opened()
    given = {"pullRequestId": request["id"]}
    graph(ENABLE, input=given)
    document = "mutation($input: DisablePullRequestAutoMergeInput!) { disablePullRequestAutoMerge(input: $input) {"
    document += " pullRequest { autoMergeRequest { mergeMethod } } } }"
    assert "errors" not in graph(document, input=given)
    assert "Can't disable" in graph.refused(document, input=given)[1]
    hub.set_status("acme/deploy", request["headRefOid"], "ci", "success")
    assert hub.requests_of("acme/deploy")[0].state == "open"


def test_the_merge_queue(hub: GitHub, graph: Graph) -> None:
    hub.protect("acme/deploy", queue=True)
    request = graph.opened()
    merge = "mutation($input: MergePullRequestInput!) { mergePullRequest(input: $input) { pullRequest { state } } }"
    given = {"pullRequestId": request["id"]}
    assert "merge queue" in graph.refused(merge, input=given)[1]
    enqueue = "mutation($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) {"
    enqueue += " mergeQueueEntry { position state pullRequest { isInMergeQueue } } } }"
    entry = graph(enqueue, input={**given, "expectedHeadOid": request["headRefOid"]})
    assert entry["data"]["enqueuePullRequest"]["mergeQueueEntry"] == {
        "position": 1, "state": "QUEUED", "pullRequest": {"isInMergeQueue": True}
    }  # fmt: skip
    assert hub.run_queue("acme/deploy") == [1]
    assert hub.requests_of("acme/deploy")[0].merged is not None
    hub.protect("acme/deploy")
    other = graph.opened("other")["id"]
    assert "not enabled" in graph.refused(enqueue, input={"pullRequestId": other})[1]


def test_a_merge_with_the_expected_head(graph: Graph) -> None:
    request = graph.opened()
    merge = (
        "mutation($input: MergePullRequestInput!) { mergePullRequest(input: $input) { pullRequest { state mergeCommit {"
    )
    merge += " oid } } } }"
    given = {"pullRequestId": request["id"]}
    assert "modified" in graph.refused(merge, input={**given, "expectedHeadOid": ZERO})[1]
    shown = graph(merge, input={**given, "expectedHeadOid": request["headRefOid"]})
    assert shown["data"]["mergePullRequest"]["pullRequest"] == {"state": "MERGED", "mergeCommit": {"oid": graph.main}}


def test_what_hangs_on_a_request(hub: GitHub, graph: Graph) -> None:
    hub.add_milestone("acme/deploy", "Soon")
    id = graph.opened()["id"]
    ids = graph("""{ user(login: "alice") { id } organization(login: "acme") { team(slug: "sre") { id } }
        repository(owner: "acme", name: "deploy") { milestone(number: 1) { id } } }""")["data"]  # fmt: skip
    label = graph("mutation($i: CreateLabelInput!) { createLabel(input: $i) { label { id } } }",
                  i={"repositoryId": graph.repository, "name": "dev", "color": "ff0000"})  # fmt: skip
    shown = graph(
        """mutation($l: AddLabelsToLabelableInput!, $a: AddAssigneesToAssignableInput!, $r: RequestReviewsInput!,
            $u: UpdatePullRequestInput!, $c: AddCommentInput!, $d: ConvertPullRequestToDraftInput!) {
          addLabelsToLabelable(input: $l) { labelable { labels(first: 5) { nodes { name } } } }
          addAssigneesToAssignable(input: $a) { assignable { assignees(first: 5) { nodes { login } } } }
          requestReviews(input: $r) { pullRequest { reviewRequests(first: 5) { nodes { requestedReviewer {
            ... on User { login } ... on Team { slug } } } } } }
          updatePullRequest(input: $u) { pullRequest { title body milestone { title } } }
          addComment(input: $c) { commentEdge { node { id body author { login } } } }
          convertPullRequestToDraft(input: $d) { pullRequest { isDraft mergeStateStatus } }
        }""",
        l={"labelableId": id, "labelIds": [label["data"]["createLabel"]["label"]["id"]]},
        a={"assignableId": id, "assigneeIds": [ids["user"]["id"]]},
        r={"pullRequestId": id, "userIds": [ids["user"]["id"]], "teamIds": [ids["organization"]["team"]["id"]],
           "union": True},
        u={"pullRequestId": id, "title": "New", "body": "Text", "milestoneId": ids["repository"]["milestone"]["id"]},
        c={"subjectId": id, "body": "Hello"},
        d={"pullRequestId": id},
    )  # fmt: skip
    assert "errors" not in shown, shown
    data = shown["data"]
    assert data["addLabelsToLabelable"]["labelable"]["labels"]["nodes"] == [{"name": "dev"}]
    assert data["addAssigneesToAssignable"]["assignable"]["assignees"]["nodes"] == [{"login": "alice"}]
    asked = data["requestReviews"]["pullRequest"]["reviewRequests"]["nodes"]
    assert [one["requestedReviewer"] for one in asked] == [{"login": "alice"}, {"slug": "sre"}]
    assert data["updatePullRequest"]["pullRequest"] == {"title": "New", "body": "Text", "milestone": {"title": "Soon"}}
    assert data["convertPullRequestToDraft"]["pullRequest"] == {"isDraft": True, "mergeStateStatus": "DRAFT"}
    node = data["addComment"]["commentEdge"]["node"]
    edited = graph("mutation($i: UpdateIssueCommentInput!) { updateIssueComment(input: $i) { issueComment { body } } }",
                   i={"id": node["id"], "body": "Again"})  # fmt: skip
    assert edited["data"]["updateIssueComment"]["issueComment"] == {"body": "Again"}


def test_what_is_not_seen_is_not_found(hub: GitHub) -> None:
    hub.add_token("narrow", kind="actions", repositories=["acme/app"], permissions={"contents": "write"})
    narrow = Graph(hub, "narrow")
    document = '{repository(owner: "acme", name: "deploy") {id}}'
    assert narrow.refused(document) == (
        "NOT_FOUND", "Could not resolve to a Repository with the name 'acme/deploy'."
    )  # fmt: skip
    hub.settings("acme/deploy").private = False
    given = {"repositoryId": narrow.repository, "name": "refs/heads/x", "oid": narrow.main}
    create = "mutation($input: CreateRefInput!) { createRef(input: $input) { ref { id } } }"
    assert narrow.refused(create, input=given) == ("FORBIDDEN", "Resource not accessible by integration")
    assert Client(hub.graphql_url, "wrong")("POST", "", {"query": document}).status == 401


def test_a_list_needs_its_length(graph: Graph) -> None:
    document = '{repository(owner: "acme", name: "deploy") {labels%s {nodes {name}}}}'
    assert graph.refused(document % "")[0] == "MISSING_PAGINATION_BOUNDARIES"
    assert graph.refused(document % "(first: 101)")[0] == "EXCESSIVE_PAGINATION"


def test_pages(hub: GitHub, graph: Graph) -> None:
    for number in range(5):
        hub.work.label(hub.repository("acme/deploy"), f"l{number}")
    document = """query($after: String) { repository(owner: "acme", name: "deploy") {
      labels(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } totalCount } } }"""
    found, after, more = [], None, True
    while more:
        page = graph(document, after=after)["data"]["repository"]["labels"]
        found += [one["name"] for one in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == [f"l{number}" for number in range(5)]


def test_documents_that_are_wrong(graph: Graph) -> None:
    (error,) = graph("{ repository(owner: 1) { nothing } }")["errors"][:1]
    assert error["message"]
    assert "errors" in graph("{")
    assert "data" not in graph("{ nothing }")


def test_enterprise_urls(tmp_path: Path) -> None:
    with GitHub(tmp_path, enterprise=True) as hub:
        hub.add_repository("acme/deploy", files={"a": "b"})
        hub.add_token("tok")
        assert hub.api_url.endswith("/api/v3")
        assert Client(hub.api_url, "tok")("GET", "/repos/acme/deploy").status == 200
        assert "x-github-enterprise-version" in Client(hub.api_url, None)("GET", "/meta").headers
        assert Client(hub.url, "tok")("GET", "/repos/acme/deploy").status == 404
        assert Graph(hub).repository
