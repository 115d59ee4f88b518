"""What a source project on the same GitLab says about two of its commits.

Not by `repository/compare`, which makes a diff of all files first and lists every commit: for a release after a quiet
half-year it takes as long as GitLab lets it. The newest commits between the two answer nearly all questions, in one
request; what lies beyond them is asked for only then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.gitlab.address import is_project
from gitops_actions.forge.gitlab.client import PAGE, Client
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.forge.gitlab.reading import ID
from gitops_actions.forge.gitlab.store import commit
from gitops_actions.model import Changes
from gitops_actions.protocols import Ancestry

_Span = tuple[str, str, str]  # a project and two of its commits


@dataclass(frozen=True, slots=True)
class _Base:
    """The best common ancestor of two commits; None: they have none."""

    id: str | None


class Sources:
    """Any project of this GitLab that the token sees."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._newest: dict[_Span, Sequence[Mapping[str, Any]] | None] = {}
        self._bases: dict[_Span, _Base | None] = {}

    def relation(self, repository: str, old: str, new: str) -> Ancestry | None:
        """See `Forge.compare`."""
        span = self._span(repository, old, new)
        if span is None:
            return None
        if old == new:
            return "same"
        newest = self._between(span)
        if newest is None:
            return None
        if 0 < len(newest) < PAGE:  # these are all: the way from one to the other begins with a child of the old one
            return "descendant" if any(old in one["parent_ids"] for one in newest) else "diverged"
        base = self._base(span)
        if base is None:
            return None
        return "descendant" if base.id == old else "ancestor" if base.id == new else "diverged"

    def changes(self, repository: str, old: str, new: str, limit: int) -> Changes | None:
        """See `Forge.changes`; at most 100."""
        span = self._span(repository, old, new)
        newest = self._between(span) if span is not None else None
        if span is None or newest is None:
            return None
        if not newest and self.relation(repository, old, new) is None:  # nobody knows these commits
            return None
        total = len(newest) if len(newest) < PAGE else self._count(span)
        return Changes(tuple(commit(document) for document in newest[:limit]), max(total, len(newest)))

    def url(self, repository: str, old: str, new: str) -> str | None:
        """See `Forge.compare_url`."""
        name = self.name(repository)
        return f"{self._client.address.root}/{name}/-/compare/{old}...{new}" if name else None

    def name(self, repository: str) -> str | None:
        """The path of a source, which is called so or by its URL; None when it is not on this GitLab."""
        name = repository.removeprefix(f"{self._client.address.root}/")
        return name if is_project(name) else None

    def _span(self, repository: str, old: str, new: str) -> _Span | None:
        name = self.name(repository)
        return (name, old, new) if name and ID.fullmatch(old) and ID.fullmatch(new) else None

    def _between(self, span: _Span) -> Sequence[Mapping[str, Any]] | None:
        """The newest commits that the one has and the other lacks, a page of them: none also where there is no such
        commit."""
        if span not in self._newest:
            project, old, new = span
            found = self._asked(project, "commits", ref_name=f"{old}..{new}", per_page=PAGE)
            self._newest[span] = None if isinstance(found, Refused) else found
        return self._newest[span]

    def _base(self, span: _Span) -> _Base | None:
        """None: it is not known."""
        if span not in self._bases:
            project, old, new = span
            found = self._asked(project, "merge_base", **{"refs[]": [old, new]})
            unrelated = isinstance(found, Refused) and found.status == 404 and "Merge Base" in found.words
            if isinstance(found, Refused):
                self._bases[span] = _Base(None) if unrelated else None
            else:
                self._bases[span] = _Base(found["id"])
        return self._bases[span]

    def _count(self, span: _Span) -> int:
        """How many commits there are between the two; 0: GitLab does not say (it counts since 16.9)."""
        project, _, new = span
        base, counts = self._base(span), []
        for end in (new, base.id if base is not None else None):
            found = self._asked(project, f"commits/{end}/sequence") if end is not None else {"count": 0}
            if isinstance(found, Refused):
                return 0
            counts.append(int(found["count"]))
        return counts[0] - counts[1] if base is not None else 0

    def _asked(self, project: str, path: str, **query: Any) -> Any:
        """What GitLab says of the repository of a project, or that it does not."""
        try:
            return self._client.get(f"/projects/{quote(project, safe='')}/repository/{path}", **query)
        except Refused as refused:
            return refused
        except (UsageError, NotAllowed) as error:  # it has moved to another host
            return Refused(404, error.message, error.message)
