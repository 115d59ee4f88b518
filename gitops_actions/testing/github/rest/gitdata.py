"""Refs, commits, trees and blobs (https://docs.github.com/en/rest/git)."""

from __future__ import annotations

import re
from datetime import datetime

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.rest.routing import Ask, commit_of, decoded, route
from gitops_actions.testing.github.shapes import Json
from gitops_actions.testing.github.state import Refusal, machine, person
from gitops_actions.testing.github.stored import Entry, Person


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
    return Answer.of(200, ask.shapes.git_commit(repository, commit_of(repository, ask.values["sha"])))


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
    made = ask.shapes.git_commit(repository, commit_of(repository, id))
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
    for entry, size in repository.objects.listing(id, recursive=recursive):
        line: Json = {"path": entry.name, "mode": entry.mode, "type": entry.kind, "sha": entry.id}
        if entry.kind != "commit":
            line["url"] = f"{url}/git/{entry.kind}s/{entry.id}"
        if size is not None:
            line["size"] = size
        listed.append(line)
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
            sha = repository.objects.store("blob", str(line["content"]).encode("utf-8", "surrogateescape"))
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
    raw = decoded(content) if encoding == "base64" else content.encode("utf-8", "surrogateescape")
    sha = repository.objects.store("blob", raw)
    url = f"{ask.shapes.root(repository)}/git/blobs/{sha}"
    return Answer.of(201, {"sha": sha, "url": url}, {"Location": url})


def _person(given: object, now: float) -> Person:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not isinstance(given.get("email"), str):
        raise Refusal(422, 'Invalid request.\n\n"name", "email" weren\'t supplied.')
    date = given.get("date")
    try:
        moment = datetime.fromisoformat(str(date)).timestamp() if date else now
    except ValueError:
        raise Refusal(422, "Invalid request.\n\nThe date is not valid.") from None
    return Person(given["name"], given["email"], int(moment))
