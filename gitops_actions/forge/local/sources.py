"""What a source repository beside the config repo says about two of its commits."""

from __future__ import annotations

from gitops_actions.errors import UsageError
from gitops_actions.forge.local.data import ID
from gitops_actions.forge.local.plumbing import Plumbing
from gitops_actions.model import Changes
from gitops_actions.protocols import Ancestry


class Sources:
    """The repositories on this machine that a source's name leads to, see `Plumbing.beside`."""

    def __init__(self, repository: Plumbing) -> None:
        self._repository = repository
        self._found: dict[str, Plumbing | None] = {}

    def relation(self, repository: str, old: str, new: str) -> Ancestry | None:
        """See `Forge.compare`."""
        source = self._source(repository)
        if source is None or not (ID.fullmatch(old) and ID.fullmatch(new)):
            return None
        try:
            forth, back = source.is_ancestor(old, new), source.is_ancestor(new, old)
        except UsageError:  # a commit that is not there
            return None
        if forth or back:
            return "same" if forth and back else "descendant" if forth else "ancestor"
        # Where the history is cut off, the way from one to the other may be what is missing.
        return None if source.shallow else "diverged"

    def changes(self, repository: str, old: str, new: str, limit: int) -> Changes | None:
        """See `Forge.changes`."""
        source = self._source(repository)
        if source is None or self.relation(repository, old, new) is None:
            return None
        commits = source.ahead(old, new)
        return Changes(commits[:limit], len(commits))

    def _source(self, name: str) -> Plumbing | None:
        if name not in self._found:
            self._found[name] = self._repository.beside(name)
        return self._found[name]
