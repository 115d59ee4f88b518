"""Deployments of a source repository (https://docs.github.com/en/rest/deployments)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.github.client import Client
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.words import line
from gitops_actions.model import Deployment

_DESCRIPTION = 140  # characters; longer ones are refused
_LOOKED = 30

_Document = Mapping[str, Any]


def report(client: Client, name: str, deployment: Deployment, url: str | None, *, once: bool) -> None:
    """See `Forge.report_deployment`. ``name`` is the `owner/name` of the source, ``url`` where people see more."""
    path = f"/repos/{name}/deployments"
    try:
        known = _known(client, path, deployment)
        one = next((one for one in (known if once else known[:1]) if one["sha"] == deployment.revision), None)
        if one is None:
            one = _made(client, path, deployment, known)
        _tell(client, f"{path}/{one['id']}/statuses", _body(deployment, url), once=once)
    except NotAllowed as error:
        raise _not_allowed(name, error.message) from None
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise _not_allowed(name, refusal.words) from None
        if refusal.status == 422 and "No ref found" in refusal.words:
            raise UsageError(f"there is no commit {deployment.revision} in {name}") from None
        raise


def _known(client: Client, path: str, deployment: Deployment) -> Sequence[_Document]:
    """The deployments of an app in an environment, the newest first. After a redirect the answer may hold others: the
    query is lost on the way."""
    task = _task(deployment)
    listed = client.get(path, environment=deployment.environment, task=task, per_page=_LOOKED)
    found = [one for one in listed if one["task"] == task and one["environment"] == deployment.environment]
    return sorted(found, key=lambda one: -int(one["id"]))


def _made(client: Client, path: str, deployment: Deployment, known: Sequence[_Document]) -> _Document:
    """A new deployment; when the answer is lost, the one that has come about meanwhile. Whether the commit is behind
    the default branch, and what its checks say, was settled when it was released."""
    body = {
        "ref": deployment.revision,
        "task": _task(deployment),
        "auto_merge": False,
        "required_contexts": [],
        "environment": deployment.environment,
        "description": line(f"{deployment.app} {deployment.version}", _DESCRIPTION),
    }
    before = {one["id"] for one in known}
    for last in (False, True):
        try:
            made: _Document = client.send("POST", path, body)
            return made
        except Doubt:
            new = [one for one in _known(client, path, deployment) if one["id"] not in before]
            if new and new[0]["sha"] == deployment.revision:
                return new[0]
            if last:
                raise
    raise AssertionError("the last try returns or raises")


def _tell(client: Client, path: str, body: Mapping[str, str], *, once: bool) -> None:
    there = _told(client, path)
    if there is not None and (once or _is(there, body)):
        return
    for last in (False, True):
        try:
            client.send("POST", path, body)
            return
        except Doubt:
            if _is(_told(client, path), body):
                return
            if last:
                raise


def _told(client: Client, path: str) -> _Document | None:
    """The newest status of a deployment."""
    found = client.get(path, per_page=_LOOKED)
    return max(found, key=lambda one: int(one["id"]), default=None)


def _is(there: _Document | None, body: Mapping[str, str]) -> bool:
    return there is not None and all((there.get(name) or "") == value for name, value in body.items())


def _body(deployment: Deployment, url: str | None) -> Mapping[str, str]:
    made = {"state": deployment.state, "description": line(f"{deployment.app} {deployment.version}", _DESCRIPTION)}
    return made | ({"log_url": line(url)} if url is not None and url.startswith(("https://", "http://")) else {})


def _task(deployment: Deployment) -> str:
    """Tells the apps of one repository apart, and ours from those of others: a `deploy` may set off a workflow."""
    return f"deploy:{deployment.app}"


def _not_allowed(name: str, words: str) -> NotAllowed:
    return NotAllowed(
        f"GitHub does not let this token report deployments of {name}: {words}",
        hint=f"give it `deployments: write` on {name}, or take `deployments` out of the environment",
    )
