"""Statuses and check runs as nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.graph.accounts import AccountNodes
from gitops_actions.testing.github.graph.paging import Node, connection
from gitops_actions.testing.github.records import CheckRun, Status
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import node_id, stamp


class StatusNodes(AccountNodes):
    """What is told about commits."""

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
        protection = repository.protection(request.base) if request is not None else None
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


def _verdict(run: CheckRun) -> str:
    if run.status != "completed":
        return "pending"
    return "success" if run.conclusion in ("success", "neutral", "skipped") else "failure"


def _rolled(states: Iterable[str]) -> str:
    found = set(states)
    return "FAILURE" if found & {"failure", "error"} else "PENDING" if "pending" in found else "SUCCESS"
