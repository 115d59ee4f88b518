"""Who asks, and what they may: tokens, permissions, and the JWTs of GitHub Apps.

Permissions: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_actions.testing.forgewire import password_of
from gitops_actions.testing.github.records import LEVELS, App, Level, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal, World

_NOT_BY = {
    "user": "Must have admin rights to Repository.",
    "fine-grained": "Resource not accessible by personal access token",
    "app": "Resource not accessible by integration",
    "actions": "Resource not accessible by integration",
}


def text_of(headers: Mapping[str, str]) -> str | None:
    """The token that came along: as Bearer, as `token`, or as the password of HTTP Basic."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() in ("bearer", "token"):
        return value.strip()
    return password_of(headers)


def token_of(world: World, headers: Mapping[str, str]) -> Token | None:
    """Who asks; None is everybody. Raises Refusal for a token that does not exist or has expired."""
    text = text_of(headers)
    if text is None:
        return None
    token = world.tokens.get(text)
    if token is None or (token.expires is not None and token.expires <= world.clock()):
        raise Refusal(401, "Bad credentials", kind="UNAUTHORIZED")
    return token


def role(token: Token | None, repository: Repository) -> Level:
    """What the token's owner may in a repository, before the token's own permissions."""
    if token is None:
        return "none" if repository.settings.private else "read"
    if token.repositories is not None and repository.full_name.lower() not in token.repositories:
        return "none" if repository.settings.private else "read"
    if token.scopes is not None and not _reached(token.scopes, repository):
        return "none" if repository.settings.private else "read"
    return repository.roles.get(token.account.login, token.role)


def _reached(scopes: str, repository: Repository) -> bool:
    """Whether the scopes of a classic token let it write
    (https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps)."""
    given = {scope.strip() for scope in scopes.split(",")}
    return "repo" in given or ("public_repo" in given and not repository.settings.private)


def level(token: Token | None, repository: Repository, permission: str) -> Level:
    """What a token may with one kind of thing (``contents``, ``pull_requests``, ...)."""
    most = role(token, repository)
    if permission == "administration" and most != "admin" and (token is None or token.kind in ("user", "fine-grained")):
        return "none"  # settings are for administrators; Apps may have them by permission alone
    if most == "none" or token is None or token.permissions is None:
        return most
    if token.repositories is not None and repository.full_name.lower() not in token.repositories:
        return most
    given = token.permissions.get(permission, "read" if permission == "metadata" else "none")
    wanted: Level = next(one for one in LEVELS if one == given)
    granted = min(most, wanted, key=LEVELS.index)
    # Whatever a permission says, what is public can be read.
    return "read" if granted == "none" and not repository.settings.private else granted


def sees(token: Token | None, repository: Repository) -> bool:
    """Whether the token knows that the repository exists."""
    return role(token, repository) != "none"


def need(token: Token | None, repository: Repository, permission: str, wanted: Level) -> None:
    """Raises Refusal when the token lacks a permission, or the repository is archived and this would write."""
    if token is None and wanted != "read":
        raise Refusal(401, "Requires authentication", kind="UNAUTHORIZED")
    # A request can be written to by what may write issues or requests, as on GitHub.
    kinds = ("issues", "pull_requests") if permission == "issues" else (permission,)
    if not any(LEVELS.index(level(token, repository, one)) >= LEVELS.index(wanted) for one in kinds):
        if permission == "administration" and (token is None or token.kind == "user"):
            raise Refusal(404, "Not Found", kind="NOT_FOUND")
        raise Refusal(403, _NOT_BY[token.kind if token else "user"], kind="FORBIDDEN")
    if wanted == "write" and repository.settings.archived:
        raise Refusal(403, "Repository was archived so is read-only.")


def app_of(world: World, headers: Mapping[str, str]) -> App:
    """The App whose JWT came along: RS256, issued by its id or client id, for ten minutes at most
    (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app).

    Raises Refusal.
    """
    import jwt  # comes with PyGithub

    text = text_of(headers)
    if not text or text.count(".") != 2:
        raise Refusal(401, "A JSON web token could not be decoded", kind="UNAUTHORIZED")
    try:
        claims: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise Refusal(401, "A JSON web token could not be decoded", kind="UNAUTHORIZED") from None
    issuer = str(claims.get("iss"))
    app = next((one for one in world.apps.values() if issuer in (str(one.id), one.client_id)), None)
    if app is None or app.key is None:
        raise Refusal(404, "Integration not found")
    now = world.clock()
    try:
        jwt.decode(
            text,
            app.key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError:
        raise Refusal(401, "A JSON web token could not be decoded", kind="UNAUTHORIZED") from None
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int | float) or not isinstance(issued, int | float):
        raise Refusal(401, "Missing 'exp' or 'iat' claim in assertion", kind="UNAUTHORIZED")
    if expires <= now:
        raise Refusal(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at "
                           "which the assertion expires", kind="UNAUTHORIZED")  # fmt: skip
    if expires > now + 600 + 30:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future", kind="UNAUTHORIZED")
    if issued > now + 30:
        raise Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was "
                           "issued", kind="UNAUTHORIZED")  # fmt: skip
    return app
