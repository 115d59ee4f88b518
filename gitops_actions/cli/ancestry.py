"""The order of commits of a source repository: from a checkout on this machine, else from the forge."""

from __future__ import annotations

from pathlib import Path

from gitops_actions.cli.settings import Settings
from gitops_actions.core.order import Compare
from gitops_actions.errors import UsageError
from gitops_actions.git.checkout import Checkout
from gitops_actions.protocols import Ancestry, Forge


def comparison(settings: Settings, source_path: str | None, forge: Forge | None) -> Compare:
    """How to compare two revisions. A checkout counts only when it holds both of them, so the current folder may be
    any repository. Raises UsageError when ``source_path`` is given and is not a git repository."""
    checkout = Checkout(Path(source_path or "."))
    if source_path is not None and not checkout.exists:
        raise UsageError(f"--source-path {source_path}: this is not a git repository", code="GA049")
    known: dict[tuple[str, str], Ancestry | None] = {}

    def compare(repository: str | None, old: str, new: str) -> Ancestry | None:
        if (old, new) not in known:
            relation = checkout.relation(old, new)
            if relation is None and repository is not None and forge is not None:
                relation = forge.compare(repository, old, new)
            settings.detail(f"order of {old[:7]} and {new[:7]}: {relation or 'not known'}")
            known[old, new] = relation
        return known[old, new]

    return compare
