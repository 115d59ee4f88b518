"""What a release brings since the one before: commits and merged requests of its source, by their subjects."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops_actions import harmless
from gitops_actions.model import Changes, Commit

LIMIT = 50  # commits that are asked for, and entries that a text has in all

_MERGED = re.compile(r"Merge pull request #([0-9]{1,10}) from \S+")
_SQUASHED = re.compile(r"(.*\S) \([#!]([0-9]{1,10})\)")
# https://docs.gitlab.com/user/project/merge_requests/commit_templates/ has the default of merge commits.
_SEE = re.compile(r"See merge request \S*!([0-9]{1,10})", re.MULTILINE)
_BRANCH = re.compile(r"Merge branch '.+'(?: into .+)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A commit, or a request by the commit that merged it. Texts are from outside."""

    revision: str
    subject: str
    author: str
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Changelog:
    """The entries, newest first; ``left_out`` commits are older than these."""

    entries: tuple[Entry, ...]
    left_out: int = 0


def changelog(changes: Changes | None, limit: int = LIMIT) -> Changelog | None:
    """The changelog of these commits; None when there is none to speak of.

    Only first parents count: what a request brought is told by the commit that merged it.
    """
    if changes is None or not changes.commits:
        return None
    made = tuple(_entry(commit) for commit in _first_parents(changes.commits))
    dropped = max(0, changes.total - len(changes.commits)) + max(0, len(made) - limit)
    return Changelog(made[:limit], dropped)


def paragraph(head: str, log: Changelog) -> str:
    """A changelog for a commit message. Every line but the head begins with `- `: none can be a trailer."""
    lines = [f"{harmless.plain(head)}:"]
    lines += [f"- {harmless.plain(entry.subject, 100)}{_numbered(entry)}" for entry in log.entries]
    if log.left_out:
        lines.append(f"- and {older(log)}")
    return "\n".join(lines)


def older(log: Changelog) -> str:
    """How many commits were left out, in words."""
    return f"{log.left_out} older commit{'' if log.left_out == 1 else 's'}"


def _numbered(entry: Entry) -> str:
    return f" (request {entry.request})" if entry.request is not None else ""


def _first_parents(commits: Sequence[Commit]) -> Iterator[Commit]:
    by_id = {commit.id: commit for commit in commits}
    here: Commit | None = commits[0]
    while here is not None:
        yield by_id.pop(here.id)
        here = by_id.get(here.parents[0]) if here.parents else None


def _entry(commit: Commit) -> Entry:
    message = commit.message[:10_000]
    first, *rest = [text.strip() for text in message.splitlines() if text.strip()] or [""]
    number = None
    merged, squashed, seen = _MERGED.fullmatch(first), _SQUASHED.fullmatch(first), _SEE.search(message)
    if merged:
        first, number = (rest[0] if rest else first), merged[1]
    elif squashed:
        first, number = squashed[1], squashed[2]
    elif seen:
        first, number = (rest[0] if _BRANCH.fullmatch(first) and rest and rest[0] != seen[0] else first), seen[1]
    return Entry(commit.id, first or "(no subject)", commit.author.name, int(number) if number else None)
