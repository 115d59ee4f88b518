"""Who asks, and what he may do (https://docs.gitlab.com/user/permissions/)."""

from __future__ import annotations

import fnmatch

from gitops_actions.testing.forgehttp import Call
from gitops_actions.testing.gitlab.records import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    OWNER,
    PLANNER,
    REPORTER,
    Group,
    Project,
    Protection,
    Token,
)
from gitops_actions.testing.gitlab.state import State

# What it takes, by access level; writing needs a project that is not archived.
READING = {
    "read_code": REPORTER,
    "read_members": GUEST,
    "read_protected": DEVELOPER,
    "read_settings": MAINTAINER,
}
# What everybody may who sees a project that is not private.
PUBLIC = frozenset({"read_code", "read_members"})
WRITING = {
    "note": GUEST,
    "label": PLANNER,
    "create_request": DEVELOPER,
    "update_request": DEVELOPER,
    "push": DEVELOPER,
    "status": DEVELOPER,
    "deploy": DEVELOPER,
    "approve": DEVELOPER,
    "admin": MAINTAINER,
}
EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
REVOKED = "Token was revoked. You have to re-authorize from the user."


class Visitor:
    """Whoever sent a request; without a token, anybody."""

    def __init__(self, state: State, token: Token | None) -> None:
        self.state = state
        self.token = token
        self.user = token.user if token else None

    def level(self, project: Project) -> int:
        """The access level in a project; 0 for none. A project's token is of its project only."""
        if self.user is None or self.token is None:
            return 0
        if self.user.admin and self.token.kind == "personal":
            return OWNER
        return self.state.members(project).get(self.user.id, 0)

    def sees(self, project: Project) -> bool:
        """Whether a project exists, as far as the visitor is told."""
        if self.token and self.token.kind == "job" and self.token.project is not project:
            home = self.token.project.id if self.token.project else None
            if project.job_token_scope and project.visibility == "private" and home not in project.job_token_allowlist:
                return False
        if project.visibility == "public" or (project.visibility == "internal" and self.user):
            return True
        return self.level(project) >= GUEST

    def sees_group(self, group: Group) -> bool:
        """The same of a group."""
        if group.visibility == "public" or (self.user and (self.user.admin or group.visibility == "internal")):
            return True
        mine = self.user.id if self.user else None
        return any(mine in one.members for one in self.state.groups_of(group.path))

    def can(self, project: Project, ability: str) -> bool:
        """Whether the visitor may do something in a project that he sees."""
        level = self.level(project)
        if ability in READING:
            return level >= READING[ability] or (ability in PUBLIC and project.visibility != "private")
        if ability == "note" and project.visibility == "public" and self.user and not project.archived:
            return True
        return level >= WRITING[ability] and not project.archived

    def can_push(self, project: Project, branch: str) -> bool:
        """Whether the visitor may push to a branch."""
        if not self.can(project, "push"):
            return False
        found = protections(project, branch)
        return not found or any(0 < one.push <= self.level(project) for one in found)

    def can_merge(self, project: Project, branch: str) -> bool:
        """Whether the visitor may merge into a branch: whoever may push to it, and whoever is named for it."""
        if not self.can(project, "push"):
            return False
        found = protections(project, branch)
        return not found or any(0 < level <= self.level(project) for one in found for level in (one.merge, one.push))


def protections(project: Project, branch: str) -> list[Protection]:
    """The protections that a branch is under; the most open one counts."""
    return [
        one
        for one in project.protections
        if one.name == branch or ("*" in one.name and fnmatch.fnmatchcase(branch, one.name))
    ]


def credential(call: Call) -> tuple[str, bool] | None:
    """The token that a request of the API brings, and whether it came as a job token."""
    bearer = call.headers.get("authorization", "")
    query = call.query
    for value, job in (
        (call.headers.get("job-token"), True),
        (call.headers.get("private-token"), False),
        (bearer.partition(" ")[2] if bearer.lower().startswith("bearer ") else None, False),
        (query.get("job_token"), True),
        (query.get("private_token") or query.get("access_token"), False),
    ):
        if value:
            return value, job
    return None


def complaint(state: State, token: Token) -> str | None:
    """Why a token is no longer good for anything."""
    if token.revoked:
        return REVOKED
    if token.expires_at is not None and token.expires_at <= state.today():
        return EXPIRED
    return None


def scoped(token: Token, scopes: frozenset[str], *, reading: bool) -> bool:
    """Whether a token's scopes are enough where these, or `api`, are asked for."""
    enough = {"api", *scopes, *(["read_api"] if reading else [])}
    return token.kind == "job" or bool(enough & set(token.scopes))
