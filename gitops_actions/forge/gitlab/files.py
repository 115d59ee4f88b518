"""The contents of files, many in one request.

GraphQL has text only, recoded where it was not UTF-8; what it cannot give exactly is seen by the blob id that comes
along, and is fetched by REST. Where GraphQL does not answer at all, everything is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from gitops_actions.forge.gitlab.client import Client, Refused
from gitops_actions.model import SUBMODULE, File

# What `read_out` needs of each blob.
BLOBS = "nodes { path mode oid rawBlob }"
_FILES = f"""
query Files($project: ID!, $ref: String!, $paths: [String!]!) {{
  project(fullPath: $project) {{ repository {{ blobs(paths: $paths, ref: $ref) {{ {BLOBS} }} }} }}
}}"""


class Files:
    """Reads files of a project. ``plain``: GraphQL was asked, and does not answer here."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.plain = False

    def read(self, commit: str, paths: list[str]) -> Mapping[str, File | None]:
        """What a commit has at each path, at most a page of them; None where nothing is, or a folder."""
        if not self.plain:
            variables = {"project": self._client.address.project, "ref": commit, "paths": paths}
            try:
                repository = self.repository(self._client.graphql(_FILES, variables))
                nodes = (repository["blobs"] or {}).get("nodes") or ()
                return dict.fromkeys(paths, None) | self.read_out(commit, nodes)
            except Refused as refused:
                if refused.status not in (200, 404):
                    raise
                self.plain = True
        return self._fetch_by_rest(commit, paths)

    def _fetch_by_rest(self, commit: str, paths: list[str]) -> Mapping[str, File | None]:
        found: dict[str, File | None] = dict.fromkeys(paths)
        for folder in sorted({path.rpartition("/")[0] for path in paths}):
            query = {"path": folder} if folder else {}
            try:
                entries = list(self._client.pages("repository/tree", ref=commit, **query))
            except Refused as refused:
                if refused.status != 404:
                    raise
                continue
            for entry in entries:
                if entry["path"] in found and entry["type"] != "tree":
                    module = entry["mode"] == SUBMODULE
                    content = b"" if module else self._raw(commit, entry["path"])
                    found[entry["path"]] = File(content, entry["mode"])
        return found

    def read_out(self, commit: str, nodes: Iterable[Mapping[str, Any]]) -> dict[str, File | None]:
        """The files among what GraphQL gives, which has folders and submodules, too."""
        found: dict[str, File | None] = {}
        for node in nodes:
            mode = str(node["mode"]).zfill(6)
            if mode == SUBMODULE:
                found[node["path"]] = File(b"", mode)
            elif not mode.startswith("04"):
                content = (node["rawBlob"] or "").encode("utf-8", "replace")
                exact = _blob_id(content, len(node["oid"])) == node["oid"]
                found[node["path"]] = File(content if exact else self._raw(commit, node["path"]), mode)
        return found

    def repository(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The repository in an answer of GraphQL. Raises what it means when there is none."""
        project = data["project"]
        if project is None:
            raise self._client.absent()
        repository: Mapping[str, Any] | None = project["repository"]
        if repository is None:
            raise Refused(
                403,
                "",
                f"{self._client.address.web} is visible with this token, but its files are not",
                hint="the token's user needs the role Reporter to read, Developer to write",
            )
        return repository

    def _raw(self, commit: str, path: str) -> bytes:
        return self._client.raw(f"repository/files/{quote(path, safe='')}/raw", ref=commit)


def _blob_id(content: bytes, length: int) -> str:
    make = hashlib.sha256 if length == 64 else hashlib.sha1
    return make(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()
