"""What our credentials are: the kind of token, whose it is, what it says it may, and when it ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gitops_actions.forge.github.client import Client
from gitops_actions.forge.github.words import line
from gitops_actions.model.diagnosis import YES, Fact, TokenFacts

_VIEWER = "query Viewer { viewer { login } }"
ACTIONS = "github-actions[bot]"
# https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
_KINDS: Mapping[str, str] = {
    "github_pat_": "a fine-grained personal access token",
    "ghp_": "a personal access token (classic)",
    "gho_": "an OAuth access token",
    "ghu_": "a user access token of a GitHub App",
    "ghs_": "an installation access token of a GitHub App",
}
_GITLAB = ("glpat-", "glcbt-", "gldt-", "glptt-", "gloas-")  # https://docs.gitlab.com/security/tokens/#token-prefixes
_MINT = "a workflow can make one with actions/create-github-app-token"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are. ``scopes`` are those of a classic or OAuth token, None for others; ``permissions`` those of our App's
    installation, None for tokens that were given to us: of these GitHub tells nothing."""

    login: str
    scopes: frozenset[str] | None
    permissions: Mapping[str, str] | None
    facts: TokenFacts


def identity(client: Client, repository: str) -> Identity:
    """Ask who we are. Raises NotAllowed for credentials that are not accepted."""
    installation = client.installation()
    if installation is not None:
        return _of_app(client, installation, repository)
    token, source = client.token(), client.credentials.source
    if token.startswith(_GITLAB):
        foreign = Fact("no", "it looks like a token of GitLab, and this is GitHub", f"put one of GitHub into {source}")
        return Identity("", None, None, TokenFacts(source, "a token", able=foreign))
    headers = client.headers("/meta")  # which any token may ask for, on any GitHub
    login = str(client.query(_VIEWER, {})["viewer"]["login"])
    told = headers.get("x-oauth-scopes")
    scopes = None if told is None else frozenset(part.strip() for part in told.split(",") if part.strip())
    kind = next((words for prefix, words in _KINDS.items() if token.startswith(prefix)), "a token")
    actions = login == ACTIONS
    return Identity(
        login,
        scopes,
        None,
        TokenFacts(
            source=source,
            kind="the token of the workflow (GITHUB_TOKEN)" if actions else kind,
            owner=line(login, 100),
            grants="" if scopes is None else f"scopes {', '.join(sorted(scopes)) or '(none)'}",
            expires=_moment(headers.get("github-authentication-token-expiration", "")),
            starts=_waits() if actions else YES,
            renew=_renewal(token, source),
        ),
    )


def _of_app(client: Client, installation: Mapping[str, Any], repository: str) -> Identity:
    """A GitHub App that mints its tokens itself
    (https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app)."""
    permissions = {line(name, 50): line(held, 10) for name, held in (installation.get("permissions") or {}).items()}
    slug, page = line(installation.get("app_slug"), 100), line(installation.get("html_url"), 300)
    able = YES
    if installation.get("suspended_at"):
        words = f"its installation for {repository} is suspended"
        able = Fact("no", words, f"let an owner of the account lift that: {page}")
    return Identity(
        f"{slug}[bot]",
        None,
        permissions,
        TokenFacts(
            source=client.credentials.source,
            kind=f"the GitHub App {slug}, installed here; it mints a token for an hour",
            owner=f"{slug}[bot]",
            grants="permissions " + ", ".join(f"{name}: {held}" for name, held in sorted(permissions.items())),
            able=able,
            renew="make a new private key in the settings of the App",
        ),
    )


def _waits() -> Fact:
    """https://docs.github.com/en/actions/concepts/security/github_token#when-github_token-triggers-workflow-runs"""
    return Fact(
        "no",
        "workflow runs for requests that GITHUB_TOKEN opens or updates wait until a person approves them",
        f"give GITOPS_TOKEN the token of a GitHub App or of a machine user; {_MINT}",
    )


def _renewal(token: str, source: str | None) -> str:
    if token.startswith("ghs_"):
        return _MINT
    page = "https://github.com/settings/personal-access-tokens" if token.startswith("github_pat_") else None
    return f"make a new one{f' ({page})' if page else ''} and put it into {source}"


def _moment(text: str) -> int | None:
    """The time in `GitHub-Authentication-Token-Expiration`: `2026-01-31 08:00:00 UTC`, or with an offset as `+0100`."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d{4})", text.strip())
    if match is None:
        return None
    return int(datetime.fromisoformat(f"{match[1]}T{match[2]}{'+0000' if match[3] == 'UTC' else match[3]}").timestamp())
