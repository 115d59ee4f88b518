"""What requests share with issues: labels, people, milestones, comments (https://docs.github.com/en/rest/issues)."""

from __future__ import annotations

import json

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.rest.routing import Ask, route, texts
from gitops_actions.testing.github.shapes import Json
from gitops_actions.testing.github.state import Refusal, stamp


@route("GET", "/repos/{owner}/{repo}/issues/{number}")
def _issue(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    return Answer.of(200, ask.shapes.issue(repository, ask.request(repository)))


@route("PATCH", "/repos/{owner}/{repo}/issues/{number}")
def _edit_issue(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    document = ask.document()
    if "milestone" in document:
        milestone = document["milestone"]
        if milestone is not None and milestone not in repository.milestones:
            raise Refusal(422, "Validation Failed",
                          errors=[{"resource": "Issue", "code": "invalid", "field": "milestone",
                                   "value": milestone}])  # fmt: skip
        ask.work.plan(ask.token, repository, request, milestone)
    if "labels" in document:
        names = [one["name"] if isinstance(one, dict) else one for one in document["labels"] or ()]
        request.labels = []
        ask.work.add_labels(ask.token, repository, request, names)
    if "assignees" in document:
        request.assignees = []
        ask.work.assign(ask.token, repository, request, texts(document["assignees"]))
    if {"title", "body", "state"} & document.keys():
        ask.work.edit(
            ask.token, repository, request, title=ask.text("title"), body=ask.text("body"), state=ask.text("state")
        )
    return Answer.of(200, ask.shapes.issue(repository, request))


@route("GET", "/repos/{owner}/{repo}/issues/{number}/labels")
def _issue_labels(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    return ask.page(ask.shapes.labels(repository, ask.request(repository).labels))


@route("POST", "/repos/{owner}/{repo}/issues/{number}/labels")
def _add_labels(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    ask.work.add_labels(ask.token, repository, request, _label_names(ask))
    return Answer.of(200, ask.shapes.labels(repository, request.labels))


@route("PUT", "/repos/{owner}/{repo}/issues/{number}/labels")
def _set_labels(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    names = _label_names(ask)
    request.labels = []
    ask.work.add_labels(ask.token, repository, request, names)
    return Answer.of(200, ask.shapes.labels(repository, request.labels))


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/labels/{name+}")
def _remove_label(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    ask.work.remove_label(ask.token, repository, request, ask.values["name"])
    return Answer.of(200, ask.shapes.labels(repository, request.labels))


@route("POST", "/repos/{owner}/{repo}/issues/{number}/assignees")
def _assign(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    ask.work.assign(ask.token, repository, request, texts(ask.document().get("assignees")))
    return Answer.of(201, ask.shapes.issue(repository, request))


@route("DELETE", "/repos/{owner}/{repo}/issues/{number}/assignees")
def _unassign(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    request = ask.request(repository)
    gone = {one.lower() for one in texts(ask.document().get("assignees"))}
    request.assignees = [one for one in request.assignees if one.lower() not in gone]
    return Answer.of(200, ask.shapes.issue(repository, request))


@route("GET", "/repos/{owner}/{repo}/issues/{number}/comments")
def _comments(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    number = ask.request(repository).number
    found = [one for one in repository.comments.values() if one.number == number]
    return ask.page([ask.shapes.comment(repository, one) for one in found])


@route("POST", "/repos/{owner}/{repo}/issues/{number}/comments")
def _comment(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    made = ask.work.comment(ask.token, repository, ask.number("number"), ask.document().get("body"))
    shown = ask.shapes.comment(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/issues/comments/{id}")
def _one_comment(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    found = repository.comments.get(ask.number("id"))
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.comment(repository, found))


@route("PATCH", "/repos/{owner}/{repo}/issues/comments/{id}")
def _edit_comment(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    made = ask.work.edit_comment(ask.token, repository, ask.number("id"), ask.document().get("body"))
    return Answer.of(200, ask.shapes.comment(repository, made))


@route("DELETE", "/repos/{owner}/{repo}/issues/comments/{id}")
def _delete_comment(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    if repository.comments.pop(ask.number("id"), None) is None:
        raise Refusal(404, "Not Found")
    return Answer.of(204)


@route("GET", "/repos/{owner}/{repo}/assignees/{assignee}")
def _assignable(ask: Ask) -> Answer:
    ask.repository("issues")
    account = ask.world.account(ask.values["assignee"])
    if account is None or account.type != "User":
        raise Refusal(404, "Not Found")
    return Answer.of(204)


@route("GET", "/repos/{owner}/{repo}/labels")
def _labels(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    return ask.page([ask.shapes.label(repository, one) for one in repository.labels.values()])


@route("POST", "/repos/{owner}/{repo}/labels")
def _create_label(ask: Ask) -> Answer:
    repository = ask.repository("issues", "write")
    name = ask.needed("name")
    if name.lower() in repository.labels:
        raise Refusal(422, "Validation Failed",
                      errors=[{"resource": "Label", "code": "already_exists", "field": "name"}])  # fmt: skip
    color = (ask.text("color") or "ededed").lstrip("#")
    made = ask.work.label(repository, name, color, ask.text("description"))
    shown = ask.shapes.label(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/labels/{name+}")
def _label(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    found = repository.labels.get(ask.values["name"].lower())
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.label(repository, found))


@route("GET", "/repos/{owner}/{repo}/milestones")
def _milestones(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    state = ask.call.query.get("state", "open")
    found = [one for one in repository.milestones.values() if state in ("all", one.state)]
    return ask.page([ask.shapes.milestone(repository, one) for one in found])


@route("GET", "/repos/{owner}/{repo}/milestones/{number}")
def _milestone(ask: Ask) -> Answer:
    repository = ask.repository("issues")
    found = repository.milestones.get(ask.number("number"))
    if found is None:
        raise Refusal(404, "Not Found")
    return Answer.of(200, ask.shapes.milestone(repository, found))


@route("GET", "/orgs/{org}/teams/{slug}")
def _team(ask: Ask) -> Answer:
    owner = ask.world.account(ask.values["org"])
    team = ask.world.teams_of(owner).get(ask.values["slug"].lower()) if owner else None
    if owner is None or team is None or ask.token is None:
        raise Refusal(404, "Not Found")
    extra = {
        "members_count": 0,
        "repos_count": 0,
        "created_at": stamp(0),
        "updated_at": stamp(0),
        "organization": _organization(ask, owner.login),
    }
    return Answer.of(200, {**ask.shapes.team(team, owner), **extra})


def _organization(ask: Ask, login: str) -> Json:
    owner = ask.world.account(login)
    assert owner is not None
    url = f"{ask.shapes.api}/orgs/{owner.login}"
    whole_account = ask.shapes.account(owner)
    kept = ("login", "id", "node_id", "avatar_url", "html_url")
    return {
        **{name: whole_account[name] for name in kept},
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "description": None,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": stamp(0),
        "updated_at": stamp(0),
        "archived_at": None,
    }


@route("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission")
def _collaborator(ask: Ask) -> Answer:
    repository = ask.repository()
    account = ask.world.account(ask.values["username"])
    if account is None:
        raise Refusal(404, "Not Found")
    held = repository.roles.get(account.login, "write")
    user = {**ask.shapes.account(account), "role_name": held, "permissions": {
        "pull": held != "none", "triage": held in ("write", "admin"), "push": held in ("write", "admin"),
        "maintain": held == "admin", "admin": held == "admin"}}  # fmt: skip
    return Answer.of(200, {"permission": held, "role_name": held, "user": user})


def _label_names(ask: Ask) -> list[str]:
    """The names of labels in a body: a list, or an object with one."""
    try:
        document = json.loads(ask.call.body or b"[]")
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    listed = document.get("labels", []) if isinstance(document, dict) else document
    return texts([one.get("name") if isinstance(one, dict) else one for one in listed])
