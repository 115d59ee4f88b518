"""Same input, same branch: the names that everything else relies on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from gitops_actions.errors import UsageError
from gitops_actions.names import complaint_about_branch, complaint_about_name

PREFIX = "gitops/"
# No app can have this name, and `gitops/<environment>` itself could not exist beside `gitops/<environment>/<app>`.
GROUP = "_all"
SETS = "set"


def branch(environment: str, app: str | None) -> str:
    """The branch of the request for an app, or (None) of the one request of an environment."""
    return f"{PREFIX}{environment}/{app or GROUP}"


def environment_of(branch: str) -> str | None:
    """The environment of a branch that `branch` may have named; None for any other."""
    parts = branch.removeprefix(PREFIX).split("/")
    return parts[0] if branch.startswith(PREFIX) and len(parts) == 2 and parts[0] != SETS else None


def set_branch(files: Iterable[str]) -> str:
    """The branch of a request made by `--set`: a slug of the files, and a hash since slugs may meet."""
    names = sorted(set(files))
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join(names).lower()).strip("-")[:40].strip("-")
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:8]
    return f"{PREFIX}{SETS}/{slug}-{digest}" if slug else f"{PREFIX}{SETS}/{digest}"


def checked(kind: str, text: str) -> str:
    """The name of an app or environment given from outside. Raises UsageError when it is not a name."""
    complaint = complaint_about_name(text)
    if complaint:
        raise UsageError(f"{kind} {text[:200]!r} {complaint}", code="GA030")
    return text


def checked_branch(text: str) -> str:
    """A branch name given from outside. Raises UsageError when git would not take it."""
    complaint = complaint_about_branch(text)
    if complaint:
        raise UsageError(f"branch {text[:200]!r} {complaint}", code="GA031")
    return text
