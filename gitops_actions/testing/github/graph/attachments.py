"""Labels, milestones, reviews and comments as nodes."""

from __future__ import annotations

from urllib.parse import quote

from gitops_actions.testing.github.graph.accounts import AccountNodes
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.records import Account, Comment, Label, Milestone, Review
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import node_id, stamp


class AttachmentNodes(AccountNodes):
    """What hangs on requests."""

    def label(self, repository: Repository, label: Label) -> Node:
        """Label."""
        return {
            "__typename": "Label",
            "id": node_id("LA", repository.full_name, label.name.lower()),
            "name": label.name,
            "color": label.color,
            "description": label.description,
            "url": f"{self.shapes.page(repository)}/labels/{quote(label.name, safe='')}",
            "isDefault": False,
            "createdAt": stamp(repository.created),
            "updatedAt": stamp(repository.created),
            "repository": lambda _info: self.repository(repository),
        }

    def milestone(self, repository: Repository, milestone: Milestone) -> Node:
        """Milestone."""
        return {
            "__typename": "Milestone",
            "id": node_id("MI", repository.full_name, milestone.number),
            "number": milestone.number,
            "title": milestone.title,
            "state": milestone.state.upper(),
            "description": None,
            "url": f"{self.shapes.page(repository)}/milestone/{milestone.number}",
            "closed": milestone.state == "closed",
            "closedAt": None,
            "viewerCanClose": False,
            "viewerCanReopen": False,
            "dueOn": None,
        }

    def milestoned(self, repository: Repository, request: int, row: int, event: tuple[str, float, Account]) -> Node:
        """MilestonedEvent."""
        title, when, who = event
        return {
            "__typename": "MilestonedEvent",
            "id": node_id("MIE", repository.full_name, request, row),
            "milestoneTitle": title,
            "createdAt": stamp(when),
            "actor": lambda _info: self.account(who),
        }

    def review(self, repository: Repository, review: Review) -> Node:
        """PullRequestReview."""
        return {
            "__typename": "PullRequestReview",
            "id": node_id("PRR", repository.full_name, review.id),
            "author": lambda _info: self.account(review.author),
            "body": review.body,
            "state": review.state,
            "submittedAt": None,
        }

    def comment(self, repository: Repository, comment: Comment) -> Node:
        """IssueComment."""
        return {
            "__typename": "IssueComment",
            "id": node_id("IC", repository.full_name, comment.id),
            "databaseId": comment.id,
            "fullDatabaseId": str(comment.id),
            "body": comment.body,
            "author": lambda _info: self.account(comment.author),
            "url": f"{self.shapes.page(repository)}/pull/{comment.number}#issuecomment-{comment.id}",
            "createdAt": stamp(comment.created),
            "updatedAt": stamp(comment.updated),
            "isMinimized": False,
            "viewerDidAuthor": comment.author.login == self.token.account.login,
            "viewerCanUpdate": comment.author.login == self.token.account.login,
        }
