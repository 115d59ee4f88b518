"""Deployments (https://docs.github.com/en/rest/deployments)."""

from __future__ import annotations

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github import merging
from gitops_actions.testing.github.records import Deployment, DeploymentStatus
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.rest.routing import Ask, route, texts
from gitops_actions.testing.github.state import Refusal


@route("GET", "/repos/{owner}/{repo}/deployments")
def _deployments(ask: Ask) -> Answer:
    repository = ask.repository("deployments")
    query = ask.call.query
    found = [
        one
        for one in reversed(repository.deployments.values())
        if query.get("environment") in (None, "none", one.environment)
        and query.get("sha") in (None, "none", one.sha)
        and query.get("ref") in (None, "none", one.ref)
        and query.get("task") in (None, "none", one.task)
    ]
    return ask.page([ask.shapes.deployment(repository, one) for one in found])


@route("POST", "/repos/{owner}/{repo}/deployments")
def _deploy(ask: Ask) -> Answer:
    repository = ask.repository("deployments", "write")
    assert ask.token is not None
    document = ask.document()
    ref = ask.needed("ref")
    sha = repository.objects.resolve(ref)
    if sha is None:
        raise Refusal(422, f"No ref found for: {ref}")
    contexts = document.get("required_contexts")
    found = merging.verdicts(repository, sha)
    wanted = list(found) if contexts is None else texts(contexts)
    bad = [context for context in wanted if found.get(context) != "success"]
    if bad:
        raise Refusal(409, "Conflict: Commit status checks failed for " + ref,
                      errors=[{"contexts": [{"context": one, "state": found.get(one, "pending")} for one in bad],
                               "resource": "Deployment", "field": "required_contexts", "code": "invalid"}])  # fmt: skip
    environment = ask.text("environment") or "production"
    made = Deployment(
        id=next(ask.world.ids), sha=sha, ref=ref, task=ask.text("task") or "deploy", environment=environment,
        description=ask.text("description"), payload=document.get("payload") or {}, creator=ask.token.account,
        created=ask.world.clock(), transient=document.get("transient_environment") is True,
        production=document.get("production_environment", environment == "production") is True,
    )  # fmt: skip
    repository.deployments[made.id] = made
    shown = ask.shapes.deployment(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/deployments/{id}")
def _deployment(ask: Ask) -> Answer:
    repository = ask.repository("deployments")
    return Answer.of(200, ask.shapes.deployment(repository, _deployed(ask, repository)))


@route("GET", "/repos/{owner}/{repo}/deployments/{id}/statuses")
def _deployment_statuses(ask: Ask) -> Answer:
    repository = ask.repository("deployments")
    deployment = _deployed(ask, repository)
    newest_first = reversed(deployment.statuses)
    return ask.page([ask.shapes.deployment_status(repository, deployment, one) for one in newest_first])


@route("POST", "/repos/{owner}/{repo}/deployments/{id}/statuses")
def _set_deployment_status(ask: Ask) -> Answer:
    repository = ask.repository("deployments", "write")
    assert ask.token is not None
    deployment = _deployed(ask, repository)
    state = ask.needed("state")
    known = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
    if state not in known:
        raise Refusal(422, "Validation Failed",
                      errors=[{"resource": "DeploymentStatus", "code": "custom", "field": "state",
                               "message": "state is not included in the list"}])  # fmt: skip
    made = DeploymentStatus(
        id=next(ask.world.ids), state=state, description=ask.text("description") or "",
        target=ask.text("log_url") or ask.text("target_url") or "",
        environment=ask.text("environment") or deployment.environment,
        environment_url=ask.text("environment_url") or "", creator=ask.token.account, created=ask.world.clock(),
    )  # fmt: skip
    if state == "success" and ask.document().get("auto_inactive") is not False:
        # Earlier deployments of the environment that are no production become inactive
        # (https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status).
        for other in repository.deployments.values():
            same = other.environment == deployment.environment and other.id < deployment.id
            done = bool(other.statuses) and other.statuses[-1].state == "success"
            if same and done and not other.production and not other.transient:
                other.statuses.append(DeploymentStatus(
                    next(ask.world.ids), "inactive", "", "", other.environment, "", made.creator, made.created
                ))  # fmt: skip
    deployment.statuses.append(made)
    shown = ask.shapes.deployment_status(repository, deployment, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


def _deployed(ask: Ask, repository: Repository) -> Deployment:
    found = repository.deployments.get(ask.number("id"))
    if found is None:
        raise Refusal(404, "Not Found")
    return found
