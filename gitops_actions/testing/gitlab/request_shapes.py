"""How merge requests are shown."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.gitlab import code_shapes, merging, shapes, work_shapes
from gitops_actions.testing.gitlab.params import not_found
from gitops_actions.testing.gitlab.records import MergeRequest, Project
from gitops_actions.testing.gitlab.statuses import pipeline_of, pipeline_status
from gitops_actions.testing.gitlab.wire import Ask


def basic(ask: Ask, project: Project, one: MergeRequest) -> dict[str, Any]:
    """A merge request as lists have it."""
    state = ask.state
    by = shapes.user(state, one.merge_user) if one.merge_user else None
    full, details = f"{project.path}!{one.iid}", bool(ask.given.flag("with_labels_details"))
    named = {label.name: label for label in project.labels}
    shown_labels = [shapes.label(named[name], counts=False) if details else name for name in sorted(one.labels)]
    assignees = [shapes.user(state, user) for user in one.assignees]
    status = merging.merge_status(project, one)
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": project.id,
        "title": one.title,
        "description": one.description,
        "state": one.state,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "merged_by": by if one.state == "merged" else None,
        "merge_user": by or (shapes.user(state, one.auto_merge.user) if one.auto_merge else None),
        "merged_at": one.merged_at,
        "closed_by": shapes.user(state, one.closed_by) if one.closed_by else None,
        "closed_at": one.closed_at,
        "target_branch": one.target,
        "source_branch": one.source,
        "user_notes_count": sum(not note.system for note in one.notes),
        "upvotes": 0,
        "downvotes": 0,
        "author": shapes.user(state, one.author),
        "assignees": assignees,
        "assignee": next(iter(assignees), None),
        "reviewers": [shapes.user(state, user) for user in one.reviewers],
        "source_project_id": project.id,
        "target_project_id": project.id,
        "labels": shown_labels,
        "draft": one.draft,
        "imported": False,
        "imported_from": "none",
        "work_in_progress": one.draft,
        "milestone": shapes.milestone(state, project, one.milestone) if one.milestone else None,
        "merge_when_pipeline_succeeds": one.auto_merge is not None,
        "merge_status": status,
        "detailed_merge_status": merging.detailed_status(project, one),
        "merge_after": None,
        "sha": one.head,
        "merge_commit_sha": one.merge_commit,
        "squash_commit_sha": one.squash_commit,
        "discussion_locked": None,
        "should_remove_source_branch": one.remove_on_merge,
        "force_remove_source_branch": one.remove_source,
        "prepared_at": one.prepared_at,
        "allow_collaboration": False,
        "allow_maintainer_to_push": False,
        "reference": f"!{one.iid}",
        "references": {"short": f"!{one.iid}", "relative": f"!{one.iid}", "full": full},
        "web_url": f"{state.url}/{project.path}/-/merge_requests/{one.iid}",
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": None,
            "human_total_time_spent": None,
        },
        "squash": one.squash,
        "squash_on_merge": merging.squashes(project, one.squash),
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": status == "cannot_be_merged",
        "blocking_discussions_resolved": True,
        "approvals_before_merge": None,
    }


def full(ask: Ask, project: Project, one: MergeRequest) -> dict[str, Any]:
    """A single merge request."""
    pipeline = pipeline_of(project, one.head)
    now = pipeline_status(project, pipeline) if pipeline else ""
    ready = not (one.pending and one.pending[0] == "preparing")
    document = basic(ask, project, one) | {
        "subscribed": False,
        "changes_count": str(len(code_shapes.diffs(project.repository.diff(one.base, one.head)))) if ready else None,
        "latest_build_started_at": pipeline.created_at if pipeline else None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": work_shapes.pipeline(ask.state, project, pipeline, now) if pipeline else None,
        "head_pipeline": work_shapes.full_pipeline(ask.state, project, pipeline, now) if pipeline else None,
        # Empty at first: https://docs.gitlab.com/api/merge_requests/#empty-api-fields-for-new-merge-requests
        "diff_refs": {"base_sha": one.base, "head_sha": one.head, "start_sha": one.start} if ready else None,
        "merge_error": one.merge_error,
        "first_contribution": False,
        "user": {"can_merge": ask.visitor.can_merge(project, one.target)},
    }
    if ask.given.flag("include_rebase_in_progress"):
        document["rebase_in_progress"] = False
    if ask.given.flag("include_diverged_commits_count"):
        behind = project.repository.commits(f"{one.head}..{project.refs.get(one.target, one.head)}")
        document["diverged_commits_count"] = len(behind)
    return document


def found(ask: Ask, project: Project) -> MergeRequest:
    """The merge request of the path. Raises Refusal."""
    one = next((one for one in project.merge_requests if str(one.iid) == ask.names["iid"]), None)
    if one is None:
        raise not_found()
    return one
