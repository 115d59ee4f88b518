"""What a source project on the same GitLab says about two of its commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from gitops_actions.forge.gitlab.address import is_project
from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.forge.gitlab.reading import ID
from gitops_actions.forge.gitlab.store import commit
from gitops_actions.model import Changes
from gitops_actions.protocols import Ancestry


def relation(client: Client, project: str, old: str, new: str) -> Ancestry | None:
    """See `Forge.compare`; None for what is not a project of this GitLab that the token sees."""
    if not (is_project(project) and ID.fullmatch(old) and ID.fullmatch(new)):
        return None
    if old == new:
        return "same"
    try:
        found = client.get(f"{_repository(project)}/merge_base", **{"refs[]": [old, new]})["id"]
    except Refused as refused:
        return "diverged" if refused.status == 404 and "Merge Base" in refused.words else None
    return {old: "descendant", new: "ancestor"}.get(found, "diverged")  # type: ignore[return-value]


def changes(client: Client, project: str, old: str, new: str, limit: int) -> Changes | None:
    """See `Forge.changes` (https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits)."""
    if not (is_project(project) and ID.fullmatch(old) and ID.fullmatch(new)):
        return None
    try:
        found: list[Mapping[str, Any]] = client.get(f"{_repository(project)}/compare", **{"from": old, "to": new})[
            "commits"
        ]
    except Refused:
        return None
    if found and found[0]["id"] != new:  # the oldest comes first; the documentation does not say so
        found = found[::-1]
    return Changes(tuple(commit(document) for document in found[:limit]), len(found))


def _repository(project: str) -> str:
    return f"/projects/{quote(project, safe='')}/repository"
