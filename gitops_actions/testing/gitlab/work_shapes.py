"""How statuses, pipelines, comments and deployments are shown."""

from __future__ import annotations

import re
from urllib.parse import quote

from gitops_actions.testing.gitlab.records import Deployment, Environment, MergeRequest, Note, Pipeline, Project, Status
from gitops_actions.testing.gitlab.shapes import Document, user
from gitops_actions.testing.gitlab.state import State


def status(state: State, one: Status) -> Document:
    """https://docs.gitlab.com/api/commits/#commit-status."""
    return {
        "id": one.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": one.status,
        "name": one.name,
        "target_url": one.target_url,
        "description": one.description,
        "created_at": one.created_at,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "allow_failure": one.allow_failure,
        "coverage": one.coverage,
        "pipeline_id": one.pipeline,
        "author": user(state, one.author),
    }


def pipeline(state: State, home: Project, one: Pipeline, now: str) -> Document:
    """https://docs.gitlab.com/api/pipelines/; ``now`` is its status."""
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": home.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": now,
        "source": one.source,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "web_url": f"{state.url}/{home.path}/-/pipelines/{one.id}",
        "name": None,
    }


def full_pipeline(state: State, home: Project, one: Pipeline, now: str) -> Document:
    """A single pipeline, and what a merge request says of its head."""
    done = now in ("success", "failed", "canceled", "skipped")
    return pipeline(state, home, one, now) | {
        "before_sha": "0" * 40,
        "tag": False,
        "yaml_errors": None,
        "user": user(state, one.user),
        "started_at": one.created_at,
        "finished_at": one.updated_at if done else None,
        "committed_at": None,
        "duration": 1 if done else None,
        "queued_duration": 1,
        "coverage": None,
        "detailed_status": {
            "icon": f"status_{now}",
            "text": now,
            "label": "passed" if now == "success" else now,
            "group": now,
            "tooltip": now,
            "has_details": False,
            "details_path": f"/{home.path}/-/pipelines/{one.id}",
            "illustration": None,
            "favicon": f"/assets/ci_favicons/favicon_status_{now}.png",
        },
        "archived": False,
    }


def note(state: State, home: Project, request: MergeRequest, one: Note) -> Document:
    """https://docs.gitlab.com/api/notes/."""
    return {
        "id": one.id,
        "type": None,
        "body": one.body,
        "attachment": None,
        "author": user(state, one.author),
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "system": one.system,
        "noteable_id": request.id,
        "noteable_type": "MergeRequest",
        "project_id": home.id,
        "noteable_iid": request.iid,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "commands_changes": {},
    }


def environment(home: Project, one: Environment) -> Document:
    """https://docs.gitlab.com/api/environments/."""
    slug = re.sub(r"[^a-z0-9]+", "-", one.name.lower()).strip("-")
    return {
        "id": one.id,
        "name": one.name,
        "slug": slug,
        "description": one.description,
        "external_url": one.external_url,
        "state": one.state,
        "tier": one.tier or (one.name if one.name in ("production", "staging", "testing", "development") else "other"),
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "enable_advanced_logs_querying": False,
        "logs_api_path": f"/{home.path}/-/logs/k8s.json?environment_name={quote(one.name, safe='')}",
        "auto_stop_at": None,
        "kubernetes_namespace": None,
        "flux_resource_path": None,
        "auto_stop_setting": "always",
    }


def deployment(state: State, one: Deployment) -> Document:
    """https://docs.gitlab.com/api/deployments/."""
    about = one.environment
    return {
        "id": one.id,
        "iid": one.iid,
        "ref": one.ref,
        "sha": one.sha,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "status": one.status,
        "user": user(state, one.user),
        "environment": {"id": about.id, "name": about.name, "external_url": about.external_url},
        "deployable": {"id": one.id, "name": one.job, "status": one.status} if one.job else None,
    }
