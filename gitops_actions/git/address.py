"""Where a repository is: a folder of this machine, or an URL that git may be given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from gitops_actions.errors import UsageError

# C0, DEL, C1, line separators, bidirectional controls and lone surrogates: never part of an address, and not for a log.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# git runs `git-remote-<name>` for `<name>::...` (https://git-scm.com/docs/gitremote-helpers); `ext::` runs anything.
_REMOTE_HELPER = re.compile(r"[A-Za-z0-9+.-]+::")
_SCP_LIKE = re.compile(r"(?:[^/:@]+@)?(?:\[[0-9A-Fa-f:.]+\]|[^/:@\[\]]+):.*")
_SCP_PASSWORD = re.compile(r"[^/:@]+:[^/@]*@[^/:@]+:.*")  # ssh takes none: git would make it part of the path
_HOSTED = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/[A-Za-z0-9_./-]+")  # an URL that lacks its scheme
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")


@dataclass(frozen=True, slots=True)
class Address:
    """``text`` is what git is given. ``path`` is set for a repository on this machine, ``origin``
    (``https://host:port``) for one that takes credentials by HTTP."""

    text: str
    protocol: str
    path: Path | None = None
    origin: str | None = None


def address(text: str) -> Address:
    """The address that a person or a configuration file gave: a path, ``file://``, ``https://``, ``ssh://``,
    ``user@host:path``, and ``http://`` to this machine only. Raises UsageError for anything else.

    No message repeats an URL that may hold a password.
    """
    if not text.strip():
        raise UsageError("the address of the repository is empty", hint="give a path or an URL")
    _check_printable(text)
    if text.startswith("-"):
        raise UsageError(f"{text!r} looks like an option, not like a repository", hint="write a path as ./-name")
    if _REMOTE_HELPER.match(text):
        raise _refused(text.partition("::")[0] + "::")
    if "://" in text:
        return _from_url(text)
    if _SCP_PASSWORD.fullmatch(text):
        raise _with_password()
    if _SCP_LIKE.fullmatch(text):
        _check_ssh(text.partition(":")[0], text.partition(":")[2])
        return Address(text, "ssh")
    there = _on_this_machine(Path(text))
    if _HOSTED.fullmatch(text) and not Path(text.partition("/")[0]).exists():
        hint = f"write https://{text}, if it is on a server; else give the path of a repository, bare or not"
        raise UsageError(f"{there.text} does not exist", hint=hint)
    return there


def _from_url(text: str) -> Address:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError("the URL of the repository cannot be read", hint="check its host and port") from None
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise UsageError("a file:// URL with a host is not a folder here", hint="write file:///path")
        if parts.query or parts.fragment:  # what follows would be dropped, and another repository be taken
            raise UsageError("a file:// URL has no query and no fragment", hint="write ? as %3F and # as %23")
        path = unquote(parts.path, errors="surrogateescape")
        _check_printable(path)
        return _on_this_machine(Path(path))
    if not host or "\\" in parts.netloc:
        raise UsageError("the URL of the repository has no host", hint="write https://host/path")
    if parts.scheme == "ssh":
        if parts.password is not None:
            raise _with_password()
        _check_ssh(parts.netloc, parts.path)
        return Address(text, "ssh")
    if parts.scheme not in ("https", "http"):
        raise _refused(f"{parts.scheme}://")
    _check_http(parts, host)
    bracketed = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{bracketed}" + (f":{port}" if port is not None else "")
    return Address(text, parts.scheme, origin=origin)


def _check_http(parts: SplitResult, host: str) -> None:
    if "@" in parts.netloc:
        raise _with_password()
    if parts.query or parts.fragment:
        raise UsageError(
            "the URL of the repository has a query or a fragment, which may hold a secret",
            hint="give the plain URL, and the token in GITOPS_TOKEN",
        )
    if parts.scheme == "http" and not _LOOPBACK.fullmatch(host):
        raise UsageError(f"http:// to {host} would send credentials and content in the clear", hint="use https://")


def _check_ssh(host: str, path: str) -> None:
    # ssh would take such a host for an option (CVE-2017-1000117); git refuses them as well.
    if host.startswith("-") or host.partition("@")[2].startswith("-") or path.lstrip("/").startswith("-"):
        raise UsageError("a part of the repository's address starts with '-'", hint="give another host or path")


def _check_printable(text: str) -> None:
    if _UNPRINTABLE.search(text):
        raise UsageError("the address of the repository holds control characters", hint="give it on one line")


def _on_this_machine(path: Path) -> Address:
    try:
        absolute = path.resolve()
    except (OSError, RuntimeError):  # RuntimeError: python 3.11 and 3.12 say so of a loop of links
        raise UsageError(f"{path} cannot be followed", hint="it may be a loop of symbolic links; check it") from None
    _check_printable(str(absolute))  # a relative path is below a folder that was not given
    return Address(str(absolute), "file", path=absolute)


def _with_password() -> UsageError:
    return UsageError(
        "the URL of the repository holds a user name or a password",
        hint="take it out of the URL and give the token in the environment variable GITOPS_TOKEN",
    )


def _refused(transport: str) -> UsageError:
    return UsageError(
        f"repositories by {transport} are not supported", hint="use https://, ssh://, user@host:path, file:// or a path"
    )
