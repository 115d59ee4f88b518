"""Pull requests as nodes."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.github import merging
from gitops_actions.testing.github.access import level
from gitops_actions.testing.github.graph.attachments import AttachmentNodes
from gitops_actions.testing.github.graph.paging import Node, connection
from gitops_actions.testing.github.graph.protections import ProtectionNodes
from gitops_actions.testing.github.graph.statuses import StatusNodes
from gitops_actions.testing.github.records import Account, Request, Team
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import node_id, stamp


class RequestNodes(AttachmentNodes, ProtectionNodes, StatusNodes):
    """Pull requests."""

    def request(self, repository: Repository, request: Request) -> Node:
        """PullRequest."""
        page = f"{self.shapes.page(repository)}/pull/{request.number}"
        number = request.number

        def ref(branch: str) -> Node | None:
            name = f"refs/heads/{branch}"
            return self.ref(repository, name) if repository.objects.ref(name) is not None else None

        def review_requests(_info: Any, **given: Any) -> Node:
            people: list[Account | Team] = [*self.work.people(request.reviewers)]
            known = self.world.teams_of(repository.owner)
            people += [known[slug.lower()] for slug in request.teams]

            def one(who: Account | Team) -> Node:
                return {
                    "__typename": "ReviewRequest",
                    "id": node_id("RR", repository.full_name, number, who.id),
                    "databaseId": who.id,
                    "asCodeOwner": False,
                    "requestedReviewer": lambda _info: (
                        self.account(who) if isinstance(who, Account) else self.team(who, repository.owner.login)
                    ),
                    "pullRequest": lambda _info: self.request(repository, request),
                }

            return connection("reviewRequests", people, one, given)

        def decision(_info: Any) -> str | None:
            protection = repository.protection(request.base)
            newest = {one.author.login: one.state for one in request.reviews if one.state != "COMMENTED"}
            if "CHANGES_REQUESTED" in newest.values():
                return "CHANGES_REQUESTED"
            wanted = protection.approvals if protection is not None else 0
            if not wanted:
                return None
            enough = sum(state == "APPROVED" for state in newest.values()) >= wanted
            return "APPROVED" if enough else "REVIEW_REQUIRED"

        def mergeable(_info: Any) -> str:
            found = merging.mergeable(repository, request)
            return "UNKNOWN" if found is None else "MERGEABLE" if found else "CONFLICTING"

        def commits(_info: Any, **given: Any) -> Node:
            ids = repository.objects.between(self._fork(repository, request), request.head_sha)

            def one(id: str) -> Node:
                return {
                    "__typename": "PullRequestCommit",
                    "id": node_id("PRC", repository.full_name, number, id),
                    "commit": lambda _info: self.object(repository, id),
                    "pullRequest": lambda _info: self.request(repository, request),
                    "url": f"{page}/commits/{id}",
                }

            return connection("commits", ids, one, given)

        def changes() -> list[tuple[str, str, str, str, str, int, int]]:
            return repository.objects.changes(self._fork(repository, request), request.head_sha)

        def changed(_info: Any, **given: Any) -> Node:
            kinds = {"A": "ADDED", "D": "DELETED", "M": "MODIFIED", "R": "RENAMED", "T": "CHANGED", "C": "COPIED"}
            return connection(
                "files",
                changes(),
                lambda one: {
                    "path": one[2], "changeType": kinds[one[0]], "additions": one[5], "deletions": one[6],
                },
                given,
            )  # fmt: skip

        def comments(_info: Any, **given: Any) -> Node:
            found = [one for one in repository.comments.values() if one.number == number]
            return connection("comments", found, lambda one: self.comment(repository, one), given)

        def reviews(_info: Any, **given: Any) -> Node:
            latest = {one.author.login: one for one in request.reviews if one.author.login not in request.reviewers}
            return connection("latestReviews", list(latest.values()), lambda one: self.review(repository, one), given)

        def timeline(_info: Any, **given: Any) -> Node:
            """Only of the kinds that a fake keeps."""
            wanted = given.get("itemTypes")
            rows = list(enumerate(request.milestoned)) if wanted is None or "MILESTONED_EVENT" in wanted else []
            shown = connection("timelineItems", rows, lambda row: self.milestoned(repository, number, *row), given)
            counts = {"filteredCount": len(rows), "pageCount": len(shown["nodes"])}
            return shown | counts | {"updatedAt": stamp(request.updated)}

        protection = repository.protection(request.base)
        may = level(self.token, repository, "pull_requests") in ("write", "admin")
        milestone = repository.milestones.get(request.milestone or 0)
        return {
            "__typename": "PullRequest",
            "id": node_id("PR", repository.full_name, number),
            "databaseId": request.id,
            "fullDatabaseId": str(request.id),
            "number": number,
            "url": page,
            "title": request.title,
            "body": request.body or "",
            "state": state_of(request),
            "closed": request.state == "closed",
            "closedAt": None if request.closed is None else stamp(request.closed),
            "createdAt": stamp(request.created),
            "updatedAt": stamp(request.updated),
            "merged": request.merged is not None,
            "mergedAt": None if request.merged is None else stamp(request.merged),
            "mergedBy": lambda _info: self.account(request.merged_by) if request.merged_by else None,
            "mergeCommit": lambda _info: (
                self.object(repository, request.merge_commit) if request.merge_commit else None
            ),
            "potentialMergeCommit": None,
            "mergeable": mergeable,
            "mergeStateStatus": lambda _info: merging.merge_state(repository, request).upper(),
            "canBeRebased": lambda _info: request.state == "open" and merging.conflict_free(repository, request),
            "isDraft": request.draft,
            "author": lambda _info: self.account(request.author),
            "baseRef": lambda _info: ref(request.base),
            "baseRefName": request.base,
            "baseRefOid": request.base_sha,
            "baseRepository": lambda _info: self.repository(repository),
            "headRef": lambda _info: ref(request.head),
            "headRefName": request.head,
            "headRefOid": request.head_sha,
            "headRepository": lambda _info: self.repository(repository),
            "headRepositoryOwner": lambda _info: self.account(repository.owner),
            "isCrossRepository": False,
            "labels": lambda _info, **given: connection(
                "labels",
                [repository.labels[name.lower()] for name in request.labels],
                lambda one: self.label(repository, one),
                given,
            ),
            "assignees": lambda _info, **given: connection(
                "assignees", self.work.people(request.assignees), self.account, given
            ),
            "milestone": lambda _info: self.milestone(repository, milestone) if milestone else None,
            "reviewRequests": review_requests,
            "latestReviews": reviews,
            "timelineItems": timeline,
            "reviewDecision": decision,
            "autoMergeRequest": lambda _info: self._auto_merge(repository, request),
            "comments": comments,
            "commits": commits,
            "files": changed,
            "changedFiles": lambda _info: len(changes()),
            "additions": lambda _info: sum(one[5] for one in changes()),
            "deletions": lambda _info: sum(one[6] for one in changes()),
            "isInMergeQueue": request.queued is not None,
            "isMergeQueueEnabled": protection is not None and protection.queue,
            "mergeQueueEntry": lambda _info: self.queue_entry(repository, request),
            "mergeQueue": lambda _info: (
                self.queue(repository, request.base) if protection is not None and protection.queue else None
            ),
            "viewerCanEnableAutoMerge": lambda _info: (
                may
                and repository.settings.allow_auto_merge
                and request.auto_merge is None
                and merging.merge_state(repository, request) in ("blocked", "behind", "dirty")
            ),
            "viewerCanDisableAutoMerge": may and request.auto_merge is not None,
            "viewerCanUpdate": may,
            "viewerCanLabel": may,
            "viewerCanClose": may and request.state == "open",
            "viewerCanReopen": may and request.state == "closed" and request.merged is None,
            "locked": False,
            "maintainerCanModify": False,
            "repository": lambda _info: self.repository(repository),
            "statusCheckRollup": lambda _info: self.rollup(repository, request.head_sha),
        }

    def _fork(self, repository: Repository, request: Request) -> str:
        if request.merged is not None and request.merge_commit is not None:
            made = repository.objects.commit(request.merge_commit)
            if made is not None and made.parents:
                return repository.objects.merge_base(made.parents[0], request.head_sha) or made.parents[0]
        return repository.objects.merge_base(request.base_sha, request.head_sha) or request.base_sha

    def _auto_merge(self, repository: Repository, request: Request) -> Node | None:
        wanted = request.auto_merge
        if wanted is None:
            return None
        return {
            "authorEmail": wanted.by.mail,
            "commitBody": wanted.message,
            "commitHeadline": wanted.title,
            "enabledAt": stamp(wanted.at),
            "enabledBy": lambda _info: self.account(wanted.by),
            "mergeMethod": wanted.method.upper(),
            "pullRequest": lambda _info: self.request(repository, request),
        }


def state_of(request: Request) -> str:
    """PullRequestState."""
    return "MERGED" if request.merged is not None else request.state.upper()
