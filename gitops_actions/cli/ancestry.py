"""What a source repository says of two of its commits: from a checkout on this machine, else from the forge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitops_actions.cli.hosts import forge_of
from gitops_actions.cli.settings import Settings
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.git.checkout import Checkout
from gitops_actions.model import Changes
from gitops_actions.protocols import Ancestry, Forge


def ancestry(settings: Settings, source_path: str | None, forge: Forge | None) -> SourceHistory:
    """The history of the sources. A checkout counts only when it holds both commits, so the current folder may be
    any repository. Raises UsageError when ``source_path`` is given and is not a git repository."""
    checkout = Checkout(Path(source_path or "."))
    if source_path is not None and not checkout.exists:
        raise UsageError(f"--source-path {source_path}: this is not a git repository", code="GA049")
    return SourceHistory(settings, checkout, forge)


# Where a comparison is below a repository's page.
_PAGES: Mapping[str, str] = {"github": "compare", "gitlab": "-/compare"}


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """Each question is asked once. Revisions are full commit ids."""

    settings: Settings
    checkout: Checkout
    forge: Forge | None
    _relations: dict[tuple[str, str], Ancestry | None] = field(default_factory=dict, repr=False)
    _changes: dict[tuple[str, str], Changes | None] = field(default_factory=dict, repr=False)

    def compare(self, repository: str | None, old: str, new: str) -> Ancestry | None:
        """How ``new`` stands to ``old``; None: not known."""
        if (old, new) not in self._relations:
            relation = self.checkout.relation(old, new)
            if relation is None and repository is not None and self.forge is not None:
                relation = self.forge.compare(repository, old, new)
            self.settings.detail(f"order of {old[:7]} and {new[:7]}: {relation or 'not known'}")
            self._relations[old, new] = relation
        return self._relations[old, new]

    def changes(self, repository: str | None, old: str, new: str, limit: int) -> Changes | None:
        """The newest commits that ``new`` has and ``old`` lacks; None: not known. Nothing fails for want of it."""
        if (old, new) not in self._changes:
            found = self.checkout.changes(old, new, limit=limit)
            if found is None and repository is not None and self.forge is not None:
                try:
                    found = self.forge.changes(repository, old, new, limit=limit)
                except GitOpsError as error:
                    self.settings.detail(f"no changelog: {error.message}")
            self._changes[old, new] = found
        return self._changes[old, new]

    def compare_url(self, repository: str | None, old: str, new: str) -> str | None:
        """Where a person sees these changes; None: nowhere."""
        if repository is None:
            return None
        url = self.forge.compare_url(repository, old, new) if self.forge is not None else None
        if url is None and repository.startswith("https://"):
            page = _PAGES.get(forge_of(repository))
            url = f"{repository}/{page}/{old}...{new}" if page else None
        return url
