"""What a delivery depends on, in one GraphQL query: the files on two branches, and the requests between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gitops_actions.forge.gitlab.client import PAGE, Client
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.forge.gitlab.files import BLOBS
from gitops_actions.forge.gitlab.reading import Reading

# A query may cost 250 points, each path costs one, and is asked for on both branches:
# https://docs.gitlab.com/api/graphql/#limits
_MOST = 50
_EXPECTED = f"""
query Expected($project: ID!, $commit: String!, $base: String!, $branch: String!, $there: Boolean!, $paths: [String!]!,
               $sources: [String!]!, $targets: [String!]!) {{
  project(fullPath: $project) {{
    repository {{
      base: blobs(paths: $paths, ref: $base) {{ {BLOBS} }}
      commit(ref: $commit) @include(if: $there) {{ sha }}
      head: blobs(paths: $paths, ref: $branch, refType: HEADS) @include(if: $there) {{ {BLOBS} }}
    }}
    mergeRequests(sourceBranches: $sources, targetBranches: $targets, state: all, sort: CREATED_DESC, first: {PAGE}) {{
      nodes {{
        iid webUrl state draft title description sourceBranch targetBranch sourceProjectId targetProjectId diffHeadSha
        mergeCommitSha conflicts detailedMergeStatus autoMergeEnabled
        milestone {{ title }} labels {{ nodes {{ title }} }}
        assignees {{ nodes {{ username }} }} reviewers {{ nodes {{ username }} }}
      }}
      pageInfo {{ hasNextPage }}
    }}
  }}
}}"""


def expect(client: Client, reading: Reading, base: str, branch: str, paths: Collection[str]) -> None:
    """See `protocols.Foresight`. Where this cannot be had, nothing is known beforehand: whoever needs it asks then."""
    if not 0 < len(paths) <= _MOST:
        return
    commit, there = reading.head(base), not reading.gone(branch)
    variables = {
        "project": client.address.project,
        "commit": f"refs/heads/{branch}",
        "base": commit,
        "branch": branch,
        "there": there,
        "paths": list(paths),
        "sources": [branch],
        "targets": [base],
    }
    try:
        found = client.graphql(_EXPECTED, variables)["project"]
    except Refused as refused:
        if refused.status not in (200, 404):
            raise
        return
    if found is None or found["repository"] is None:
        return
    repository, listed = found["repository"], found["mergeRequests"]
    reading.keep(commit, paths, repository["base"])
    if there:
        head = repository["commit"]
        reading.learn(branch, head["sha"] if head else None)
        if head:
            reading.keep(head["sha"], paths, repository["head"])
    nodes = listed["nodes"] if listed else []
    # A squash that was fast-forwarded is told by REST alone.
    if listed and not listed["pageInfo"]["hasNextPage"] and all(_told(node) for node in nodes):
        reading.requests[branch, base] = [_document(node) for node in nodes]


def _told(node: Mapping[str, Any]) -> bool:
    return bool(node["diffHeadSha"]) and (node["state"] != "merged" or bool(node["mergeCommitSha"]))


def _document(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A request as REST would have it, as far as we need it."""
    return {
        "iid": int(node["iid"]),
        "web_url": node["webUrl"],
        "state": node["state"],
        "draft": node["draft"],
        "title": node["title"],
        "description": node["description"],
        "source_branch": node["sourceBranch"],
        "target_branch": node["targetBranch"],
        "source_project_id": node["sourceProjectId"],
        "target_project_id": node["targetProjectId"],
        "sha": node["diffHeadSha"],
        "merge_commit_sha": node["mergeCommitSha"],
        "squash_commit_sha": None,
        "has_conflicts": node["conflicts"],
        "detailed_merge_status": str(node["detailedMergeStatus"]).lower(),
        "merge_when_pipeline_succeeds": node["autoMergeEnabled"],
        "milestone": node["milestone"],
        "labels": [label["title"] for label in node["labels"]["nodes"]],
        "assignees": node["assignees"]["nodes"],
        "reviewers": node["reviewers"]["nodes"],
    }
