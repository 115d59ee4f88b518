"""GraphQL, as far as it is of use for reading many files at once. The types are a part of
https://docs.gitlab.com/api/graphql/reference/, with their documented names and nullability."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gitops_actions.testing.forgehttp import Answer, Call
from gitops_actions.testing.gitlab import merging
from gitops_actions.testing.gitlab.access import Visitor
from gitops_actions.testing.gitlab.code_graph import connection, repository
from gitops_actions.testing.gitlab.records import MergeRequest, Milestone, Project, User
from gitops_actions.testing.gitlab.state import Past, State

if TYPE_CHECKING:
    from graphql import GraphQLError, GraphQLSchema

_UNDEFINED = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
LONGEST_QUERY = 10_000  # characters: https://docs.gitlab.com/api/graphql/#limits


@cache
def schema() -> GraphQLSchema:
    """The schema, built once. Needs graphql-core (the extra ``testing``)."""
    from graphql import build_schema

    return build_schema((files(__package__) / "schema.graphql").read_text(encoding="utf-8"))


def answer(state: State, visitor: Visitor, call: Call, past: Past | None = None) -> Answer:
    """Answer a query; what is wrong with it is said with status 200, as GraphQL does. Lists show the ``past``."""
    from graphql import graphql_sync

    try:
        document = json.loads(call.body)
        query, variables = document["query"], document.get("variables") or {}
    except (ValueError, KeyError, TypeError):
        return Answer.of(422, {"errors": [{"message": "Unexpected end of document", "locations": []}]})
    if len(query) > LONGEST_QUERY:
        return Answer.of(200, {"errors": [{"message": "Query too large"}]})
    done = graphql_sync(
        schema(),
        query,
        _query(state, visitor, past),
        variable_values=variables,
        operation_name=document.get("operationName"),
    )
    shown: dict[str, Any] = {} if done.data is None and done.errors else {"data": done.data}
    if done.errors:
        shown["errors"] = [_problem(error) for error in done.errors]
    return Answer.of(200, shown)


def _problem(error: GraphQLError) -> dict[str, Any]:
    """An error as https://graphql-ruby.org, which GitLab is made with, words it."""
    shown: dict[str, Any] = dict(error.formatted)
    if found := _UNDEFINED.match(error.message):
        field, kind = found.groups()
        shown["message"] = f"Field '{field}' doesn't exist on type '{kind}'"
        shown["extensions"] = {"code": "undefinedField", "typeName": kind, "fieldName": field}
    return shown


def _query(state: State, visitor: Visitor, past: Past | None) -> dict[str, Any]:
    def project(_: object, **given: Any) -> dict[str, Any] | None:
        found = state.project(given["fullPath"])
        if found is None or not visitor.sees(found) or found.path.lower() != given["fullPath"].lower():
            return None
        return _project(state, visitor, found, past)

    return {
        "currentUser": _user(visitor.user) if visitor.user else None,
        "project": project,
        "metadata": {"version": "18.6.0", "revision": "0a1b2c3d4e5", "enterprise": True},
    }


def _project(state: State, visitor: Visitor, one: Project, past: Past | None) -> dict[str, Any]:
    reads = visitor.can(one, "read_code")
    listed = past.merge_requests.get(one.id, []) if past else one.merge_requests

    def merge_requests(_: object, **given: Any) -> dict[str, Any]:
        rows = [request for request in listed if _fits(request, given)]
        key = "updated_at" if given["sort"].lower().startswith("updated") else "iid"
        rows.sort(key=lambda request: getattr(request, key), reverse=given["sort"].lower().endswith("desc"))
        return connection([_merge_request(state, one, request) for request in rows], given) | {"count": len(rows)}

    def merge_request(_: object, iid: str) -> dict[str, Any] | None:
        found = next((request for request in one.merge_requests if str(request.iid) == iid), None)
        return _merge_request(state, one, found) if found and reads else None

    return {
        "id": f"gid://gitlab/Project/{one.id}",
        "fullPath": one.path,
        "name": one.name,
        "archived": one.archived,
        "webUrl": f"{state.url}/{one.path}",
        "visibility": one.visibility,
        "mergeRequestsFfOnlyEnabled": one.merge_method == "ff",
        "onlyAllowMergeIfPipelineSucceeds": one.only_allow_merge_if_pipeline_succeeds,
        "userPermissions": {
            "pushCode": visitor.can(one, "push"),
            "createMergeRequestIn": visitor.can(one, "create_request"),
            "createMergeRequestFrom": visitor.can(one, "create_request"),
            "adminProject": visitor.can(one, "admin"),
        },
        "repository": repository(state, one, past) if reads else None,
        "mergeRequest": merge_request,
        "mergeRequests": merge_requests if reads else None,
    }


def _milestone(one: Milestone) -> dict[str, Any]:
    return {"id": f"gid://gitlab/Milestone/{one.id}", "iid": str(one.iid), "title": one.title, "state": one.state}


def _fits(request: MergeRequest, given: dict[str, Any]) -> bool:
    return (
        given.get("state") in (None, "all", request.state)
        and (given.get("iids") is None or str(request.iid) in given["iids"])
        and (given.get("sourceBranches") is None or request.source in given["sourceBranches"])
        and (given.get("targetBranches") is None or request.target in given["targetBranches"])
        and set(given.get("labels") or ()) <= set(request.labels)
    )


def _merge_request(state: State, one: Project, request: MergeRequest) -> dict[str, Any]:
    labels = {label.name: label for label in one.labels}
    return {
        "id": f"gid://gitlab/MergeRequest/{request.id}",
        "iid": str(request.iid),
        "title": request.title,
        "description": request.description,
        "state": request.state,
        "draft": request.draft,
        "milestone": _milestone(request.milestone) if request.milestone else None,
        "sourceBranch": request.source,
        "targetBranch": request.target,
        "sourceProjectId": one.id,
        "targetProjectId": one.id,
        # Like `has_conflicts`: false until it was checked.
        "conflicts": lambda _: not request.pending and merging.conflicts(one, request),
        "diffHeadSha": request.head,
        "mergeCommitSha": request.merge_commit,
        "mergeStatusEnum": lambda _: merging.merge_status(one, request).upper(),
        "detailedMergeStatus": lambda _: merging.detailed_status(one, request).upper(),
        "autoMergeEnabled": request.auto_merge is not None,
        "autoMergeStrategy": request.auto_merge.strategy if request.auto_merge else None,
        "approved": len(request.approved_by) >= one.approvals_required,
        "webUrl": f"{state.url}/{one.path}/-/merge_requests/{request.iid}",
        "reference": f"!{request.iid}",
        "createdAt": request.created_at,
        "updatedAt": request.updated_at,
        "mergedAt": request.merged_at,
        "author": _user(request.author),
        "assignees": lambda _, **__: {"nodes": [_user(user) for user in request.assignees]},
        "reviewers": lambda _, **__: {"nodes": [_user(user) for user in request.reviewers]},
        "labels": lambda _, **__: {
            "nodes": [
                {"id": f"gid://gitlab/ProjectLabel/{labels[name].id}", "title": name, "color": labels[name].color}
                for name in sorted(request.labels)
            ]
        },
        "squash": request.squash,
        "shouldRemoveSourceBranch": request.remove_on_merge,
        "forceRemoveSourceBranch": request.remove_source,
    }


def _user(user: User) -> dict[str, Any]:
    return {"id": f"gid://gitlab/User/{user.id}", "username": user.username, "name": user.name}
