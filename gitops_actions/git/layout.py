"""The temporary repository as it is written to disk: the few files of a bare repository, without running git."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from gitops_actions.errors import GitOpsError, NotAllowed, UsageError
from gitops_actions.git.address import Address

# Our configuration and no other (`GIT_CONFIG_GLOBAL`, `GIT_CONFIG_NOSYSTEM`): no hook, filter, credential helper or
# transport that we did not choose, whatever this machine's or the repository's configuration says.
_CONFIG = """\
[core]
\trepositoryFormatVersion = 1
\tbare = true
\thooksPath = /dev/null
\tfsmonitor = false
\tattributesFile = /dev/null
\tsshCommand = ssh -oBatchMode=yes -oConnectTimeout=30
\tfsync = none
[credential]
\thelper =
[http]
\tfollowRedirects = false
\tlowSpeedLimit = 1
\tlowSpeedTime = 60
[gc]
\tauto = 0
[maintenance]
\tauto = false
[fastimport]
\tunpackLimit = 1
[protocol]
\tallow = never
"""
_BUNDLE = re.compile(rb"# v[0-9] git bundle\n")
_SHA256 = re.compile(r"^\s*objectFormat\s*=\s*\"?sha256", re.IGNORECASE | re.MULTILINE)


def prepare(folder: Path, address: Address) -> None:
    """Make ``folder`` a bare repository whose remote ``origin`` is at ``address``.

    It borrows the objects of a repository on this machine (https://git-scm.com/docs/gitrepository-layout,
    ``objects/info/alternates``). Raises UsageError when there is none, NotAllowed when it may not be read.
    """
    lender = _lender(address.path) if address.path is not None else None
    (folder / "objects" / "info").mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    url = address.text.replace("\\", "\\\\").replace('"', '\\"')
    config = _CONFIG + f'[protocol "{address.protocol}"]\n\tallow = always\n[remote "origin"]\n\turl = "{url}"\n'
    if lender is not None:
        (folder / "objects" / "info" / "alternates").write_text(f"{lender.objects}\n", "utf-8", "surrogateescape")
        if lender.shallow is not None:
            (folder / "shallow").write_bytes(lender.shallow)
        if lender.sha256:
            config += "[extensions]\n\tobjectFormat = sha256\n"
    (folder / "config").write_text(config, "utf-8", "surrogateescape")


class _Lender(NamedTuple):
    """What is borrowed of a repository on this machine."""

    objects: Path
    shallow: bytes | None
    sha256: bool


def _lender(path: Path) -> _Lender:
    try:
        theirs = git_folder(path)
        for name in ("objects", "refs"):  # git would only say that this is no repository
            os.scandir(theirs / name).close()
        shallow = theirs / "shallow"
        return _Lender(
            theirs / "objects",
            shallow.read_bytes() if shallow.is_file() else None,
            _SHA256.search((theirs / "config").read_text("utf-8", "replace")) is not None,
        )
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:  # no path, says Python of what a `.git` file names
        raise UsageError(
            f"the file .git in {path} does not name a repository", hint="make the work tree or submodule anew"
        ) from None


def unreadable(path: Path, error: OSError) -> GitOpsError:
    """The error for a repository on this machine that the system does not let us read."""
    what = f"{path} cannot be read: {error.filename or path}: {error.strerror}"
    if isinstance(error, PermissionError):
        return NotAllowed(what, hint="check the permissions of the folder")
    return UsageError(what, hint="give the path of a repository, bare or not")


def git_folder(path: Path) -> Path:
    """Where a repository keeps its objects: itself when bare, its ``.git``, or what that names (a linked work tree)."""
    if (path / ".git").is_file():
        named = path / (path / ".git").read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
        common = named / "commondir"
        return (named / common.read_text("utf-8", "surrogateescape").strip()).resolve() if common.is_file() else named
    for folder in (path / ".git", path):
        if (folder / "objects").is_dir() and (folder / "HEAD").is_file():
            return folder
    what = "is not a git repository" if path.exists() else "does not exist"
    hint = "give the path of a repository, bare or not; to make one: git init --bare PATH"
    if path.is_file() and _is_bundle(path):
        hint = "this is a bundle: make a repository of it first, with git clone"
    raise UsageError(f"{path} {what}", hint=hint)


def _is_bundle(path: Path) -> bool:
    """Whether a file is one of `git bundle` (https://git-scm.com/docs/gitformat-bundle)."""
    with path.open("rb") as file:
        return _BUNDLE.match(file.read(20)) is not None
