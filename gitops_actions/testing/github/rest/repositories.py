"""Repositories, their branches and what protects them (https://docs.github.com/en/rest/repos, https://docs.github.com/en/rest/branches)."""

from __future__ import annotations

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.access import level, role
from gitops_actions.testing.github.rest.routing import Ask, route
from gitops_actions.testing.github.shapes import Json
from gitops_actions.testing.github.state import Refusal
from gitops_actions.testing.github.work.people import is_collaborator


@route("GET", "/repos/{owner}/{repo}")
def _repository(ask: Ask) -> Answer:
    repository = ask.repository()
    may = max(
        (level(ask.token, repository, kind) for kind in ("contents", "metadata")),
        key=("none", "read", "write", "admin").index,
    )
    return Answer.of(200, ask.shapes.repository(repository, ask.token, may))


@route("GET", "/repos/{owner}/{repo}/branches")
def _branches(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    found = [
        ask.shapes.branch(repository, name.removeprefix("refs/heads/"), sha)
        for name, sha in repository.objects.refs("refs/heads/").items()
    ]
    wanted = ask.call.query.get("protected")
    if wanted is not None:
        found = [one for one in found if one["protected"] == (wanted == "true")]
    return ask.page(found)


@route("GET", "/repos/{owner}/{repo}/branches/{branch}")
def _branch(ask: Ask) -> Answer:
    repository = ask.repository("contents")
    name = ask.values["branch"]
    sha = repository.objects.branch(name)
    commit = repository.objects.commit(sha) if sha else None
    if commit is None:
        raise Refusal(404, "Branch not found")
    return Answer.of(200, ask.shapes.branch_in_full(repository, name, commit))


@route("GET", "/repos/{owner}/{repo}/branches/{branch}/protection")
def _protection(ask: Ask) -> Answer:
    repository = ask.repository("administration")
    protection = repository.protection(ask.values["branch"])
    if repository.objects.branch(ask.values["branch"]) is None:
        raise Refusal(404, "Branch not found")
    if protection is None or protection.ruleset:
        raise Refusal(404, "Branch not protected")
    return Answer.of(200, ask.shapes.protection(repository, ask.values["branch"], protection))


@route("GET", "/repos/{owner}/{repo}/branches/{branch}/protection/required_signatures")
def _required_signatures(ask: Ask) -> Answer:
    repository = ask.repository("administration")
    protection = repository.protection(ask.values["branch"])
    if protection is None or protection.ruleset:
        raise Refusal(404, "Branch not protected")
    shown = ask.shapes.protection(repository, ask.values["branch"], protection)
    return Answer.of(200, shown["required_signatures"])


@route("GET", "/repos/{owner}/{repo}/rules/branches/{branch}")
def _rules(ask: Ask) -> Answer:
    repository = ask.repository()
    pattern = repository.pattern(ask.values["branch"])
    known = pattern is not None and repository.protections[pattern].ruleset
    return ask.page(ask.shapes.rules(repository, pattern) if pattern is not None and known else [])


@route("GET", "/repos/{owner}/{repo}/rulesets")
def _rulesets(ask: Ask) -> Answer:
    repository = ask.repository()
    found = [name for name, protection in repository.protections.items() if protection.ruleset]
    return ask.page([ask.shapes.ruleset_in_short(repository, name) for name in found])


@route("GET", "/repos/{owner}/{repo}/rulesets/{id}")
def _ruleset(ask: Ask) -> Answer:
    repository, number = ask.repository(), ask.number("id")
    for name, protection in repository.protections.items():
        shown = ask.shapes.ruleset(repository, name, ask.token.account.login if ask.token else None)
        if protection.ruleset and shown["id"] == number:
            return Answer.of(200, shown)
    raise Refusal(404, "Not Found")


@route("GET", "/repos/{owner}/{repo}/collaborators/{username}")
def _collaborator(ask: Ask) -> Answer:
    repository = ask.repository()
    if role(ask.token, repository) not in ("write", "admin"):
        raise Refusal(403, "Must have push access to view repository collaborators.")
    account = ask.world.account(ask.values["username"])
    if account is None or not is_collaborator(repository, account):
        raise Refusal(404, "Not Found")
    return Answer(204)


@route("GET", "/repos/{owner}/{repo}/actions/permissions")
def _actions(ask: Ask) -> Answer:
    repository = ask.repository("administration")
    made: Json = {"enabled": repository.settings.actions_enabled}
    if repository.settings.actions_enabled:
        made["allowed_actions"] = "all"
    return Answer.of(200, made)


@route("GET", "/repos/{owner}/{repo}/actions/permissions/workflow")
def _workflow(ask: Ask) -> Answer:
    settings = ask.repository("administration").settings
    return Answer.of(200, {
        "default_workflow_permissions": settings.default_workflow_permissions,
        "can_approve_pull_request_reviews": settings.can_approve_pull_request_reviews,
    })  # fmt: skip
