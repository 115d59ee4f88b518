"""The content of a repository by GitHub's API: `protocols.Store` without git, but for the history of files."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from gitops_actions.errors import UsageError
from gitops_actions.forge.github import writing
from gitops_actions.forge.github.failures import Refusal
from gitops_actions.forge.github.nodes import signature
from gitops_actions.forge.github.objects import Wanted
from gitops_actions.forge.github.queries import Reading
from gitops_actions.forge.github.view import MANAGED, TEMPORARY, View
from gitops_actions.forge.misreading import understood
from gitops_actions.model import SUBMODULE, Commit, File, FileChange, Signature, Snapshot
from gitops_actions.names import complaint_about_branch
from gitops_actions.protocols import Store

_ID = re.compile(r"[0-9a-f]{40}")
_POLICY = "gitops.yaml"  # what every command asks for first
_MANY = 500  # files; from so many on, one fetch by git is cheaper than query after query


@understood(lambda store: store._view.client)
class GitHubStore:
    """See `protocols.Store` for what the methods promise. Commits are made and signed by GitHub: their author is the
    owner of the token, their time is now.

    Args:
        view: what was read, shared with the forge.
        git: the same repository by git, for what the API cannot answer in a few requests.
    """

    def __init__(self, view: View, git: Store) -> None:
        self._view = view
        self._git = git

    def default_branch(self) -> str:
        if not self._view.opened:
            reading = Reading()
            self._view.want(reading, "", None, [_POLICY])
            self._view.ask(reading)
        if self._view.default is None:
            raise self._empty()
        return self._view.default

    def snapshot(self, ref: str, paths: Collection[str], *, likely: Collection[str] = ()) -> Snapshot:  # noqa: ARG002
        """Nothing is fetched along for ``likely``: the API cannot be asked for words."""
        view = self._view
        wanted = [path for path in dict.fromkeys(paths) if _is_path(path)]
        commit = self._commit(ref, wanted)
        if len(view.lacking(commit, wanted)) > _MANY:
            return replace(self._git.snapshot(commit, wanted), ref=ref)
        view.load(commit, wanted)
        found: dict[str, File] = {}
        for path in wanted:
            entry = view.entries.get((commit, path))
            if entry is not None and entry.kind == "blob":
                found[path] = File(view.blobs[entry.oid], entry.mode)
            elif entry is not None and entry.mode == SUBMODULE:
                found[path] = File(b"", SUBMODULE)
        return Snapshot(ref, commit, found)

    def branches(self, prefix: str = "") -> Mapping[str, str]:
        return {name: id for name, id in self._view.branches(prefix).items() if not name.startswith(TEMPORARY)}

    def names(self, ref: str, prefix: str = "") -> tuple[str, ...]:
        commit, folder = self._commit(ref, ()), prefix.strip("/")
        self._view.load(commit, [folder] if folder else ())
        if not folder:
            tree: str = self._view.trees[commit]
        else:
            entry = self._view.entries.get((commit, folder)) if _is_path(folder) else None
            if entry is None or entry.kind != "tree":
                return ()
            tree = entry.oid
        found = self._walk(tree, f"{folder}/" if folder else "")
        return tuple(sorted(found, key=lambda path: path.encode("utf-8", "surrogateescape")))

    def ahead(self, base: str, head: str) -> tuple[Commit, ...]:
        view = self._view
        key = self._commit(base, ()), self._commit(head, ())
        if key[0] == key[1]:
            return ()
        if key not in view.commits_ahead:
            found: list[Commit] = []
            try:
                for page in view.client.pages(f"{view.address.path}/compare/{key[0]}...{key[1]}"):
                    found += [_commit(one) for one in page["commits"]]
            except Refusal as refusal:
                if refusal.status != 404:
                    raise
                return self._git.ahead(*key)  # without a common ancestor GitHub compares nothing
            view.commits_ahead[key] = tuple(reversed(found))
        return view.commits_ahead[key]

    def log(self, ref: str, prefixes: Collection[str] = (), *, limit: int | None = None) -> Sequence[Commit]:
        """By git: the API would need a request for each path and each page."""
        return self._git.log(self._commit(ref, ()), prefixes, limit=limit)

    def blobs(self, ids: Collection[str]) -> Mapping[str, bytes]:
        for id in ids:
            if not _ID.fullmatch(id):
                raise UsageError(f"{id[:100]!r} is not the id of an object")
        lacking = [id for id in ids if id not in self._view.blobs]
        if len(lacking) > 3:
            return self._git.blobs(ids)
        self._view.contents(lacking)
        return {id: self._view.blobs[id] for id in ids}

    def publish(
        self,
        branch: str,
        *,
        expected: str | None,
        parent: str,
        files: Sequence[FileChange],
        message: str,
        author: Signature,  # noqa: ARG002 (GitHub signs only what it makes in the name of the token's owner)
    ) -> str:
        _check(branch)
        return writing.publish(self._view, Wanted(branch, expected, parent, tuple(files), message))

    def delete(self, branch: str, *, expected: str) -> None:
        _check(branch)
        writing.delete(self._view, branch, expected)

    def refresh(self) -> None:
        self._view.forget()
        self._git.refresh()

    def _commit(self, ref: str, paths: Collection[str]) -> str:
        """The commit of a branch or an id; asks for files along with it. Raises UsageError when there is none."""
        view = self._view
        if _ID.fullmatch(ref):
            return ref
        _check(ref)
        known, head = view.known_head(ref)
        if not known:
            reading = Reading()
            view.want(reading, ref, None, [*list(paths)[:100], *([] if view.opened else [_POLICY])])
            view.ask(reading)
            head = view.heads.get(ref)
        if head is None:
            raise self._missing(ref)
        return head

    def _walk(self, tree: str, prefix: str) -> list[str]:
        """The files below a tree. What GitHub cuts off (beyond 100,000 entries) is listed folder by folder:
        https://docs.github.com/en/rest/git/trees#get-a-tree."""
        view = self._view
        found = view.client.get(f"{view.address.path}/git/trees/{tree}", recursive="1")
        if not found.get("truncated"):
            return [prefix + one["path"] for one in found["tree"] if one["type"] != "tree"]
        names: list[str] = []
        for one in view.client.get(f"{view.address.path}/git/trees/{tree}")["tree"]:
            here = prefix + one["path"]
            names += self._walk(one["sha"], here + "/") if one["type"] == "tree" else [here]
        return names

    def _missing(self, branch: str) -> UsageError:
        existing = [name for name in self._view.branches("") if not name.startswith((MANAGED, TEMPORARY))]
        plain = sorted(name for name in existing if complaint_about_branch(name) is None)
        if not plain:
            return self._empty()
        near = sorted(plain, key=lambda name: -SequenceMatcher(None, branch, name).ratio())[:10]
        more = f" and {len(plain) - len(near)} more" if len(plain) > len(near) else ""
        return UsageError(
            f"there is no branch {branch!r} in {self._view.address.full_name}",
            hint=f"give one that exists: {', '.join(near)}{more}",
        )

    def _empty(self) -> UsageError:
        return UsageError(
            f"{self._view.address.full_name} is empty: it has no commit yet",
            hint="push a first commit, with a gitops.yaml, to its main branch",
        )


def _check(branch: str) -> None:
    if complaint := complaint_about_branch(branch):
        raise UsageError(f"the branch {branch[:200]!r} {complaint}", hint="give another branch name")


def _is_path(path: str) -> bool:
    """Whether a commit can have a file of this path that the API can be asked for."""
    parts = path.split("/")
    plain = "\0" not in path and not any("\ud800" <= character <= "\udfff" for character in path)
    return plain and not any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)


def _commit(document: Any) -> Commit:
    """A commit as the REST API tells it."""
    given = document["commit"]
    parents = tuple(parent["sha"] for parent in document["parents"])
    author, committer = signature(given["author"]), signature(given["committer"])
    return Commit(document["sha"], parents, author, committer, given["message"].rstrip("\n") + "\n")
