"""What can be done in a repository, the same by REST, by GraphQL and by git: a file for each kind of thing."""

from __future__ import annotations

from gitops_actions.testing.github.work.comments import Comments
from gitops_actions.testing.github.work.commits import Commits
from gitops_actions.testing.github.work.labels import Labels
from gitops_actions.testing.github.work.merges import Merges
from gitops_actions.testing.github.work.people import People
from gitops_actions.testing.github.work.statuses import Statuses

__all__ = ["Work"]


class Work(Commits, Merges, Comments, Labels, People, Statuses):
    """Does what callers ask. Who calls holds the lock; each operation leaves the requests up to date."""
