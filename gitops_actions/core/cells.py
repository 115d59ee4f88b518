"""One app in one environment: what its record says, what its files say, and what an edit makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops_actions.core import images, records
from gitops_actions.core.targets import filled, specs
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import (
    App,
    Change,
    EditSpec,
    File,
    FileChange,
    Found,
    Image,
    Record,
    Release,
    Snapshot,
    Source,
)
from gitops_actions.protocols import Editor


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The editors by kind, and what turns a file into text (raising EditRefused for what is not text)."""

    editors: Mapping[str, Editor]
    decode: Callable[[File], str]

    def editor(self, kind: str) -> Editor:
        """Raises UsageError for a kind that is not installed."""
        if kind not in self.editors:
            raise UsageError(f"no editor for {kind!r} is installed", code="GA027", hint="see gitops-actions plugins")
        return self.editors[kind]


@dataclass(frozen=True, slots=True)
class Drift:
    """A value that is not what the release record says."""

    file: str
    line: int
    path: str
    recorded: str
    found: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """``release`` is what the files say: the record's release, unless a person changed a value (``drift``).
    ``problem``: the record cannot be read."""

    app: App
    environment: str
    record: Record | None
    release: Release | None
    drift: tuple[Drift, ...] = ()
    problem: EditRefused | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Files with a release in them, and the values that differ from what was there."""

    files: Mapping[str, FileChange]
    changes: tuple[Change, ...]


def paths(app: App, environment: str, tools: Toolbox) -> list[str]:
    """Every path that may matter for a cell: of its record and of its edits."""
    found = [records.path(environment, app.name)]
    for spec in specs(app, environment):
        found.extend(tools.editor(spec.kind).paths(spec))
    return found


def environment_paths(environment: str, apps: Sequence[App], tools: Toolbox) -> list[str]:
    """All paths that matter for these apps in an environment."""
    return [path for app in apps for path in paths(app, environment, tools)]


def cell(
    app: App, environment: str, snapshot: Snapshot, tools: Toolbox, record: Record | None = None, *, filed: bool = True
) -> Cell:
    """The state of an app in an environment. Where records are off (not ``filed``), ``record`` stands in for the file,
    which may be left from another time."""
    path = records.path(environment, app.name)
    file = snapshot.files.get(path) if filed else None
    problem = None
    if file is not None:
        try:
            record = records.read(file.content, path)
        except EditRefused as error:
            problem = error
    if record is None:
        return Cell(app, environment, None, _read(app, environment, snapshot, tools), problem=problem)
    release = record.release
    called = images.renamed(app, release.images)
    if called != release.images:
        release = replace(release, images=called)
        record = replace(record, release=release)
    try:
        changes = draft(app, environment, release, snapshot, tools).changes
    except (EditRefused, UsageError):
        # What cannot be compared is not drift; `validate` and the next edit say what is wrong with the file.
        changes = ()
    if not changes:
        return Cell(app, environment, record, release)
    drift = tuple(Drift(c.file, c.line, c.path, recorded=c.new, found=c.old) for c in changes if c.old != c.new)
    if not drift:  # only quotes are missing: the value is the one that was recorded
        return Cell(app, environment, record, release)
    return Cell(app, environment, record, _read(app, environment, snapshot, tools) or release, drift)


def draft(
    app: App,
    environment: str | None,
    release: Release,
    snapshot: Snapshot,
    tools: Toolbox,
    into: Mapping[str, FileChange] | None = None,
) -> Draft:
    """The edits of an app with a release in place. ``into`` are files that other apps have changed already.
    Without an environment the edits are taken as they are: no placeholder is filled in.

    Raises EditRefused naming file and place, UsageError when the release lacks a value that an edit needs.
    """
    files = dict(into or {})
    texts: dict[str, str] = {}
    changes: list[Change] = []
    for spec in specs(app, environment) if environment is not None else app.edits:
        path = existing(spec, snapshot, tools)
        file = snapshot.files[path]
        editor = tools.editor(spec.kind)
        try:
            if path not in texts:
                content = files[path].content if path in files else file.content
                texts[path] = tools.decode(File(content or b"", file.mode))
            if environment is not None:
                spec = filled(spec, release, app.name, environment)
            edited = editor.edit(texts[path], spec, release)
        except EditRefused as error:
            error.file = path
            raise
        if edited.changes:
            texts[path] = edited.text
            files[path] = FileChange(path, edited.text.encode(), file.mode)
            name = app.name if environment is not None else None
            changes.extend(Change(name, path, c.line, c.path, c.old, c.new) for c in edited.changes)
    same = {
        path
        for path in texts
        if path in files and path not in (into or {}) and files[path].content == snapshot.files[path].content
    }
    return Draft(
        {path: file for path, file in files.items() if path not in same},
        tuple(change for change in changes if change.file not in same),
    )


def existing(spec: EditSpec, snapshot: Snapshot, tools: Toolbox) -> str:
    """The file that an edit means. Raises EditRefused when there is none."""
    candidates = tools.editor(spec.kind).paths(spec)
    for path in candidates:
        if path in snapshot.files:
            return path
    raise EditRefused(
        f"there is no {' or '.join(candidates)} on {snapshot.ref}",
        code="GA101",
        file="gitops.yaml" if spec.line else None,
        line=spec.line,
        column=spec.column,
        hint="create the file with the values that the edit replaces, or correct the edit",
    )


def _read(app: App, environment: str, snapshot: Snapshot, tools: Toolbox) -> Release | None:
    """The release that the files speak of, as far as they do; None when they do not."""
    found: list[tuple[EditSpec, Found]] = []
    for spec in specs(app, environment):
        try:
            path = existing(spec, snapshot, tools)
            text = tools.decode(snapshot.files[path])
            found.extend((spec, value) for value in tools.editor(spec.kind).read(text, spec))
        except EditRefused:
            continue
    return _release(app, found)


def _release(app: App, found: Sequence[tuple[EditSpec, Found]]) -> Release | None:
    parts: dict[str, dict[str, str]] = {name: {} for name in app.images}
    version = revision = None
    for spec, value in found:
        if value.role == "value":
            version = version or (value.value if spec.value in ("{version}", "{tag}") else None)
            revision = revision or (value.value if spec.value == "{revision}" else None)
            if spec.value == "{image}":
                _whole_image(value.value, app, parts)
        elif value.role == "version":
            version = version or value.value
        elif value.role == "revision":
            revision = revision or value.value
        elif value.role == "image":
            _whole_image(value.value, app, parts)
        else:
            name = value.name or (app.images[0] if app.images else "")
            if name in parts or not app.images:  # a file may hold other apps' images too
                parts.setdefault(name, {}).setdefault(value.role, value.value)
    built = tuple(
        Image(name, part.get("repository", name), part.get("tag") or None, part.get("digest") or None)
        for name, part in parts.items()
        if part
    )
    tagged = next((image.tag or image.digest for image in built if image.tag or image.digest), None)
    version = tagged or version or revision
    if version is None:
        return None
    return Release(version, built, Source(repository=app.source, revision=revision))


def _whole_image(text: str, app: App, parts: dict[str, dict[str, str]]) -> None:
    """Take a whole reference apart for the app's image that it is."""
    try:
        image = images.parse(text)
    except UsageError:
        return
    name = image.repository
    if app.images and name not in parts:
        if len(app.images) > 1:
            return
        name = app.images[0]
    part = parts.setdefault(name, {})
    part.setdefault("repository", image.repository)
    if image.tag:
        part.setdefault("tag", image.tag)
    if image.digest:
        part.setdefault("digest", image.digest)
