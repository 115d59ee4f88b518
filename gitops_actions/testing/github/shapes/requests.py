"""Pull requests in JSON, and what hangs on them."""

from __future__ import annotations

from urllib.parse import quote

from gitops_actions.testing.github import merging
from gitops_actions.testing.github.records import Comment, Label, Milestone, Request
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.shapes.addresses import Json
from gitops_actions.testing.github.shapes.repositories import RepositoryShapes
from gitops_actions.testing.github.state import World, node_id, stamp


class RequestShapes(RepositoryShapes):
    """Pull requests, labels, milestones, comments."""

    def __init__(self, world: World, api: str, web: str) -> None:
        super().__init__(world, api, web)
        self._sides: dict[str, Json] = {}  # lists name their repository twice in each line

    def label(self, repository: Repository, label: Label) -> Json:
        """``label``."""
        return {
            "id": label.id,
            "node_id": node_id("LA", repository.full_name, label.name.lower()),
            "url": f"{self.root(repository)}/labels/{quote(label.name, safe='')}",
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description,
        }

    def labels(self, repository: Repository, names: list[str]) -> list[Json]:
        """The labels of these names."""
        return [self.label(repository, repository.labels[name.lower()]) for name in names]

    def milestone(self, repository: Repository, milestone: Milestone) -> Json:
        """``milestone``."""
        url = f"{self.root(repository)}/milestones/{milestone.number}"
        held = [one for one in repository.requests.values() if one.milestone == milestone.number]
        return {
            "id": milestone.id,
            "node_id": node_id("MI", repository.full_name, milestone.number),
            "number": milestone.number,
            "title": milestone.title,
            "description": None,
            "state": milestone.state,
            "creator": self.account(milestone.creator),
            "open_issues": sum(one.state == "open" for one in held),
            "closed_issues": sum(one.state != "open" for one in held),
            "created_at": stamp(milestone.created),
            "updated_at": stamp(milestone.created),
            "closed_at": None,
            "due_on": None,
            "url": url,
            "html_url": f"{self.page(repository)}/milestone/{milestone.number}",
            "labels_url": f"{url}/labels",
        }

    def request(self, repository: Repository, request: Request) -> Json:
        """``pull-request-simple``, as lists have it."""
        url, page = self.root(repository), self.page(repository)
        pull, issue = f"{url}/pulls/{request.number}", f"{url}/issues/{request.number}"
        owner = self.account(repository.owner)
        whole = self._sides.setdefault(repository.full_name, {}) or self.repository(repository, None)
        self._sides[repository.full_name] = whole
        people = [self.account(one) for login in request.assignees if (one := self.world.account(login))]
        known = self.world.teams_of(repository.owner)
        milestone = repository.milestones.get(request.milestone or 0)
        wanted = request.auto_merge

        def side(branch: str, sha: str) -> Json:
            label = f"{repository.owner.login}:{branch}"
            return {"label": label, "ref": branch, "sha": sha, "user": owner, "repo": whole}

        return {
            "id": request.id,
            "node_id": node_id("PR", repository.full_name, request.number),
            "number": request.number,
            "state": request.state,
            "locked": False,
            "title": request.title,
            "body": request.body,
            "draft": request.draft,
            "user": self.account(request.author),
            "author_association": "CONTRIBUTOR",
            "active_lock_reason": None,
            "assignee": people[0] if people else None,
            "assignees": people,
            "labels": self.labels(repository, request.labels),
            "milestone": self.milestone(repository, milestone) if milestone else None,
            "requested_reviewers": [
                self.account(one) for login in request.reviewers if (one := self.world.account(login))
            ],
            "requested_teams": [self.team(known[slug.lower()], repository.owner) for slug in request.teams],
            "head": side(request.head, request.head_sha),
            "base": side(request.base, request.base_sha),
            "auto_merge": None
            if wanted is None
            else {
                "enabled_by": self.account(wanted.by),
                "merge_method": wanted.method,
                "commit_title": wanted.title or request.title,
                "commit_message": wanted.message or "",
            },
            "created_at": stamp(request.created),
            "updated_at": stamp(request.updated),
            "closed_at": None if request.closed is None else stamp(request.closed),
            "merged_at": None if request.merged is None else stamp(request.merged),
            "merge_commit_sha": request.merge_commit,
            "url": pull,
            "html_url": f"{page}/pull/{request.number}",
            "diff_url": f"{page}/pull/{request.number}.diff",
            "patch_url": f"{page}/pull/{request.number}.patch",
            "issue_url": issue,
            "commits_url": f"{pull}/commits",
            "review_comments_url": f"{pull}/comments",
            "review_comment_url": f"{url}/pulls/comments{{/number}}",
            "comments_url": f"{issue}/comments",
            "statuses_url": f"{url}/statuses/{request.head_sha}",
            "_links": {
                "self": {"href": pull},
                "html": {"href": f"{page}/pull/{request.number}"},
                "issue": {"href": issue},
                "comments": {"href": f"{issue}/comments"},
                "review_comments": {"href": f"{pull}/comments"},
                "review_comment": {"href": f"{url}/pulls/comments{{/number}}"},
                "commits": {"href": f"{pull}/commits"},
                "statuses": {"href": f"{url}/statuses/{request.head_sha}"},
            },
        }

    def request_in_full(self, repository: Repository, request: Request) -> Json:
        """``pull-request``."""
        objects = repository.objects
        fork = objects.merge_base(request.base_sha, request.head_sha)
        if request.merged is not None and request.merge_commit is not None:
            made = objects.commit(request.merge_commit)
            fork = made.parents[0] if made is not None and made.parents else fork
        changes = objects.changes(fork, request.head_sha) if fork else []
        mergeable = merging.mergeable(repository, request)
        state = "unknown" if mergeable is None else merging.merge_state(repository, request)
        return {
            **self.request(repository, request),
            "merged": request.merged is not None,
            "mergeable": mergeable,
            "rebaseable": mergeable,
            "mergeable_state": state,
            "merged_by": self.account(request.merged_by) if request.merged_by else None,
            "comments": sum(one.number == request.number for one in repository.comments.values()),
            "review_comments": 0,
            "maintainer_can_modify": False,
            "commits": len(objects.between(fork, request.head_sha)) if fork else 0,
            "additions": sum(change[5] for change in changes),
            "deletions": sum(change[6] for change in changes),
            "changed_files": len(changes),
        }

    def issue(self, repository: Repository, request: Request) -> Json:
        """``issue``: a request as the issue that it also is."""
        whole = self.request(repository, request)
        kept = ("number", "state", "locked", "title", "body", "user", "author_association", "active_lock_reason",
                "assignee", "assignees", "labels", "milestone", "created_at", "updated_at", "closed_at",
                "comments_url", "draft")  # fmt: skip
        url = f"{self.root(repository)}/issues/{request.number}"
        return {
            **{name: whole[name] for name in kept},
            "id": request.id,
            "node_id": whole["node_id"],
            "url": url,
            "html_url": whole["html_url"],
            "repository_url": self.root(repository),
            "labels_url": f"{url}/labels{{/name}}",
            "events_url": f"{url}/events",
            "comments": sum(one.number == request.number for one in repository.comments.values()),
            "state_reason": None,
            "closed_by": None,
            "pull_request": {
                "url": whole["url"],
                "html_url": whole["html_url"],
                "diff_url": whole["diff_url"],
                "patch_url": whole["patch_url"],
                "merged_at": whole["merged_at"],
            },
        }

    def comment(self, repository: Repository, comment: Comment) -> Json:
        """``issue-comment``."""
        return {
            "id": comment.id,
            "node_id": node_id("IC", repository.full_name, comment.id),
            "url": f"{self.root(repository)}/issues/comments/{comment.id}",
            "html_url": f"{self.page(repository)}/pull/{comment.number}#issuecomment-{comment.id}",
            "issue_url": f"{self.root(repository)}/issues/{comment.number}",
            "body": comment.body,
            "user": self.account(comment.author),
            "author_association": "CONTRIBUTOR",
            "created_at": stamp(comment.created),
            "updated_at": stamp(comment.updated),
            "performed_via_github_app": None,
        }
