"""Refs, and commits on them."""

from __future__ import annotations

import base64
import binascii

from gitops_actions.testing.forgegit import ZERO
from gitops_actions.testing.github.graph.mutations.naming import Mutation
from gitops_actions.testing.github.graph.nodes import Graph
from gitops_actions.testing.github.graph.paging import Node
from gitops_actions.testing.github.state import Refusal


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


MUTATIONS: dict[str, Mutation] = {
    "createRef": _create_ref,
    "updateRef": _update_ref,
    "updateRefs": _update_refs,
    "deleteRef": _delete_ref,
    "createCommitOnBranch": _create_commit,
}
