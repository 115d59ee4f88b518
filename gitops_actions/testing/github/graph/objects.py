"""Commits, trees, files and tags as nodes."""

from __future__ import annotations

import base64
import re
from typing import Any

from gitops_actions.testing.github.graph.paging import Node, connection
from gitops_actions.testing.github.graph.statuses import StatusNodes
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import node_id, stamp
from gitops_actions.testing.github.stored import CommitObject, Entry


class ObjectNodes(StatusNodes):
    """What git stores."""

    def object(self, repository: Repository, id: str) -> Node | None:
        """Commit, Tree, Blob or Tag; None when there is no such object."""
        found = repository.objects.read(id) if re.fullmatch(r"[0-9a-f]{40}", id) else None
        if found is None:
            return None
        _, kind, content = found
        prefix = {"commit": "C", "tree": "TR", "blob": "B", "tag": "TA"}[kind]
        made: Node = {
            "__typename": kind.capitalize(),
            "id": node_id(prefix, repository.full_name, id),
            "oid": id,
            "abbreviatedOid": id[:7],
            "commitUrl": f"{self.shapes.page(repository)}/commit/{id}",
            "repository": lambda _info: self.repository(repository),
        }
        if kind == "commit":
            commit = repository.objects.commit(id)
            assert commit is not None
            return {**made, **self._commit(repository, commit)}
        if kind == "tree":
            entries = repository.objects.tree(id) or []
            return {**made, "entries": lambda _info: [self.entry(repository, one, "") for one in entries]}
        if kind == "tag":
            head, _, message = content.decode("utf-8", "replace").partition("\n\n")
            values = dict(line.split(" ", 1) for line in head.split("\n"))
            target = values["object"]
            return {**made, "name": values["tag"], "message": message,
                    "target": lambda _info: self.object(repository, target)}  # fmt: skip
        # What git takes for binary, and what is long, comes without its text.
        binary = b"\0" in content[:8000]
        text = None if binary else content[:512_000].decode("utf-8", "replace")
        return {**made, "byteSize": len(content), "isBinary": binary, "isTruncated": len(content) > 512_000,
                "text": text}  # fmt: skip

    def entry(self, repository: Repository, entry: Entry, folder: str) -> Node:
        """TreeEntry."""
        path = f"{folder}/{entry.name}".lstrip("/")

        def size() -> int:
            found = repository.objects.read(entry.id) if entry.kind == "blob" else None
            return len(found[2]) if found else 0

        return {
            "name": entry.name,
            "nameRaw": base64.b64encode(entry.name.encode("utf-8", "surrogateescape")).decode(),
            "path": path,
            "pathRaw": base64.b64encode(path.encode("utf-8", "surrogateescape")).decode(),
            "mode": int(entry.mode, 8),
            "type": entry.kind,
            "oid": entry.id,
            "object": lambda _info: self.object(repository, entry.id),
            "extension": "." + entry.name.rpartition(".")[2] if "." in entry.name else "",
            "isGenerated": False,
            "lineCount": None,
            "size": lambda _info: size(),
            "submodule": None,
            "repository": lambda _info: self.repository(repository),
        }

    def _commit(self, repository: Repository, commit: CommitObject) -> Node:
        subject, _, body = commit.message.partition("\n")

        def history(_info: Any, path: str | None = None, **given: Any) -> Node:
            ids = repository.objects.history(commit.id, path)
            return connection("history", ids, lambda id: self.object(repository, id), given)

        def file(_info: Any, path: str) -> Node | None:
            found = repository.objects.at(commit.id, path)
            return self.entry(repository, found, path.rpartition("/")[0]) if found else None

        def associated(_info: Any, **given: Any) -> Node:
            held = [
                one
                for one in repository.requests.values()
                if commit.id in (one.head_sha, one.merge_commit)
                or (one.state == "open" and commit.id in repository.objects.between(one.base_sha, one.head_sha))
            ]
            return connection("associatedPullRequests", held, lambda one: self.request(repository, one), given)

        return {
            "url": f"{self.shapes.page(repository)}/commit/{commit.id}",
            "treeUrl": f"{self.shapes.page(repository)}/tree/{commit.id}",
            "author": lambda _info: self.actor(commit.author),
            "committer": lambda _info: self.actor(commit.committer),
            "authoredDate": stamp(commit.author.time),
            "committedDate": stamp(commit.committer.time),
            "message": commit.message.rstrip("\n"),
            "messageHeadline": subject,
            "messageBody": body.strip("\n"),
            "parents": lambda _info, **given: connection(
                "parents", commit.parents, lambda id: self.object(repository, id), given
            ),
            "tree": lambda _info: self.object(repository, commit.tree),
            "history": history,
            "file": file,
            "signature": lambda _info: self.signature(commit),
            "status": lambda _info: self.status(repository, commit.id),
            "statusCheckRollup": lambda _info: self.rollup(repository, commit.id),
            "associatedPullRequests": associated,
            "additions": lambda _info: self._sizes(repository, commit)[0],
            "deletions": lambda _info: self._sizes(repository, commit)[1],
            "changedFilesIfAvailable": lambda _info: self._sizes(repository, commit)[2],
            "checkSuites": lambda _info, **given: connection(
                "checkSuites",
                list({one.app.id: one for one in repository.checks.values() if one.sha == commit.id}.values()),
                lambda one: self._suite(repository, one),
                given,
            ),
        }

    def _sizes(self, repository: Repository, commit: CommitObject) -> tuple[int, int, int]:
        changes = repository.objects.changes(commit.parents[0], commit.id) if commit.parents else []
        return sum(one[5] for one in changes), sum(one[6] for one in changes), len(changes)

    def signature(self, commit: CommitObject) -> Node | None:
        """GpgSignature."""
        if commit.signature is None:
            return None
        return {
            "__typename": "GpgSignature",
            "email": commit.committer.email,
            "isValid": commit.verified,
            "payload": commit.payload,
            "signature": commit.signature,
            "signer": None,
            "state": "VALID" if commit.verified else "UNKNOWN_KEY",
            "wasSignedByGitHub": commit.verified,
            "verifiedAt": stamp(commit.committer.time) if commit.verified else None,
            "keyId": "B5690EEEBB952194",
        }
