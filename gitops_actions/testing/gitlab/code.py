"""Endpoints about branches, files and comparisons."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import quote

from gitops_actions.testing.forgegit import RefMoved
from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.gitlab import code_shapes, events, pushrules
from gitops_actions.testing.gitlab.access import protections
from gitops_actions.testing.gitlab.params import forbidden, invalid, not_found, refused
from gitops_actions.testing.gitlab.records import Project
from gitops_actions.testing.gitlab.repository import Entry
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()


# --- branches ---


@routes.at("GET", "projects/:id/repository/branches")
def branches(ask: Ask) -> object:
    project = ask.project("read_code")
    there = ask.past.branches.get(project.id, {}) if ask.past else project.refs
    names, search, regex = sorted(there), ask.given.text("search"), ask.given.text("regex")
    if search:
        names = [name for name in names if _matches(search, name)]
    if regex:
        names = [name for name in names if re.search(regex, name)]
    show = lambda name: _branch(ask, project, name, there[name])  # noqa: E731
    if ask.given.text("pagination") == "keyset":
        return ask.keyset(names, str, show)
    return ask.page(names, show)


@routes.at("GET", "projects/:id/repository/branches/:branch")
@routes.at("HEAD", "projects/:id/repository/branches/:branch")
def branch(ask: Ask) -> object:
    project, name = ask.project("read_code"), ask.names["branch"]
    if name not in project.refs:
        raise not_found("Branch")
    if ask.call.method == "HEAD":
        return None
    return _branch(ask, project, name, project.refs[name])


@routes.at("POST", "projects/:id/repository/branches")
def create_branch(ask: Ask) -> object:
    project = ask.project("push")
    name, ref = ask.given.need("branch", "ref")
    if not ask.visitor.can_push(project, name):
        raise forbidden()
    if name in project.refs:
        raise refused(400, "Branch already exists")
    commit = project.repository.resolve(ref)
    if commit is None:
        raise refused(400, f"Invalid reference name: {ref}")
    if why := pushrules.complaint(project, name, [], by_git=False):
        raise refused(400, why)
    try:
        project.repository.update(name, commit, None)
    except ValueError:
        raise refused(400, "Branch name is invalid") from None
    except RefMoved:
        raise refused(400, "Failed to create branch") from None
    events.look(ask.state, project)
    return _branch(ask, project, name, commit)


@routes.at("DELETE", "projects/:id/repository/branches/:branch")
def delete_branch(ask: Ask) -> object:
    project, name = ask.project("push"), ask.names["branch"]
    if name not in project.refs:
        raise not_found("Branch")
    if name == project.default_branch:
        raise refused(405, "Cannot remove HEAD branch")
    if protections(project, name) and not ask.visitor.can(project, "admin"):
        raise forbidden()
    try:
        project.repository.update(name, None, project.refs[name])
    except RefMoved:
        raise refused(400, "Failed to remove branch") from None
    events.look(ask.state, project)
    return None


def _matches(search: str, name: str) -> bool:
    begin, end = search.startswith("^"), search.endswith("$")
    word = search.removeprefix("^").removesuffix("$").lower()
    low = name.lower()
    return (low.startswith(word) or not begin) and (low.endswith(word) or not end) and word in low


def _branch(ask: Ask, project: Project, name: str, commit: str) -> dict[str, Any]:
    rules, push = protections(project, name), ask.visitor.can_push(project, name)
    return code_shapes.branch(ask.state, project, name, project.repository.commit(commit), rules, push)


# --- files ---


@routes.at("GET", "projects/:id/repository/files/:path", scopes=["read_repository"])
@routes.at("HEAD", "projects/:id/repository/files/:path", scopes=["read_repository"])
def file(ask: Ask) -> object:
    project, entry, commit = _file(ask)
    content = project.repository.blobs([entry.id])[entry.id]
    path = ask.names["path"]
    document: dict[str, Any] = {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": len(content),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "ref": ask.given.text("ref"),
        "blob_id": entry.id,
        "commit_id": commit,
        "last_commit_id": project.repository.last_change(commit, path),
        "execute_filemode": entry.mode == "100755",
    }
    headers = {f"X-Gitlab-{name.replace('_', '-').title()}": quote(str(value), "/") for name, value in document.items()}
    if ask.call.method == "HEAD":
        return Answer(200, headers)
    return Answer.of(200, document | {"content": base64.b64encode(content).decode()}, headers)


@routes.at("GET", "projects/:id/repository/files/:path/raw", scopes=["read_repository"])
@routes.at("HEAD", "projects/:id/repository/files/:path/raw", scopes=["read_repository"])
def raw_file(ask: Ask) -> object:
    project, entry, _ = _file(ask)
    content = project.repository.blobs([entry.id])[entry.id]
    return Answer(200, {"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "inline"}, content)


def _file(ask: Ask) -> tuple[Project, Entry, str]:
    """The file at a path and ref; `raw` may leave the ref out."""
    project = ask.project("read_code")
    ref = ask.given.text("ref") or ("HEAD" if ask.call.path.endswith("/raw") else None)
    if ref is None:
        raise invalid("ref is missing")
    commit = _commit(project, ref)
    if commit is None:
        raise not_found("Commit")
    entry = project.repository.entries(commit, [ask.names["path"]]).get(ask.names["path"])
    if entry is None or entry.type != "blob":
        raise not_found("File")
    return project, entry, commit


def _commit(project: Project, ref: str) -> str | None:
    if ref == "HEAD":
        return project.refs.get(project.default_branch)
    return project.refs.get(ref) or project.repository.resolve(ref)


@routes.at("GET", "projects/:id/repository/tree")
def tree(ask: Ask) -> object:
    project = ask.project("read_code")
    commit = _commit(project, ask.given.text("ref") or "HEAD")
    if commit is None:
        raise not_found("Tree")
    path = (ask.given.text("path") or "").strip("/")
    found = project.repository.tree(commit, path, recursive=bool(ask.given.flag("recursive")))
    if found is None:
        raise not_found("invalid revision or path")
    # Folders first, as Gitaly has it for a listing that is not recursive.
    ordered = found if ask.given.flag("recursive") else sorted(found, key=lambda one: one.type != "tree")

    def show(one: Entry) -> dict[str, str]:
        kind = {"160000": "commit"}.get(one.mode, one.type)
        return {"id": one.id, "name": one.path.rpartition("/")[2], "type": kind, "path": one.path, "mode": one.mode}

    if ask.given.text("pagination") == "keyset":
        return ask.keyset(ordered, lambda one: one.id + one.path, show)
    return ask.page(ordered, show)


# --- comparing ---


@routes.at("GET", "projects/:id/repository/compare")
def compare(ask: Ask) -> object:
    project = ask.project("read_code")
    names = ask.given.need("from", "to")
    commits = [_commit(project, name) for name in names]
    for commit in commits:
        if commit is None:
            raise not_found("Ref")
    old, new = str(commits[0]), str(commits[1])
    repository = project.repository
    found = list(reversed(repository.commits(f"{old}..{new}")))
    base = old if ask.given.flag("straight") else repository.merge_base(old, new) or old
    return {
        "commit": code_shapes.commit(ask.state, project, found[-1]) if found else None,
        "commits": [code_shapes.commit(ask.state, project, one) for one in found],
        "diffs": code_shapes.diffs(repository.diff(base, new)),
        "compare_timeout": False,
        "compare_same_ref": old == new,
        "web_url": f"{ask.state.url}/{project.path}/-/compare/{old}...{new}",
    }


@routes.at("GET", "projects/:id/repository/merge_base")
def merge_base(ask: Ask) -> object:
    project = ask.project("read_code")
    refs = ask.given.texts("refs") or []
    if len(refs) < 2:
        raise refused(400, "Provide at least 2 refs")
    commits = [_commit(project, ref) for ref in refs]
    missing = [ref for ref, commit in zip(refs, commits, strict=True) if commit is None]
    if missing:
        raise refused(400, f"Could not find ref: {missing[0]}")
    base = project.repository.merge_base(*(str(commit) for commit in commits))
    if base is None:
        raise not_found("Merge Base")
    return code_shapes.commit(ask.state, project, project.repository.commit(base))
