"""How GitLab shows things in JSON: the fields of the documented examples (tests/testing/gitlab_fields.json)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from gitops_actions.testing.gitlab.repository import Commit
from gitops_actions.testing.gitlab.state import (
    Deployment,
    Environment,
    Group,
    Label,
    MergeRequest,
    Milestone,
    Note,
    Pipeline,
    Project,
    Protection,
    State,
    Status,
    Token,
    User,
)

Document = dict[str, Any]
_TRAILER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*): (.+)")
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


def commit(state: State, home: Project, one: Commit) -> Document:
    """https://docs.gitlab.com/api/commits/."""
    trailers = _trailers(one.message)
    return {
        "id": one.id,
        "short_id": one.id[:8],
        "created_at": _time(one.committed),
        "parent_ids": list(one.parents),
        "title": one.title,
        "message": one.message,
        "author_name": one.author,
        "author_email": one.author_mail,
        "authored_date": _time(one.authored),
        "committer_name": one.committer,
        "committer_email": one.committer_mail,
        "committed_date": _time(one.committed),
        "trailers": {name: values[-1] for name, values in trailers.items()},
        "extended_trailers": trailers,
        "web_url": f"{state.url}/{home.path}/-/commit/{one.id}",
    }


def branch(
    state: State, home: Project, name: str, tip: Commit, rules: Sequence[Protection], can_push: bool
) -> Document:
    """https://docs.gitlab.com/api/branches/."""
    return {
        "name": name,
        "commit": commit(state, home, tip),
        "merged": False,
        "protected": bool(rules),
        "developers_can_push": any(rule.push == 30 for rule in rules),
        "developers_can_merge": any(rule.merge == 30 for rule in rules),
        "can_push": can_push,
        "default": name == home.default_branch,
        "web_url": f"{state.url}/{home.path}/-/tree/{quote(name)}",
    }


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
        "deployable": None,
    }


def diffs(patch: bytes) -> list[Document]:
    """A patch of git as a list (https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits)."""
    found = []
    for part in re.split(r"^diff --git ", patch.decode("utf-8", "replace"), flags=re.MULTILINE)[1:]:
        head, mark, body = part.partition("\n@@")
        old = re.search(r"^--- (?:a/)?(.*)$", head, re.MULTILINE)
        new = re.search(r"^\+\+\+ (?:b/)?(.*)$", head, re.MULTILINE)
        renamed = re.search(r"^rename from (.*)\nrename to (.*)$", head, re.MULTILINE)
        names = re.match(r"a/(.*) b/(.*)", head)
        before = renamed[1] if renamed else old[1] if old and old[1] != "/dev/null" else names[1] if names else ""
        after = renamed[2] if renamed else new[1] if new and new[1] != "/dev/null" else before
        added, deleted = "\nnew file mode " in head, "\ndeleted file mode " in head
        modes = re.findall(
            r"^(?:old mode|new mode|new file mode|deleted file mode) (\d+)|^index \S+ (\d+)$", head, re.MULTILINE
        )
        seen = [first or second for first, second in modes] or ["100644"]
        found.append(
            {
                "old_path": after if added else before,
                "new_path": after,
                "a_mode": "0" if added else seen[0],
                "b_mode": "0" if deleted else seen[-1],
                "diff": f"@@{body}" if mark else "",
                "collapsed": False,
                "too_large": False,
                "new_file": added,
                "renamed_file": bool(renamed),
                "deleted_file": deleted,
                "generated_file": False,
            }
        )
    return found


def _trailers(message: str) -> dict[str, list[str]]:
    paragraphs = re.split(r"\n\s*\n", message.strip())
    found: dict[str, list[str]] = {}
    for line in paragraphs[-1].splitlines() if len(paragraphs) > 1 else []:
        if match := _TRAILER.fullmatch(line):
            found.setdefault(match[1], []).append(match[2])
    return found


def _time(text: str) -> str:
    """git's time with milliseconds."""
    return f"{text[:19]}.000{text[19:]}"
