"""What GraphQL tells of the content of a project: branches, commits, folders, files."""

from __future__ import annotations

import fnmatch
import posixpath
from typing import Any

from gitops_actions.testing.gitlab.records import Project
from gitops_actions.testing.gitlab.repository import Entry
from gitops_actions.testing.gitlab.state import Past, State

PAGE = 100  # nodes at most, as of every connection: https://docs.gitlab.com/api/graphql/#limits


def repository(state: State, one: Project, past: Past | None) -> dict[str, Any]:
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
        return connection([_blob(one, entry, contents.get(entry.id, b"")) for entry in there], given)

    def tree(_: object, **given: Any) -> dict[str, Any] | None:
        commit, path = commit_of(given.get("ref")), (given.get("path") or "").strip("/")
        if commit is None:
            return None
        rows = one.repository.tree(commit, path, recursive=bool(given.get("recursive"))) or []

        def part(kind: str) -> Any:
            found = [_entry(row) for row in rows if row.type == kind]
            return lambda _, **page: connection(found, page)

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


def connection(rows: list[dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """A page; the cursor is the number of rows before it."""
    begin, size = int(given.get("after") or 0), min(given.get("first") or PAGE, PAGE)
    more = begin + size < len(rows)
    page = {"hasNextPage": more, "endCursor": str(begin + size) if more else None}
    return {"nodes": rows[begin : begin + size], "pageInfo": page}
