"""Repositories in JSON."""

from __future__ import annotations

from gitops_actions.testing.github.records import Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.shapes.accounts import AccountShapes
from gitops_actions.testing.github.shapes.addresses import Json
from gitops_actions.testing.github.state import node_id, stamp

_REPOSITORY_URLS = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}


class RepositoryShapes(AccountShapes):
    """Repositories."""

    def repository(self, repository: Repository, token: Token | None, level: str = "read") -> Json:
        """``full-repository``; the pieces that only one of the shapes has are harmless in the others."""
        url, page = self.root(repository), self.page(repository)
        settings = repository.settings
        waiting = sum(request.state == "open" for request in repository.requests.values())
        branches = repository.objects.refs("refs/heads/")
        rank = ("none", "read", "write", "admin").index(level)
        made: Json = {
            "id": repository.id,
            "node_id": node_id("R", repository.full_name),
            "name": repository.name,
            "full_name": repository.full_name,
            "private": settings.private,
            "visibility": "private" if settings.private else "public",
            "owner": self.account(repository.owner),
            "html_url": page,
            "description": None,
            "fork": False,
            "url": url,
            "homepage": None,
            "language": None,
            "license": None,
            "mirror_url": None,
            "forks": 0,
            "forks_count": 0,
            "stargazers_count": 0,
            "watchers": 0,
            "watchers_count": 0,
            "network_count": 0,
            "subscribers_count": 0,
            "size": 1 if branches else 0,
            "default_branch": repository.objects.head(),
            "open_issues": waiting,
            "open_issues_count": waiting,
            "is_template": False,
            "topics": [],
            "has_issues": True,
            "has_projects": False,
            "has_wiki": False,
            "has_pages": False,
            "has_downloads": True,
            "has_discussions": False,
            "archived": settings.archived,
            "disabled": False,
            "pushed_at": stamp(repository.created),
            "created_at": stamp(repository.created),
            "updated_at": stamp(repository.created),
            "clone_url": f"{page}.git",
            "git_url": f"git://{page.partition('://')[2]}.git",
            "ssh_url": f"git@{self.web.partition('://')[2]}:{repository.full_name}.git",
            "svn_url": page,
        }
        for name, suffix in _REPOSITORY_URLS.items():
            made[f"{name}_url"] = url + suffix
        if token is not None:
            made["permissions"] = {"admin": rank > 2, "maintain": rank > 2, "push": rank > 1, "triage": rank > 1,
                                   "pull": rank > 0}  # fmt: skip
        if rank > 1:
            for name in ("allow_auto_merge", "allow_merge_commit", "allow_squash_merge", "allow_rebase_merge",
                         "delete_branch_on_merge"):  # fmt: skip
                made[name] = getattr(settings, name)
        return made
