"""The REST API: one function for each endpoint that a client of configuration repositories uses
(https://docs.github.com/en/rest)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.github import merging
from gitops_actions.testing.github.access import app_of, level, need, sees, token_of
from gitops_actions.testing.github.objects import CommitObject, Entry, Person
from gitops_actions.testing.github.shapes import Json, Shapes
from gitops_actions.testing.github.state import (
    App,
    CheckRun,
    Deployment,
    DeploymentStatus,
    Level,
    Refusal,
    Repository,
    Request,
    Review,
    Token,
    World,
    machine,
    person,
    stamp,
)
from gitops_actions.testing.github.work import Work, whole

DOCUMENTATION = "https://docs.github.com/rest"


@dataclass
class Ask:
    """A request on its way through an endpoint."""

    work: Work
    shapes: Shapes
    call: Call
    token: Token | None
    values: Mapping[str, str]  # from the path
    mint: Callable[[App, str, Mapping[str, Any]], Json]  # makes a token of an installation
    past: Mapping[str, Repository]

    @property
    def world(self) -> World:
        """Everything there is."""
        return self.work.world

    def repository(self, permission: str = "metadata", wanted: Level = "read") -> Repository:
        """The repository of the path. Raises Refusal: 404 for what the token does not see."""
        found = self.world.repository(f"{self.values['owner']}/{self.values['repo']}")
        if found is None or not sees(self.token, found):
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        need(self.token, found, permission, wanted)
        self.work.follow(found)
        return self.past.get(found.full_name, found)

    def request(self, repository: Repository) -> Request:
        """The pull request of the path."""
        return self.work.request(repository, self.number("number"))

    def number(self, name: str) -> int:
        """A number of the path."""
        return whole(self.values[name], lambda: Refusal(404, "Not Found", kind="NOT_FOUND"))

    def document(self) -> Json:
        """The body. Raises Refusal when it is no JSON object."""
        import json

        if not self.call.body:
            return {}
        try:
            found = json.loads(self.call.body)
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None
        if not isinstance(found, dict):
            raise Refusal(400, "Body should be a JSON object")
        return found

    def text(self, name: str, *, default: str | None = None, needed: bool = False) -> str | None:
        """A text of the body. Raises Refusal when it is something else, or missing and needed."""
        value = self.document().get(name, default)
        if value is None and not needed:
            return default
        if not isinstance(value, str):
            raise Refusal(422, f'Invalid request.\n\nFor \'properties/{name}\', {value!r} is not a string.'
                          if value is not None else f'Invalid request.\n\n"{name}" wasn\'t supplied.')  # fmt: skip
        return value

    def needed(self, name: str) -> str:
        """A text of the body that has to be there."""
        value = self.text(name, needed=True)
        assert value is not None
        return value

    def page(self, items: Sequence[Json], wrap: str | None = None) -> Answer:
        """One page of a list, with the links to others."""
        query = self.call.query
        size = _bounded(query.get("per_page"), 30, 100)
        number = _bounded(query.get("page"), 1, 10**9)
        last = max(1, -(-len(items) // size))
        shown = list(items[(number - 1) * size : number * size])
        links = []
        for name, target in (("prev", number - 1), ("next", number + 1), ("last", last), ("first", 1)):
            useful = (number < last) if name in ("next", "last") else (number > 1)
            if useful and 1 <= target <= last:
                links.append(f'<{self._link(target)}>; rel="{name}"')
        headers = {"Link": ", ".join(links)} if links else {}
        document: Any = shown if wrap is None else {"total_count": len(items), wrap: shown}
        return Answer.of(200, document, headers)

    def _link(self, page: int) -> str:
        pairs = [
            (k, v) for k, v in parse_qsl(self.call.target.partition("?")[2], keep_blank_values=True) if k != "page"
        ]
        path = self.call.path.removeprefix("/api/v3")
        return f"{self.shapes.api}{path}?{urlencode([*pairs, ('page', str(page))])}"


Endpoint = Callable[[Ask], Answer]
_ROUTES: list[tuple[str, re.Pattern[str], str, Endpoint]] = []


def _bounded(text: str | None, default: int, most: int) -> int:
    return min(most, int(text)) if text and text.isdecimal() and int(text) > 0 else default


def route(method: str, template: str) -> Callable[[Endpoint], Endpoint]:
    """Register an endpoint; ``{name}`` is a segment, ``{name+}`` may hold slashes."""
    pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(template))
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)

    def register(endpoint: Endpoint) -> Endpoint:
        _ROUTES.append((method, re.compile(pattern), template, endpoint))
        return endpoint

    return register


def serve(
    work: Work,
    shapes: Shapes,
    call: Call,
    path: str,
    mint: Callable[[App, str, Mapping[str, Any]], Json],
    past: Mapping[str, Repository],
) -> Answer:
    """Answer a request of the REST API. Raises Refusal."""
    # These are for JWTs, which are no tokens.
    by_app = re.fullmatch(r"/app(/.*)?|/repos/[^/]+/[^/]+/installation", path) is not None
    token = None if by_app else token_of(work.world, call.headers)
    for method, pattern, _, endpoint in _ROUTES:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        if method == ("GET" if call.method == "HEAD" else call.method):
            values = {name: unquote(value) for name, value in found.groupdict().items()}
            return endpoint(Ask(work, shapes, call, token, values, mint, past))
    raise Refusal(404, "Not Found", kind="NOT_FOUND")


def template_of(method: str, path: str) -> str | None:
    """The template of the endpoint that answers; None when there is none."""
    return next((t for m, p, t, _ in _ROUTES if m == method and p.fullmatch(path)), None)


# --- accounts, limits ---


@route("GET", "/user")
def _user(ask: Ask) -> Answer:
    if ask.token is None:
        raise Refusal(401, "Requires authentication")
    if ask.token.kind in ("app", "actions"):
        raise Refusal(403, "Resource not accessible by integration")
    return Answer.of(200, ask.shapes.user(ask.token.account))


@route("GET", "/users/{username}")
def _other_user(ask: Ask) -> Answer:
    found = ask.world.account(ask.values["username"])
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.user(found))


@route("GET", "/rate_limit")
def _rate_limit(ask: Ask) -> Answer:
    limit = {"limit": 5000, "used": 0, "remaining": 5000, "reset": int(ask.world.clock()) + 3600}
    resources = {"core": limit, "search": {**limit, "limit": 30, "remaining": 30}, "graphql": limit}
    return Answer.of(200, {"resources": resources, "rate": limit})


# --- repositories, branches ---


@route("GET", "/repos/{owner}/{repo}")
def _repository(ask: Ask) -> Answer:
    repository = ask.repository()
    may = max(
        (level(ask.token, repository, kind) for kind in ("contents", "metadata")),
        key=("none", "read", "write", "admin").index,
    )
    return Answer.of(200, ask.shapes.repository(repository, ask.token, may))


@route("GET", "/repos/{owner}/{repo}/branches")
def _branches(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    found = [
        ask.shapes.branch(repository, name.removeprefix("refs/heads/"), sha)
        for name, sha in repository.objects.refs("refs/heads/").items()
    ]
    wanted = ask.call.query.get("protected")
    if wanted is not None:
        found = [one for one in found if one["protected"] == (wanted == "true")]
    return ask.page(found)


@route("GET", "/repos/{owner}/{repo}/branches/{branch}")
def _branch(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    name = ask.values["branch"]
    sha = repository.objects.branch(name)
    commit = repository.objects.commit(sha) if sha else None
    if commit is None:
        raise Refusal(404, "Branch not found")
    return Answer.of(200, ask.shapes.branch_in_full(repository, name, commit))


@route("GET", "/repos/{owner}/{repo}/branches/{branch}/protection")
def _protection(ask: Ask) -> Answer:
    repository = ask.repository("administration")
    protection = repository.protections.get(ask.values["branch"])
    if repository.objects.branch(ask.values["branch"]) is None:
        raise Refusal(404, "Branch not found")
    if protection is None or protection.ruleset:
        raise Refusal(404, "Branch not protected")
    return Answer.of(200, ask.shapes.protection(repository, ask.values["branch"], protection))


@route("GET", "/repos/{owner}/{repo}/rules/branches/{branch}")
def _rules(ask: Ask) -> Answer:
    repository = ask.repository()
    protection = repository.protections.get(ask.values["branch"])
    listed = ask.shapes.rules(repository, protection) if protection is not None and protection.ruleset else []
    return ask.page(listed)


@route("GET", "/repos/{owner}/{repo}/rulesets")
def _rulesets(ask: Ask) -> Answer:
    repository = ask.repository()
    found = any(protection.ruleset for protection in repository.protections.values())
    made = {
        "id": 1,
        "name": "rules",
        "target": "branch",
        "source_type": "Repository",
        "source": repository.full_name,
        "enforcement": "active",
        "node_id": "RRS_1",
        "created_at": stamp(repository.created),
        "updated_at": stamp(repository.created),
    }
    return ask.page([made] if found else [])


@route("GET", "/repos/{owner}/{repo}/actions/permissions")
def _actions(ask: Ask) -> Answer:
    repository = ask.repository("administration")
    made: Json = {"enabled": repository.settings.actions_enabled}
    if repository.settings.actions_enabled:
        made["allowed_actions"] = "all"
    return Answer.of(200, made)


@route("GET", "/repos/{owner}/{repo}/actions/permissions/workflow")
def _workflow(ask: Ask) -> Answer:
    settings = ask.repository("administration").settings
    return Answer.of(200, {
        "default_workflow_permissions": settings.default_workflow_permissions,
        "can_approve_pull_request_reviews": settings.can_approve_pull_request_reviews,
    })  # fmt: skip


# --- git data ---


@route("GET", "/repos/{owner}/{repo}/git/ref/{ref+}")
def _ref(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    name = f"refs/{ask.values['ref']}"
    sha = repository.objects.refs().get(name)
    if sha is None:
        if not repository.objects.refs():
            raise Refusal(409, "Git Repository is empty.")
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.ref(repository, name, sha))


@route("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref+}")
def _matching_refs(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    found = repository.objects.refs(f"refs/{ask.values['ref']}")
    return ask.page([ask.shapes.ref(repository, name, sha) for name, sha in found.items()])


@route("POST", "/repos/{owner}/{repo}/git/refs")
def _create_ref(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    name, sha = ask.needed("ref"), ask.needed("sha")
    ask.work.create_ref(ask.token, repository, name, sha)
    made = ask.shapes.ref(repository, name, sha)
    return Answer.of(201, made, {"Location": made["url"]})


@route("PATCH", "/repos/{owner}/{repo}/git/refs/{ref+}")
def _update_ref(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    name, sha = f"refs/{ask.values['ref']}", ask.needed("sha")
    ask.work.update_ref(ask.token, repository, name, sha, force=ask.document().get("force") is True)
    return Answer.of(200, ask.shapes.ref(repository, name, sha))


@route("DELETE", "/repos/{owner}/{repo}/git/refs/{ref+}")
def _delete_ref(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    ask.work.delete_ref(ask.token, repository, f"refs/{ask.values['ref']}")
    return Answer.of(204)


@route("GET", "/repos/{owner}/{repo}/git/commits/{sha}")
def _git_commit(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    return Answer.of(200, ask.shapes.git_commit(repository, _commit(repository, ask.values["sha"])))


@route("POST", "/repos/{owner}/{repo}/git/commits")
def _create_commit(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    assert ask.token is not None
    document = ask.document()
    tree, message = ask.needed("tree"), ask.needed("message")
    parents = document.get("parents") or []
    if repository.objects.kind(tree) != "tree":
        raise Refusal(422, "Tree SHA does not exist")
    if not all(isinstance(one, str) and repository.objects.kind(one) == "commit" for one in parents):
        raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    now = ask.world.clock()
    given = document.get("author")
    author = _person(given, now) if given else person(ask.token.account, now)
    committer = _person(document.get("committer") or given, now) if given or document.get("committer") else None
    # What an App commits in its own name is signed by GitHub, what it commits for others is not
    # (https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots).
    signed = given is None and document.get("committer") is None and ask.token.kind in ("app", "actions")
    id = repository.objects.write_commit(
        tree, parents, message, author, committer or (machine(now) if signed else author), signed=signed
    )
    made = ask.shapes.git_commit(repository, _commit(repository, id))
    return Answer.of(201, made, {"Location": made["url"]})


@route("GET", "/repos/{owner}/{repo}/git/trees/{sha+}")
def _git_tree(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    id = ask.values["sha"]
    if not re.fullmatch(r"[0-9a-f]{40}", id):
        id = repository.objects.resolve(id) or ""
    found = repository.objects.read(f"{id}^{{tree}}") if id else None
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, _tree_answer(ask, repository, found[0], "recursive" in ask.call.query))


def _tree_answer(ask: Ask, repository: Repository, id: str, recursive: bool) -> Json:
    url = ask.shapes.root(repository)
    listed: list[Json] = []

    def add(tree: str, prefix: str) -> None:
        for entry in repository.objects.tree(tree) or ():
            line: Json = {"path": prefix + entry.name, "mode": entry.mode, "type": entry.kind, "sha": entry.id}
            if entry.kind != "commit":
                line["url"] = f"{url}/git/{entry.kind}s/{entry.id}"
            if entry.kind == "blob":
                found = repository.objects.read(entry.id)
                line["size"] = len(found[2]) if found else 0
            listed.append(line)
            if recursive and entry.kind == "tree":
                add(entry.id, f"{prefix}{entry.name}/")

    add(id, "")
    # GitHub's limit (https://docs.github.com/en/rest/git/trees#get-a-tree).
    return {"sha": id, "url": f"{url}/git/trees/{id}", "tree": listed[:100_000], "truncated": len(listed) > 100_000}


@route("POST", "/repos/{owner}/{repo}/git/trees")
def _create_tree(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    document = ask.document()
    base = document.get("base_tree")
    found = repository.objects.read(f"{base}^{{tree}}") if isinstance(base, str) else None
    if base is not None and found is None:
        raise Refusal(422, "base_tree is not a valid tree oid")
    entries: dict[str, Entry | None] = {}
    listed = document.get("tree")
    if not isinstance(listed, list) or not listed:
        raise Refusal(422, "Invalid tree info")
    for line in listed:
        path = line.get("path")
        if not isinstance(path, str) or any(part in ("", ".", "..", ".git") for part in path.split("/")):
            raise Refusal(422, "tree.path contains a malformed path component")
        if "content" in line:
            sha = repository.objects.write("blob", str(line["content"]).encode("utf-8", "surrogateescape"))
        elif line.get("sha") is None:
            entries[path] = None
            continue
        else:
            sha = str(line["sha"])
            if line.get("mode") != "160000" and repository.objects.kind(sha) is None:
                raise Refusal(422, f"tree.sha {sha} is not a valid object")
        mode = str(line.get("mode", "100644"))
        if mode not in ("100644", "100755", "040000", "160000", "120000"):
            raise Refusal(422, "Must supply a valid tree.mode")
        kind = {"040000": "tree", "160000": "commit"}.get(mode, "blob")
        entries[path] = Entry(mode, kind, sha, path)
    try:
        id = repository.objects.changed_tree(found[0] if found else None, entries)
    except KeyError:
        raise Refusal(422, "GitRPC::BadObjectState") from None
    made = _tree_answer(ask, repository, id, False)
    return Answer.of(201, made, {"Location": made["url"]})


@route("GET", "/repos/{owner}/{repo}/git/blobs/{sha}")
def _git_blob(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    found = repository.objects.read(ask.values["sha"]) if re.fullmatch(r"[0-9a-f]{40}", ask.values["sha"]) else None
    if found is None or found[1] != "blob":
        raise Refusal(404, "Not Found")
    if "raw" in ask.call.headers.get("accept", ""):
        return Answer(200, {"Content-Type": "application/vnd.github.raw"}, found[2])
    return Answer.of(200, ask.shapes.blob(repository, found[0], found[2]))


@route("POST", "/repos/{owner}/{repo}/git/blobs")
def _create_blob(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    content, encoding = ask.needed("content"), ask.text("encoding", default="utf-8")
    raw = _decoded(content) if encoding == "base64" else content.encode("utf-8", "surrogateescape")
    sha = repository.objects.write("blob", raw)
    url = f"{ask.shapes.root(repository)}/git/blobs/{sha}"
    return Answer.of(201, {"sha": sha, "url": url}, {"Location": url})


@route("GET", "/repos/{owner}/{repo}/contents")
@route("GET", "/repos/{owner}/{repo}/contents/")
@route("GET", "/repos/{owner}/{repo}/contents/{path+}")
def _contents(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    ref = ask.call.query.get("ref") or repository.objects.head()
    commit = repository.objects.resolve(ref.removeprefix("refs/heads/"))
    if commit is None:
        empty = not repository.objects.refs("refs/heads/")
        raise Refusal(404, "This repository is empty." if empty else f"No commit found for the ref {ref}")
    path = ask.values.get("path", "").strip("/")
    entry = repository.objects.at(commit, path)
    if entry is None:
        raise Refusal(404, "Not Found")
    if entry.kind == "tree":
        listed = []
        for one in repository.objects.tree(entry.id) or ():
            kind = {"tree": "dir", "commit": "submodule"}.get(one.kind, "symlink" if one.mode == "120000" else "file")
            below = f"{path}/{one.name}".lstrip("/")
            line = ask.shapes.file(repository, below, one.id, ref, kind, None)
            found = repository.objects.read(one.id) if one.kind == "blob" else None
            listed.append({**line, "size": len(found[2]) if found else 0})
        return Answer.of(200, listed)
    found = repository.objects.read(entry.id)
    if found is None:
        raise Refusal(404, "Not Found")
    if "raw" in ask.call.headers.get("accept", ""):
        return Answer(200, {"Content-Type": "application/vnd.github.raw"}, found[2])
    return Answer.of(200, ask.shapes.file(repository, path, entry.id, ref, "file", found[2]))


@route("PUT", "/repos/{owner}/{repo}/contents/{path+}")
def _write_contents(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    path, branch = ask.values["path"], ask.text("branch") or repository.objects.head()
    tip = repository.objects.branch(branch)
    if tip is None:
        raise Refusal(404, f"Branch {branch} not found")
    there = repository.objects.at(tip, path)
    sha = ask.text("sha")
    if there is not None and sha is None:
        raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if there is not None and sha != there.id:
        raise Refusal(409, f"{path} does not match {sha}")
    content = _decoded(ask.needed("content"))
    made = ask.work.commit_on_branch(
        ask.token, repository, branch, expected=tip, files={path: content}, message=ask.needed("message")
    )
    entry = repository.objects.at(made.id, path)
    assert entry is not None
    shown = ask.shapes.file(repository, path, entry.id, branch, "file", content)
    shown = {name: value for name, value in shown.items() if name not in ("content", "encoding")}
    document = {"content": shown, "commit": ask.shapes.git_commit(repository, made)}
    return Answer.of(200 if there is not None else 201, document)


# --- commits ---


@route("GET", "/repos/{owner}/{repo}/commits")
def _commits(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    query = ask.call.query
    start = repository.objects.resolve(query.get("sha") or repository.objects.head())
    if start is None:
        if not repository.objects.refs("refs/heads/"):
            raise Refusal(409, "Git Repository is empty.")
        raise Refusal(404, "Not Found")
    ids = repository.objects.history(start, query.get("path"))
    found = [one for id in ids if (one := repository.objects.commit(id)) is not None]
    return ask.page([ask.shapes.commit(repository, one) for one in found])


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/status")
def _combined_status(ask: Ask) -> Answer:
    repository = ask.repository("statuses")
    sha = _resolved(repository, ask.values["ref"])
    newest = {one.context: one for one in repository.statuses.get(sha, ())}
    states = [one.state for one in newest.values()]
    worst = "failure" if {"error", "failure"} & set(states) else "success"
    state = "pending" if not states or (worst == "success" and "pending" in states) else worst
    url = ask.shapes.root(repository)
    page = ask.page([ask.shapes.status(repository, sha, one, simple=True) for one in newest.values()])
    import json

    return Answer.of(200, {
        "state": state,
        "statuses": json.loads(page.body),
        "sha": sha,
        "total_count": len(newest),
        "repository": ask.shapes.repository(repository, None),
        "commit_url": f"{url}/commits/{sha}",
        "url": f"{url}/commits/{sha}/status",
    }, {name: value for name, value in page.headers.items() if name == "Link"})  # fmt: skip


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/statuses")
def _statuses(ask: Ask) -> Answer:
    repository = ask.repository("statuses")
    sha = _resolved(repository, ask.values["ref"])
    newest_first = reversed(repository.statuses.get(sha, ()))
    return ask.page([ask.shapes.status(repository, sha, one) for one in newest_first])


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/check-runs")
def _check_runs(ask: Ask) -> Answer:
    repository = ask.repository("checks")
    sha = _resolved(repository, ask.values["ref"])
    found = [one for one in repository.checks.values() if one.sha == sha]
    name = ask.call.query.get("check_name")
    if name is not None:
        found = [one for one in found if one.name == name]
    if ask.call.query.get("filter", "latest") == "latest":
        found = list({(one.app.id, one.name): one for one in found}.values())
    return ask.page([ask.shapes.check(repository, one) for one in reversed(found)], "check_runs")


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}/pulls")
def _commit_requests(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    sha = _resolved(repository, ask.values["ref"])
    found = [
        one
        for one in repository.requests.values()
        if sha in (one.head_sha, one.merge_commit)
        or (one.state == "open" and sha in repository.objects.between(one.base_sha, one.head_sha))
    ]
    return ask.page([ask.shapes.request(repository, one) for one in found])


@route("GET", "/repos/{owner}/{repo}/commits/{ref+}")
def _one_commit(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    commit = _commit(repository, _resolved(repository, ask.values["ref"]))
    old = commit.parents[0] if commit.parents else _EMPTY_TREE
    files = ask.shapes.files(repository, old, commit.id) if commit.parents else []
    added, deleted = sum(one["additions"] for one in files), sum(one["deletions"] for one in files)
    stats = {"additions": added, "deletions": deleted, "total": added + deleted}
    return Answer.of(200, {**ask.shapes.commit(repository, commit), "stats": stats, "files": files})


_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@route("GET", "/repos/{owner}/{repo}/compare/{range+}")
def _compare(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    objects = repository.objects
    base_name, dots, head_name = ask.values["range"].partition("...")
    prefix = f"{repository.owner.login}:"
    base, head = (objects.resolve(name.removeprefix(prefix)) for name in (base_name, head_name))
    if not dots or base is None or head is None:
        raise Refusal(404, "Not Found")
    fork = objects.merge_base(base, head)
    if fork is None:
        raise Refusal(404, f"No common ancestor between {base_name} and {head_name}.")
    ahead, behind = objects.between(base, head), objects.between(head, base)
    status = "identical" if base == head else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    url, page = ask.shapes.root(repository), ask.shapes.page(repository)
    where = ask.values["range"]
    size = _bounded(ask.call.query.get("per_page"), 250, 250)
    number = _bounded(ask.call.query.get("page"), 1, 10**9)
    shown = ahead[(number - 1) * size : number * size]
    last = max(1, -(-len(ahead) // size))
    links = [f'<{ask._link(number + 1)}>; rel="next"', f'<{ask._link(last)}>; rel="last"'] if number < last else []
    return Answer.of(200, {
        "url": f"{url}/compare/{where}",
        "html_url": f"{page}/compare/{where}",
        "permalink_url": f"{page}/compare/{base}...{head}",
        "diff_url": f"{page}/compare/{where}.diff",
        "patch_url": f"{page}/compare/{where}.patch",
        "base_commit": ask.shapes.commit(repository, _commit(repository, base)),
        "merge_base_commit": ask.shapes.commit(repository, _commit(repository, fork)),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [ask.shapes.commit(repository, _commit(repository, id)) for id in shown],
        "files": ask.shapes.files(repository, fork, head)[:300] if number == 1 else [],
    }, {"Link": ", ".join(links)} if links else {})  # fmt: skip


@route("POST", "/repos/{owner}/{repo}/statuses/{sha}")
def _set_status(ask: Ask) -> Answer:
    repository = ask.repository("statuses", "write")
    sha = ask.values["sha"]
    made = ask.work.set_status(
        ask.token,
        repository,
        sha,
        state=ask.document().get("state"),
        context=ask.text("context") or "default",
        description=ask.text("description"),
        target=ask.text("target_url"),
    )
    shown = ask.shapes.status(repository, sha, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("POST", "/repos/{owner}/{repo}/check-runs")
def _create_check(ask: Ask) -> Answer:
    repository = ask.repository("checks", "write")
    if ask.token is None or ask.token.app is None:
        raise Refusal(403, "You must authenticate via a GitHub App.", kind="FORBIDDEN")
    document = ask.document()
    sha, name = ask.needed("head_sha"), ask.needed("name")
    if repository.objects.kind(sha) != "commit":
        raise Refusal(422, f"No commit found for SHA: {sha}")
    app = ask.world.apps[ask.token.app]
    output = document.get("output") or {}
    conclusion = ask.text("conclusion")
    now = ask.world.clock()
    status = "completed" if conclusion else ask.text("status") or "queued"
    run = CheckRun(
        next(ask.world.ids), name, sha, status, conclusion, ask.text("details_url"), ask.text("external_id"),
        output.get("title"), output.get("summary"), app, now, now if status == "completed" else None,
    )  # fmt: skip
    repository.checks[run.id] = run
    ask.work.follow(repository)
    return Answer.of(201, ask.shapes.check(repository, run))


@route("PATCH", "/repos/{owner}/{repo}/check-runs/{id}")
def _update_check(ask: Ask) -> Answer:
    repository = ask.repository("checks", "write")
    run = repository.checks.get(ask.number("id"))
    if run is None:
        raise Refusal(404, "Not Found")
    run.conclusion = ask.text("conclusion") or run.conclusion
    run.status = "completed" if run.conclusion else ask.text("status") or run.status
    run.completed = ask.world.clock() if run.status == "completed" else None
    ask.work.follow(repository)
    return Answer.of(200, ask.shapes.check(repository, run))


# --- pull requests ---


@route("GET", "/repos/{owner}/{repo}/pulls")
def _requests(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    query = ask.call.query
    state = query.get("state", "open")
    if state not in ("open", "closed", "all"):
        raise Refusal(422, "Validation Failed",
                      errors=[{"resource": "PullRequest", "code": "invalid", "field": "state"}])  # fmt: skip
    found = [one for one in repository.requests.values() if state in ("all", one.state)]
    if base := query.get("base"):
        found = [one for one in found if one.base == base]
    # A head without its owner is no filter at all, as on GitHub.
    owner, colon, branch = query.get("head", "").partition(":")
    if colon:
        mine = owner.lower() == repository.owner.login.lower()
        found = [one for one in found if mine and one.head == branch]
    sort = query.get("sort", "created")
    key: Callable[[Request], Any] = {
        "updated": lambda one: (one.updated, one.number),
        "popularity": lambda one: one.number,
        "long-running": lambda one: one.number,
    }.get(sort, lambda one: one.number)
    direction = query.get("direction", "desc" if sort in ("created", "") and "sort" not in query else "asc")
    if "sort" in query and "direction" not in query and sort == "created":
        direction = "desc"
    found.sort(key=key, reverse=direction == "desc")
    return ask.page([ask.shapes.request(repository, one) for one in found])


@route("POST", "/repos/{owner}/{repo}/pulls")
def _open(ask: Ask) -> Answer:
    repository = ask.repository()
    document = ask.document()
    made = ask.work.open(
        ask.token,
        repository,
        title=document.get("title"),
        head=document.get("head"),
        base=document.get("base"),
        body=ask.text("body"),
        draft=document.get("draft") is True,
    )
    shown = ask.shapes.request_in_full(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/pulls/{number}")
def _request(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    return Answer.of(200, ask.shapes.request_in_full(repository, ask.request(repository)))


@route("PATCH", "/repos/{owner}/{repo}/pulls/{number}")
def _edit(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    ask.work.edit(
        ask.token,
        repository,
        request,
        title=ask.text("title"),
        body=ask.text("body"),
        state=ask.text("state"),
        base=ask.text("base"),
    )
    return Answer.of(200, ask.shapes.request_in_full(repository, request))


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/merge")
def _is_merged(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    if ask.request(repository).merged is None:
        raise Refusal(404, "Not Found")
    return Answer.of(204)


@route("PUT", "/repos/{owner}/{repo}/pulls/{number}/merge")
def _merge(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    sha = ask.work.merge(
        ask.token,
        repository,
        ask.request(repository),
        method=ask.text("merge_method") or "merge",
        expected=ask.text("sha"),
        title=ask.text("commit_title"),
        message=ask.text("commit_message"),
    )
    return Answer.of(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@route("POST", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def _ask_reviews(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    document = ask.document()
    ask.work.ask_reviews(
        ask.token, repository, request, _texts(document.get("reviewers")), _texts(document.get("team_reviewers"))
    )
    return Answer.of(201, ask.shapes.request(repository, request))


@route("DELETE", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def _unask_reviews(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    document = ask.document()
    gone, teams = _texts(document.get("reviewers")), _texts(document.get("team_reviewers"))
    request.reviewers = [one for one in request.reviewers if one not in gone]
    request.teams = [one for one in request.teams if one not in teams]
    return Answer.of(200, ask.shapes.request(repository, request))


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def _asked(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    shown = ask.shapes.request(repository, ask.request(repository))
    return Answer.of(200, {"users": shown["requested_reviewers"], "teams": shown["requested_teams"]})


@route("POST", "/repos/{owner}/{repo}/pulls/{number}/reviews")
def _review(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    assert ask.token is not None
    event = ask.text("event") or "COMMENT"
    states = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
    if event not in states:
        raise Refusal(422, "Invalid request.\n\nFor 'properties/event', not a valid event.")
    if ask.token.account.login == request.author.login and event == "APPROVE":
        raise Refusal(422, "Unprocessable Entity", errors=["Can not approve your own pull request"])
    if ask.token.kind == "actions" and not repository.settings.can_approve_pull_request_reviews:
        raise Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.", kind="FORBIDDEN")
    review = Review(next(ask.world.ids), ask.token.account, states[event], request.head_sha, ask.text("body") or "")
    request.reviews.append(review)
    ask.work.follow(repository)
    pull = ask.shapes.request(repository, request)
    page = f"{pull['html_url']}#pullrequestreview-{review.id}"
    return Answer.of(200, {
        "id": review.id,
        "node_id": f"PRR_{review.id}",
        "user": ask.shapes.account(review.author),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": pull["url"],
        "author_association": "CONTRIBUTOR",
        "_links": {"html": {"href": page}, "pull_request": {"href": pull["url"]}},
        "submitted_at": stamp(ask.world.clock()),
        "commit_id": review.commit,
    })  # fmt: skip


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/files")
def _request_files(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    request = ask.request(repository)
    fork = repository.objects.merge_base(request.base_sha, request.head_sha)
    return ask.page(ask.shapes.files(repository, fork, request.head_sha) if fork else [])


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/commits")
def _request_commits(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    request = ask.request(repository)
    ids = repository.objects.between(request.base_sha, request.head_sha)
    return ask.page([ask.shapes.commit(repository, _commit(repository, id)) for id in ids])


# --- issues: labels, people, comments ---


@route("GET", "/repos/{owner}/{repo}/issues/{number}")
def _issue(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    return Answer.of(200, ask.shapes.issue(repository, ask.request(repository)))


@route("PATCH", "/repos/{owner}/{repo}/issues/{number}")
def _edit_issue(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    document = ask.document()
    if "milestone" in document:
        milestone = document["milestone"]
        if milestone is not None and milestone not in repository.milestones:
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Issue", "code": "invalid", "field": "milestone",
                                   "value": milestone}])  # fmt: skip
        request.milestone = milestone
    if "labels" in document:
        names = [one["name"] if isinstance(one, dict) else one for one in document["labels"] or ()]
        request.labels = []
        ask.work.add_labels(ask.token, repository, request, names)
    if "assignees" in document:
        request.assignees = []
        ask.work.assign(ask.token, repository, request, _texts(document["assignees"]))
    if {"title", "body", "state"} & document.keys():
        ask.work.edit(
            ask.token, repository, request, title=ask.text("title"), body=ask.text("body"), state=ask.text("state")
        )
    return Answer.of(200, ask.shapes.issue(repository, request))


@route("GET", "/repos/{owner}/{repo}/issues/{number}/labels")
def _issue_labels(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    return ask.page(ask.shapes.labels(repository, ask.request(repository).labels))


@route("POST", "/repos/{owner}/{repo}/issues/{number}/labels")
def _add_labels(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    ask.work.add_labels(ask.token, repository, request, _label_names(ask))
    return Answer.of(200, ask.shapes.labels(repository, request.labels))


@route("PUT", "/repos/{owner}/{repo}/issues/{number}/labels")
def _set_labels(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    names = _label_names(ask)
    request.labels = []
    ask.work.add_labels(ask.token, repository, request, names)
    return Answer.of(200, ask.shapes.labels(repository, request.labels))


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/labels/{name+}")
def _remove_label(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    ask.work.remove_label(ask.token, repository, request, ask.values["name"])
    return Answer.of(200, ask.shapes.labels(repository, request.labels))


@route("POST", "/repos/{owner}/{repo}/issues/{number}/assignees")
def _assign(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    ask.work.assign(ask.token, repository, request, _texts(ask.document().get("assignees")))
    return Answer.of(201, ask.shapes.issue(repository, request))


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/assignees")
def _unassign(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    gone = {one.lower() for one in _texts(ask.document().get("assignees"))}
    request.assignees = [one for one in request.assignees if one.lower() not in gone]
    return Answer.of(200, ask.shapes.issue(repository, request))


@route("GET", "/repos/{owner}/{repo}/issues/{number}/comments")
def _comments(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    number = ask.request(repository).number
    found = [one for one in repository.comments.values() if one.number == number]
    return ask.page([ask.shapes.comment(repository, one) for one in found])


@route("POST", "/repos/{owner}/{repo}/issues/{number}/comments")
def _comment(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    made = ask.work.comment(ask.token, repository, ask.number("number"), ask.document().get("body"))
    shown = ask.shapes.comment(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/issues/comments/{id}")
def _one_comment(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    found = repository.comments.get(ask.number("id"))
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.comment(repository, found))


@route("PATCH", "/repos/{owner}/{repo}/issues/comments/{id}")
def _edit_comment(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    made = ask.work.edit_comment(ask.token, repository, ask.number("id"), ask.document().get("body"))
    return Answer.of(200, ask.shapes.comment(repository, made))


@route("DELETE", "/repos/{owner}/{repo}/issues/comments/{id}")
def _delete_comment(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    if repository.comments.pop(ask.number("id"), None) is None:
        raise Refusal(404, "Not Found")
    return Answer.of(204)


@route("GET", "/repos/{owner}/{repo}/labels")
def _labels(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    return ask.page([ask.shapes.label(repository, one) for one in repository.labels.values()])


@route("POST", "/repos/{owner}/{repo}/labels")
def _create_label(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    name = ask.needed("name")
    if name.lower() in repository.labels:
        raise Refusal(422, "Validation Failed",
                      errors=[{"resource": "Label", "code": "already_exists", "field": "name"}])  # fmt: skip
    color = (ask.text("color") or "ededed").lstrip("#")
    made = ask.work.label(repository, name, color, ask.text("description"))
    shown = ask.shapes.label(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/labels/{name+}")
def _label(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    found = repository.labels.get(ask.values["name"].lower())
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.label(repository, found))


@route("GET", "/repos/{owner}/{repo}/milestones")
def _milestones(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    state = ask.call.query.get("state", "open")
    found = [one for one in repository.milestones.values() if state in ("all", one.state)]
    return ask.page([ask.shapes.milestone(repository, one) for one in found])


@route("GET", "/repos/{owner}/{repo}/milestones/{number}")
def _milestone(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    found = repository.milestones.get(ask.number("number"))
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.milestone(repository, found))


@route("GET", "/orgs/{org}/teams/{slug}")
def _team(ask: Ask) -> Answer:
    owner = ask.world.account(ask.values["org"])
    team = ask.world.teams_of(owner).get(ask.values["slug"].lower()) if owner else None
    if owner is None or team is None or ask.token is None:
        raise Refusal(404, "Not Found")
    extra = {
        "members_count": 0,
        "repos_count": 0,
        "created_at": stamp(0),
        "updated_at": stamp(0),
        "organization": _organization(ask, owner.login),
    }
    return Answer.of(200, {**ask.shapes.team(team, owner), **extra})


def _organization(ask: Ask, login: str) -> Json:
    owner = ask.world.account(login)
    assert owner is not None
    url = f"{ask.shapes.api}/orgs/{owner.login}"
    whole_account = ask.shapes.account(owner)
    kept = ("login", "id", "node_id", "avatar_url", "html_url")
    return {
        **{name: whole_account[name] for name in kept},
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "description": None,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": stamp(0),
        "updated_at": stamp(0),
        "archived_at": None,
    }


@route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission")
def _collaborator(ask: Ask) -> Answer:
    repository = ask.repository()
    account = ask.world.account(ask.values["username"])
    if account is None:
        raise Refusal(404, "Not Found")
    held = repository.roles.get(account.login, "write")
    user = {**ask.shapes.account(account), "role_name": held, "permissions": {
        "pull": held != "none", "triage": held in ("write", "admin"), "push": held in ("write", "admin"),
        "maintain": held == "admin", "admin": held == "admin"}}  # fmt: skip
    return Answer.of(200, {"permission": held, "role_name": held, "user": user})


# --- deployments ---


@route("GET", "/repos/{owner}/{repo}/deployments")
def _deployments(ask: Ask) -> Answer:
    repository = ask.repository("deployments")
    query = ask.call.query
    found = [
        one
        for one in reversed(repository.deployments.values())
        if query.get("environment") in (None, "none", one.environment)
        and query.get("sha") in (None, "none", one.sha)
        and query.get("ref") in (None, "none", one.ref)
        and query.get("task") in (None, "none", one.task)
    ]
    return ask.page([ask.shapes.deployment(repository, one) for one in found])


@route("POST", "/repos/{owner}/{repo}/deployments")
def _deploy(ask: Ask) -> Answer:
    repository = ask.repository("deployments", "write")
    assert ask.token is not None
    document = ask.document()
    ref = ask.needed("ref")
    sha = repository.objects.resolve(ref)
    if sha is None:
        raise Refusal(422, f"No ref found for: {ref}")
    contexts = document.get("required_contexts")
    found = merging.verdicts(repository, sha)
    wanted = list(found) if contexts is None else _texts(contexts)
    bad = [context for context in wanted if found.get(context) != "success"]
    if bad:
        raise Refusal(409, "Conflict: Commit status checks failed for " + ref,
                      errors=[{"contexts": [{"context": one, "state": found.get(one, "pending")} for one in bad],
                               "resource": "Deployment", "field": "required_contexts", "code": "invalid"}])  # fmt: skip
    environment = ask.text("environment") or "production"
    made = Deployment(
        id=next(ask.world.ids), sha=sha, ref=ref, task=ask.text("task") or "deploy", environment=environment,
        description=ask.text("description"), payload=document.get("payload") or {}, creator=ask.token.account,
        created=ask.world.clock(), transient=document.get("transient_environment") is True,
        production=document.get("production_environment", environment == "production") is True,
    )  # fmt: skip
    repository.deployments[made.id] = made
    shown = ask.shapes.deployment(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/deployments/{id}")
def _deployment(ask: Ask) -> Answer:
    repository = ask.repository("deployments")
    return Answer.of(200, ask.shapes.deployment(repository, _deployed(ask, repository)))


@route("GET", "/repos/{owner}/{repo}/deployments/{id}/statuses")
def _deployment_statuses(ask: Ask) -> Answer:
    repository = ask.repository("deployments")
    deployment = _deployed(ask, repository)
    newest_first = reversed(deployment.statuses)
    return ask.page([ask.shapes.deployment_status(repository, deployment, one) for one in newest_first])


@route("POST", "/repos/{owner}/{repo}/deployments/{id}/statuses")
def _set_deployment_status(ask: Ask) -> Answer:
    repository = ask.repository("deployments", "write")
    assert ask.token is not None
    deployment = _deployed(ask, repository)
    state = ask.needed("state")
    known = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
    if state not in known:
        raise Refusal(422, "Validation Failed",
                      errors=[{"resource": "DeploymentStatus", "code": "custom", "field": "state",
                               "message": "state is not included in the list"}])  # fmt: skip
    made = DeploymentStatus(
        id=next(ask.world.ids), state=state, description=ask.text("description") or "",
        target=ask.text("log_url") or ask.text("target_url") or "",
        environment=ask.text("environment") or deployment.environment,
        environment_url=ask.text("environment_url") or "", creator=ask.token.account, created=ask.world.clock(),
    )  # fmt: skip
    if state == "success" and ask.document().get("auto_inactive") is not False:
        # Earlier deployments of the environment that are no production become inactive
        # (https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status).
        for other in repository.deployments.values():
            same = other.environment == deployment.environment and other.id < deployment.id
            if same and not other.production and not other.transient and other.statuses:
                other.statuses.append(DeploymentStatus(
                    next(ask.world.ids), "inactive", "", "", other.environment, "", made.creator, made.created
                ))  # fmt: skip
    deployment.statuses.append(made)
    shown = ask.shapes.deployment_status(repository, deployment, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


def _deployed(ask: Ask, repository: Repository) -> Deployment:
    found = repository.deployments.get(ask.number("id"))
    if found is None:
        raise Refusal(404, "Not Found")
    return found


# --- GitHub Apps ---


@route("GET", "/repos/{owner}/{repo}/installation")
def _installation(ask: Ask) -> Answer:
    app = app_of(ask.world, ask.call.headers)
    repository = ask.world.repository(f"{ask.values['owner']}/{ask.values['repo']}")
    owner = repository.owner.login if repository is not None else ""
    chosen = app.repositories.get(owner)
    if repository is None or owner not in app.installations or (
        chosen is not None and repository.full_name.lower() not in chosen
    ):  # fmt: skip
        raise Refusal(404, "Not Found")
    id = app.installations[owner]
    return Answer.of(200, {
        "id": id,
        "client_id": app.client_id,
        "account": ask.shapes.account(repository.owner),
        "repository_selection": "all" if chosen is None else "selected",
        "access_tokens_url": f"{ask.shapes.api}/app/installations/{id}/access_tokens",
        "repositories_url": f"{ask.shapes.api}/installation/repositories",
        "html_url": f"{ask.shapes.web}/organizations/{owner}/settings/installations/{id}",
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": repository.owner.id,
        "target_type": repository.owner.type,
        "permissions": dict(app.permissions),
        "events": [],
        "created_at": stamp(repository.created),
        "updated_at": stamp(repository.created),
        "single_file_name": None,
        "suspended_by": None,
        "suspended_at": None,
    })  # fmt: skip


@route("POST", "/app/installations/{id}/access_tokens")
def _installation_token(ask: Ask) -> Answer:
    app = app_of(ask.world, ask.call.headers)
    owner = next((login for login, id in app.installations.items() if id == ask.number("id")), None)
    if owner is None:
        raise Refusal(404, "Not Found")
    return Answer.of(201, ask.mint(app, owner, ask.document()))


@route("GET", "/app")
def _app(ask: Ask) -> Answer:
    return Answer.of(200, ask.shapes.app(app_of(ask.world, ask.call.headers)))


# --- pieces ---


def _commit(repository: Repository, sha: str) -> CommitObject:
    found = repository.objects.commit(sha)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _resolved(repository: Repository, ref: str) -> str:
    found = repository.objects.resolve(ref.removeprefix("refs/heads/"))
    if found is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise Refusal(422, "content is not valid Base64") from None


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refusal(422, "Invalid request.\n\nA list of texts was expected.")
    return value


def _label_names(ask: Ask) -> list[str]:
    """The names of labels in a body: a list, or an object with one."""
    import json

    try:
        document = json.loads(ask.call.body or b"[]")
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    listed = document.get("labels", []) if isinstance(document, dict) else document
    return _texts([one.get("name") if isinstance(one, dict) else one for one in listed])


def _person(given: object, now: float) -> Person:
    from datetime import datetime

    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not isinstance(given.get("email"), str):
        raise Refusal(422, 'Invalid request.\n\n"name", "email" weren\'t supplied.')
    date = given.get("date")
    try:
        moment = datetime.fromisoformat(str(date)).timestamp() if date else now
    except ValueError:
        raise Refusal(422, "Invalid request.\n\nThe date is not valid.") from None
    return Person(given["name"], given["email"], int(moment))
