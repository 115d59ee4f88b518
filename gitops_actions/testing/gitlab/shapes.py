"""How GitLab shows things in JSON: the fields of the documented examples (tests/testing/gitlab_fields.json)."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.gitlab.records import Group, Label, Milestone, Project, Protection, Token, User
from gitops_actions.testing.gitlab.state import State

Document = dict[str, Any]
LEVELS = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers", 50: "Owners", 60: "Administrators"}


def user(state: State, one: User) -> Document:
    """A user as others see him: https://docs.gitlab.com/api/users/."""
    return {
        "id": one.id,
        "username": one.username,
        "public_email": "",
        "name": one.name,
        "state": one.state,
        "locked": False,
        "avatar_url": None,
        "web_url": f"{state.url}/{one.username}",
    }


def own_user(state: State, one: User) -> Document:
    """A user as he sees himself."""
    return user(state, one) | {
        "email": one.email,
        "commit_email": one.email,
        "bot": one.bot,
        "created_at": "2024-01-01T00:00:00.000Z",
        "bio": "",
        "can_create_group": True,
        "can_create_project": True,
        "two_factor_enabled": False,
        "external": False,
        **({"is_admin": True} if one.admin else {}),
    }


def member(state: State, one: User, level: int) -> Document:
    """https://docs.gitlab.com/api/project_members/."""
    return user(state, one) | {
        "access_level": level,
        "created_at": "2024-01-01T00:00:00.000Z",
        "expires_at": None,
        "membership_state": "active",
    }


def token(one: Token) -> Document:
    """https://docs.gitlab.com/api/personal_access_tokens/; the value is never shown."""
    return {
        "id": one.id,
        "name": one.name,
        "revoked": one.revoked,
        "created_at": one.created_at,
        "description": None,
        "scopes": list(one.scopes),
        "user_id": one.user.id,
        "last_used_at": one.last_used_at,
        "active": not one.revoked,
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
    }


def group(state: State, one: Group) -> Document:
    """https://docs.gitlab.com/api/groups/."""
    name = one.path.rpartition("/")[2]
    return {
        "id": one.id,
        "name": name,
        "path": name,
        "description": "",
        "visibility": one.visibility,
        "full_name": one.path.replace("/", " / "),
        "full_path": one.path,
        "web_url": f"{state.url}/groups/{one.path}",
        "parent_id": next((up.id for up in state.groups if up.path == one.path.rpartition("/")[0]), None),
    }


def project(state: State, one: Project, level: int, inherited: int) -> Document:
    """https://docs.gitlab.com/api/projects/#retrieve-a-project; ``level`` and ``inherited`` are the visitor's."""
    web = f"{state.url}/{one.path}"
    above = next((up.id for up in state.groups if up.path == one.namespace), 0)
    access = {"access_level": level, "notification_level": 3}
    return {
        "id": one.id,
        "description": None,
        "name": one.name,
        "name_with_namespace": one.path.replace("/", " / "),
        "path": one.name,
        "path_with_namespace": one.path,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "default_branch": None if not one.refs else one.default_branch,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"ssh://git@gitlab.invalid/{one.path}.git",
        "http_url_to_repo": f"{web}.git",
        "web_url": web,
        "readme_url": None,
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": one.created_at,
        "visibility": one.visibility,
        "namespace": {
            "id": above,
            "name": one.namespace.rpartition("/")[2],
            "path": one.namespace.rpartition("/")[2],
            "kind": "group",
            "full_path": one.namespace,
            "parent_id": None,
            "avatar_url": None,
            "web_url": f"{state.url}/groups/{one.namespace}",
        },
        "_links": {"self": f"{state.url}/api/v4/projects/{one.id}"},
        "empty_repo": not one.refs,
        "archived": one.archived,
        "resolve_outdated_diff_discussions": False,
        "issues_enabled": True,
        "merge_requests_enabled": one.merge_requests_enabled,
        "merge_requests_access_level": "enabled" if one.merge_requests_enabled else "disabled",
        "jobs_enabled": True,
        "builds_access_level": "enabled",
        "repository_access_level": "enabled",
        "ci_job_token_scope_enabled": False,
        "ci_push_repository_for_job_token_allowed": one.job_token_push,
        "public_jobs": True,
        "only_allow_merge_if_pipeline_succeeds": one.only_allow_merge_if_pipeline_succeeds,
        "allow_merge_on_skipped_pipeline": one.allow_merge_on_skipped_pipeline,
        "only_allow_merge_if_all_discussions_are_resolved": False,
        "remove_source_branch_after_merge": one.remove_source_branch_after_merge,
        "request_access_enabled": False,
        "merge_method": one.merge_method,
        "squash_option": one.squash_option,
        "suggestion_commit_message": None,
        "merge_commit_template": None,
        "squash_commit_template": None,
        "autoclose_referenced_issues": True,
        "permissions": {
            "project_access": access if level and not inherited else None,
            "group_access": {**access, "access_level": inherited} if inherited else None,
        },
    } | (
        {
            "approvals_before_merge": one.approvals_required,
            "merge_pipelines_enabled": one.merge_pipelines_enabled,
            "merge_trains_enabled": one.merge_trains_enabled,
            "merge_trains_skip_train_allowed": False,
        }
        if one.plan == "premium"
        else {}
    )


def protection(one: Protection) -> Document:
    """https://docs.gitlab.com/api/protected_branches/."""

    def levels(level: int, number: int) -> list[Document]:
        about = {"id": one.id * 10 + number, "access_level": level, "access_level_description": LEVELS[level]}
        return [about | {"user_id": None, "group_id": None}]

    return {
        "id": one.id,
        "name": one.name,
        "push_access_levels": [level | {"deploy_key_id": None} for level in levels(one.push, 1)],
        "merge_access_levels": levels(one.merge, 2),
        "unprotect_access_levels": [],
        "allow_force_push": one.force,
        "code_owner_approval_required": False,
        "inherited": False,
    }


def label(one: Label, *, counts: bool = True) -> Document:
    """https://docs.gitlab.com/api/labels/."""
    counted = {"open_issues_count": 0, "closed_issues_count": 0, "open_merge_requests_count": 0} if counts else {}
    return {
        "id": one.id,
        "name": one.name,
        "color": one.color,
        "text_color": "#FFFFFF",
        "description": one.description,
        "description_html": one.description or "",
        **counted,
        "subscribed": False,
        "priority": None,
        "is_project_label": True,
        "archived": False,
    }


def milestone(state: State, home: Project, one: Milestone) -> Document:
    """https://docs.gitlab.com/api/milestones/."""
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": home.id,
        "title": one.title,
        "description": "",
        "state": one.state,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "due_date": None,
        "start_date": None,
        "expired": False,
        "web_url": f"{state.url}/{home.path}/-/milestones/{one.iid}",
    }
