"""What may be a name, a branch or a path: texts from outside become parts of refs, files and commit messages.

Each function returns what is wrong, as the end of the sentence "'text' ...", or None when all is well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from gitops_actions.texts import UNPRINTABLE

NAME_LENGTH = 100
PATH_LENGTH = 1024

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
# https://git-scm.com/docs/git-check-ref-format, rules 4, 5 and 10; rule 4 includes space and control characters.
_NOT_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")


@lru_cache(maxsize=4096)  # thousands of records name the same few environments
def complaint_about_name(text: str) -> str | None:
    """Names of apps and environments: they become parts of branch names and of file names."""
    if not text:
        return "is empty"
    if len(text) > NAME_LENGTH:
        return f"is longer than {NAME_LENGTH} characters"
    if not _NAME.fullmatch(text):
        return "may only hold letters, digits, '.', '_' and '-', and starts with a letter or digit"
    if ".." in text:
        return "holds '..'"
    if text.endswith((".", ".lock")):
        return "ends in '.' or '.lock', which git does not allow in branch names"
    return None


def complaint_about_branch(text: str) -> str | None:
    """Branch names by the rules of ``git check-ref-format --branch``
    (https://git-scm.com/docs/git-check-ref-format), without its ``@{-N}`` shorthands."""
    if not text:
        return "is empty"
    if len(text.encode("utf-8", "surrogatepass")) > 244:  # with "refs/heads/" still one file name, at most 255 bytes
        return "is longer than 244 bytes"
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "is not valid Unicode"
    if _NOT_IN_REF.search(text) or UNPRINTABLE.search(text):
        return "holds a space, a control character or one of ~ ^ : ? * [ \\"
    if text.startswith("-"):
        return "starts with '-'"
    if text in ("@", "HEAD"):
        return "is a name that git keeps for itself"
    if text.startswith("refs/"):
        return "is a full ref name; give the branch without 'refs/heads/'"
    if ".." in text or "@{" in text:
        return "holds '..' or '@{'"
    if text.endswith("."):
        return "ends in '.'"
    for part in text.split("/"):
        if not part:
            return "starts or ends with '/', or holds '//'"
        if part.startswith(".") or part.endswith(".lock"):
            return "has a part that starts with '.' or ends in '.lock'"
    return None


def complaint_about_path(text: str) -> str | None:
    """Paths of files and folders inside a repository, as git trees hold them: relative, with ``/``. One ``/`` at
    the end (a folder) is fine."""
    if not text:
        return "is empty"
    if len(text) > PATH_LENGTH:
        return f"is longer than {PATH_LENGTH} characters"
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "is not valid Unicode"
    if UNPRINTABLE.search(text):
        return "holds a control character"
    if "\\" in text:
        return "holds a backslash; folders are separated by '/'"
    if text.startswith("/"):
        return "is absolute; paths are relative to the root of the repository"
    if text == ".":
        return None  # the root itself
    for part in text.removesuffix("/").split("/"):
        if part == "":
            return "holds '//'"
        if part in (".", ".."):
            return f"holds a '{part}' segment"
        # Names that some file systems take for `.git` (git's own core.protectHFS and core.protectNTFS refuse them too).
        if part.rstrip(". ").lower() in (".git", "git~1"):
            return "is inside '.git'"
    return None


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The one of the names that is near to a text, or that alone starts with it (`prod`)."""
    from difflib import get_close_matches  # only for a person who has mistyped

    names = list(known)
    near = get_close_matches(text[:NAME_LENGTH], names, 1)
    if not near and text:
        started = [name for name in names if name.lower().startswith(text.lower())]
        near = started if len(started) == 1 else []
    return near[0] if near else None


def did_you_mean(text: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest of what there is, if one is near."""
    near = nearest(text, known)
    return f"did you mean {near!r}?" if near else None
