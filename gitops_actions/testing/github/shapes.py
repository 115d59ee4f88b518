"""The JSON of the REST API (https://docs.github.com/en/rest), with all that the official description requires."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from gitops_actions.testing.github import merging
from gitops_actions.testing.github.objects import CommitObject, Person
from gitops_actions.testing.github.state import (
    Account,
    App,
    CheckRun,
    Comment,
    Deployment,
    DeploymentStatus,
    Label,
    Milestone,
    Protection,
    Repository,
    Request,
    Status,
    Team,
    Token,
    World,
    node_id,
    stamp,
)

Json = dict[str, Any]
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed", "C": "copied"}


class Shapes:
    """Makes answers. ``api`` is the root of the REST API, ``web`` that of the pages."""

    def __init__(self, world: World, api: str, web: str) -> None:
        self.world = world
        self.api = api
        self.web = web

    def root(self, repository: Repository) -> str:
        """The API's URL of a repository."""
        return f"{self.api}/repos/{repository.full_name}"

    def page(self, repository: Repository) -> str:
        """The page of a repository."""
        return f"{self.web}/{repository.full_name}"

    # --- accounts ---

    def account(self, account: Account) -> Json:
        """``simple-user``."""
        url = f"{self.api}/users/{account.login}"
        return {
            "login": account.login,
            "id": account.id,
            "node_id": node_id({"Bot": "BOT", "Organization": "O"}.get(account.type, "U"), account.login),
            "avatar_url": f"{self.web}/avatars/u/{account.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{account.login}",
            "followers_url": f"{url}/followers",
            "following_url": f"{url}/following{{/other_user}}",
            "gists_url": f"{url}/gists{{/gist_id}}",
            "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{url}/subscriptions",
            "organizations_url": f"{url}/orgs",
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events{{/privacy}}",
            "received_events_url": f"{url}/received_events",
            "type": account.type,
            "user_view_type": "public",
            "site_admin": False,
        }

    def user(self, account: Account) -> Json:
        """``public-user``."""
        return {
            **self.account(account),
            "name": account.name,
            "company": None,
            "blog": "",
            "location": None,
            "email": account.email,
            "hireable": None,
            "bio": None,
            "twitter_username": None,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": stamp(0),
            "updated_at": stamp(0),
        }

    def team(self, team: Team, owner: Account) -> Json:
        """``team``."""
        url = f"{self.api}/organizations/{owner.id}/team/{team.id}"
        return {
            "id": team.id,
            "node_id": node_id("T", owner.login, team.slug),
            "url": url,
            "html_url": f"{self.web}/orgs/{owner.login}/teams/{team.slug}",
            "name": team.name,
            "slug": team.slug,
            "description": None,
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "permission": "pull",
            "members_url": f"{url}/members{{/member}}",
            "repositories_url": f"{url}/repos",
            "type": "organization",
            "parent": None,
        }

    def app(self, app: App) -> Json:
        """``integration``."""
        return {
            "id": app.id,
            "slug": app.slug,
            "client_id": app.client_id,
            "node_id": node_id("A", app.id),
            "owner": self.account(app.bot),
            "name": app.slug,
            "description": None,
            "external_url": f"{self.web}/apps/{app.slug}",
            "html_url": f"{self.web}/apps/{app.slug}",
            "created_at": stamp(0),
            "updated_at": stamp(0),
            "permissions": dict(app.permissions),
            "events": [],
        }

    # --- repositories ---

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

    def branch(self, repository: Repository, name: str, sha: str) -> Json:
        """``short-branch``."""
        protected = name in repository.protections
        return {
            "name": name,
            "commit": {"sha": sha, "url": f"{self.root(repository)}/commits/{sha}"},
            "protected": protected,
        }

    def branch_in_full(self, repository: Repository, name: str, commit: CommitObject) -> Json:
        """``branch-with-protection``."""
        url = f"{self.root(repository)}/branches/{quote(name, safe='')}"
        protection = repository.protections.get(name)
        classic = protection if protection is not None and not protection.ruleset else None
        return {
            "name": name,
            "commit": self.commit(repository, commit),
            "_links": {"self": url, "html": f"{self.page(repository)}/tree/{quote(name)}"},
            "protected": protection is not None,
            "protection": {
                "enabled": classic is not None,
                "required_status_checks": {
                    "enforcement_level": "everyone" if classic and classic.checks else "off",
                    "contexts": list(classic.checks) if classic else [],
                    "checks": [{"context": one, "app_id": None} for one in classic.checks] if classic else [],
                },
            },
            "protection_url": f"{url}/protection",
        }

    def protection(self, repository: Repository, branch: str, protection: Protection) -> Json:
        """``branch-protection``."""
        url = f"{self.root(repository)}/branches/{quote(branch, safe='')}/protection"
        made: Json = {
            "url": url,
            "required_signatures": {"url": f"{url}/required_signatures", "enabled": protection.signatures},
            "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": True},
            "required_linear_history": {"enabled": protection.linear},
            "allow_force_pushes": {"enabled": protection.force},
            "allow_deletions": {"enabled": protection.deletions},
            "block_creations": {"enabled": False},
            "required_conversation_resolution": {"enabled": False},
            "lock_branch": {"enabled": False},
            "allow_fork_syncing": {"enabled": False},
        }
        if protection.checks:
            made["required_status_checks"] = {
                "url": f"{url}/required_status_checks",
                "strict": protection.strict,
                "contexts": list(protection.checks),
                "contexts_url": f"{url}/required_status_checks/contexts",
                "checks": [{"context": context, "app_id": None} for context in protection.checks],
            }
        if protection.pull_requests:
            made["required_pull_request_reviews"] = {
                "url": f"{url}/required_pull_request_reviews",
                "dismiss_stale_reviews": False,
                "require_code_owner_reviews": False,
                "require_last_push_approval": False,
                "required_approving_review_count": protection.approvals,
            }
        return made

    def rules(self, repository: Repository, protection: Protection) -> list[Json]:
        """What ``GET /repos/{owner}/{repo}/rules/branches/{branch}`` lists of a ruleset."""
        source = {"ruleset_source_type": "Repository", "ruleset_source": repository.full_name, "ruleset_id": 1}
        found: list[Json] = []
        if not protection.deletions:
            found.append({"type": "deletion", **source})
        if not protection.force:
            found.append({"type": "non_fast_forward", **source})
        if protection.linear:
            found.append({"type": "required_linear_history", **source})
        if protection.signatures:
            found.append({"type": "required_signatures", **source})
        if protection.pull_requests:
            found.append({
                "type": "pull_request",
                **source,
                "parameters": {
                    "allowed_merge_methods": ["merge", "squash", "rebase"],
                    "dismiss_stale_reviews_on_push": False,
                    "require_code_owner_review": False,
                    "require_last_push_approval": False,
                    "required_approving_review_count": protection.approvals,
                    "required_review_thread_resolution": False,
                },
            })  # fmt: skip
        if protection.checks:
            found.append({
                "type": "required_status_checks",
                **source,
                "parameters": {
                    "required_status_checks": [{"context": context} for context in protection.checks],
                    "strict_required_status_checks_policy": protection.strict,
                },
            })  # fmt: skip
        if protection.queue:
            found.append({
                "type": "merge_queue",
                **source,
                "parameters": {
                    "check_response_timeout_minutes": 60,
                    "grouping_strategy": "ALLGREEN",
                    "max_entries_to_build": 5,
                    "max_entries_to_merge": 5,
                    "merge_method": "MERGE",
                    "min_entries_to_merge": 1,
                    "min_entries_to_merge_wait_minutes": 5,
                },
            })  # fmt: skip
        return found

    # --- git ---

    def ref(self, repository: Repository, name: str, sha: str) -> Json:
        """``git-ref``."""
        kind = repository.objects.kind(sha) or "commit"
        url = self.root(repository)
        return {
            "ref": name,
            "node_id": node_id("REF", repository.full_name, name),
            "url": f"{url}/git/{quote(name)}",
            "object": {"sha": sha, "type": kind, "url": f"{url}/git/{kind}s/{sha}"},
        }

    def git_commit(self, repository: Repository, commit: CommitObject) -> Json:
        """``git-commit``."""
        url, page = self.root(repository), self.page(repository)
        return {
            "sha": commit.id,
            "node_id": node_id("C", repository.full_name, commit.id),
            "url": f"{url}/git/commits/{commit.id}",
            "html_url": f"{page}/commit/{commit.id}",
            "author": _signature(commit.author),
            "committer": _signature(commit.committer),
            "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
            "message": commit.message.rstrip("\n"),
            "parents": [self._parent(repository, id, "git/commits") for id in commit.parents],
            "verification": _verification(commit),
        }

    def _parent(self, repository: Repository, id: str, kind: str = "commits") -> Json:
        return {
            "sha": id,
            "url": f"{self.root(repository)}/{kind}/{id}",
            "html_url": f"{self.page(repository)}/commit/{id}",
        }

    def commit(self, repository: Repository, commit: CommitObject) -> Json:
        """``commit``, without its files."""
        url, page = self.root(repository), self.page(repository)
        return {
            "sha": commit.id,
            "node_id": node_id("C", repository.full_name, commit.id),
            "url": f"{url}/commits/{commit.id}",
            "html_url": f"{page}/commit/{commit.id}",
            "comments_url": f"{url}/commits/{commit.id}/comments",
            "commit": {
                "url": f"{url}/git/commits/{commit.id}",
                "author": _signature(commit.author),
                "committer": _signature(commit.committer),
                "message": commit.message.rstrip("\n"),
                "tree": {"sha": commit.tree, "url": f"{url}/git/trees/{commit.tree}"},
                "comment_count": 0,
                "verification": _verification(commit),
            },
            "author": self._author(commit.author),
            "committer": self._author(commit.committer),
            "parents": [self._parent(repository, id) for id in commit.parents],
        }

    def _author(self, person: Person) -> Json | None:
        found = next((one for one in self.world.accounts.values() if one.mail == person.email), None)
        return self.account(found) if found else None

    def files(self, repository: Repository, old: str, new: str) -> list[Json]:
        """``diff-entry`` of each file that differs."""
        url, page = self.root(repository), self.page(repository)
        found = []
        for status, old_path, path, before, after, added, deleted in repository.objects.changes(old, new):
            where = quote(path)
            entry: Json = {
                "sha": before if status == "D" else after,
                "filename": path,
                "status": _STATUS[status],
                "additions": added,
                "deletions": deleted,
                "changes": added + deleted,
                "blob_url": f"{page}/blob/{new}/{where}",
                "raw_url": f"{page}/raw/{new}/{where}",
                "contents_url": f"{url}/contents/{where}?ref={new}",
            }
            if status == "R":
                entry["previous_filename"] = old_path
            found.append(entry)
        return found

    def blob(self, repository: Repository, sha: str, content: bytes) -> Json:
        """``blob``."""
        return {
            "sha": sha,
            "node_id": node_id("B", repository.full_name, sha),
            "size": len(content),
            "url": f"{self.root(repository)}/git/blobs/{sha}",
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
        }

    def file(self, repository: Repository, path: str, sha: str, ref: str, kind: str, content: bytes | None) -> Json:
        """``content-file``, or a line of ``content-directory`` (without a content)."""
        where = quote(path)
        url = f"{self.root(repository)}/contents/{where}?ref={quote(ref, safe='')}"
        git = f"{self.root(repository)}/git/{'trees' if kind == 'dir' else 'blobs'}/{sha}"
        page = f"{self.page(repository)}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{where}"
        raw = None if kind == "dir" else f"{self.page(repository)}/raw/{quote(ref)}/{where}"
        made: Json = {
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "size": len(content) if content is not None else 0,
            "url": url,
            "html_url": page,
            "git_url": git,
            "download_url": raw,
            "type": kind,
            "_links": {"self": url, "git": git, "html": page},
        }
        if content is not None:
            made["content"] = base64.encodebytes(content).decode()
            made["encoding"] = "base64"
        return made

    # --- requests ---

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
        whole = self.repository(repository, None)
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

    # --- statuses, checks, deployments ---

    def status(self, repository: Repository, sha: str, status: Status, *, simple: bool = False) -> Json:
        """``status``, or ``simple-commit-status``."""
        made: Json = {
            "id": status.id,
            "node_id": node_id("SC", repository.full_name, status.id),
            "url": f"{self.root(repository)}/statuses/{sha}",
            "avatar_url": self.account(status.creator)["avatar_url"],
            "state": status.state,
            "context": status.context,
            "description": status.description,
            "target_url": status.target,
            "created_at": stamp(status.created),
            "updated_at": stamp(status.created),
        }
        return made if simple else {**made, "creator": self.account(status.creator)}

    def check(self, repository: Repository, run: CheckRun) -> Json:
        """``check-run``."""
        url = f"{self.root(repository)}/check-runs/{run.id}"
        return {
            "id": run.id,
            "node_id": node_id("CR", repository.full_name, run.id),
            "head_sha": run.sha,
            "external_id": run.external or "",
            "name": run.name,
            "url": url,
            "html_url": f"{self.page(repository)}/runs/{run.id}",
            "details_url": run.details,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": stamp(run.started),
            "completed_at": None if run.completed is None else stamp(run.completed),
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": None,
                "annotations_count": 0,
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.app.id},
            "app": self.app(run.app),
            "pull_requests": [],
        }

    def deployment(self, repository: Repository, deployment: Deployment) -> Json:
        """``deployment``."""
        url = f"{self.root(repository)}/deployments/{deployment.id}"
        return {
            "id": deployment.id,
            "node_id": node_id("DE", repository.full_name, deployment.id),
            "url": url,
            "sha": deployment.sha,
            "ref": deployment.ref,
            "task": deployment.task,
            "payload": deployment.payload,
            "environment": deployment.environment,
            "original_environment": deployment.environment,
            "description": deployment.description,
            "creator": self.account(deployment.creator),
            "created_at": stamp(deployment.created),
            "updated_at": stamp(deployment.created),
            "statuses_url": f"{url}/statuses",
            "repository_url": self.root(repository),
            "transient_environment": deployment.transient,
            "production_environment": deployment.production,
            "performed_via_github_app": None,
        }

    def deployment_status(self, repository: Repository, deployment: Deployment, status: DeploymentStatus) -> Json:
        """``deployment-status``."""
        url = f"{self.root(repository)}/deployments/{deployment.id}"
        return {
            "id": status.id,
            "node_id": node_id("DES", repository.full_name, status.id),
            "url": f"{url}/statuses/{status.id}",
            "state": status.state,
            "creator": self.account(status.creator),
            "description": status.description,
            "environment": status.environment,
            "target_url": status.target,
            "log_url": status.target,
            "environment_url": status.environment_url,
            "created_at": stamp(status.created),
            "updated_at": stamp(status.created),
            "deployment_url": url,
            "repository_url": self.root(repository),
            "performed_via_github_app": None,
        }


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


def _signature(person: Person) -> Json:
    return {"name": person.name, "email": person.email, "date": stamp(person.time)}


def _verification(commit: CommitObject) -> Json:
    reason = "valid" if commit.verified else "unsigned" if commit.signature is None else "unknown_key"
    return {
        "verified": commit.verified,
        "reason": reason,
        "signature": commit.signature,
        "payload": commit.payload if commit.signature is not None else None,
        "verified_at": stamp(commit.committer.time) if commit.verified else None,
    }
