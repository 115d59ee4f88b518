"""Where a project is: the instance's root and the project's path, from the address of its repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

from gitops_actions.errors import UsageError

_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")
_SCP_LIKE = re.compile(r"(?:[^/:@]+@)?(\[[0-9A-Fa-f:.]+\]|[^/:@\[\]]+):(?!//)(.*)")
# What groups and projects may be called (https://docs.gitlab.com/user/reserved_names/), and what they may not begin
# with: `-` is the mark before GitLab's own pages (`/-/merge_requests`).
_PART = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.][A-Za-z0-9_.-]*")
_API = re.compile(r"(.*)/api/v4/?")


@dataclass(frozen=True, slots=True)
class Address:
    """``root`` is where the instance is (`https://host`, or below it), ``project`` the path with its groups."""

    root: str
    project: str

    @property
    def api(self) -> str:
        """The path of the project in the REST API, below `/api/v4`."""
        return f"/projects/{quote(self.project, safe='')}"

    @property
    def web(self) -> str:
        """The project's page."""
        return f"{self.root}/{self.project}"


def address(url: str, api_url: str | None) -> Address:
    """The project of a repository's address: `https://`, `ssh://`, `user@host:path`, `http://` to this machine only.

    ``api_url`` (`https://host/gitlab/api/v4`, which a GitLab job finds in `CI_API_V4_URL`) tells where the API is when
    it is not at the root of the host; then the path before it does not belong to the project. Raises UsageError; no
    message repeats an URL that may hold a password.
    """
    root = _root(api_url) if api_url is not None else None
    scp = _SCP_LIKE.fullmatch(url) if "://" not in url else None
    if scp is not None:
        return Address(root or f"https://{scp[1]}", _project(scp[2], url))
    parts = _split(url, "the URL of the repository")
    if parts.scheme == "ssh":
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return Address(root or f"https://{host}", _project(parts.path, url))
    _check(parts, "the URL of the repository")
    below = urlsplit(root).path if root is not None else ""
    path = parts.path
    if below and path.startswith(f"{below}/"):
        path = path.removeprefix(below)
    return Address(root or f"{parts.scheme}://{parts.netloc}", _project(path, url))


def is_project(path: str) -> bool:
    """Whether a path can be that of a project: with a group at least."""
    parts = path.split("/")
    return len(parts) > 1 and all(_PART.fullmatch(part) for part in parts)


def _root(api_url: str) -> str:
    parts = _split(api_url, "--api-url")
    _check(parts, "--api-url")
    match = _API.fullmatch(parts.path)
    if match is None:
        raise UsageError(
            f"--api-url {parts.scheme}://{parts.netloc}{parts.path} is not the address of GitLab's API",
            hint="it ends in /api/v4; in a GitLab job it is in CI_API_V4_URL. For a GitHub, say --forge github",
        )
    return f"{parts.scheme}://{parts.netloc}{match[1].rstrip('/')}"


def _split(text: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise UsageError(f"{what} cannot be read", hint="check its host and port") from None
    if not parts.hostname or parts.scheme not in ("https", "http", "ssh"):
        raise UsageError(f"{what} is not one of a GitLab project", hint="write https://host/group/project")
    return parts


def _check(parts: SplitResult, what: str) -> None:
    if parts.scheme == "ssh":
        raise UsageError(f"{what} is not one of HTTP", hint="write https://host/api/v4")
    if "@" in parts.netloc:
        raise UsageError(
            f"{what} holds a user name or a password",
            hint="take it out of the URL and give the token in the environment variable GITOPS_TOKEN",
        )
    if parts.query or parts.fragment:
        raise UsageError(
            f"{what} has a query or a fragment, which may hold a secret",
            hint="give the plain URL, and the token in GITOPS_TOKEN",
        )
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname or ""):
        raise UsageError(f"{what}: http:// would send credentials and content in the clear", hint="use https://")


def _project(path: str, url: str) -> str:
    found = unquote(path).strip("/").removesuffix(".git")
    if not is_project(found):
        shown = "" if "@" in url.partition("://")[2] else f" {url[:200]}"
        raise UsageError(
            f"the address{shown} does not name a GitLab project",
            hint="write https://host/group/project, as the project's page shows it under Clone",
        )
    return found
