"""Refs, commits, files and what differs between them in JSON."""

from __future__ import annotations

import base64
from urllib.parse import quote

from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.shapes.accounts import AccountShapes
from gitops_actions.testing.github.shapes.addresses import Json
from gitops_actions.testing.github.state import node_id, stamp
from gitops_actions.testing.github.stored import CommitObject, Person

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed", "C": "copied"}


class GitShapes(AccountShapes):
    """What git knows."""

    def ref(self, repository: Repository, name: str, sha: str) -> Json:
        """``git-ref``."""
        kind = repository.objects.kind(sha) or "commit"
        url = self.root(repository)
        return {
            "ref": name,
            "node_id": node_id("REF", repository.full_name, name),
            "url": f"{url}/git/{quote(name)}",
            "object": {"sha": sha, "type": kind, "url": f"{url}/git/{kind}s/{sha}"},
        }

    def git_commit(self, repository: Repository, commit: CommitObject) -> Json:
        """``git-commit``."""
        url, page = self.root(repository), self.page(repository)
        return {
            "sha": commit.id,
            "node_id": node_id("C", repository.full_name, commit.id),
            "url": f"{url}/git/commits/{commit.id}",
            "html_url": f"{page}/commit/{commit.id}",
            "author": _signature(commit.author),
            "committer": _signature(commit.committer),
            "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
            "message": commit.message.rstrip("\n"),
            "parents": [self._parent(repository, id, "git/commits") for id in commit.parents],
            "verification": _verification(commit),
        }

    def _parent(self, repository: Repository, id: str, kind: str = "commits") -> Json:
        return {
            "sha": id,
            "url": f"{self.root(repository)}/{kind}/{id}",
            "html_url": f"{self.page(repository)}/commit/{id}",
        }

    def commit(self, repository: Repository, commit: CommitObject) -> Json:
        """``commit``, without its files."""
        url, page = self.root(repository), self.page(repository)
        return {
            "sha": commit.id,
            "node_id": node_id("C", repository.full_name, commit.id),
            "url": f"{url}/commits/{commit.id}",
            "html_url": f"{page}/commit/{commit.id}",
            "comments_url": f"{url}/commits/{commit.id}/comments",
            "commit": {
                "url": f"{url}/git/commits/{commit.id}",
                "author": _signature(commit.author),
                "committer": _signature(commit.committer),
                "message": commit.message.rstrip("\n"),
                "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
                "comment_count": 0,
                "verification": _verification(commit),
            },
            "author": self._author(commit.author),
            "committer": self._author(commit.committer),
            "parents": [self._parent(repository, id) for id in commit.parents],
        }

    def _author(self, person: Person) -> Json | None:
        found = next((one for one in self.world.accounts.values() if one.mail == person.email), None)
        return self.account(found) if found else None

    def files(self, repository: Repository, old: str, new: str) -> list[Json]:
        """``diff-entry`` of each file that differs."""
        url, page = self.root(repository), self.page(repository)
        found = []
        for status, old_path, path, before, after, added, deleted in repository.objects.changes(old, new):
            where = quote(path)
            entry: Json = {
                "sha": before if status == "D" else after,
                "filename": path,
                "status": _STATUS[status],
                "additions": added,
                "deletions": deleted,
                "changes": added + deleted,
                "blob_url": f"{page}/blob/{new}/{where}",
                "raw_url": f"{page}/raw/{new}/{where}",
                "contents_url": f"{url}/contents/{where}?ref={new}",
            }
            if status == "R":
                entry["previous_filename"] = old_path
            found.append(entry)
        return found

    def blob(self, repository: Repository, sha: str, content: bytes) -> Json:
        """``blob``."""
        return {
            "sha": sha,
            "node_id": node_id("B", repository.full_name, sha),
            "size": len(content),
            "url": f"{self.root(repository)}/git/blobs/{sha}",
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
        }

    def file(self, repository: Repository, path: str, sha: str, ref: str, kind: str, content: bytes | None) -> Json:
        """``content-file``, or a line of ``content-directory`` (without a content)."""
        where = quote(path)
        url = f"{self.root(repository)}/contents/{where}?ref={quote(ref, safe='')}"
        git = f"{self.root(repository)}/git/{'trees' if kind == 'dir' else 'blobs'}/{sha}"
        page = f"{self.page(repository)}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{where}"
        raw = None if kind == "dir" else f"{self.page(repository)}/raw/{quote(ref)}/{where}"
        made: Json = {
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "size": len(content) if content is not None else 0,
            "url": url,
            "html_url": page,
            "git_url": git,
            "download_url": raw,
            "type": kind,
            "_links": {"self": url, "git": git, "html": page},
        }
        if content is not None:
            made["content"] = base64.encodebytes(content).decode()
            made["encoding"] = "base64"
        return made


def _signature(person: Person) -> Json:
    return {"name": person.name, "email": person.email, "date": stamp(person.time)}


def _verification(commit: CommitObject) -> Json:
    reason = "valid" if commit.verified else "unsigned" if commit.signature is None else "unknown_key"
    return {
        "verified": commit.verified,
        "reason": reason,
        "signature": commit.signature,
        "payload": commit.payload if commit.signature is not None else None,
        "verified_at": stamp(commit.committer.time) if commit.verified else None,
    }
