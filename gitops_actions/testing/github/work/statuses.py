"""Statuses of commits."""

from __future__ import annotations

import re

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import Status, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work.upkeep import Upkeep

STATUSES = 1000  # for each commit and context (https://docs.github.com/en/rest/commits/statuses#create-a-commit-status)
_SHA = re.compile(r"[0-9a-f]{40}")


class Statuses(Upkeep):
    """Work on statuses."""

    def set_status(
        self,
        token: Token | None,
        repository: Repository,
        sha: str,
        *,
        state: object,
        context: str = "default",
        description: str | None = None,
        target: str | None = None,
    ) -> Status:
        """A status of a commit. Raises Refusal, also for the 1,001st of a context."""
        need(token, repository, "statuses", "write")
        assert token is not None
        if not _SHA.fullmatch(sha) or repository.objects.kind(sha) != "commit":
            raise Refusal(422, f"No commit found for SHA: {sha}")
        if state not in ("error", "failure", "pending", "success"):
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Status", "code": "custom", "field": "state",
                                   "message": "state is not included in the list"}])  # fmt: skip
        if description is not None and len(description) > 140:
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Status", "code": "custom", "field": "description",
                                   "message": "description is too long (maximum is 140 characters)"}])  # fmt: skip
        there = repository.statuses.setdefault(sha, [])
        if sum(one.context == context for one in there) >= STATUSES:
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Status", "code": "custom",
                                   "message": "This SHA and context has reached the maximum number of "
                                              "statuses."}])  # fmt: skip
        made = Status(next(self.world.ids), str(state), context, description, target, token.account, self.world.clock())
        there.append(made)
        self.follow(repository)
        return made
