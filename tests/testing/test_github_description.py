"""Every answer of the GitHub fake on a tour through all its endpoints, held against the official description
(https://github.com/octokit/openapi), and its schema and documents against the official schema
(https://github.com/octokit/graphql-schema)."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import jsonschema
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    parse,
    validate,
)

from gitops_actions.testing.client import Client
from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.github import GitHub, rest
from tests.checkers import npm_package

REPO = "/repos/acme/deploy"


class Recording(GitHub):
    """Keeps what it answered."""

    answers: list[tuple[Call, Answer]]

    def respond(self, call: Call, past: object | None = None) -> Answer:
        answer = super().respond(call, past)
        if not call.is_git and not call.path.endswith("/graphql"):
            self.answers.append((call, answer))
        return answer


def key() -> tuple[bytes, str]:
    """A private key and its public one."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public.decode()


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    """A server that has been asked for everything that it knows."""
    with Recording(tmp_path_factory.mktemp("hub")) as hub:
        hub.answers = []
        tour(hub)
        yield hub


def tour(hub: Recording) -> None:
    private, public = key()
    hub.add_repository("acme/deploy", files={"shared": "1\n2\n3\n", "apps/web": "1\n"}, labels=["old"])
    hub.add_repository("acme/empty")
    hub.add_user("alice")
    hub.add_team("acme", "sre")
    hub.add_milestone("acme/deploy", "Soon")
    rights = {"contents": "write", "pull_requests": "write", "checks": "write", "administration": "read"}
    app = hub.add_app("bot", key=public, permissions=rights, owner="acme")
    hub.add_token("tok", role="admin", expires=time.time() + 9000)
    hub.add_token("other", login="reviewer", kind="user")
    hub.add_token("weak", kind="app", permissions={"contents": "read"})
    hub.add_token("lost", kind="app", repositories=["acme/else"], permissions={"contents": "write"})
    ask, other, nobody = Client(hub.api_url, "tok"), Client(hub.api_url, "other"), Client(hub.api_url, None)

    def must(status: int, method: str, path: str, document: object = None, by: Client = ask) -> Any:
        said = by(method, path, document)
        assert said.status == status, (method, path, said.body)
        return json.loads(said.body) if said.body else None

    # accounts
    must(200, "GET", "/user")
    must(401, "GET", "/user", by=nobody)
    must(401, "GET", "/user", by=Client(hub.api_url, "wrong"))
    must(200, "GET", "/users/alice")
    must(404, "GET", "/users/nobody")
    must(200, "GET", "/rate_limit")
    must(200, "GET", "/meta", by=nobody)
    must(200, "GET", "/orgs/acme/teams/sre")
    # the repository
    must(200, "GET", REPO)
    must(404, "GET", "/repos/acme/nothing")
    must(404, "GET", REPO, by=Client(hub.api_url, "lost"))
    must(200, "GET", f"{REPO}/collaborators/alice/permission")
    must(204, "GET", f"{REPO}/collaborators/alice")
    must(404, "GET", f"{REPO}/collaborators/nobody")
    must(200, "GET", f"{REPO}/branches?per_page=1")
    must(200, "GET", f"{REPO}/branches/main")
    must(404, "GET", f"{REPO}/branches/none")
    must(404, "GET", f"{REPO}/branches/main/protection")
    must(200, "GET", f"{REPO}/actions/permissions")
    must(200, "GET", f"{REPO}/actions/permissions/workflow")
    must(409, "GET", "/repos/acme/empty/commits")
    must(409, "GET", "/repos/acme/empty/git/ref/heads/main")
    # git data
    main = must(200, "GET", f"{REPO}/git/ref/heads/main")["object"]["sha"]
    must(404, "GET", f"{REPO}/git/ref/heads/none")
    must(200, "GET", f"{REPO}/git/matching-refs/heads/m")
    head = must(200, "GET", f"{REPO}/git/commits/{main}")
    must(404, "GET", f"{REPO}/git/commits/{'0' * 40}")
    must(200, "GET", f"{REPO}/git/trees/{head['tree']['sha']}?recursive=1")
    blob = must(201, "POST", f"{REPO}/git/blobs", {"content": "Mgo=", "encoding": "base64"})["sha"]
    must(200, "GET", f"{REPO}/git/blobs/{blob}")
    tree = must(201, "POST", f"{REPO}/git/trees", {"base_tree": head["tree"]["sha"], "tree": [
        {"path": "apps/web", "mode": "100755", "type": "blob", "sha": blob},
        {"path": "new", "mode": "100644", "type": "blob", "content": "x\n"},
        {"path": "shared", "mode": "100644", "type": "blob", "sha": None},
    ]})["sha"]  # fmt: skip
    must(422, "POST", f"{REPO}/git/trees", {"base_tree": head["tree"]["sha"], "tree": [
        {"path": "a/../b", "mode": "100644", "type": "blob", "sha": blob}]})  # fmt: skip
    commit = must(201, "POST", f"{REPO}/git/commits", {"message": "New", "tree": tree, "parents": [main]})["sha"]
    must(422, "POST", f"{REPO}/git/commits", {"message": "New", "tree": blob, "parents": [main]})
    must(201, "POST", f"{REPO}/git/refs", {"ref": "refs/heads/topic", "sha": main})
    must(422, "POST", f"{REPO}/git/refs", {"ref": "refs/heads/topic", "sha": main})
    must(403, "POST", f"{REPO}/git/refs", {"ref": "refs/heads/x", "sha": main}, by=Client(hub.api_url, "weak"))
    must(200, "PATCH", f"{REPO}/git/refs/heads/topic", {"sha": commit})
    must(422, "PATCH", f"{REPO}/git/refs/heads/topic", {"sha": main})
    must(422, "PATCH", f"{REPO}/git/refs/heads/none", {"sha": main})
    # contents
    must(200, "GET", f"{REPO}/contents/shared")
    must(200, "GET", f"{REPO}/contents/apps?ref=topic")
    must(200, "GET", f"{REPO}/contents/")
    must(404, "GET", f"{REPO}/contents/none")
    text = base64.b64encode(b"3\n").decode()
    made = must(201, "PUT", f"{REPO}/contents/third", {"message": "Third", "content": text, "branch": "topic"})
    must(200, "PUT", f"{REPO}/contents/third", {
        "message": "Third", "content": base64.b64encode(b"4\n").decode(), "branch": "topic",
        "sha": made["content"]["sha"]})  # fmt: skip
    must(409, "PUT", f"{REPO}/contents/third", {
        "message": "Third", "content": text, "branch": "topic", "sha": made["content"]["sha"]})  # fmt: skip
    # commits
    must(200, "GET", f"{REPO}/commits?sha=topic&per_page=2")
    work = must(200, "GET", f"{REPO}/commits/topic")["sha"]
    must(200, "GET", f"{REPO}/commits/{main}")
    must(422, "GET", f"{REPO}/commits/none")
    must(200, "GET", f"{REPO}/compare/main...topic")
    must(200, "GET", f"{REPO}/compare/topic...main?per_page=1")
    must(404, "GET", f"{REPO}/compare/main...none")
    # pull requests
    pull = must(201, "POST", f"{REPO}/pulls", {"title": "T", "head": "topic", "base": "main", "body": "B"})
    number = pull["number"]
    must(422, "POST", f"{REPO}/pulls", {"title": "T", "head": "acme:topic", "base": "main"})
    must(422, "POST", f"{REPO}/pulls", {"title": "T", "head": "none", "base": "main"})
    must(403, "POST", f"{REPO}/pulls", {"title": "T", "head": "topic", "base": "main"}, by=Client(hub.api_url, "weak"))
    must(200, "GET", f"{REPO}/pulls/{number}")
    must(404, "GET", f"{REPO}/pulls/99")
    must(200, "PATCH", f"{REPO}/pulls/{number}", {"title": "T2", "body": None})
    must(422, "PATCH", f"{REPO}/pulls/{number}", {"title": "x" * 300})
    must(200, "GET", f"{REPO}/pulls/{number}/files")
    must(422, "PUT", f"{REPO}/pulls/{number}/update-branch", {})
    must(201, "PUT", f"{REPO}/contents/other", {"message": "Other", "content": text})
    must(202, "PUT", f"{REPO}/pulls/{number}/update-branch", {"expected_head_sha": work})
    must(200, "GET", f"{REPO}/pulls/{number}")
    work = must(200, "GET", f"{REPO}/commits/topic")["sha"]
    must(200, "GET", f"{REPO}/pulls/{number}/commits")
    must(200, "GET", f"{REPO}/commits/{work}/pulls")
    must(201, "POST", f"{REPO}/pulls/{number}/requested_reviewers", {"reviewers": ["alice"],
                                                                     "team_reviewers": ["sre"]})  # fmt: skip
    must(422, "POST", f"{REPO}/pulls/{number}/requested_reviewers", {"reviewers": ["nobody"]})
    must(200, "GET", f"{REPO}/pulls/{number}/requested_reviewers")
    must(200, "DELETE", f"{REPO}/pulls/{number}/requested_reviewers", {"reviewers": ["alice"]})
    must(404, "GET", f"{REPO}/pulls/{number}/merge")
    # labels, people, comments
    must(200, "GET", f"{REPO}/labels")
    must(201, "POST", f"{REPO}/labels", {"name": "env/dev", "color": "ff0000", "description": "d"})
    must(422, "POST", f"{REPO}/labels", {"name": "Old"})
    must(200, "GET", f"{REPO}/labels/env%2Fdev")
    must(404, "GET", f"{REPO}/labels/none")
    must(200, "POST", f"{REPO}/issues/{number}/labels", {"labels": ["dev", "old"]})
    must(200, "PUT", f"{REPO}/issues/{number}/labels", {"labels": ["dev"]})
    must(200, "GET", f"{REPO}/issues/{number}/labels")
    must(200, "DELETE", f"{REPO}/issues/{number}/labels/dev")
    must(404, "DELETE", f"{REPO}/issues/{number}/labels/dev")
    must(201, "POST", f"{REPO}/issues/{number}/assignees", {"assignees": ["alice", "nobody"]})
    must(200, "DELETE", f"{REPO}/issues/{number}/assignees", {"assignees": ["alice"]})
    must(204, "GET", f"{REPO}/assignees/alice")
    must(404, "GET", f"{REPO}/assignees/nobody")
    must(200, "GET", f"{REPO}/milestones")
    must(200, "GET", f"{REPO}/milestones/1")
    must(404, "GET", f"{REPO}/milestones/2")
    must(200, "PATCH", f"{REPO}/issues/{number}", {"milestone": 1, "labels": ["dev"], "assignees": ["alice"]})
    must(422, "PATCH", f"{REPO}/issues/{number}", {"milestone": 7})
    must(200, "GET", f"{REPO}/issues/{number}")
    comment = must(201, "POST", f"{REPO}/issues/{number}/comments", {"body": "Hello"})["id"]
    must(422, "POST", f"{REPO}/issues/{number}/comments", {"body": ""})
    must(200, "GET", f"{REPO}/issues/{number}/comments")
    must(200, "GET", f"{REPO}/issues/comments/{comment}")
    must(200, "PATCH", f"{REPO}/issues/comments/{comment}", {"body": "Hello again"})
    must(204, "DELETE", f"{REPO}/issues/comments/{comment}")
    # protection, statuses, checks
    hub.protect("acme/deploy", checks=("ci",), approvals=1, signatures=True)
    must(200, "GET", f"{REPO}/branches/main")
    must(200, "GET", f"{REPO}/branches/main/protection")
    must(200, "GET", f"{REPO}/branches/main/protection/required_signatures")
    must(405, "PUT", f"{REPO}/pulls/{number}/merge", {"sha": work})
    must(
        201, "POST", f"{REPO}/statuses/{work}", {"state": "pending", "context": "ci", "target_url": "https://x.test/1"}
    )
    must(422, "POST", f"{REPO}/statuses/{work}", {"state": "bad"})
    must(200, "GET", f"{REPO}/commits/{work}/status")
    must(200, "GET", f"{REPO}/commits/topic/statuses")
    token = jwt.encode(
        {"iss": app.client_id, "iat": int(time.time()) - 5, "exp": int(time.time()) + 500}, private, "RS256"
    )
    robot = Client(hub.api_url, token)
    must(200, "GET", "/app", by=robot)
    installation = must(200, "GET", f"{REPO}/installation", by=robot)["id"]
    must(404, "GET", "/repos/acme/none/installation", by=robot)
    minted = must(201, "POST", f"/app/installations/{installation}/access_tokens", {
        "repositories": ["deploy"], "permissions": {"checks": "write"}}, by=robot)["token"]  # fmt: skip
    must(422, "POST", f"/app/installations/{installation}/access_tokens", {"repositories": ["none"]}, by=robot)
    must(401, "POST", f"/app/installations/{installation}/access_tokens", {}, by=ask)
    checker = Client(hub.api_url, minted)
    must(200, "GET", "/installation/repositories", by=checker)
    must(403, "GET", "/installation/repositories")
    run = must(
        201, "POST", f"{REPO}/check-runs", {"name": "lint", "head_sha": work, "status": "in_progress"}, by=checker
    )
    must(403, "POST", f"{REPO}/check-runs", {"name": "lint", "head_sha": work})
    must(200, "PATCH", f"{REPO}/check-runs/{run['id']}", {"conclusion": "success"}, by=checker)
    must(200, "GET", f"{REPO}/commits/{work}/check-runs")
    must(200, "POST", f"{REPO}/pulls/{number}/reviews", {"event": "APPROVE", "body": "Good"}, by=other)
    must(422, "POST", f"{REPO}/pulls/{number}/reviews", {"event": "APPROVE"})
    must(200, "GET", f"{REPO}/pulls/{number}/reviews")
    hub.protect("acme/deploy", checks=("ci",), linear=True, signatures=True, ruleset=True)
    must(200, "GET", f"{REPO}/rules/branches/main")
    must(200, "GET", f"{REPO}/rulesets")
    must(200, "GET", f"{REPO}/rulesets/1")
    must(404, "GET", f"{REPO}/rulesets/9")
    hub.protect("acme/deploy", approvals=1, bypass=frozenset({"octocat", "bot[bot]"}), pushers=frozenset({"octocat"}))
    must(200, "GET", f"{REPO}/branches/main/protection")
    app.suspended.add("acme")
    must(200, "GET", f"{REPO}/installation", by=robot)
    must(403, "POST", f"/app/installations/{installation}/access_tokens", {}, by=robot)
    hub.unprotect("acme/deploy")
    # merging
    must(409, "PUT", f"{REPO}/pulls/{number}/merge", {"sha": main})
    must(200, "PUT", f"{REPO}/pulls/{number}/merge", {"sha": work, "merge_method": "squash"})
    must(405, "PUT", f"{REPO}/pulls/{number}/merge", {"sha": work})
    must(204, "GET", f"{REPO}/pulls/{number}/merge")
    must(200, "GET", f"{REPO}/pulls/{number}")
    must(200, "GET", f"{REPO}/pulls?state=all&head=acme:topic&base=main&sort=updated&direction=desc")
    must(422, "GET", f"{REPO}/pulls?state=bad")
    must(204, "DELETE", f"{REPO}/git/refs/heads/topic")
    must(422, "DELETE", f"{REPO}/git/refs/heads/topic")
    # deployments
    deployment = must(201, "POST", f"{REPO}/deployments", {"ref": "main", "environment": "dev", "payload": {"a": 1},
                                                           "required_contexts": []})["id"]  # fmt: skip
    must(409, "POST", f"{REPO}/deployments", {"ref": "main", "required_contexts": ["none"]})
    must(422, "POST", f"{REPO}/deployments", {"ref": "none"})
    must(200, "GET", f"{REPO}/deployments?environment=dev")
    must(200, "GET", f"{REPO}/deployments/{deployment}")
    must(201, "POST", f"{REPO}/deployments/{deployment}/statuses", {"state": "success", "description": "Done"})
    must(422, "POST", f"{REPO}/deployments/{deployment}/statuses", {"state": "bad"})
    must(200, "GET", f"{REPO}/deployments/{deployment}/statuses")
    # archived
    hub.settings("acme/deploy").archived = True
    must(403, "POST", f"{REPO}/issues/{number}/comments", {"body": "Hello"})


@pytest.fixture(scope="module")
def description() -> Any:
    """The official description, with `nullable` as JSON Schema has it."""
    path = npm_package("@octokit/openapi", "23.0.2") / "generated" / "api.github.com.json"
    return converted(json.loads(path.read_text(encoding="utf-8")))


def converted(node: Any) -> Any:
    """`nullable: true` (https://spec.openapis.org/oas/v3.0.3#schema-object) is a choice with null. `oneOf` becomes
    `anyOf`: the description has choices of which several fit, as an error that breaks no rule of a ruleset."""
    if isinstance(node, list):
        return [converted(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: converted(value) for name, value in node.items() if name not in ("example", "examples")}
    if isinstance(made.get("oneOf"), list):
        made["anyOf"] = made.pop("oneOf")
    if made.get("nullable") is True:
        rest = {name: value for name, value in made.items() if name != "nullable"}
        return {"anyOf": [{"type": "null"}, rest]}
    return made


def wrong_there(error: jsonschema.ValidationError) -> bool:
    """Labels without a description have null on GitHub, which the description of lists forgets."""
    return (
        error.instance is None and list(error.absolute_path)[-1:] == ["description"] and "labels" in error.absolute_path
    )


def test_the_tour_goes_everywhere(toured: Recording) -> None:
    seen = {rest.template_of(call.method, call.path) for call, _ in toured.answers}
    assert {template for _, _, template, _ in rest.ROUTES} - seen <= {f"{ROOT}/contents"}
    methods = {(call.method, rest.template_of(call.method, call.path)) for call, _ in toured.answers}
    everything = {(method, template) for method, _, template, _ in rest.ROUTES}
    assert everything - methods <= {("GET", f"{ROOT}/contents")}


ROOT = "/repos/{owner}/{repo}"


def test_every_answer_is_as_described(toured: Recording, description: Any) -> None:
    paths = {re.sub(r"\{\w+\}", "{}", path): methods for path, methods in description["paths"].items()}
    problems = []
    for call, answer in toured.answers:
        where = f"{call.method} {call.target} {answer.status}"
        template = rest.template_of(call.method, call.path)
        assert template is not None, where
        shape = re.sub(r"\{\w+\+?\}", "{}", template).rstrip("/")
        shape += "/{}" if shape.endswith("/contents") else ""
        operation = paths[shape][call.method.lower()]
        said = operation["responses"].get(str(answer.status), {})
        if "$ref" in said:
            said = description["components"]["responses"][said["$ref"].rpartition("/")[2]]
        content = said.get("content", {})
        if answer.status < 400:
            assert str(answer.status) in operation["responses"], where
            assert bool(content) == bool(answer.body), where
        if not answer.body:
            continue
        # Errors that anybody may get anywhere are not described everywhere.
        basic = {"schema": {"$ref": "#/components/schemas/basic-error"}}
        schema = content.get("application/json", next(iter(content.values()), basic))["schema"]
        validator = jsonschema.Draft4Validator({**schema, "components": description["components"]})
        for error in validator.iter_errors(json.loads(answer.body)):
            if not wrong_there(error):
                best = jsonschema.exceptions.best_match([error])
                problems.append(f"{where}: {list(best.absolute_path)} {best.message[:300]}")
    assert not problems, "\n".join(problems)


def test_every_answer_tells_its_number_and_the_limits(toured: Recording) -> None:
    for _, answer in toured.answers:
        assert answer.headers["X-GitHub-Request-Id"]
        assert int(answer.headers["x-ratelimit-remaining"]) > 0


# --- GraphQL ---


def test_the_schema_is_a_part_of_the_official_one(official: GraphQLSchema) -> None:
    text = files("gitops_actions.testing.github").joinpath("schema.graphql").read_text(encoding="utf-8")
    ours = build_schema(text)
    for name, kind in ours.type_map.items():
        if name.startswith("__"):
            continue
        there = official.type_map[name]
        assert type(there) is type(kind), name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            assert isinstance(there, GraphQLObjectType | GraphQLInterfaceType)
            assert {one.name for one in kind.interfaces} <= {one.name for one in there.interfaces}
            for field, what in kind.fields.items():
                expected = there.fields[field]
                assert str(what.type) == str(expected.type), (name, field)
                assert {key: (str(one.type), one.default_value) for key, one in what.args.items()} == {
                    key: (str(one.type), one.default_value) for key, one in expected.args.items()
                }, (name, field)
        elif isinstance(kind, GraphQLInputObjectType):
            assert isinstance(there, GraphQLInputObjectType)
            assert {key: (str(one.type), one.default_value) for key, one in kind.fields.items()} == {
                key: (str(one.type), one.default_value) for key, one in there.fields.items()
            }, name
        elif isinstance(kind, GraphQLEnumType):
            assert isinstance(there, GraphQLEnumType)
            assert list(kind.values) == list(there.values), name
        elif isinstance(kind, GraphQLUnionType):
            assert isinstance(there, GraphQLUnionType)
            assert {one.name for one in kind.types} <= {one.name for one in there.types}, name


def test_documents_that_it_takes_are_valid_there(hub: GitHub, official: GraphQLSchema) -> None:
    said = Client(hub.graphql_url, "tok")("POST", "", {"query": EVERYTHING})
    assert "errors" not in said.json, said.json
    assert not validate(official, parse(EVERYTHING))


EVERYTHING = """
query Everything {
  viewer { login }
  rateLimit { remaining resetAt cost }
  repository(owner: "acme", name: "deploy") {
    id nameWithOwner isArchived isPrivate isEmpty viewerPermission autoMergeAllowed mergeCommitAllowed
    squashMergeAllowed rebaseMergeAllowed deleteBranchOnMerge owner { login }
    defaultBranchRef { name prefix target { oid } branchProtectionRule { pattern } }
    ref(qualifiedName: "refs/heads/main") {
      compare(headRef: "main") { status aheadBy behindBy commits(first: 5) { nodes { oid } } }
      target { ... on Commit {
        history(first: 2) { nodes { oid messageHeadline messageBody author { name email date user { login } } } }
        signature { isValid state } statusCheckRollup { state } status { state } parents(first: 1) { totalCount }
        tree { entries { name mode type oid size } } file(path: "apps/web") { oid object { ... on Blob { text } } }
      } }
    }
    refs(refPrefix: "refs/heads/", first: 10, query: "ma") { totalCount pageInfo { hasNextPage endCursor }
      edges { cursor node { id name } } }
    blob: object(expression: "main:apps/web") { __typename ... on Blob { text byteSize isBinary isTruncated } }
    folder: object(expression: "main:apps") { ... on Tree { entries { name object { oid } } } }
    pullRequests(headRefName: "x", baseRefName: "main", states: [OPEN, CLOSED, MERGED], first: 10,
      orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number mergeable mergeStateStatus headRefOid
        labels(first: 10) { nodes { name } } autoMergeRequest { mergeMethod enabledBy { login } }
        reviewRequests(first: 10) { nodes { requestedReviewer { ... on User { login } ... on Team { slug } } } } } }
    label(name: "none") { id } labels(first: 10) { nodes { name } } milestones(first: 5) { nodes { title } }
    branchProtectionRules(first: 5) { nodes { pattern } } mergeQueue(branch: "main") { id }
  }
}
"""
