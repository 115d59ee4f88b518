"""The nouns. Frozen values, standard library only; every other room speaks in them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Severity = Literal["error", "warning", "notice"]
MergeMethod = Literal["merge", "squash", "rebase"]
Deliver = Literal["push", "pull-request"]


class Secret:
    """A text that must not be seen: it has no readable ``str`` or ``repr``; :meth:`reveal` is explicit."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell a person: what, where, and what to do. ``line`` and ``column`` count from 1."""

    code: str
    severity: Severity
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    @property
    def place(self) -> str:
        """``file:line:column`` as far as known; empty when no file is concerned."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.file else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


# --- releases ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """A container image. ``name`` is how files call it (the repository unless ``NAME=`` was given)."""

    name: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def reference(self) -> str:
        """``REPOSITORY[:TAG][@DIGEST]``, see https://pkg.go.dev/github.com/distribution/reference."""
        text = self.repository
        if self.tag is not None:
            text += f":{self.tag}"
        if self.digest is not None:
            text += f"@{self.digest}"
        return text


@dataclass(frozen=True, slots=True)
class Source:
    """Where a release was built: repository name (``acme/web``), full commit id, number of the build."""

    repository: str | None = None
    revision: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """What a build made."""

    version: str
    images: tuple[Image, ...] = ()
    source: Source = Source()

    def same_as(self, other: Release) -> bool:
        """Whether both are the same thing to run; the number of the build does not matter."""
        return (
            self.version == other.version
            and [image.reference for image in self.images] == [image.reference for image in other.images]
            and (self.source.revision == other.source.revision or None in (self.source.revision, other.source.revision))
        )


@dataclass(frozen=True, slots=True)
class Record:
    """`.gitops/releases/<environment>/<app>.yaml`: the release that an environment was given."""

    app: str
    environment: str
    release: Release
    promoted_from: str | None = None


# --- configuration ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditSpec:
    """One place in one file. ``file``, ``path`` and ``value`` may hold placeholders until an app and an
    environment are known; editors get them filled in.

    ``kind`` names the editor, ``path`` is in the path language of the contract, ``pattern`` a regular
    expression with a group ``value``, ``document`` picks one of several documents, ``options`` holds what
    only one kind understands.
    """

    kind: str
    file: str
    path: str | None = None
    value: str | None = None
    pattern: str | None = None
    document: str | None = None
    on_missing: Literal["error", "create"] = "error"
    options: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None  # where gitops.yaml says so
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Gates:
    """Conditions on a promotion: soak time in seconds, globs of statuses that must be green."""

    soak: int | None = None
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """A node of the graph; ``after`` are its edges. ``branch`` None: the base branch of the config repo."""

    name: str
    after: tuple[str, ...] = ()
    deliver: Deliver = "pull-request"
    auto_merge: bool = False
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    merge_method: MergeMethod | None = None
    group: Literal["app", "environment"] = "app"
    branch: str | None = None
    repository: str | None = None
    gates: Gates = Gates()


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing is promoted. Either ``weekly`` (from, to as ``Fri 16:00``) or ``dates``."""

    name: str
    environments: tuple[str, ...] = ()
    weekly: tuple[str, str] | None = None
    dates: tuple[date, date] | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class App:
    """A thing that is released on its own. ``environments`` empty: all of them. The name ``*`` stands for
    apps that are found by ``{app}`` in the paths of its edits."""

    name: str
    images: tuple[str, ...] = ()
    source: str | None = None
    environments: tuple[str, ...] = ()
    path: str | None = None
    edits: tuple[EditSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigRepo:
    """The `config-repo` section of an app repo's gitops.yaml."""

    url: str
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A valid gitops.yaml."""

    environments: Mapping[str, Environment] = field(default_factory=dict)
    apps: Mapping[str, App] = field(default_factory=dict)
    freezes: tuple[Freeze, ...] = ()
    records: bool = True
    config_repo: ConfigRepo | None = None
    app: str | None = None
    pipeline: Mapping[str, Any] | None = None


# --- files and commits ------------------------------------------------------------------------

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = "100644", "100755", "120000", "160000"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a commit: its bytes and its git mode (``100644`` ...). A submodule's content is empty."""

    content: bytes
    mode: str = REGULAR


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The asked-for files of one commit; a path that is not in ``files`` does not exist there."""

    ref: str
    commit: str
    files: Mapping[str, File]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file to be written; ``content`` None deletes it."""

    path: str
    content: bytes | None
    mode: str = REGULAR


@dataclass(frozen=True, slots=True)
class Signature:
    """Author and committer of a commit. ``time``: seconds since the epoch, UTC."""

    name: str
    mail: str
    time: int = 0


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit. ``files`` maps each path it changed against its first parent to the blob id it has now
    (None: deleted); filled only where the caller asked for paths."""

    id: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str
    files: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A compare-and-swap of one ref (full name): from ``old`` (None: must not exist) to ``new`` (None: delete)."""

    ref: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that an editor replaced. ``line`` counts from 1; ``old`` None: the place was created."""

    path: str
    line: int
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Edited:
    """What an editor made: the new text (the old one when nothing changed) and the values that differ."""

    text: str
    changes: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A value that an edit points to. ``role`` says what part of a release it is; ``name`` which image."""

    path: str
    line: int
    value: str
    role: Literal["repository", "tag", "digest", "image", "value"] = "value"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a plan changes, for people."""

    app: str | None
    file: str
    line: int
    path: str
    old: str | None
    new: str


# --- requests ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request (GitLab: merge request). ``merge_commit`` is set once it is merged."""

    number: int
    url: str
    state: Literal["open", "closed", "merged"]
    branch: str
    base: str
    head_sha: str
    title: str = ""
    body: str = ""
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
    auto_merge: bool = False
    merge_commit: str | None = None


@dataclass(frozen=True, slots=True)
class RequestText:
    """How a request should look; what a forge cannot do it says by its capabilities."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    team_reviewers: tuple[str, ...] = ()
    draft: bool = False


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A commit status or check run. ``time``: seconds since the epoch, UTC."""

    context: str
    state: Literal["pending", "success", "failure", "error"]
    description: str = ""
    url: str | None = None
    time: int = 0


# --- plans and results ------------------------------------------------------------------------


class Outcome(enum.StrEnum):
    """What became of a delivery (contract section 5)."""

    UNCHANGED = "unchanged"
    PLANNED = "planned"
    COMMITTED = "committed"
    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"
    MERGED = "merged"
    SUPERSEDED = "superseded"
    SKIPPED_CLOSED = "skipped-closed"
    WAITING = "waiting"
    REFUSED = "refused"
    CONFLICT = "conflict"


class Action(enum.Enum):
    """What `apply` has to do for a plan."""

    NOTHING = "nothing"
    COMMIT = "commit"  # to the base branch
    REQUEST = "request"  # a commit on the request's branch (if any files), then open or update
    CLOSE = "close"  # the open request is no longer needed


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one delivery will do, decided. Applying it takes no further decision.

    ``target`` is the branch that gets the commit (the base, or the request's branch), ``expected`` the commit
    it must still be at (None: it must not exist), ``parent`` the commit that the new one is put on. No
    ``files``: no commit is needed. ``outcome`` is what the result will say once the action is done.
    """

    action: Action
    outcome: Outcome
    environment: str | None
    apps: tuple[str, ...]
    base: str
    branch: str | None = None
    target: str | None = None
    expected: str | None = None
    parent: str | None = None
    files: tuple[FileChange, ...] = ()
    previous: Mapping[str, bytes] = field(default_factory=dict)  # of `files`, as they are at the parent: for diffs
    message: str = ""
    author: Signature | None = None
    request: RequestText | None = None
    pull_request: PullRequest | None = None  # the open one
    head: str | None = None  # the commit the request's branch is at when no files are written
    auto_merge: bool = False
    merge_method: MergeMethod | None = None
    reason: str = ""  # why a request is closed, for its comment
    changes: tuple[Change, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)  # by app
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one delivery (contract section 5)."""

    environment: str | None
    apps: tuple[str, ...]
    outcome: Outcome
    changed: bool
    base: str | None = None
    branch: str | None = None
    commit: str | None = None
    pull_request: PullRequest | None = None
    changes: tuple[Change, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    diff: str = ""
    exit_code: int = 0
