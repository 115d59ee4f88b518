"""Files (https://docs.github.com/en/rest/repos/contents)."""

from __future__ import annotations

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.rest.routing import Ask, decoded, route
from gitops_actions.testing.github.state import Refusal


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
    content = decoded(ask.needed("content"))
    made = ask.work.commit_on_branch(
        ask.token, repository, branch, expected=tip, files={path: content}, message=ask.needed("message")
    )
    entry = repository.objects.at(made.id, path)
    assert entry is not None
    shown = ask.shapes.file(repository, path, entry.id, branch, "file", content)
    shown = {name: value for name, value in shown.items() if name not in ("content", "encoding")}
    document = {"content": shown, "commit": ask.shapes.git_commit(repository, made)}
    return Answer.of(200 if there is not None else 201, document)
