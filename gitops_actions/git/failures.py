"""What it means for a person when git could not do its work.

Whether a push arrived is never read off these texts (see `push`): only why a remote cannot be reached, which
no exit code tells. git speaks English to us (`LC_ALL=C`); the server may say what it likes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection

from gitops_actions.errors import GitOpsError, NotAllowed, Temporary, UsageError
from gitops_actions.git.command import Answer
from gitops_actions.names import complaint_about_branch

_NOT_ALLOWED = re.compile(
    r"could not read (?:Username|Password)|terminal prompts disabled|Authentication failed|Permission denied"
    r"|returned error: 40[13]|Host key verification failed|HTTP Basic: Access denied|access denied|not authorized",
    re.IGNORECASE,
)
_OWNERSHIP = re.compile(r"dubious ownership")
_NOT_FOUND = re.compile(
    r"returned error: 404|repository '[^']*' not found|Repository not found|does not appear to be a git repository"
    r"|project you were looking for could not be found|not a git repository",
    re.IGNORECASE,
)
_REDIRECT = re.compile(r"returned error: 30[1278]|unable to update url base from redirection")
# Branches of requests: they are deleted when these are merged, so nothing starts from one.
_OURS = "gitops/"
_ARCHIVED = re.compile(r"\barchived\b")
_NO_OBJECT = re.compile(r"not our ref ([0-9a-f]+)")
_SHA256 = re.compile(r"mismatched algorithms")
_TRANSPORT = re.compile(r"transport '[^']*' not allowed|unable to find remote helper")


def failure(answer: Answer, url: str) -> GitOpsError:
    """The error for a network command that failed: NotAllowed, UsageError or Temporary, each with the other side's
    words."""
    words = answer.words or f"git ended with {answer.status}"
    if _OWNERSHIP.search(answer.errors):
        return NotAllowed(
            f"{url} belongs to another user of this machine, so git does not touch it",
            hint="run as its owner, or make it yours with chown",
        )
    if os.path.isabs(url):
        if _NOT_ALLOWED.search(answer.errors):
            return NotAllowed(f"git may not use {url}: {words}", hint="check the permissions of the folder")
        if _NOT_FOUND.search(answer.errors):
            return UsageError(f"git finds no repository at {url}: {words}", hint="check the path")
    if _NOT_ALLOWED.search(answer.errors) and _ARCHIVED.search(answer.errors):
        return NotAllowed(f"{url} is read-only: {words}", hint="unarchive it, or give another repository")
    if _NOT_ALLOWED.search(answer.errors):
        return NotAllowed(
            f"{url} refuses these credentials: {words}",
            hint=answer.remedy
            or "for https, set GITOPS_TOKEN to a token that may read and write this repository (and GITOPS_USERNAME "
            "where the user matters); for ssh, load a key that may and know the host's key",
        )
    if _REDIRECT.search(answer.errors):
        return UsageError(
            f"{url} has moved, and credentials are not sent after it: {words}", hint="give the new address"
        )
    if _NOT_FOUND.search(answer.errors):
        return UsageError(
            f"there is no repository at {url}, or it is not visible with these credentials: {words}",
            hint="check the address; "
            + (answer.remedy or "for a private repository, the token in GITOPS_TOKEN has to reach it"),
        )
    if lost := _NO_OBJECT.search(answer.errors):
        return UsageError(f"there is no object {lost[1]} in {url}", hint="give a branch or a full commit id")
    if _SHA256.search(answer.errors):
        return UsageError(
            f"{url} names its objects by SHA-256, which works only with a repository on this machine: {words}",
            hint="use its path, or a repository with SHA-1",
        )
    if _TRANSPORT.search(answer.errors):
        return UsageError(f"git cannot reach {url}: {words}", hint="install git with support for this kind of address")
    return Temporary(f"{url} cannot be reached: {words}", hint="run it again; if it stays so, check the network")


def no_branch(branch: str, existing: Collection[str], url: str) -> UsageError:
    """The error for a branch that is not there, with the names that are most like it."""
    if not existing:
        return UsageError(f"{url} is empty: it has no commit yet", hint="push a first commit to its main branch")
    near = _nearest(branch, existing)
    hint = f"give one that exists: {near}" if near else "push it first"
    return UsageError(f"there is no branch {branch!r} in {url}", hint=hint)


def no_main(existing: Collection[str], url: str) -> UsageError:
    """The error for a repository whose HEAD names no branch: its main one was renamed, say, or deleted."""
    near = _nearest("main", existing)
    hint = f"name it with --base: {near}" if near else "name it with --base, and push it first"
    return UsageError(f"{url} does not say which branch is its main one", hint=hint)


def _nearest(branch: str, existing: Collection[str]) -> str:
    """The branches that are most like one, as a list to be read."""
    from difflib import SequenceMatcher

    # Names come from the remote: what is odd about one is not for a terminal.
    plain = sorted(name for name in existing if complaint_about_branch(name) is None and not name.startswith(_OURS))
    near = sorted(plain, key=lambda name: -SequenceMatcher(None, branch, name).ratio())[:10]
    return ", ".join(near) + (f" and {len(plain) - len(near)} more" if len(plain) > len(near) else "")
