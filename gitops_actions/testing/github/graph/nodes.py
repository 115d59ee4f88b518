"""The nodes of GraphQL: what repositories, commits, requests and the rest look like."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from gitops_actions.testing.github import merging
from gitops_actions.testing.github.access import level, need, sees
from gitops_actions.testing.github.graph.paging import Node, connection
from gitops_actions.testing.github.objects import CommitObject, Entry, Person
from gitops_actions.testing.github.shapes import Shapes
from gitops_actions.testing.github.state import (
    Account,
    CheckRun,
    Comment,
    Label,
    Milestone,
    Protection,
    Refusal,
    Repository,
    Request,
    Status,
    Team,
    Token,
    node_id,
    parts_of,
    stamp,
)
from gitops_actions.testing.github.work import Work


@dataclass
class Session:
    """One document on its way."""

    work: Work
    shapes: Shapes
    token: Token
    past: Mapping[str, Repository]
    failed: bool = field(default=False)


class Graph:
    """Makes the nodes. A node is a mapping whose values are computed when they are asked for."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.work, self.shapes, self.token = session.work, session.shapes, session.token
        self.world = session.work.world

    # --- finding ---

    def found(self, name: str) -> Repository:
        """A repository that the token sees, with its requests up to date. Raises Refusal."""
        repository = self.world.repository(name) or self.world.moved.get(name.lower())
        if repository is None or not sees(self.token, repository):
            raise Refusal(404, f"Could not resolve to a Repository with the name '{name}'.", kind="NOT_FOUND")
        self.work.follow(repository)
        return self.session.past.get(repository.full_name, repository)

    def by_id(self, id: str, *kinds: str) -> tuple[str, Repository, list[str]]:
        """(kind, repository, the other parts) of a node that belongs to a repository. Raises Refusal."""
        kind, parts = parts_of(id)
        repository = self.world.repository(parts[0]) if parts else None
        if repository is None or (kinds and kind not in kinds) or not sees(self.token, repository):
            raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
        self.work.follow(repository)
        return kind, repository, parts[1:]

    def request_of(self, id: str) -> tuple[Repository, Request]:
        """A request by its node id. Raises Refusal."""
        _, repository, parts = self.by_id(id, "PR")
        request = repository.requests.get(int(parts[0]))
        if request is None:
            raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
        return repository, request

    def node(self, id: str) -> Node | None:
        """Any node by its id. Raises Refusal."""
        kind, parts = parts_of(id)
        if kind in ("U", "BOT", "O") and parts and (account := self.world.account(parts[0])) is not None:
            return self.account(account)
        if kind == "T" and (team := self.world.teams.get((parts[0].lower(), parts[1].lower()))) is not None:
            return self.team(team, parts[0])
        kind, repository, rest = self.by_id(id)
        if kind == "R":
            return self.repository(repository)
        if kind == "PR":
            return self.request(*self.request_of(id))
        if kind == "REF" and repository.objects.ref(rest[0]) is not None:
            return self.ref(repository, rest[0])
        if kind in ("C", "B", "TR", "TA"):
            return self.object(repository, rest[0])
        if kind == "LA" and rest[0] in repository.labels:
            return self.label(repository, repository.labels[rest[0]])
        if kind == "IC" and int(rest[0]) in repository.comments:
            return self.comment(repository, repository.comments[int(rest[0])])
        if kind == "MI" and int(rest[0]) in repository.milestones:
            return self.milestone(repository, repository.milestones[int(rest[0])])
        raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")

    # --- nodes ---

    def account(self, account: Account) -> Node:
        """User, Bot or Organization."""
        shape = self.shapes.account(account)
        return {
            "__typename": account.type,
            "id": shape["node_id"],
            "databaseId": account.id,
            "login": account.login,
            "url": shape["html_url"],
            "resourcePath": f"/{account.login}",
            "name": account.name,
            "email": account.email or "",
            "avatarUrl": lambda _info, **_given: shape["avatar_url"],
            "team": lambda _info, slug: self._team(account, slug),
        }

    def _team(self, owner: Account, slug: str) -> Node | None:
        found = self.world.teams_of(owner).get(slug.lower())
        return self.team(found, owner.login) if found else None

    def team(self, team: Team, owner: str) -> Node:
        """Team."""
        account = self.world.account(owner)
        return {
            "__typename": "Team",
            "id": node_id("T", owner, team.slug),
            "name": team.name,
            "slug": team.slug,
            "combinedSlug": f"{owner}/{team.slug}",
            "organization": lambda _info: self.account(account) if account else None,
        }

    def repository(self, repository: Repository) -> Node:
        """Repository."""
        objects, settings = repository.objects, repository.settings
        page = self.shapes.page(repository)
        held = max((level(self.token, repository, kind) for kind in ("contents", "metadata")),
                   key=("none", "read", "write", "admin").index)  # fmt: skip

        def refs(_info: Any, refPrefix: str, query: str | None = None, **given: Any) -> Node:
            names = [name for name in objects.refs(refPrefix) if query is None or query in name[len(refPrefix) :]]
            if (given.get("orderBy") or {}).get("direction") == "DESC" or given.get("direction") == "DESC":
                names.reverse()
            return connection("refs", names, lambda name: self.ref(repository, name, refPrefix), given)

        def ref(_info: Any, qualifiedName: str) -> Node | None:
            names = [f"refs/heads/{qualifiedName}", f"refs/tags/{qualifiedName}"]
            for name in [qualifiedName] if qualifiedName.startswith("refs/") else names:
                if objects.ref(name) is not None:
                    return self.ref(repository, name)
            return None

        def default(_info: Any) -> Node | None:
            name = f"refs/heads/{objects.head()}"
            return self.ref(repository, name) if objects.ref(name) is not None else None

        def queue(_info: Any, branch: str | None = None) -> Node | None:
            protection = repository.protections.get(branch or objects.head())
            return self.queue(repository, branch or objects.head()) if protection and protection.queue else None

        return {
            "__typename": "Repository",
            "id": node_id("R", repository.full_name),
            "databaseId": repository.id,
            "name": repository.name,
            "nameWithOwner": repository.full_name,
            "owner": lambda _info: self.account(repository.owner),
            "url": page,
            "sshUrl": f"git@{self.shapes.web.partition('://')[2]}:{repository.full_name}.git",
            "isArchived": settings.archived,
            "isDisabled": False,
            "isPrivate": settings.private,
            "isEmpty": lambda _info: not objects.refs("refs/heads/"),
            "isLocked": False,
            "isFork": False,
            "allowUpdateBranch": False,
            "defaultBranchRef": default,
            "autoMergeAllowed": settings.allow_auto_merge,
            "mergeCommitAllowed": settings.allow_merge_commit,
            "squashMergeAllowed": settings.allow_squash_merge,
            "rebaseMergeAllowed": settings.allow_rebase_merge,
            "deleteBranchOnMerge": settings.delete_branch_on_merge,
            "viewerPermission": None if held == "none" else held.upper(),
            "viewerCanAdminister": held == "admin",
            "ref": ref,
            "refs": refs,
            "object": lambda _info, oid=None, expression=None: self.at(repository, oid, expression),
            "pullRequests": lambda _info, **given: self._requests(repository, given),
            "pullRequest": lambda _info, number: self._numbered(repository, number),
            "label": lambda _info, name: self._label(repository, name),
            "labels": lambda _info, query=None, **given: connection(
                "labels",
                [one for one in repository.labels.values() if query is None or query.lower() in one.name.lower()],
                lambda one: self.label(repository, one),
                given,
            ),
            "milestone": lambda _info, number: (
                self.milestone(repository, repository.milestones[number]) if number in repository.milestones else None
            ),
            "milestones": lambda _info, query=None, states=None, **given: connection(
                "milestones",
                [
                    one
                    for one in repository.milestones.values()
                    if (query is None or query.lower() in one.title.lower())
                    and (not states or one.state.upper() in states)
                ],
                lambda one: self.milestone(repository, one),
                given,
            ),
            "branchProtectionRules": lambda _info, **given: connection(
                "branchProtectionRules",
                [(branch, one) for branch, one in repository.protections.items() if not one.ruleset],
                lambda pair: self.protection(repository, *pair),
                given,
            ),
            "mergeQueue": queue,
        }

    def _numbered(self, repository: Repository, number: int) -> Node:
        need(self.token, repository, "pull_requests", "read")
        if number not in repository.requests:
            raise Refusal(404, f"Could not resolve to a PullRequest with the number of {number}.", kind="NOT_FOUND")
        return self.request(repository, repository.requests[number])

    def _label(self, repository: Repository, name: str) -> Node | None:
        found = repository.labels.get(name.lower())
        return self.label(repository, found) if found else None

    def _requests(self, repository: Repository, given: Mapping[str, Any]) -> Node:
        need(self.token, repository, "pull_requests", "read")
        found: Iterable[Request] = repository.requests.values()
        if given.get("headRefName") is not None:
            found = [one for one in found if one.head == given["headRefName"]]
        if given.get("baseRefName") is not None:
            found = [one for one in found if one.base == given["baseRefName"]]
        if given.get("states"):
            found = [one for one in found if _state(one) in given["states"]]
        if given.get("labels"):
            wanted = {name.lower() for name in given["labels"]}
            found = [one for one in found if wanted & {name.lower() for name in one.labels}]
        order = given.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
        ordered = sorted(
            found,
            key=lambda one: (one.updated if order["field"] == "UPDATED_AT" else 0, one.number),
            reverse=order["direction"] == "DESC",
        )
        return connection("pullRequests", ordered, lambda one: self.request(repository, one), given)

    def ref(self, repository: Repository, name: str, prefix: str | None = None) -> Node:
        """Ref; its name is told without the prefix."""
        known = prefix or next((one for one in ("refs/heads/", "refs/tags/") if name.startswith(one)), "refs/")
        branch = name.removeprefix("refs/heads/")

        def compare(_info: Any, headRef: str) -> Node | None:
            base, head = repository.objects.resolve(name), repository.objects.resolve(headRef)
            return self.comparison(repository, base, head) if base and head else None

        def rule(_info: Any) -> Node | None:
            protection = repository.protections.get(branch)
            return self.protection(repository, branch, protection) if protection and not protection.ruleset else None

        def associated(_info: Any, **given: Any) -> Node:
            return self._requests(repository, {**given, "headRefName": branch})

        return {
            "__typename": "Ref",
            "id": node_id("REF", repository.full_name, name),
            "name": name.removeprefix(known),
            "prefix": known,
            "target": lambda _info: self.object(repository, repository.objects.ref(name) or ""),
            "repository": lambda _info: self.repository(repository),
            "compare": compare,
            "associatedPullRequests": associated,
            "branchProtectionRule": rule,
        }

    def comparison(self, repository: Repository, base: str, head: str) -> Node:
        """Comparison."""
        ahead, behind = repository.objects.between(base, head), repository.objects.between(head, base)
        status = "IDENTICAL" if base == head else "DIVERGED" if ahead and behind else "AHEAD" if ahead else "BEHIND"
        return {
            "id": node_id("CO", repository.full_name, base, head),
            "aheadBy": len(ahead),
            "behindBy": len(behind),
            "status": status,
            "baseTarget": lambda _info: self.object(repository, base),
            "headTarget": lambda _info: self.object(repository, head),
            "commits": lambda _info, **given: {
                **connection("commits", ahead, lambda id: self.object(repository, id), given),
                "authorCount": len({one.author.email for id in ahead if (one := repository.objects.commit(id))}),
            },
        }

    def at(self, repository: Repository, oid: str | None, expression: str | None) -> Node | None:
        """What an id or an expression (``main``, ``main:a/b``) means."""
        need(self.token, repository, "contents", "read")
        if oid is not None:
            return self.object(repository, oid)
        name, colon, path = (expression or "").partition(":")
        commit = repository.objects.resolve(name)
        if commit is None:
            found = repository.objects.kind(name) if not colon else None
            return self.object(repository, name) if found else None
        if not colon:
            return self.object(repository, commit)
        entry = repository.objects.at(commit, path)
        return None if entry is None else self.object(repository, entry.id)

    def object(self, repository: Repository, id: str) -> Node | None:
        """Commit, Tree, Blob or Tag; None when there is no such object."""
        found = repository.objects.read(id) if re.fullmatch(r"[0-9a-f]{40}", id) else None
        if found is None:
            return None
        _, kind, content = found
        prefix = {"commit": "C", "tree": "TR", "blob": "B", "tag": "TA"}[kind]
        made: Node = {
            "__typename": kind.capitalize(),
            "id": node_id(prefix, repository.full_name, id),
            "oid": id,
            "abbreviatedOid": id[:7],
            "commitUrl": f"{self.shapes.page(repository)}/commit/{id}",
            "repository": lambda _info: self.repository(repository),
        }
        if kind == "commit":
            commit = repository.objects.commit(id)
            assert commit is not None
            return {**made, **self._commit(repository, commit)}
        if kind == "tree":
            entries = repository.objects.tree(id) or []
            return {**made, "entries": lambda _info: [self.entry(repository, one, "") for one in entries]}
        if kind == "tag":
            head, _, message = content.decode("utf-8", "replace").partition("\n\n")
            values = dict(line.split(" ", 1) for line in head.split("\n"))
            target = values["object"]
            return {**made, "name": values["tag"], "message": message,
                    "target": lambda _info: self.object(repository, target)}  # fmt: skip
        # What git takes for binary, and what is long, comes without its text.
        binary = b"\0" in content[:8000]
        text = None if binary else content[:512_000].decode("utf-8", "replace")
        return {**made, "byteSize": len(content), "isBinary": binary, "isTruncated": len(content) > 512_000,
                "text": text}  # fmt: skip

    def entry(self, repository: Repository, entry: Entry, folder: str) -> Node:
        """TreeEntry."""
        path = f"{folder}/{entry.name}".lstrip("/")

        def size() -> int:
            found = repository.objects.read(entry.id) if entry.kind == "blob" else None
            return len(found[2]) if found else 0

        return {
            "name": entry.name,
            "nameRaw": base64.b64encode(entry.name.encode("utf-8", "surrogateescape")).decode(),
            "path": path,
            "pathRaw": base64.b64encode(path.encode("utf-8", "surrogateescape")).decode(),
            "mode": int(entry.mode, 8),
            "type": entry.kind,
            "oid": entry.id,
            "object": lambda _info: self.object(repository, entry.id),
            "extension": "." + entry.name.rpartition(".")[2] if "." in entry.name else "",
            "isGenerated": False,
            "lineCount": None,
            "size": lambda _info: size(),
            "submodule": None,
            "repository": lambda _info: self.repository(repository),
        }

    def _commit(self, repository: Repository, commit: CommitObject) -> Node:
        subject, _, body = commit.message.partition("\n")

        def history(_info: Any, path: str | None = None, **given: Any) -> Node:
            ids = repository.objects.history(commit.id, path)
            return connection("history", ids, lambda id: self.object(repository, id), given)

        def file(_info: Any, path: str) -> Node | None:
            found = repository.objects.at(commit.id, path)
            return self.entry(repository, found, path.rpartition("/")[0]) if found else None

        def associated(_info: Any, **given: Any) -> Node:
            held = [
                one
                for one in repository.requests.values()
                if commit.id in (one.head_sha, one.merge_commit)
                or (one.state == "open" and commit.id in repository.objects.between(one.base_sha, one.head_sha))
            ]
            return connection("associatedPullRequests", held, lambda one: self.request(repository, one), given)

        return {
            "url": f"{self.shapes.page(repository)}/commit/{commit.id}",
            "treeUrl": f"{self.shapes.page(repository)}/tree/{commit.id}",
            "author": lambda _info: self.actor(commit.author),
            "committer": lambda _info: self.actor(commit.committer),
            "authoredDate": stamp(commit.author.time),
            "committedDate": stamp(commit.committer.time),
            "message": commit.message.rstrip("\n"),
            "messageHeadline": subject,
            "messageBody": body.strip("\n"),
            "parents": lambda _info, **given: connection(
                "parents", commit.parents, lambda id: self.object(repository, id), given
            ),
            "tree": lambda _info: self.object(repository, commit.tree),
            "history": history,
            "file": file,
            "signature": lambda _info: self.signature(commit),
            "status": lambda _info: self.status(repository, commit.id),
            "statusCheckRollup": lambda _info: self.rollup(repository, commit.id),
            "associatedPullRequests": associated,
            "additions": lambda _info: self._sizes(repository, commit)[0],
            "deletions": lambda _info: self._sizes(repository, commit)[1],
            "changedFilesIfAvailable": lambda _info: self._sizes(repository, commit)[2],
            "checkSuites": lambda _info, **given: connection(
                "checkSuites",
                list({one.app.id: one for one in repository.checks.values() if one.sha == commit.id}.values()),
                lambda one: self._suite(repository, one),
                given,
            ),
        }

    def _sizes(self, repository: Repository, commit: CommitObject) -> tuple[int, int, int]:
        changes = repository.objects.changes(commit.parents[0], commit.id) if commit.parents else []
        return sum(one[5] for one in changes), sum(one[6] for one in changes), len(changes)

    def actor(self, person: Person) -> Node:
        """GitActor."""
        found = next((one for one in self.world.accounts.values() if one.mail == person.email), None)
        return {
            "name": person.name,
            "email": person.email,
            "date": stamp(person.time),
            "user": lambda _info: self.account(found) if found is not None and found.type == "User" else None,
            "avatarUrl": lambda _info, **_given: f"{self.shapes.web}/avatars/u/{found.id if found else 0}",
        }

    def signature(self, commit: CommitObject) -> Node | None:
        """GpgSignature."""
        if commit.signature is None:
            return None
        return {
            "__typename": "GpgSignature",
            "email": commit.committer.email,
            "isValid": commit.verified,
            "payload": commit.payload,
            "signature": commit.signature,
            "signer": None,
            "state": "VALID" if commit.verified else "UNKNOWN_KEY",
            "wasSignedByGitHub": commit.verified,
            "verifiedAt": stamp(commit.committer.time) if commit.verified else None,
            "keyId": "B5690EEEBB952194",
        }

    def status(self, repository: Repository, sha: str) -> Node | None:
        """Status: the statuses of a commit as one."""
        need(self.token, repository, "statuses", "read")
        newest = {one.context: one for one in repository.statuses.get(sha, ())}
        if not newest:
            return None
        return {
            "id": node_id("ST", repository.full_name, sha),
            "state": _rolled(one.state for one in newest.values()),
            "commit": lambda _info: self.object(repository, sha),
            "contexts": lambda _info: [self.context(repository, sha, one) for one in newest.values()],
            "context": lambda _info, name: self.context(repository, sha, newest[name]) if name in newest else None,
        }

    def context(self, repository: Repository, sha: str, status: Status) -> Node:
        """StatusContext."""
        return {
            "__typename": "StatusContext",
            "id": node_id("SC", repository.full_name, status.id),
            "context": status.context,
            "description": status.description,
            "state": status.state.upper(),
            "targetUrl": status.target,
            "createdAt": stamp(status.created),
            "creator": lambda _info: self.account(status.creator),
            "isRequired": lambda _info, **given: self._required(repository, status.context, given),
            "commit": lambda _info: self.object(repository, sha),
            "avatarUrl": lambda _info, **_given: self.shapes.account(status.creator)["avatar_url"],
        }

    def _required(self, repository: Repository, context: str, given: Mapping[str, Any]) -> bool:
        number = given.get("pullRequestNumber")
        if number is None and given.get("pullRequestId"):
            number = self.request_of(given["pullRequestId"])[1].number
        request = repository.requests.get(number) if number is not None else None
        protection = repository.protections.get(request.base) if request is not None else None
        return protection is not None and context in protection.checks

    def rollup(self, repository: Repository, sha: str) -> Node | None:
        """StatusCheckRollup: statuses and check runs as one list."""
        newest = {one.context: one for one in repository.statuses.get(sha, ())}
        runs = list({(one.app.id, one.name): one for one in repository.checks.values() if one.sha == sha}.values())
        if not newest and not runs:
            return None
        verdicts = [one.state for one in newest.values()] + [_verdict(one) for one in runs]

        def one(item: Status | CheckRun) -> Node:
            return self.context(repository, sha, item) if isinstance(item, Status) else self.run(repository, item)

        def contexts(_info: Any, **given: Any) -> Node:
            listed = connection("contexts", [*runs, *newest.values()], one, given)
            return {**listed, "checkRunCount": len(runs), "statusContextCount": len(newest)}

        return {
            "id": node_id("SCR", repository.full_name, sha),
            "state": _rolled(verdicts),
            "commit": lambda _info: self.object(repository, sha),
            "contexts": contexts,
        }

    def run(self, repository: Repository, run: CheckRun) -> Node:
        """CheckRun."""
        return {
            "__typename": "CheckRun",
            "id": node_id("CR", repository.full_name, run.id),
            "databaseId": run.id,
            "name": run.name,
            "status": run.status.upper(),
            "conclusion": run.conclusion.upper() if run.conclusion else None,
            "detailsUrl": run.details,
            "url": f"{self.shapes.page(repository)}/runs/{run.id}",
            "title": run.title,
            "summary": run.summary,
            "startedAt": stamp(run.started),
            "completedAt": None if run.completed is None else stamp(run.completed),
            "isRequired": lambda _info, **given: self._required(repository, run.name, given),
            "externalId": run.external,
            "checkSuite": lambda _info: self._suite(repository, run),
        }

    def _suite(self, repository: Repository, run: CheckRun) -> Node:
        return {
            "id": node_id("CS", repository.full_name, run.app.id),
            "databaseId": run.app.id,
            "status": run.status.upper(),
            "conclusion": run.conclusion.upper() if run.conclusion else None,
            "app": {"id": node_id("A", run.app.id), "databaseId": run.app.id, "name": run.app.slug,
                    "slug": run.app.slug},
        }  # fmt: skip

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
            protection = repository.protections.get(request.base)
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

        protection = repository.protections.get(request.base)
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
            "state": _state(request),
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

    def me(self) -> Node:
        """Who asks."""
        return self.account(self.token.account)


def _state(request: Request) -> str:
    return "MERGED" if request.merged is not None else request.state.upper()


def _verdict(run: CheckRun) -> str:
    if run.status != "completed":
        return "pending"
    return "success" if run.conclusion in ("success", "neutral", "skipped") else "failure"


def _rolled(states: Iterable[str]) -> str:
    found = set(states)
    return "FAILURE" if found & {"failure", "error"} else "PENDING" if "pending" in found else "SUCCESS"
