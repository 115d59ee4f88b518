"""Branches, names and files of a project, asked in as few requests as possible and kept until they are forgotten."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from gitops_actions.errors import LostRace, UsageError
from gitops_actions.forge.gitlab.branches import Branches
from gitops_actions.forge.gitlab.client import PAGE, Client
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.forge.gitlab.files import BLOBS, Files
from gitops_actions.model import File
from gitops_actions.names import complaint_about_branch

ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Read along with the first look, since everybody asks for it next; and the branches that may be ours.
_POLICY = "gitops.yaml"
_OURS = "gitops/"

# `branchNames` alone costs 170 of the 250 points that a query may cost, each path one:
# https://docs.gitlab.com/api/graphql/#limits
_EARLY = 20
_ENTRY = f"""
query Entry($project: ID!, $commit: String!, $ref: String, $type: RefType, $paths: [String!]!, $ours: String!) {{
  project(fullPath: $project) {{ repository {{
    empty rootRef commit(ref: $commit) {{ sha }}
    branchNames(searchPattern: $ours, offset: 0, limit: {PAGE})
    blobs(paths: $paths, ref: $ref, refType: $type) {{ {BLOBS} }}
  }} }}
}}"""


class Reading:
    """The branches and files of a project, as of the last time that all was forgotten."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._content = Files(client)
        self.forget()

    def forget(self) -> None:
        """Everything is asked anew; but what is in a commit never changes."""
        self._default: str | None = None
        self._heads: dict[str, str | None] = {}
        self._ours: tuple[str, ...] | None = None  # all branches below `gitops/`, if that is known
        self._listed: set[str] = set()  # the prefixes of which all branches are known
        if not hasattr(self, "_files"):
            self._files: dict[str, dict[str, File | None]] = {}
        self.requests: dict[tuple[str, str], list[Mapping[str, Any]]] = {}  # by branch and base, to be used once
        # Found in the same query as the commit, but by the name of the branch, which may have moved in between.
        self._unproven: dict[str, dict[str, File | None]] = {}

    def learn(self, branch: str, commit: str | None) -> None:
        """We have moved a branch, or seen where it is."""
        self._heads[branch] = commit
        if self._ours is not None and branch.startswith(_OURS):
            others = tuple(name for name in self._ours if name != branch)
            self._ours = others if commit is None else (*others, branch)

    def keep(self, commit: str, paths: Collection[str], blobs: Mapping[str, Any] | None) -> None:
        """These blobs are what a commit has at these paths."""
        nodes = (blobs or {}).get("nodes") or ()
        found = dict.fromkeys(paths, None) | self._content.read_out(commit, nodes)
        self._files.setdefault(commit, {}).update(found)

    def default_branch(self) -> str:
        """The branch that HEAD names. Raises UsageError for an empty repository."""
        if self._default is None:
            self._enter(None, [_POLICY])
        assert self._default is not None  # noqa: S101 (else it was raised)
        return self._default

    def head(self, ref: str, paths: Collection[str] = ()) -> str:
        """The commit of a branch, or of a full id. Raises UsageError when there is none. The files at ``paths`` may
        be read along."""
        if ID.fullmatch(ref):
            if ref not in self._files and ref not in self._heads.values():
                self._enter(ref, paths)
            return ref
        if complaint := complaint_about_branch(ref):
            raise UsageError(f"the branch {ref!r} {complaint}", hint="give another branch name")
        if ref not in self._heads:
            if self.gone(ref) or any(ref.startswith(prefix) for prefix in self._listed):
                self._heads[ref] = None
            else:
                self._enter(ref, paths)
        found = self._heads[ref]
        if found is None:
            raise self._no_branch(ref)
        return found

    def gone(self, branch: str) -> bool:
        """Whether a branch is known not to exist."""
        if branch in self._heads:
            return self._heads[branch] is None
        return self._ours is not None and branch.startswith(_OURS) and branch not in self._ours

    def now(self, branch: str) -> Mapping[str, Any] | None:
        """A branch as it is at this moment; None when there is none."""
        try:
            document: Mapping[str, Any] = self._client.get(f"repository/branches/{quote(branch, safe='')}")
        except Refused as refused:
            if refused.status != 404:
                raise
            document = {}
        self.learn(branch, document["commit"]["id"] if document else None)
        return document or None

    def branches(self, prefix: str) -> Mapping[str, str]:
        """Branches that start with ``prefix``, with their commits."""
        if prefix.startswith(_OURS) and self._ours is not None:
            return Branches(self.head, [name for name in self._ours if name.startswith(prefix)])
        if not any(prefix.startswith(listed) for listed in self._listed):
            query = {"search": f"^{prefix}"} if prefix else {}
            for document in self._all("repository/branches", **query):
                if document["name"].startswith(prefix):  # GitLab's search takes no notice of case
                    self._heads.setdefault(document["name"], document["commit"]["id"])
            self._listed.add(prefix)
        return {name: id for name, id in sorted(self._heads.items()) if id is not None and name.startswith(prefix)}

    def files(self, commit: str, paths: Collection[str]) -> Mapping[str, File]:
        """Those of ``paths`` that a commit has."""
        known = self._files.setdefault(commit, {})
        missing = [path for path in dict.fromkeys(paths) if path not in known and _possible(path)]
        unproven = self._unproven.pop(commit, {})
        asked = [path for path in missing if path not in unproven]
        if asked:  # then those that came early are proven along with them
            missing = list(dict.fromkeys([*asked, *unproven]))
            for begin in range(0, len(missing), PAGE):
                known.update(self._content.read(commit, missing[begin : begin + PAGE]))
            if any(known[path] != file for path, file in unproven.items()):
                self._unproven.clear()
                raise LostRace(f"the branch at {commit[:12]} moved while it was read")
        elif unproven:
            self._unproven[commit] = unproven
        here = {**unproven, **known}
        return {path: file for path in paths if (file := here.get(path)) is not None}

    def names(self, commit: str, prefix: str, *, most: int) -> tuple[str, ...] | None:
        """The paths below a folder in git's order; None when there are more than ``most``."""
        query = {"path": prefix} if prefix else {}
        found: list[str] = []
        try:
            for entry in self._client.pages("repository/tree", ref=commit, recursive="true", **query):
                if entry["type"] != "tree":
                    found.append(entry["path"])
                if len(found) > most:
                    return None
        except Refused as refused:
            if refused.status != 404:
                raise
        return tuple(sorted(found, key=lambda path: path.encode("utf-8", "surrogateescape")))

    def _enter(self, ref: str | None, paths: Collection[str]) -> None:
        """Look at a branch (None: the default one) or commit for the first time."""
        paths = [path for path in paths if _possible(path)][:_EARLY]
        try:
            if self._content.plain:
                raise Refused(200, "", "")
            self._enter_by_graphql(ref, paths)
        except Refused as refused:
            if refused.status not in (200, 404):
                raise
            self._content.plain = True
            self._enter_by_rest(ref)

    def _enter_by_graphql(self, ref: str | None, paths: list[str]) -> None:
        branch = ref is not None and not ID.fullmatch(ref)
        variables = {
            "project": self._client.address.project,
            # A tag of the same name would come first.
            "commit": f"refs/heads/{ref}" if branch else ref or "HEAD",
            "ref": ref,
            "type": "HEADS" if branch else None,
            "paths": paths,
            "ours": f"{_OURS}*",
        }
        repository = self._content.repository(self._client.graphql(_ENTRY, variables))
        self._default = None if repository["empty"] else repository["rootRef"]
        if self._default is None:
            raise self._empty()
        names = repository["branchNames"] or []
        if self._ours is None and len(names) < PAGE:
            self._ours = tuple(name for name in names if name.startswith(_OURS))
        found = repository["commit"]
        commit = found["sha"] if found else None
        self._seen(ref, commit)
        if commit is not None and paths:
            files = dict.fromkeys(paths, None) | self._content.read_out(
                commit, (repository["blobs"] or {}).get("nodes") or ()
            )
            if ref == commit:
                self._files.setdefault(commit, {}).update(files)
            else:
                self._unproven[commit] = files

    def _enter_by_rest(self, ref: str | None) -> None:
        project = self._project()
        self._default = None if project["empty_repo"] else project["default_branch"]
        if self._default is None:
            raise self._empty()
        name = ref or self._default
        if not ID.fullmatch(name):
            self.now(name)
            return
        try:
            self._client.get(f"repository/commits/{name}", stats="false")
        except Refused as refused:
            if refused.status != 404:
                raise
            name = ""
        self._seen(ref, name or None)

    def _seen(self, ref: str | None, commit: str | None) -> None:
        if ref is not None and ID.fullmatch(ref):
            if commit is None:
                raise UsageError(
                    f"there is no commit {ref} in {self._client.address.web}", hint="give a branch or a full commit id"
                )
            self._files.setdefault(ref, {})
        else:
            self._heads[ref or str(self._default)] = commit

    def _project(self) -> Mapping[str, Any]:
        try:
            project: Mapping[str, Any] = self._client.get("")
        except Refused as refused:
            raise self._client.absent() if refused.status == 404 else refused from None
        return project

    def _all(self, path: str, **query: str) -> list[Mapping[str, Any]]:
        try:
            return list(self._client.pages(path, **query))
        except Refused as refused:
            raise self._client.absent() if refused.status == 404 else refused from None

    def _empty(self) -> UsageError:
        return UsageError(
            f"{self._client.address.web} is empty: it has no commit yet",
            hint="push a first commit, with a gitops.yaml, to its main branch",
        )

    def _no_branch(self, branch: str) -> UsageError:
        from difflib import SequenceMatcher

        # Names come from the remote: what is odd about one is not for a terminal.
        plain = [name for name in self.branches("") if not complaint_about_branch(name) and not name.startswith(_OURS)]
        near = sorted(plain, key=lambda name: -SequenceMatcher(None, branch, name).ratio())[:10]
        more = f" and {len(plain) - len(near)} more" if len(plain) > len(near) else ""
        return UsageError(
            f"there is no branch {branch!r} in {self._client.address.web}",
            hint=f"give one that exists: {', '.join(near)}{more}" if near else "push it first",
        )


def _possible(path: str) -> bool:
    """Whether a file can be there: GitLab would take an odd path for another one."""
    return all(part not in ("", ".", "..") for part in path.split("/")) and "\0" not in path
