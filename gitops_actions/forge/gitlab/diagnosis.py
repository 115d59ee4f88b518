"""What GitLab tells about a project before anything is written: see `protocols.Diagnosing`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.forge.gitlab.identity import Identity
from gitops_actions.forge.gitlab.protection import DEVELOPER, Protections
from gitops_actions.model import MergeMethod
from gitops_actions.model.diagnosis import YES, Fact, Facts, Inquiry
from gitops_actions.texts import one_line

_ADMINISTRATOR = 60
_ROLES = ((50, "Owner"), (40, "Maintainer"), (30, "Developer"), (20, "Reporter"), (15, "Planner"), (10, "Guest"))


def facts(client: Client, us: Identity, inquiry: Inquiry) -> Facts:
    """See `protocols.Diagnosing.diagnose`."""
    try:
        project: Mapping[str, Any] = client.get("")
    except Refused as refused:
        raise client.absent() if refused.status == 404 else refused from None
    level = _level(client, us, project)
    push = _push(client, us, project, level)
    protections = Protections(client, us, project, level)
    return Facts(
        push=push,
        request=_request(client, us, project) if push.answer != "no" else push,
        methods=_methods(client, project),
        # https://docs.gitlab.com/user/project/repository/push_rules/: what GitLab commits itself is let through.
        signs=YES,
        branches={name: protections.facts(name) for name in (*inquiry.bases, *inquiry.branches)},
        people={name: _reviewer(client, name) for name in inquiry.reviewers},
        labels=frozenset(name for name in inquiry.labels if _there(client, f"labels/{quote(name, safe='')}")),
    )


def _level(client: Client, us: Identity, project: Mapping[str, Any]) -> int:
    """Our access level, the highest of all ways into the project."""
    if us.administers:
        return _ADMINISTRATOR
    access = project.get("permissions") or {}
    levels = [int(one["access_level"]) for one in access.values() if one]
    if us.user is not None and max(levels, default=0) < DEVELOPER:  # it may be in a group that was invited
        try:
            levels.append(int(client.get(f"members/all/{us.user}")["access_level"]))
        except Refused as refused:
            if refused.status not in (403, 404):
                raise
    return max(levels, default=0)


def _push(client: Client, us: Identity, project: Mapping[str, Any], level: int) -> Fact:
    """Whether we may write content by the API."""
    if project.get("archived"):
        words = "the project is archived, and so read-only"
        return Fact("no", words, f"unarchive it: {client.address.web}/edit, Advanced")
    if us.scopes is not None and us.scopes and "api" not in us.scopes and "granular" not in us.scopes:
        words = f"the token has the scopes {', '.join(sorted(us.scopes))}, and needs api"
        return Fact("no", words, us.facts.renew)
    if level < DEVELOPER:
        role = next((name for least, name in _ROLES if level >= least), "no role")
        words = f"the token has the role {role} in the project, and needs Developer"
        return Fact("no", words, f"give its user that role: {client.address.web}/-/project_members")
    if (
        us.scopes is not None and "granular" in us.scopes
    ):  # https://docs.gitlab.com/auth/tokens/fine_grained_access_tokens/
        return Fact("unknown")
    return YES


def _request(client: Client, us: Identity, project: Mapping[str, Any]) -> Fact:
    if us.scopes is not None and "granular" in us.scopes:
        words = "what a fine-grained token is allowed is not told by GitLab"
        return Fact(
            "unknown", words, f"its owner sees it: {client.address.root}/-/user_settings/personal_access_tokens"
        )
    if project.get("merge_requests_enabled", True) and project.get("merge_requests_access_level") != "disabled":
        return YES
    words = "merge requests are switched off in the project"
    return Fact("no", words, f"turn them on: {client.address.web}/edit, Visibility, project features, permissions")


def _methods(client: Client, project: Mapping[str, Any]) -> Mapping[MergeMethod, Fact]:
    """GitLab merges as the project says, whatever it is asked: https://docs.gitlab.com/user/project/merge_requests/methods/."""
    page = f"{client.address.web}/-/settings/merge_requests"
    squash, method = project.get("squash_option"), project.get("merge_method")
    found: dict[MergeMethod, Fact] = {}
    if squash == "never":
        words = "the project does not squash: all commits of a request are merged"
        found["squash"] = Fact("no", words, f"allow it under Squash commits when merging: {page}", grave=False)
    if squash == "always":
        words = "the project squashes every request, whatever `merge-method` says"
        found["merge"] = found["rebase"] = Fact(
            "no", words, f"say `merge-method: squash`, or change it: {page}", grave=False
        )
    elif method in ("ff", "rebase_merge"):
        words = "the project merges only what is not behind its base; requests that are have to be rebased"
        found["merge"] = Fact("no", words, "say `merge-method: rebase`, which does that", grave=False)
    return found


def _reviewer(client: Client, name: str) -> Fact:
    mend = "check `reviewers` in gitops.yaml: give user names, as they are after the @"
    found = [one for one in client.get("/users", username=name) if str(one["username"]).lower() == name.lower()]
    if not found:
        return Fact("no", f"there is no user {one_line(name)} on {client.address.root}", mend)
    if _there(client, f"members/all/{int(found[0]['id'])}"):
        return YES
    words = f"{one_line(name)} is no member of the project, and GitLab leaves such reviewers out"
    return Fact("no", words, f"invite him: {client.address.web}/-/project_members", grave=False)


def _there(client: Client, path: str) -> bool:
    try:
        client.get(path)
    except Refused as refused:
        if refused.status not in (403, 404):
            raise
        return False
    return True
