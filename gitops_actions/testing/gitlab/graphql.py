"""GraphQL, as far as it is of use for reading many files at once. The types are a part of
https://docs.gitlab.com/api/graphql/reference/, with their documented names and nullability."""

from __future__ import annotations

import fnmatch
import json
import posixpath
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.gitlab import merging
from gitops_actions.testing.gitlab.access import Visitor
from gitops_actions.testing.gitlab.records import MergeRequest, Milestone, Project, User
from gitops_actions.testing.gitlab.repository import Entry
from gitops_actions.testing.gitlab.state import Past, State

if TYPE_CHECKING:
    from graphql import GraphQLSchema

LONGEST_QUERY = 10_000  # characters: https://docs.gitlab.com/api/graphql/#limits
PAGE = 100


@cache
def schema() -> GraphQLSchema:
    """The schema, built once. Needs graphql-core (the extra ``testing``)."""
    from graphql import build_schema

    return build_schema((files(__package__) / "schema.graphql").read_text(encoding="utf-8"))


def answer(state: State, visitor: Visitor, call: Call, past: Past | None = None) -> Answer:
    """Answer a query; what is wrong with it is said with status 200, as GraphQL does. Lists show the ``past``."""
    from graphql import graphql_sync

    try:
        document = json.loads(call.body)
        query, variables = document["query"], document.get("variables") or {}
    except (ValueError, KeyError, TypeError):
        return Answer.of(422, {"errors": [{"message": "Unexpected end of document", "locations": []}]})
    if len(query) > LONGEST_QUERY:
        return Answer.of(200, {"errors": [{"message": "Query too large"}]})
    done = graphql_sync(
        schema(),
        query,
        _query(state, visitor, past),
        variable_values=variables,
        operation_name=document.get("operationName"),
    )
    shown: dict[str, Any] = {} if done.data is None and done.errors else {"data": done.data}
    if done.errors:
        shown["errors"] = [error.formatted for error in done.errors]
    return Answer.of(200, shown)


def _query(state: State, visitor: Visitor, past: Past | None) -> dict[str, Any]:
    def project(_: object, **given: Any) -> dict[str, Any] | None:
        found = state.project(given["fullPath"])
        if found is None or not visitor.sees(found) or found.path.lower() != given["fullPath"].lower():
            return None
        return _project(state, visitor, found, past)

    return {
        "currentUser": _user(visitor.user) if visitor.user else None,
        "project": project,
        "metadata": {"version": "18.6.0", "revision": "0a1b2c3d4e5", "enterprise": True},
    }


def _project(state: State, visitor: Visitor, one: Project, past: Past | None) -> dict[str, Any]:
    reads = visitor.can(one, "read_code")
    listed = past.merge_requests.get(one.id, []) if past else one.merge_requests

    def merge_requests(_: object, **given: Any) -> dict[str, Any]:
        rows = [request for request in listed if _fits(request, given)]
        key = "updated_at" if given["sort"].lower().startswith("updated") else "iid"
        rows.sort(key=lambda request: getattr(request, key), reverse=given["sort"].lower().endswith("desc"))
        return _connection([_merge_request(state, one, request) for request in rows], given) | {"count": len(rows)}

    def merge_request(_: object, iid: str) -> dict[str, Any] | None:
        found = next((request for request in one.merge_requests if str(request.iid) == iid), None)
        return _merge_request(state, one, found) if found and reads else None

    return {
        "id": f"gid://gitlab/Project/{one.id}",
        "fullPath": one.path,
        "name": one.name,
        "archived": one.archived,
        "webUrl": f"{state.url}/{one.path}",
        "visibility": one.visibility,
        "mergeRequestsFfOnlyEnabled": one.merge_method == "ff",
        "onlyAllowMergeIfPipelineSucceeds": one.only_allow_merge_if_pipeline_succeeds,
        "userPermissions": {
            "pushCode": visitor.can(one, "push"),
            "createMergeRequestIn": visitor.can(one, "create_request"),
            "createMergeRequestFrom": visitor.can(one, "create_request"),
            "adminProject": visitor.can(one, "admin"),
        },
        "repository": _repository(state, one, past) if reads else None,
        "mergeRequest": merge_request,
        "mergeRequests": merge_requests if reads else None,
    }


def _milestone(one: Milestone) -> dict[str, Any]:
    return {"id": f"gid://gitlab/Milestone/{one.id}", "iid": str(one.iid), "title": one.title, "state": one.state}


def _fits(request: MergeRequest, given: dict[str, Any]) -> bool:
    return (
        given.get("state") in (None, "all", request.state)
        and (given.get("iids") is None or str(request.iid) in given["iids"])
        and (given.get("sourceBranches") is None or request.source in given["sourceBranches"])
        and (given.get("targetBranches") is None or request.target in given["targetBranches"])
        and set(given.get("labels") or ()) <= set(request.labels)
    )


def _repository(state: State, one: Project, past: Past | None) -> dict[str, Any]:
    def commit_of(ref: str | None) -> str | None:
        if ref in (None, "", "HEAD"):
            return one.refs.get(one.default_branch)
        return one.refs.get(str(ref)) or one.repository.resolve(str(ref))

    def blobs(_: object, **given: Any) -> dict[str, Any] | None:
        commit = commit_of(given.get("ref"))
        if commit is None:
            return None
        entries = one.repository.entries(commit, given["paths"])
        # Folders and submodules come along, without a content: Gitaly's GetBlobs says what is at a path, and
        # `Gitlab::GitalyClient::BlobsStitcher` leaves out only what is not there.
        there = [entries[path] for path in given["paths"] if path in entries]
        files = [entry.id for entry in there if entry.type == "blob"]
        contents = one.repository.blobs(files) if files else {}
        return _connection([_blob(one, entry, contents.get(entry.id, b"")) for entry in there], given)

    def tree(_: object, **given: Any) -> dict[str, Any] | None:
        commit, path = commit_of(given.get("ref")), (given.get("path") or "").strip("/")
        if commit is None:
            return None
        rows = one.repository.tree(commit, path, recursive=bool(given.get("recursive"))) or []

        def part(kind: str) -> Any:
            found = [_entry(row) for row in rows if row.type == kind]
            return lambda _, **page: _connection(found, page)

        last = one.repository.last_change(commit, path)
        return {"lastCommit": _commit(state, one, last) if last else None, "blobs": part("blob"), "trees": part("tree")}

    def branch_names(_: object, **given: Any) -> list[str]:
        # From a cache that the job after a push renews: `Repository#branch_names` in GitLab's source.
        there = past.branches.get(one.id, {}) if past else one.refs
        names = [name for name in sorted(there) if fnmatch.fnmatchcase(name, given["searchPattern"])]
        return names[given["offset"] : given["offset"] + given["limit"]]

    def commit(_: object, ref: str) -> dict[str, Any] | None:
        found = commit_of(ref)
        return _commit(state, one, found) if found else None

    return {
        "exists": True,
        "empty": not one.refs,
        "rootRef": one.default_branch if one.refs else None,
        "branchNames": branch_names,
        "blobs": blobs,
        "tree": tree,
        "commit": commit,
    }


def _blob(one: Project, entry: Entry, content: bytes) -> dict[str, Any]:
    text = None if b"\0" in content[:8000] else content.decode("utf-8", "replace")
    return {
        "id": f"gid://gitlab/Gitlab::Graphql::Representation::Blob/{entry.id}",
        "oid": entry.id,
        "name": posixpath.basename(entry.path),
        "path": entry.path,
        "mode": entry.mode.lstrip("0"),
        "size": len(content),
        "rawSize": len(content),
        "lfsOid": _lfs(content),
        "rawBlob": content.decode("utf-8", "replace"),
        "rawTextBlob": text,
        "fileType": "download" if text is None else "text",
        "webPath": f"/{one.path}/-/blob/{one.default_branch}/{entry.path}",
    }


def _lfs(content: bytes) -> str | None:
    if not content.startswith(b"version https://git-lfs.github.com/spec/") or len(content) > 1024:
        return None
    return next(
        (line.split(":")[-1] for line in content.decode(errors="replace").splitlines() if line.startswith("oid ")), None
    )


def _entry(entry: Entry) -> dict[str, Any]:
    name = posixpath.basename(entry.path)
    about = {"id": f"gid://gitlab/Blob/{entry.id}", "sha": entry.id, "name": name, "path": entry.path}
    return about | {"mode": entry.mode, "flatPath": entry.path}


def _commit(state: State, one: Project, commit: str) -> dict[str, Any]:
    found = one.repository.commit(commit)
    return {
        "id": f"gid://gitlab/Commit/{commit}",
        "sha": commit,
        "shortId": commit[:8],
        "title": found.title,
        "message": found.message,
        "authorName": found.author,
        "authorEmail": found.author_mail,
        "authoredDate": found.authored,
        "committedDate": found.committed,
        "webUrl": f"{state.url}/{one.path}/-/commit/{commit}",
    }


def _merge_request(state: State, one: Project, request: MergeRequest) -> dict[str, Any]:
    labels = {label.name: label for label in one.labels}
    return {
        "id": f"gid://gitlab/MergeRequest/{request.id}",
        "iid": str(request.iid),
        "title": request.title,
        "description": request.description,
        "state": request.state,
        "draft": request.draft,
        "milestone": _milestone(request.milestone) if request.milestone else None,
        "sourceBranch": request.source,
        "targetBranch": request.target,
        "sourceProjectId": one.id,
        "targetProjectId": one.id,
        # Like `has_conflicts`: false until it was checked.
        "conflicts": lambda _: not request.pending and merging.conflicts(one, request),
        "diffHeadSha": request.head,
        "mergeCommitSha": request.merge_commit,
        "mergeStatusEnum": lambda _: merging.merge_status(one, request).upper(),
        "detailedMergeStatus": lambda _: merging.detailed_status(one, request).upper(),
        "autoMergeEnabled": request.auto_merge is not None,
        "autoMergeStrategy": request.auto_merge.strategy if request.auto_merge else None,
        "approved": len(request.approved_by) >= one.approvals_required,
        "webUrl": f"{state.url}/{one.path}/-/merge_requests/{request.iid}",
        "reference": f"!{request.iid}",
        "createdAt": request.created_at,
        "updatedAt": request.updated_at,
        "mergedAt": request.merged_at,
        "author": _user(request.author),
        "assignees": lambda _, **__: {"nodes": [_user(user) for user in request.assignees]},
        "reviewers": lambda _, **__: {"nodes": [_user(user) for user in request.reviewers]},
        "labels": lambda _, **__: {
            "nodes": [
                {"id": f"gid://gitlab/ProjectLabel/{labels[name].id}", "title": name, "color": labels[name].color}
                for name in sorted(request.labels)
            ]
        },
        "squash": request.squash,
        "shouldRemoveSourceBranch": request.remove_on_merge,
        "forceRemoveSourceBranch": request.remove_source,
    }


def _user(user: User) -> dict[str, Any]:
    return {"id": f"gid://gitlab/User/{user.id}", "username": user.username, "name": user.name}


def _connection(rows: list[dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """A page; the cursor is the number of rows before it."""
    begin, size = int(given.get("after") or 0), min(given.get("first") or PAGE, PAGE)
    more = begin + size < len(rows)
    page = {"hasNextPage": more, "endCursor": str(begin + size) if more else None}
    return {"nodes": rows[begin : begin + size], "pageInfo": page}
