"""The content of a project by GitLab's API. History goes by git, which has no better way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.forge.gitlab.publishing import Publishing
from gitops_actions.forge.gitlab.reading import Reading
from gitops_actions.forge.gitlab.words import line
from gitops_actions.forge.misreading import understood
from gitops_actions.model import Commit, FileChange, Signature, Snapshot
from gitops_actions.protocols import Store

# More files than these are listed by git in one go, instead of page by page.
_LISTED = 1000


@understood(lambda store: store._client)
class GitLabStore:
    """See `protocols.Store` for what the methods promise.

    Commits are made by GitLab itself: in the name of the token's user, at the time when GitLab makes them, and signed
    where the instance signs. So the same arguments do not make the same commit; one that is there already is found by
    what it brings. Only what the API cannot do safely goes by git, in the name of ``author``.
    """

    def __init__(self, client: Client, reading: Reading, git: Store) -> None:
        self._client = client
        self._reading = reading
        self._git = git
        self._publishing = Publishing(client, reading, git)
        self._ahead: dict[tuple[str, str], tuple[Commit, ...]] = {}

    def default_branch(self) -> str:
        return self._reading.default_branch()

    def snapshot(self, ref: str, paths: Collection[str], *, likely: Collection[str] = ()) -> Snapshot:  # noqa: ARG002
        commit = self._reading.head(ref, paths)
        return Snapshot(ref, commit, self._reading.files(commit, paths))

    def branches(self, prefix: str = "") -> Mapping[str, str]:
        return self._reading.branches(prefix)

    def names(self, ref: str, prefix: str = "") -> tuple[str, ...]:
        commit, folder = self._reading.head(ref), prefix.strip("/")
        found = self._reading.names(commit, folder, most=_LISTED)
        return self._git.names(commit, folder) if found is None else found

    def ahead(self, base: str, head: str) -> tuple[Commit, ...]:
        ends = self._reading.head(base), self._reading.head(head)
        if ends not in self._ahead:
            found = self._client.pages("repository/commits", ref_name="..".join(ends))
            self._ahead[ends] = tuple(self._told(commit(document)) for document in found) if ends[0] != ends[1] else ()
        return self._ahead[ends]

    def log(self, ref: str, prefixes: Collection[str] = (), *, limit: int | None = None) -> Sequence[Commit]:
        return self._git.log(self._reading.head(ref), prefixes, limit=limit)

    def blobs(self, ids: Collection[str]) -> Mapping[str, bytes]:
        return self._git.blobs(ids)

    def publish(
        self,
        branch: str,
        *,
        expected: str | None,
        parent: str,
        files: Sequence[FileChange],
        message: str,
        author: Signature,
    ) -> str:
        return self._publishing.publish(
            branch, expected=expected, parent=parent, files=files, message=message, author=author
        )

    def delete(self, branch: str, *, expected: str) -> None:
        self._publishing.delete(branch, expected)

    def refresh(self) -> None:
        self._reading.forget()
        self._git.refresh()

    def _told(self, commit: Commit) -> Commit:
        """A commit with the one who made it. Where GitLab signs, it is the committer of what it commits for others,
        under a name that is a setting of the instance; the signature proves that it was GitLab, and nobody else since
        (https://docs.gitlab.com/user/project/repository/signed_commits/web_commits/)."""
        author, committer = commit.author, commit.committer
        if len(commit.parents) != 1 or (author.name, author.mail) == (committer.name, committer.mail):
            return commit
        try:
            signature = self._client.get(f"repository/commits/{commit.id}/signature")
        except Refused as refused:
            if refused.status != 404:
                raise
            return commit
        by_gitlab = signature.get("verification_status") == "verified_system"
        return replace(commit, committer=replace(author, time=committer.time)) if by_gitlab else commit


def commit(document: Mapping[str, Any]) -> Commit:
    return Commit(
        document["id"],
        tuple(document["parent_ids"]),
        _person(document, "author", "authored"),
        _person(document, "committer", "committed"),
        document["message"],
    )


def _person(document: Mapping[str, Any], who: str, what: str) -> Signature:
    time = datetime.fromisoformat(document[f"{what}_date"])
    return Signature(line(document[f"{who}_name"]), line(document[f"{who}_email"]), int(time.timestamp()))
