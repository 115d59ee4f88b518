"""Pull requests (https://docs.github.com/en/rest/pulls)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gitops_actions.testing.forgehttp import Answer
from gitops_actions.testing.github.records import Request, Review
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.rest.routing import Ask, commit_of, route, texts
from gitops_actions.testing.github.shapes import Json
from gitops_actions.testing.github.state import Refusal, stamp


@route("GET", "/repos/{owner}/{repo}/pulls")
def _requests(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    query = ask.call.query
    state = query.get("state", "open")
    if state not in ("open", "closed", "all"):
        raise Refusal(422, "Validation Failed",
                      errors=[{"resource": "PullRequest", "code": "invalid", "field": "state"}])  # fmt: skip
    found = [one for one in repository.requests.values() if state in ("all", one.state)]
    if base := query.get("base"):
        found = [one for one in found if one.base == base]
    # A head without its owner is no filter at all, as on GitHub.
    owner, colon, branch = query.get("head", "").partition(":")
    if colon:
        mine = owner.lower() == repository.owner.login.lower()
        found = [one for one in found if mine and one.head == branch]
    sort = query.get("sort", "created")
    key: Callable[[Request], Any] = {
        "updated": lambda one: (one.updated, one.number),
        "popularity": lambda one: one.number,
        "long-running": lambda one: one.number,
    }.get(sort, lambda one: one.number)
    direction = query.get("direction", "desc" if sort in ("created", "") and "sort" not in query else "asc")
    if "sort" in query and "direction" not in query and sort == "created":
        direction = "desc"
    found.sort(key=key, reverse=direction == "desc")
    return ask.page([ask.shapes.request(repository, one) for one in found])


@route("POST", "/repos/{owner}/{repo}/pulls")
def _open(ask: Ask) -> Answer:
    repository = ask.repository()
    document = ask.document()
    made = ask.work.open(
        ask.token,
        repository,
        title=document.get("title"),
        head=document.get("head"),
        base=document.get("base"),
        body=ask.text("body"),
        draft=document.get("draft") is True,
    )
    shown = ask.shapes.request_in_full(repository, made)
    return Answer.of(201, shown, {"Location": shown["url"]})


@route("GET", "/repos/{owner}/{repo}/pulls/{number}")
def _request(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    return Answer.of(200, ask.shapes.request_in_full(repository, ask.request(repository)))


@route("PATCH", "/repos/{owner}/{repo}/pulls/{number}")
def _edit(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    ask.work.edit(
        ask.token,
        repository,
        request,
        title=ask.text("title"),
        body=ask.text("body"),
        state=ask.text("state"),
        base=ask.text("base"),
    )
    return Answer.of(200, ask.shapes.request_in_full(repository, request))


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/merge")
def _is_merged(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    if ask.request(repository).merged is None:
        raise Refusal(404, "Not Found")
    return Answer.of(204)


@route("PUT", "/repos/{owner}/{repo}/pulls/{number}/merge")
def _merge(ask: Ask) -> Answer:
    repository = ask.repository("contents", "write")
    sha = ask.work.merge(
        ask.token,
        repository,
        ask.request(repository),
        method=ask.text("merge_method") or "merge",
        expected=ask.text("sha"),
        title=ask.text("commit_title"),
        message=ask.text("commit_message"),
    )
    return Answer.of(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@route("POST", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def _ask_reviews(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    document = ask.document()
    ask.work.ask_reviews(
        ask.token, repository, request, texts(document.get("reviewers")), texts(document.get("team_reviewers"))
    )
    return Answer.of(201, ask.shapes.request(repository, request))


@route("DELETE", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def _unask_reviews(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    document = ask.document()
    gone, teams = texts(document.get("reviewers")), texts(document.get("team_reviewers"))
    request.reviewers = [one for one in request.reviewers if one not in gone]
    request.teams = [one for one in request.teams if one not in teams]
    return Answer.of(200, ask.shapes.request(repository, request))


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def _asked(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    shown = ask.shapes.request(repository, ask.request(repository))
    return Answer.of(200, {"users": shown["requested_reviewers"], "teams": shown["requested_teams"]})


@route("POST", "/repos/{owner}/{repo}/pulls/{number}/reviews")
def _review(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    assert ask.token is not None
    event = ask.text("event") or "COMMENT"
    states = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
    if event not in states:
        raise Refusal(422, "Invalid request.\n\nFor 'properties/event', not a valid event.")
    if ask.token.account.login == request.author.login and event == "APPROVE":
        raise Refusal(422, "Unprocessable Entity", errors=["Can not approve your own pull request"])
    if ask.token.kind == "actions" and not repository.settings.can_approve_pull_request_reviews:
        raise Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.", kind="FORBIDDEN")
    review = Review(next(ask.world.ids), ask.token.account, states[event], request.head_sha, ask.text("body") or "")
    ask.work.review(repository, request, review)
    return Answer.of(200, _shown_review(ask, repository, request, review))


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/reviews")
def _reviews(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    request = ask.request(repository)
    return ask.page([_shown_review(ask, repository, request, one) for one in request.reviews])


def _shown_review(ask: Ask, repository: Repository, request: Request, review: Review) -> Json:
    pull = ask.shapes.request(repository, request)
    page = f"{pull['html_url']}#pullrequestreview-{review.id}"
    return {
        "id": review.id,
        "node_id": f"PRR_{review.id}",
        "user": ask.shapes.account(review.author),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": pull["url"],
        "author_association": "CONTRIBUTOR",
        "_links": {"html": {"href": page}, "pull_request": {"href": pull["url"]}},
        "submitted_at": stamp(request.updated),
        "commit_id": review.commit,
    }


@route("PUT", "/repos/{owner}/{repo}/pulls/{number}/update-branch")
def _update_branch(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests", "write")
    request = ask.request(repository)
    ask.work.update_branch(ask.token, repository, request, expected=ask.text("expected_head_sha"))
    url = f"{ask.shapes.root(repository)}/pulls/{request.number}"
    return Answer.of(202, {"message": "Updating pull request branch.", "url": url})


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/files")
def _request_files(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    request = ask.request(repository)
    fork = repository.objects.merge_base(request.base_sha, request.head_sha)
    return ask.page(ask.shapes.files(repository, fork, request.head_sha) if fork else [])


@route("GET", "/repos/{owner}/{repo}/pulls/{number}/commits")
def _request_commits(ask: Ask) -> Answer:
    repository = ask.repository("pull_requests")
    request = ask.request(repository)
    ids = repository.objects.between(request.base_sha, request.head_sha)
    return ask.page([ask.shapes.commit(repository, commit_of(repository, id)) for id in ids])
