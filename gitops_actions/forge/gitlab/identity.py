"""What our credentials are: the kind of token, whose it is, its scopes, and when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.credentials import JOB_TOKEN, REMEDY, Credentials
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.model.diagnosis import YES, Fact, TokenFacts
from gitops_actions.texts import one_line

# https://docs.gitlab.com/security/tokens/#token-prefixes; those of GitHub:
# https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
_UNABLE: Mapping[str, str] = {
    "gldt-": "a deploy token, which opens no merge requests",
    "glptt-": "a trigger token, which starts pipelines only",
    "glrt-": "a runner's token, which runs jobs only",
    "glft-": "a feed token, which reads feeds only",
    "ghp_": "a token of GitHub, and this is GitLab",
    "gho_": "a token of GitHub, and this is GitLab",
    "ghs_": "a token of GitHub, and this is GitLab",
    "ghu_": "a token of GitHub, and this is GitLab",
    "github_pat_": "a token of GitHub, and this is GitLab",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are. ``user`` is our number, ``scopes`` are those of the token; None where that is not told."""

    user: int | None
    login: str
    administers: bool
    scopes: frozenset[str] | None
    facts: TokenFacts


def identity(client: Client, credentials: Credentials | None) -> Identity:
    """Ask who we are. Raises Refused (a NotAllowed) for a token that is not accepted."""
    if credentials is None:
        lacks = Fact("no", "GitLab opens no request and takes no commit without a token", REMEDY)
        return Identity(
            None, "", administers=False, scopes=None, facts=TokenFacts(None, "there is no token", able=lacks)
        )
    source = credentials.variable
    if credentials.job:
        able = Fact("no", JOB_TOKEN, REMEDY)
        facts = TokenFacts(source, "the token of the job", able=able)
        return Identity(None, "", administers=False, scopes=None, facts=facts)
    if (unable := _unable(credentials)) is not None:
        return Identity(None, "", administers=False, scopes=None, facts=TokenFacts(source, "a token", able=unable))
    token = _asked(client, "/personal_access_tokens/self")
    user = _asked(client, "/user")
    scopes = frozenset(one_line(str(one)) for one in token["scopes"]) if token is not None else None
    login = one_line(str(user["username"]))[:100] if user is not None else ""
    return Identity(
        int(user["id"]) if user is not None else None,
        login,
        administers=bool((user or {}).get("is_admin")),
        scopes=scopes,
        facts=TokenFacts(
            source=source,
            kind=_kind(user),
            owner=login or None,
            grants="" if scopes is None else f"scopes {', '.join(sorted(scopes)) or '(none)'}",
            expires=_midnight((token or {}).get("expires_at")),
            able=YES,
            renew=_renewal(client, user, source),
        ),
    )


def _asked(client: Client, path: str) -> Mapping[str, Any] | None:
    """A document about ourselves; None where the token may not have it, or the server is too old for it."""
    try:
        found: Mapping[str, Any] = client.get(path)
    except Refused as refused:
        if refused.status in (403, 404):
            return None
        raise
    return found


def _unable(credentials: Credentials) -> Fact | None:
    token = credentials.token.reveal()
    words = next((words for prefix, words in _UNABLE.items() if token.startswith(prefix)), None)
    return None if words is None else Fact("no", f"it looks like {words}", REMEDY)


def _kind(user: Mapping[str, Any] | None) -> str:
    """Bots belong to a project or group, and their names say so
    (https://docs.gitlab.com/user/project/settings/project_access_tokens/#bot-users-for-projects)."""
    name = str((user or {}).get("username", ""))
    if (user or {}).get("bot"):
        whose = next((one for one in ("project", "group") if name.startswith(f"{one}_")), "service account")
        return f"a {whose} access token"
    return "a personal access token"


def _renewal(client: Client, user: Mapping[str, Any] | None, source: str) -> str:
    page = f"{client.address.root}/-/user_settings/personal_access_tokens"
    if (user or {}).get("bot"):
        page = f"{client.address.web}/-/settings/access_tokens"
    return f"rotate it, or make a new one ({page}), and put it into {source}"


def _midnight(day: object) -> int | None:
    """When a token ends: at midnight UTC of the day that it says
    (https://docs.gitlab.com/user/profile/personal_access_tokens/#when-personal-access-tokens-expire)."""
    try:
        return int(datetime.fromisoformat(str(day)).replace(tzinfo=UTC).timestamp()) if day else None
    except ValueError:
        return None
