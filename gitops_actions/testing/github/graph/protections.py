"""Protected branches and merge queues as nodes."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.github import merging
from gitops_actions.testing.github.graph.accounts import AccountNodes
from gitops_actions.testing.github.graph.paging import Node, connection
from gitops_actions.testing.github.records import Request
from gitops_actions.testing.github.repository import Protection, Repository
from gitops_actions.testing.github.state import node_id, stamp


class ProtectionNodes(AccountNodes):
    """What stands before a branch."""

    def protection(self, repository: Repository, branch: str, protection: Protection) -> Node:
        """BranchProtectionRule."""
        return {
            "__typename": "BranchProtectionRule",
            "id": node_id("BPR", repository.full_name, branch),
            "pattern": branch,
            "requiresStatusChecks": bool(protection.checks),
            "requiredStatusCheckContexts": list(protection.checks),
            "requiresApprovingReviews": protection.pull_requests,
            "requiredApprovingReviewCount": protection.approvals,
            "requiresCommitSignatures": protection.signatures,
            "requiresStrictStatusChecks": protection.strict,
            "requiresLinearHistory": protection.linear,
            "allowsForcePushes": protection.force,
            "allowsDeletions": protection.deletions,
            "isAdminEnforced": True,
            "blocksCreations": protection.creation,
            "restrictsPushes": protection.pushers is not None,
        }

    def update_rule(self, repository: Repository, branch: str) -> Node | None:
        """RefUpdateRule: what the classic protection of a branch demands of who asks; nothing where it does not bind
        him. Whether requests are needed that nobody has to approve is not told, as on GitHub."""
        pattern = repository.pattern(branch)
        protection = repository.protections[pattern] if pattern is not None else None
        if protection is None or protection.ruleset or self.token.account.login in protection.bypass:
            return None
        return {
            "pattern": pattern,
            "allowsDeletions": protection.deletions,
            "allowsForcePushes": protection.force,
            "blocksCreations": protection.creation,
            "requiredApprovingReviewCount": protection.approvals,
            "requiredStatusCheckContexts": list(protection.checks),
            "requiresCodeOwnerReviews": False,
            "requiresConversationResolution": False,
            "requiresLinearHistory": protection.linear,
            "requiresSignatures": protection.signatures,
            "viewerAllowedToDismissReviews": False,
            "viewerCanPush": merging.lets_in(protection, self.token.account),
        }

    def queue(self, repository: Repository, branch: str) -> Node:
        """MergeQueue."""

        def entries(_info: Any, **given: Any) -> Node:
            waiting = [one for one in repository.requests.values() if one.queued is not None and one.base == branch]
            ordered = sorted(waiting, key=lambda one: one.queued or 0.0)
            return connection("entries", ordered, lambda one: self.queue_entry(repository, one), given)

        return {
            "__typename": "MergeQueue",
            "id": node_id("MQ", repository.full_name, branch),
            "url": f"{self.shapes.page(repository)}/queue/{branch}",
            "entries": entries,
        }

    def queue_entry(self, repository: Repository, request: Request) -> Node | None:
        """MergeQueueEntry."""
        if request.queued is None:
            return None
        before = [one for one in repository.requests.values() if one.queued is not None and one.base == request.base
                  and one.queued <= request.queued]  # fmt: skip
        return {
            "__typename": "MergeQueueEntry",
            "id": node_id("MQE", repository.full_name, request.number),
            "position": len(before),
            "state": "QUEUED",
            "pullRequest": lambda _info: self.request(repository, request),
            "enqueuedAt": stamp(request.queued),
            "enqueuer": lambda _info: self.account(request.queued_by or request.author),
            "jump": False,
            "solo": False,
            "headCommit": lambda _info: self.object(repository, request.head_sha),
            "baseCommit": lambda _info: self.object(repository, request.base_sha),
            "mergeQueue": lambda _info: self.queue(repository, request.base),
        }
