"""Pull requests and who is to look at them."""

from __future__ import annotations

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.graph.mutations.naming import Mutation, label_of, login_of
from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.state import Refusal, parts_of


def _create_request(graph: Graph, given: Node) -> Node:
    _, repository, _ = graph.by_id(given["repositoryId"], "R")
    try:
        made = graph.work.open(
            graph.token,
            repository,
            title=given["title"],
            head=given["headRefName"],
            base=given["baseRefName"],
            body=given.get("body"),
            draft=bool(given.get("draft")),
        )
    except Refusal as refusal:
        raise _worded(refusal, given) from None
    return {"pullRequest": graph.request(repository, made)}


def _worded(refusal: Refusal, given: Node) -> Refusal:
    """What GraphQL says where REST lists the fields."""
    lacking = [one["field"] for one in refusal.errors or () if one.get("code") == "invalid"]
    if not lacking:
        return refusal
    words = [f"{name.capitalize()} sha can't be blank" for name in lacking]
    words.append(f"No commits between {given['baseRefName']} and {given['headRefName']}")
    words += [f"{name.capitalize()} ref must be a branch" for name in lacking]
    return Refusal(422, ", ".join(words))


def _update_request(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    need(graph.token, repository, "pull_requests", "write")
    state = given.get("state")
    labels = None if given.get("labelIds") is None else [label_of(graph, id) for id in given["labelIds"]]
    people = None if given.get("assigneeIds") is None else [login_of(graph, id) for id in given["assigneeIds"]]
    milestone = None if given.get("milestoneId") is None else int(graph.by_id(given["milestoneId"], "MI")[2][0])
    graph.work.edit(
        graph.token,
        repository,
        request,
        title=given.get("title"),
        body=given.get("body"),
        state=state.lower() if state else None,
        base=given.get("baseRefName"),
    )
    if labels is not None:
        request.labels = []
        graph.work.add_labels(graph.token, repository, request, labels)
    if people is not None:
        request.assignees = []
        graph.work.assign(graph.token, repository, request, people)
    if "milestoneId" in given:
        graph.work.plan(graph.token, repository, request, milestone)
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _with_state(state: str) -> Mutation:
    def mutation(graph: Graph, given: Node) -> Node:
        repository, request = graph.request_of(given["pullRequestId"])
        graph.work.edit(graph.token, repository, request, state=state)
        return {"pullRequest": graph.request(repository, request)}

    return mutation


def _add_assignees(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["assignableId"])
    graph.work.assign(graph.token, repository, request, [login_of(graph, id) for id in given["assigneeIds"]])
    return {"assignable": graph.request(repository, request)}


def _remove_assignees(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["assignableId"])
    need(graph.token, repository, "issues", "write")
    gone = [login_of(graph, id) for id in given["assigneeIds"]]
    request.assignees = [one for one in request.assignees if one not in gone]
    return {"assignable": graph.request(repository, request)}


def _request_reviews(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    logins = [login_of(graph, id) for id in given.get("userIds") or ()]
    slugs = [parts_of(id)[1][-1] for id in given.get("teamIds") or () if parts_of(id)[0] == "T"]
    before = request.reviewers, request.teams
    if not given.get("union"):
        request.reviewers, request.teams = [], []
    try:
        graph.work.ask_reviews(graph.token, repository, request, logins, slugs)
    except Refusal:
        request.reviewers, request.teams = before
        raise
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _marked(draft: bool) -> Mutation:
    def mutation(graph: Graph, given: Node) -> Node:
        repository, request = graph.request_of(given["pullRequestId"])
        graph.work.mark(graph.token, repository, request, draft=draft)
        return {"pullRequest": graph.request(repository, request)}

    return mutation


MUTATIONS: dict[str, Mutation] = {
    "createPullRequest": _create_request,
    "updatePullRequest": _update_request,
    "closePullRequest": _with_state("closed"),
    "reopenPullRequest": _with_state("open"),
    "addAssigneesToAssignable": _add_assignees,
    "removeAssigneesFromAssignable": _remove_assignees,
    "requestReviews": _request_reviews,
    "convertPullRequestToDraft": _marked(True),
    "markPullRequestReadyForReview": _marked(False),
}
