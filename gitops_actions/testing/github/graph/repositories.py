"""Repositories, their refs and what they list as nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gitops_actions.testing.github.access import level, need
from gitops_actions.testing.github.graph.attachments import AttachmentNodes
from gitops_actions.testing.github.graph.paging import Node, connection
from gitops_actions.testing.github.graph.protections import ProtectionNodes
from gitops_actions.testing.github.graph.requests import state_of
from gitops_actions.testing.github.records import Request
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal, node_id


class RepositoryNodes(AttachmentNodes, ProtectionNodes):
    """Repositories and refs."""

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
            protection = repository.protection(branch or objects.head())
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
                [
                    pair
                    for pair in repository.protections.items()
                    if not pair[1].ruleset and self._administers(repository)
                ],
                lambda pair: self.protection(repository, *pair),
                given,
            ),
            "mergeQueue": queue,
        }

    def _administers(self, repository: Repository) -> bool:
        """Whether who asks is shown the settings."""
        return level(self.token, repository, "administration") != "none"

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
            found = [one for one in found if state_of(one) in given["states"]]
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
            pattern = repository.pattern(branch)
            if pattern is None or repository.protections[pattern].ruleset or not self._administers(repository):
                return None
            return self.protection(repository, pattern, repository.protections[pattern])

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
            "refUpdateRule": lambda _info: self.update_rule(repository, branch),
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
