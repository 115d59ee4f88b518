"""What `doctor` asks about a config repo, what a forge tells it, and what it makes of that.

Not among the nouns of `gitops_actions.model`: they are imported by everybody, and these take 7 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gitops_actions.model.words import Deliver, Finding, MergeMethod

Answer = Literal["yes", "no", "unknown"]
Verdict = Literal["ok", "unknown", "notice", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Whether something is so, as far as these credentials are told. ``words``: what was seen, without a full stop.
    ``hint``: how to mend it, or who can look where it is unknown. A "no" that is not ``grave`` makes no delivery fail.
    """

    answer: Answer
    words: str = ""
    hint: str | None = None
    grave: bool = True


YES = Fact("yes")


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is to be found out. ``bases`` are branches that exist: commits and requests go there. ``branches`` are those
    of requests, which may not exist yet."""

    bases: tuple[str, ...]
    branches: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The credentials.

    ``source`` is the variable that they came from (None: there are none), ``kind`` what they are, ``grants`` what they
    say of themselves: scopes or permissions. ``expires`` is in seconds since the epoch, None where that is not told.
    ``able``: whether such a token can do this work at all. ``starts``: whether pipelines start by themselves on what it
    pushes and opens. ``renew``: where a new one is made.
    """

    source: str | None
    kind: str
    owner: str | None = None
    grants: str = ""
    expires: int | None = None
    able: Fact = YES
    starts: Fact = YES
    renew: str = ""


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """A branch, and what these credentials may do to it.

    ``rules`` are in words, for people. ``commit``: put a commit on top, or make the branch. ``replace``: put the branch
    on another commit, as a request's branch is when its base has moved on. ``delete``: delete it. ``merge``: merge a
    request into it, once all that it ``awaits`` (in words) is there. ``signatures``: only signed commits are taken
    (when they are pushed: "push"; when they are merged: "merge"). ``methods`` are those that merging into it allows;
    with a ``queue`` they do not matter.
    """

    name: str
    rules: tuple[str, ...] = ()
    commit: Fact = YES
    replace: Fact = YES
    delete: Fact = YES
    merge: Fact = YES
    awaits: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    signatures: bool = False
    methods: frozenset[MergeMethod] = frozenset({"merge", "squash", "rebase"})
    queue: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a forge tells about a repository.

    ``push``: write its content at all; unknown without words where only git can tell. ``request``: open and change
    requests. ``auto_merge``: whether the repository lets requests merge by themselves. ``methods``: how it merges.
    ``signs``: whether commits by its API are signed. ``branches`` by name, ``people`` by the names of reviewers and
    teams, ``labels`` those that exist already.
    """

    push: Fact = YES
    request: Fact = YES
    auto_merge: Fact = YES
    methods: Mapping[MergeMethod, Fact] = field(default_factory=dict)
    signs: Fact = YES
    branches: Mapping[str, BranchFacts] = field(default_factory=dict)
    people: Mapping[str, Fact] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Receiving:
    """What a repository on this machine does with a push. ``closed``: a folder in it that may not be written to.
    ``taken``: branches that are checked out, which git refuses pushes to. ``hooks`` may refuse one. ``merges``: whether
    git here is new enough to merge without a work tree."""

    closed: str | None
    taken: frozenset[str]
    hooks: tuple[str, ...]
    forces: bool
    deletes: bool
    merges: bool


@dataclass(frozen=True, slots=True)
class Need:
    """What deliveries into an environment (None: of `--set`) need of the config repo. ``deploys``: `deploy` goes there;
    else only `promote` does. ``branch`` is that of a request, None where commits go to the base."""

    environment: str | None
    deploys: bool
    deliver: Deliver
    base: str
    branch: str | None = None
    auto_merge: bool = False
    merge_method: MergeMethod | None = None
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what came of it. ``code`` is that of the finding; None where all is well."""

    name: str
    verdict: Verdict
    message: str
    environment: str | None = None
    code: str | None = None
    hint: str | None = None

    @property
    def finding(self) -> Finding | None:
        """It as a finding; None where all is well. What is not known is a notice."""
        if self.code is None:
            return None
        severity = self.verdict if self.verdict in ("error", "warning") else "notice"
        about = f"{self.environment}: " if self.environment is not None else ""
        return Finding(self.code, severity, about + self.message, hint=self.hint)
