"""gitops.yaml, understood."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from gitops_actions.model.words import Deliver, Group, MergeMethod


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
class Take:
    """How a kind of edit takes one thing that it looks at.

    ``needed``: it must be given. ``default``: what stands there where it is not given; may hold {app} and
    {environment}. ``beside``, ``without``: the key that must be, or must not be, in the same edit for this one to have
    a use. ``about``: what a person is told about a key that only some kinds have.
    """

    needed: bool = False
    default: str | None = None
    beside: str | None = None
    without: str | None = None
    about: str = ""

    def applies(self, given: Collection[str]) -> bool:
        """Whether it is looked at in an edit that gives these keys."""
        return (self.beside is None or self.beside in given) and (self.without is None or self.without not in given)


# The names that all kinds share: keys of an edit, how a value is typed (``options``), and parts of a release.
EDIT_KEYS = ("path", "value", "pattern", "document", "on-missing")
TYPED = "typed"
RELEASE_KEYS = ("images", "version", "revision")
_SHARED = frozenset((*EDIT_KEYS, TYPED, *RELEASE_KEYS))
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")


def placeholders(text: str) -> Iterator[str]:
    """The names in `{...}` of a text, in order."""
    return (match[1] for match in _PLACEHOLDER.finditer(text))


def own_keys(takes: Mapping[str, Take]) -> tuple[str, ...]:
    """The keys that a kind has for itself: ``options`` of an edit, in gitops.yaml under the same name."""
    return tuple(key for key in takes if key not in _SHARED)


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
    milestone: str | None = None
    merge_method: MergeMethod | None = None
    group: Group = "app"
    branch: str | None = None
    repository: str | None = None
    gates: Gates = Gates()
    deployments: bool = False


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
class Template:
    """A text of gitops.yaml that is filled in, and where it stands."""

    text: str
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Messages:
    """How requests are worded; None: as our own templates have it."""

    title: Template | None = None
    body: Template | None = None


@dataclass(frozen=True, slots=True)
class ConfigRepo:
    """The `config-repo` section of an app repo's gitops.yaml, and where it stands there."""

    url: str
    base: str | None = None
    line: int | None = field(default=None, compare=False)
    column: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline that `generate` writes. ``values`` is what the set of templates is given, ``places`` where each of
    them (and each key on the way) stands in ``file``: line and column by the keys and indexes that lead to it."""

    name: str
    use: str
    platforms: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    action: str | None = None
    tool_image: str | None = None
    file: str = "gitops.yaml"
    places: Mapping[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)

    def place(self, *path: str | int) -> tuple[int, int] | tuple[None, None]:
        """Line and column of the value at a path, or of the nearest one above it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return None, None


@dataclass(frozen=True, slots=True)
class Config:
    """A valid gitops.yaml."""

    environments: Mapping[str, Environment] = field(default_factory=dict)
    apps: Mapping[str, App] = field(default_factory=dict)
    freezes: tuple[Freeze, ...] = ()
    records: bool = True
    config_repo: ConfigRepo | None = None
    app: str | None = None
    pipelines: tuple[Pipeline, ...] = ()
    messages: Messages = Messages()
