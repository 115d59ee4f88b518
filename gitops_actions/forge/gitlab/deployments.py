"""Deployments of a source project (https://docs.gitlab.com/api/deployments/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.failures import Doubt, Refused
from gitops_actions.model import Deployment

# There is none for what only waits.
_STATES: Mapping[str, str] = {"in_progress": "running", "success": "success", "failure": "failed"}
_LOOKED = 20

_Document = Mapping[str, Any]


def report(client: Client, project: str, deployment: Deployment, *, once: bool) -> None:
    """See `Forge.report_deployment`. ``project`` is the path of the source. GitLab keeps neither a text nor a link."""
    state = _STATES.get(deployment.state)
    if state is None:
        return
    path = f"/projects/{quote(project, safe='')}/deployments"
    try:
        known = _known(client, path, deployment)
        if once and any(one["sha"] == deployment.revision for one in known):
            return
        newest = known[0] if known else None
        if newest is None or newest["sha"] != deployment.revision:
            _make(client, path, deployment, state, known)
        elif newest["status"] != state and not _changed(client, path, deployment, newest, state):
            _make(client, path, deployment, state, known)  # what is over does not begin again
    except Refused as refused:
        if refused.status in (401, 403, 404):
            raise NotAllowed(
                f"GitLab does not let this token report deployments of {project}: {refused.words}",
                hint="give it scope api and the role Developer there, or take `deployments` out of the environment",
            ) from None
        if refused.status == 400 and "does not exist" in refused.words:
            raise UsageError(f"there is no commit {deployment.revision} in {project}") from None
        raise


def _known(client: Client, path: str, deployment: Deployment) -> Sequence[_Document]:
    """The deployments of an environment that came by the API, the newest first; those of jobs belong to the jobs."""
    query = {"environment": deployment.environment, "order_by": "id", "sort": "desc", "per_page": _LOOKED}
    found = [one for one in client.get(path, **query) if one["deployable"] is None]
    return sorted(found, key=lambda one: -int(one["id"]))


def _make(client: Client, path: str, deployment: Deployment, state: str, known: Sequence[_Document]) -> None:
    """A new deployment, unless its answer was lost and it is there."""
    body = {
        "environment": deployment.environment,
        "sha": deployment.revision,
        "ref": deployment.revision,  # any name of the commit will do, and this one is known
        "tag": False,
        "status": state,
    }
    before = {one["id"] for one in known}
    for last in (False, True):
        try:
            client.write("post", path, body)
            return
        except Doubt:
            new = [one for one in _known(client, path, deployment) if one["id"] not in before]
            if new and new[0]["sha"] == deployment.revision:
                return
            if last:
                raise


def _changed(client: Client, path: str, deployment: Deployment, there: _Document, state: str) -> bool:
    """Give a deployment another state; False when it cannot have it any more."""
    for last in (False, True):
        try:
            client.write("put", f"{path}/{there['id']}", {"status": state})
            return True
        except Doubt:
            now = next((one for one in _known(client, path, deployment) if one["id"] == there["id"]), None)
            if now is not None and now["status"] == state:
                return True
            if last:
                raise
        except Refused as refused:
            if refused.status != 400:
                raise
            return False
    raise AssertionError("the last try returns or raises")
