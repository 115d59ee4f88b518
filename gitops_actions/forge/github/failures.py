"""What GitHub says when it does not do what it was asked, as errors of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_actions.errors import GitOpsError, NotAllowed, Temporary, UsageError
from gitops_actions.forge.github.words import line
from gitops_actions.forge.mistaken import named

# https://docs.github.com/en/actions/concepts/security/github_token
_OF_ACTIONS = (
    "GITHUB_TOKEN reaches only the repository that the workflow runs in, and only as its `permissions:` say; for "
    "another one, give GITOPS_TOKEN the token of a GitHub App (actions/create-github-app-token) or of a machine user"
)
_INSTALLED = (
    "a token that begins with ghs_ is one of a GitHub App or of a workflow; the App has to be installed for this "
    "repository, with the permissions contents: write and pull_requests: write; " + _OF_ACTIONS
)
_PAIR = re.compile(r"(\w+)=(read|write)")
_LEVELS = {"read": "Read-only", "write": "Read and write"}
# What a mutation that was forbidden needs: GraphQL does not tell.
_NEEDS = {
    "createCommitOnBranch": "contents=write", "createRef": "contents=write", "updateRef": "contents=write",
    "updateRefs": "contents=write", "deleteRef": "contents=write", "createPullRequest": "pull_requests=write",
}  # fmt: skip
_ARCHIVED = "unarchive it in the settings of the repository, or give another one"


def remedy(source: str | None, token: str) -> str | None:
    """What to do where a token of this kind does not reach a repository, or may not write to it; None where the kind
    tells nothing. ``source``: the variable that it came from."""
    if source == "GITHUB_TOKEN":
        return _OF_ACTIONS
    return _INSTALLED if token.startswith("ghs_") else None


def hint_about_rules(words: str) -> str:
    """What to do where a write was refused for what the repository is, or for the rules of a branch."""
    return (
        _ARCHIVED if "archived" in words else "`gitops-actions doctor` says which rule forbids it, and how to mend it"
    )


class Refusal(UsageError):
    """GitHub refused, and nothing was done. ``status`` is that of HTTP (of GraphQL: 200), ``kind`` the type of a
    GraphQL error, ``words`` what it said. Who asked knows what it means; unhandled it is a usage error."""

    def __init__(self, status: int, kind: str, words: str) -> None:
        super().__init__(f"GitHub refuses: {words}", hint="see docs/github.md for what it needs")
        self.status = status
        self.kind = kind
        self.words = words


class Doubt(Temporary):
    """Nobody knows whether a write was done: its answer was lost, or says that the server broke."""


def not_allowed(words: str, name: str, remedy: str | None, *, write: bool, asked: str = "") -> NotAllowed:
    """The error for 403 and for GraphQL's FORBIDDEN. ``name`` is that of the repository, ``remedy`` as above, and
    ``asked`` the permissions that would do, where GitHub tells them
    (https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#insufficient-permissions-errors).
    """
    if "SAML" in words or "single sign-on" in words.lower():
        return NotAllowed(f"GitHub refuses this token: {words}", hint="authorize the token for the organization's SSO")
    if "create or approve pull requests" in words:
        return NotAllowed(
            f"GitHub refuses: {words}",
            hint="turn on 'Allow GitHub Actions to create and approve pull requests' in the settings of the repository "
            "(Actions, General) and of the organization; or use the token of a GitHub App",
        )
    if "archived" in words:
        return NotAllowed(f"GitHub refuses: {words}", hint=_ARCHIVED)
    pairs = _PAIR.findall(asked.partition(";")[0])  # behind it are other ways
    need = " and ".join(f"{_called(kind)}: {_LEVELS[level]}" for kind, level in pairs)
    if not need:
        need = "Contents, Pull requests and Commit statuses: Read-only"
        if write:
            need = "Contents and Pull requests: Read and write (for labels also Issues, for statuses Commit statuses)"
    return NotAllowed(f"GitHub refuses: {words}", hint=remedy or f"give the token, for the repository {name}, {need}")


def _called(permission: str) -> str:
    """A permission as GitHub's pages call it."""
    return "Commit statuses" if permission == "statuses" else permission.replace("_", " ").capitalize()


def refused_credentials(words: str, source: str | None) -> NotAllowed:
    """The error for 401."""
    name = source or "the token"
    return NotAllowed(
        f"GitHub does not take {name}: {words}",
        hint="it may have expired, or be of another host; make a new one and put it into GITOPS_TOKEN",
    )


def no_credentials() -> NotAllowed:
    """The error when there is no token at all."""
    return NotAllowed(
        "there is no token for GitHub",
        hint="set GITOPS_TOKEN (else GH_TOKEN or GITHUB_TOKEN), or GITOPS_GITHUB_APP_ID and "
        "GITOPS_GITHUB_APP_PRIVATE_KEY; docs/github.md says what it has to be allowed",
    )


def not_visible(name: str, remedy: str | None) -> UsageError:
    """The error for a repository that GitHub does not show: it never says which of the reasons it is."""
    return UsageError(
        f"there is no repository {name} on GitHub, or it is not visible with these credentials",
        hint=f"check the name; {remedy}"
        if remedy
        else "check the name; for a private repository, check that the token reaches it (a fine-grained token and a "
        "GitHub App name their repositories)",
    )


def moved(target: str) -> UsageError:
    """The error for a redirect that would take the token elsewhere."""
    return UsageError(
        f"GitHub redirects to {target}, and the token is not sent after it",
        hint="give the new address of the repository, or the right --api-url",
    )


def words_of(document: Any, status: int) -> str:
    """What a REST answer says is wrong: its message and the errors below it."""
    if not isinstance(document, Mapping):
        return f"HTTP {status}"
    parts = [str(document.get("message") or f"HTTP {status}")]
    errors = document.get("errors")
    for error in errors if isinstance(errors, Sequence) and not isinstance(errors, str) else ():
        if isinstance(error, Mapping):
            told = error.get("message") or " ".join(str(error.get(key, "")) for key in ("resource", "field", "code"))
            parts.append(str(told))
        else:
            parts.append(str(error))
    return line(": ".join(dict.fromkeys(part for part in parts if part.strip())), 500)


def no_api(place: str, words: str) -> UsageError:
    """The error for a place that has no GraphQL API."""
    return UsageError(
        f"{place} does not answer like the API of a GitHub: {words}",
        hint="that of a GitHub Enterprise Server is https://HOST/api/v3; if it is a GitLab, " + named("GitLab"),
    )


def of_graphql(
    errors: Sequence[Mapping[str, Any]], name: str, remedy: str | None, *, write: bool, done: bool
) -> GitOpsError | None:
    """The error for a list of GraphQL errors; None where nobody knows what they mean, as when a server breaks.
    ``done``: they come with data, be it null. Else the request itself is wrong, and no waiting mends it
    (https://spec.graphql.org/October2021/#sec-Errors).

    https://docs.github.com/en/graphql/guides/using-graphql-clients; the types are not documented.
    """
    kinds = [str(error.get("type") or "") for error in errors]
    words = line("; ".join(dict.fromkeys(str(error.get("message", "")) for error in errors)), 500)
    coded = any(isinstance(error.get("extensions"), Mapping) and error["extensions"].get("code") for error in errors)
    if coded or (not done and not any(kinds) and all("locations" in error for error in errors)):
        return UsageError(
            f"this GitHub does not understand the request: {words}",
            hint="GitHub Enterprise Server has to be one of the releases that are still supported; if it is a GitLab, "
            + named("GitLab"),
        )
    if "FORBIDDEN" in kinds or "INSUFFICIENT_SCOPES" in kinds:
        paths = [error.get("path") for error in errors]
        asked = next((_NEEDS.get(str(path[0]), "") for path in paths if isinstance(path, list) and path), "")
        return not_allowed(words, name, remedy, write=write, asked=asked)
    known = [kind for kind in kinds if kind and kind not in ("INTERNAL", "SERVICE_UNAVAILABLE")]
    return Refusal(200, known[0], words) if known and len(known) == len(kinds) else None
