"""Which forge a repository is on, as its address tells, and which of the tokens at hand may go there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from gitops_actions.cli.settings import APP
from gitops_actions.errors import UsageError
from gitops_actions.git.credentials import Credentials, from_environment
from gitops_actions.model import Secret

# In the order in which they count. The first is for whatever forge it is; the others are made by a CI system, or for a
# tool that asks no questions, and so go to that forge's own hosts only.
OURS = "GITOPS_TOKEN"
USUAL: Mapping[str, tuple[str, ...]] = {
    "github": ("GH_TOKEN", "GITHUB_TOKEN"),
    "gitlab": ("GITLAB_TOKEN", "CI_JOB_TOKEN"),
}
_PUBLIC: Mapping[str, tuple[str, ...]] = {
    "github": ("github.com", "www.github.com", "ssh.github.com"),
    "gitlab": ("gitlab.com", "altssh.gitlab.com"),
}
# https://docs.github.com/en/rest/overview and https://docs.gitlab.com/api/rest: the path tells whose API it is.
_API: Mapping[str, str] = {"/api/v3": "github", "/api/v4": "gitlab"}
_SCP_LIKE = re.compile(r"(?:[^/:@]+@)?(\[[0-9A-Fa-f:.]+\]|[^/:@\[\]]+):.*")


def host_of(url: str) -> str:
    """The host of an address in lower case; "" for a path on this machine and for what cannot be read."""
    if "://" not in url:
        match = _SCP_LIKE.fullmatch(url)
        return match[1].lower() if match else ""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def for_git(url: str, kind: str) -> str:
    """The address that git is given. GitLab has repositories under names that end in `.git`, and sends whoever asks for
    another one there; but git follows no redirects here, since credentials would go along."""
    plain = re.fullmatch(r"https?://[^/?#]+/[^?#]*[^/?#]/*", url)
    return url.rstrip("/").removesuffix(".git") + ".git" if kind == "gitlab" and plain else url


def forge_of(url: str, api_url: str | None = None) -> str:
    """``github``, ``gitlab``, or "" when the address does not tell.

    Raises UsageError for an API that does not tell either: whoever names one wants a forge.
    """
    host = host_of(url)
    if not host:
        return ""
    if api_url is not None:
        path = api_url.partition("?")[0].rstrip("/")
        kind = next((kind for end, kind in _API.items() if path.endswith(end)), "")
        if host_of(api_url) == "api.github.com" or host_of(api_url).endswith(".ghe.com"):
            kind = "github"
        if kind:
            return kind
    for kind, hosts in _PUBLIC.items():
        if host in hosts or host.startswith(f"{kind}."):
            return kind
    if host.endswith(".ghe.com"):  # GitHub Enterprise Cloud with data residency
        return "github"
    if api_url is not None:
        raise UsageError(f"is {host} GitLab or GitHub?", code="GA040", hint=how_to_tell(url))
    return ""


def how_to_tell(url: str) -> str:
    """What to do for an address on a host of which nobody knows what it is."""
    root = _root(url)
    return (
        f"say which it is with --forge: it is GitLab if {root}/api/v4/version answers (also with 401), and "
        f"GitHub Enterprise Server if {root}/api/v3/meta does"
    )


def _root(url: str) -> str:
    """Where the host of an address would have its pages; the port of ssh is not theirs."""
    host = host_of(url).strip("[]")
    if not re.fullmatch(r"[a-z0-9.:-]{1,253}", host):
        return "https://HOST"
    scheme, port = "https", None
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            scheme, port = parts.scheme, parts.port
    place = f"[{host}]" if ":" in host else host
    return f"{scheme}://{place}" if port is None else f"{scheme}://{place}:{port}"


def credentials_for(environ: Mapping[str, str], kind: str, host: str, *, named: bool) -> dict[str, Secret]:
    """What of the environment may be shown to a forge. ``named``: a person said which forge it is, so that it is not
    the address alone, which may come from a repository, that sends a token somewhere."""
    home = {
        "github": host_of(environ.get("GITHUB_SERVER_URL", "")),
        "gitlab": environ.get("CI_SERVER_HOST", "").lower(),
    }
    trusted = named or host in _PUBLIC.get(kind, ()) or (bool(host) and host == home.get(kind))
    trusted = trusted or (kind == "github" and host.endswith(".ghe.com"))
    names = [OURS, *(APP if kind == "github" else ()), *(USUAL.get(kind, ()) if trusted else ())]
    return {name: Secret(text) for name in names if (text := environ.get(name, "").strip())}


class Late(Secret):
    """A secret that is made when it is needed."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Secret]) -> None:
        super().__init__("")
        self._make = make

    def reveal(self) -> str:
        return self._make().reveal()

    def __bool__(self) -> bool:
        return True


def credentials_for_git(
    environ: Mapping[str, str], given: Mapping[str, Secret], kind: str, make: Callable[[], Secret]
) -> Credentials | None:
    """What git is to show of what `credentials_for` gave; ``make`` makes the token of a GitHub App. Raises UsageError
    for what cannot be part of an HTTP header."""
    if OURS not in given and any(name in given for name in APP):
        return Credentials(Late(make))
    name = next((name for name in (OURS, *USUAL.get(kind, ())) if name in given), None)
    if name is None:
        return from_environment(environ)
    # https://docs.gitlab.com/ci/jobs/ci_job_token: the user name that goes with it.
    user = {"GITOPS_USERNAME": "gitlab-ci-token"} if name == "CI_JOB_TOKEN" else {}
    found = from_environment({**environ, **user, OURS: given[name].reveal()})
    return None if found is None else replace(found, remedy=_remedy(kind, name, given[name].reveal()))


def _remedy(kind: str, name: str, token: str) -> str | None:
    """What to do where a token is not enough by its kind, as the forge has it."""
    if kind == "github":
        from gitops_actions.forge.github.failures import remedy

        return remedy(name, token)
    if kind == "gitlab":
        from gitops_actions.forge.gitlab.credentials import chosen

        found = chosen({name: Secret(token)})
        return found.remedy if found is not None else None
    return None
