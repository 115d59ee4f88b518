"""Which repository an URL means, and where its API is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from gitops_actions.errors import UsageError

_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")
_SCP_LIKE = re.compile(r"(?:[^/:@]+@)?([^/:@\[\]]+):(?!//)(.*)")
# https://docs.github.com/en/get-started/learning-about-github/types-of-github-accounts: letters, digits and hyphens,
# and an underscore for managed users; names of repositories may hold dots as well.
_PART = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_GITHUB = ("github.com", "www.github.com", "ssh.github.com")


@dataclass(frozen=True, slots=True)
class Address:
    """A repository on GitHub. ``api`` is the root of its REST API, without a slash at the end."""

    owner: str
    name: str
    api: str

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    @property
    def path(self) -> str:
        """Where the REST API has the repository."""
        return f"/repos/{self.owner}/{self.name}"


def address(url: str, api_url: str | None = None) -> Address:
    """The repository that an URL (``https://``, ``ssh://``, ``git@host:owner/name``, ``http://`` to this machine only)
    means. Raises UsageError for anything else, without repeating what may be a password."""
    scheme, host, port, path = _parts(url)
    pieces = path.strip("/").removesuffix(".git").split("/")
    if len(pieces) != 2 or not all(_PART.fullmatch(piece) and piece.strip(".") for piece in pieces):
        raise UsageError(
            "the URL of the config repo does not name a repository on GitHub",
            hint="write https://HOST/OWNER/NAME, without more behind it",
        )
    return Address(pieces[0], pieces[1], _api(api_url) if api_url is not None else _usual(scheme, host, port))


def _parts(url: str) -> tuple[str, str, int | None, str]:
    if "://" not in url:
        match = _SCP_LIKE.fullmatch(url)
        if match is None:
            raise UsageError("the config repo is not on GitHub: it has no host", hint="write https://HOST/OWNER/NAME")
        return "ssh", match[1].lower(), None, match[2]
    parts, host, port = _split(url)
    if parts.scheme == "ssh":
        if parts.password is not None:
            raise _with_password()
        return "ssh", host, None, parts.path  # its port is that of ssh
    _check(parts, host, "the URL of the config repo")
    return parts.scheme, host, port, parts.path


def _usual(scheme: str, host: str, port: int | None) -> str:
    """Where GitHub has its API: https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
    for github.com, https://docs.github.com/en/enterprise-server/rest for Enterprise Server,
    https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency for ``*.ghe.com``."""
    if host in _GITHUB:
        return "https://api.github.com"
    if host.endswith(".ghe.com"):
        return f"https://api.{host}"
    bracketed = f"[{host}]" if ":" in host else host
    place = bracketed if port is None else f"{bracketed}:{port}"
    return f"{'http' if scheme == 'http' else 'https'}://{place}/api/v3"


def _api(url: str) -> str:
    parts, host, _ = _split(url)
    _check(parts, host, "--api-url")
    if parts.path.rstrip("/").endswith("/api/v4"):
        raise UsageError(
            f"--api-url {parts.scheme}://{parts.netloc}{parts.path} is the address of a GitLab's API",
            hint="say --forge gitlab; that of a GitHub Enterprise Server ends in /api/v3",
        )
    return url.rstrip("/")


def _split(url: str) -> tuple[SplitResult, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts, (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise UsageError("an URL of GitHub cannot be read", hint="check its host and port") from None


def _check(parts: SplitResult, host: str, what: str) -> None:
    if parts.scheme not in ("https", "http") or not host or "\\" in parts.netloc:
        raise UsageError(f"{what} is not an https:// URL", hint="write https://HOST/...")
    if "@" in parts.netloc:
        raise _with_password()
    if parts.query or parts.fragment:
        raise UsageError(
            f"{what} has a query or a fragment, which may hold a secret",
            hint="give the plain URL, and the token in GITOPS_TOKEN",
        )
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        raise UsageError(f"http:// to {host} would send the token in the clear", hint="use https://")


def _with_password() -> UsageError:
    return UsageError(
        "an URL of GitHub holds a user name or a password",
        hint="take it out of the URL and give the token in the environment variable GITOPS_TOKEN",
    )
