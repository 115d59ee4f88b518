"""What can be done by GraphQL (https://docs.github.com/en/graphql/reference/mutations)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node, cursor_at
from gitops_actions.testing.github.objects import ZERO
from gitops_actions.testing.github.state import (
    Refusal,
    parts_of,
)


def _create_ref(graph: Graph, given: Node) -> Node:
    _, repository, _ = graph.by_id(given["repositoryId"], "R")
    try:
        graph.work.create_ref(graph.token, repository, given["name"], given["oid"])
    except Refusal as refusal:
        if refusal.message == "Reference already exists":
            raise Refusal(422, f'A ref named "{given["name"]}" already exists in the repository.') from None
        raise
    return {"ref": graph.ref(repository, given["name"])}


def _update_ref(graph: Graph, given: Node) -> Node:
    _, repository, parts = graph.by_id(given["refId"], "REF")
    graph.work.update_ref(graph.token, repository, parts[0], given["oid"], force=bool(given.get("force")))
    return {"ref": graph.ref(repository, parts[0])}


def _update_refs(graph: Graph, given: Node) -> Node:
    _, repository, _ = graph.by_id(given["repositoryId"], "R")
    there = repository.objects.refs()
    updates = []
    for one in given["refUpdates"]:
        # Without `beforeOid` the ref may be anywhere, also nowhere.
        old = one.get("beforeOid")
        if old is None and one["name"] not in there:
            old = ZERO
        updates.append((one["name"], one["afterOid"], old, bool(one.get("force"))))
    graph.work.update_refs(graph.token, repository, updates)
    return {}


def _delete_ref(graph: Graph, given: Node) -> Node:
    _, repository, parts = graph.by_id(given["refId"], "REF")
    graph.work.delete_ref(graph.token, repository, parts[0])
    return {}


def _create_commit(graph: Graph, given: Node) -> Node:
    branch = given["branch"]
    if branch.get("id") is not None:
        _, repository, parts = graph.by_id(branch["id"], "REF")
        name = parts[0].removeprefix("refs/heads/")
    elif branch.get("repositoryNameWithOwner") and branch.get("branchName"):
        repository = graph.found(branch["repositoryNameWithOwner"])
        name = branch["branchName"].removeprefix("refs/heads/")
    else:
        raise Refusal(422, "You must specify either `id` or both `repositoryNameWithOwner` and `branchName`.")
    changes = given.get("fileChanges") or {}
    changed: dict[str, bytes | None] = {one["path"]: None for one in changes.get("deletions") or ()}
    for one in changes.get("additions") or ():
        try:
            changed[one["path"]] = base64.b64decode(one["contents"], validate=True)
        except (ValueError, binascii.Error):
            raise Refusal(422, f"The contents of {one['path']} are not valid Base64") from None
    headline, body = given["message"]["headline"], given["message"].get("body")
    made = graph.work.commit_on_branch(
        graph.token,
        repository,
        name,
        expected=given["expectedHeadOid"],
        files=changed,
        message=f"{headline}\n\n{body}" if body else headline,
    )
    return {"commit": graph.object(repository, made.id), "ref": graph.ref(repository, f"refs/heads/{name}")}


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
    labels = None if given.get("labelIds") is None else [_label_of(graph, id) for id in given["labelIds"]]
    people = None if given.get("assigneeIds") is None else [_login_of(graph, id) for id in given["assigneeIds"]]
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
        request.milestone = milestone
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _with_state(state: str) -> Callable[[Graph, Node], Node]:
    def mutation(graph: Graph, given: Node) -> Node:
        repository, request = graph.request_of(given["pullRequestId"])
        graph.work.edit(graph.token, repository, request, state=state)
        return {"pullRequest": graph.request(repository, request)}

    return mutation


def _label_of(graph: Graph, id: str) -> str:
    _, repository, parts = graph.by_id(id, "LA")
    if parts[0] not in repository.labels:
        raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
    return repository.labels[parts[0]].name


def _login_of(graph: Graph, id: str) -> str:
    kind, parts = parts_of(id)
    account = graph.world.account(parts[0]) if kind in ("U", "BOT") and parts else None
    if account is None:
        raise Refusal(404, f"Could not resolve to a node with the global id of '{id}'", kind="NOT_FOUND")
    return account.login


def _add_labels(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["labelableId"])
    names = [_label_of(graph, id) for id in given["labelIds"]]
    graph.work.add_labels(graph.token, repository, request, names)
    return {"labelable": graph.request(repository, request)}


def _remove_labels(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["labelableId"])
    for name in [_label_of(graph, id) for id in given["labelIds"]]:
        if name in request.labels:
            graph.work.remove_label(graph.token, repository, request, name)
    need(graph.token, repository, "issues", "write")
    return {"labelable": graph.request(repository, request)}


def _create_label(graph: Graph, given: Node) -> Node:
    _, repository, _ = graph.by_id(given["repositoryId"], "R")
    need(graph.token, repository, "issues", "write")
    if given["name"].lower() in repository.labels:
        raise Refusal(422, "Name has already been taken")
    made = graph.work.label(repository, given["name"], given["color"].lstrip("#"), given.get("description"))
    return {"label": graph.label(repository, made)}


def _add_assignees(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["assignableId"])
    graph.work.assign(graph.token, repository, request, [_login_of(graph, id) for id in given["assigneeIds"]])
    return {"assignable": graph.request(repository, request)}


def _remove_assignees(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["assignableId"])
    need(graph.token, repository, "issues", "write")
    gone = [_login_of(graph, id) for id in given["assigneeIds"]]
    request.assignees = [one for one in request.assignees if one not in gone]
    return {"assignable": graph.request(repository, request)}


def _request_reviews(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    logins = [_login_of(graph, id) for id in given.get("userIds") or ()]
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


def _enable(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.enable_auto_merge(
        graph.token,
        repository,
        request,
        method=(given.get("mergeMethod") or "MERGE").lower(),
        expected=given.get("expectedHeadOid"),
        title=given.get("commitHeadline"),
        message=given.get("commitBody"),
    )
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _disable(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.disable_auto_merge(graph.token, repository, request)
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _merge(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.merge(
        graph.token,
        repository,
        request,
        method=(given.get("mergeMethod") or "MERGE").lower(),
        expected=given.get("expectedHeadOid"),
        title=given.get("commitHeadline"),
        message=given.get("commitBody"),
    )
    return {"pullRequest": graph.request(repository, request), "actor": graph.me()}


def _enqueue(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["pullRequestId"])
    graph.work.enqueue(graph.token, repository, request, expected=given.get("expectedHeadOid"))
    return {"mergeQueueEntry": graph.queue_entry(repository, request)}


def _dequeue(graph: Graph, given: Node) -> Node:
    kind, repository, parts = graph.by_id(given["id"], "PR", "MQE")
    request = graph.work.request(repository, int(parts[0]))
    need(graph.token, repository, "contents", "write")
    entry = graph.queue_entry(repository, request)
    request.queued = None
    return {"mergeQueueEntry": entry if kind else None}


def _marked(draft: bool) -> Callable[[Graph, Node], Node]:
    def mutation(graph: Graph, given: Node) -> Node:
        repository, request = graph.request_of(given["pullRequestId"])
        graph.work.mark(graph.token, repository, request, draft=draft)
        return {"pullRequest": graph.request(repository, request)}

    return mutation


def _add_comment(graph: Graph, given: Node) -> Node:
    repository, request = graph.request_of(given["subjectId"])
    made = graph.work.comment(graph.token, repository, request.number, given["body"])
    return {
        "commentEdge": {"cursor": cursor_at(0), "node": graph.comment(repository, made)},
        "subject": graph.request(repository, request),
    }


def _update_comment(graph: Graph, given: Node) -> Node:
    _, repository, parts = graph.by_id(given["id"], "IC")
    made = graph.work.edit_comment(graph.token, repository, int(parts[0]), given["body"])
    return {"issueComment": graph.comment(repository, made)}


def _delete_comment(graph: Graph, given: Node) -> Node:
    _, repository, parts = graph.by_id(given["id"], "IC")
    need(graph.token, repository, "issues", "write")
    repository.comments.pop(int(parts[0]), None)
    return {}


MUTATIONS: dict[str, Callable[[Graph, Node], Node]] = {
    "createRef": _create_ref,
    "updateRef": _update_ref,
    "updateRefs": _update_refs,
    "deleteRef": _delete_ref,
    "createCommitOnBranch": _create_commit,
    "createPullRequest": _create_request,
    "updatePullRequest": _update_request,
    "closePullRequest": _with_state("closed"),
    "reopenPullRequest": _with_state("open"),
    "addLabelsToLabelable": _add_labels,
    "removeLabelsFromLabelable": _remove_labels,
    "createLabel": _create_label,
    "addAssigneesToAssignable": _add_assignees,
    "removeAssigneesFromAssignable": _remove_assignees,
    "requestReviews": _request_reviews,
    "enablePullRequestAutoMerge": _enable,
    "disablePullRequestAutoMerge": _disable,
    "mergePullRequest": _merge,
    "enqueuePullRequest": _enqueue,
    "dequeuePullRequest": _dequeue,
    "convertPullRequestToDraft": _marked(True),
    "markPullRequestReadyForReview": _marked(False),
    "addComment": _add_comment,
    "updateIssueComment": _update_comment,
    "deleteIssueComment": _delete_comment,
}
