"""What `edit` is told to write: its options as edits and a release, for any kind that is installed.

No kind says which options it takes. So what an editor looks at is remembered, and an option that none has looked at is
an error: it would else be dropped without a word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Literal

from gitops_actions import plugins
from gitops_actions.cli.watched import Extras, absent, watched
from gitops_actions.core import assignments, images
from gitops_actions.core.targets import filled
from gitops_actions.edit.refusals import BAD_SPEC
from gitops_actions.errors import UsageError
from gitops_actions.model import Edited, EditSpec, Found, Image, Release, Source, ValueChange
from gitops_actions.protocols import Editor

# Which kind writes a value at a path into the files of a kind that does not do so itself.
_SET_AS = {"helm": "yaml"}
# Kinds whose path is the name of the app, where nothing else is said.
_PATH_IS_APP = ("marker",)
# What has to be looked at so that an option was not in vain: attributes of an EditSpec and a Release.
_ATTRIBUTES = {
    "--set": {"path", "value"}, "--set-string": {"path", "value", "options.typed"},
    "--set-json": {"path", "value", "options.typed"},
    "--path": {"path"}, "--value": {"value"}, "--pattern": {"pattern"}, "--document": {"document"},
    "--image": {"images"}, "--version": {"version"}, "--revision": {"source"}, "--app": {"options.app"},
}  # fmt: skip
_SETS = {"--set", "--set-string", "--set-json"}
_PLACEHOLDERS = {
    "version": "version", "image": "images", "tag": "images", "digest": "images", "revision": "source",
    "short_revision": "source", "app": "options.app",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `edit` that say what to write. ``spoken`` are those on the command line: a variable of the same
    pipeline may be meant for another command, so one that has no use is no mistake, and the command line wins."""

    sets: tuple[str, ...]
    set_strings: tuple[str, ...]
    set_jsons: tuple[str, ...]
    path: str | None
    value: str | None
    pattern: str | None
    document: str | None
    images: tuple[str, ...]
    version: str | None
    revision: str | None
    app: str | None
    options: tuple[str, ...]
    create: bool
    spoken: frozenset[str]


class Instructions:
    """The edits to make in each file, one after the other in the same text."""

    def __init__(self, kind: str, options: Options, first: str) -> None:
        """Raises UsageError for a kind that is not installed, and for options that cannot be what they should be.
        ``first``: a file that is edited, for messages."""
        self._options = options
        _check_texts(options)
        setting = bool(options.sets or options.set_strings or options.set_jsons)
        if options.spoken & {"--path", "--value", "--pattern"} and options.spoken & _SETS:
            message = "--set names path and value itself: leave --path, --value and --pattern out"
            raise UsageError(message, code="GA045")
        if options.spoken & {"--path", "--value", "--pattern", "--image"} and not options.spoken & _SETS:
            setting = False
        installed: Editor = plugins.load("editors", kind)()
        self._namer = installed
        self._editor: Editor = plugins.load("editors", _SET_AS[kind])() if setting and kind in _SET_AS else installed
        self.kind = kind
        self._seen: set[str] = set()
        built = tuple(images.named(images.parse(text)) for text in options.images)
        _check_images(built)
        tag = next((image.tag for image in built if image.tag), None)
        version = options.version or tag or options.revision
        self._version_from = "--version" if options.version else "--image" if tag else "--revision"
        release = Release(version or "", built, Source(revision=options.revision))
        specs = [self._filled(spec, release, first) for spec in self._specs(setting)]
        names = [field.name for field in fields(EditSpec)]
        self._specs_of_file = tuple({name: getattr(spec, name) for name in names} for spec in specs)
        watched_release = watched(Release, self._seen, without=() if version else ("version",))
        self._release = watched_release(release.version, release.images, release.source)
        self._spec_type = watched(EditSpec, self._seen)

    def paths(self, file: str) -> tuple[str, ...]:
        """The files that a name may mean."""
        return self._namer.paths(EditSpec(self.kind, file))

    def edit(self, text: str, file: str) -> Edited:
        """The text with all values in place.

        Raises EditRefused as the editor does, UsageError when the options are not what its kind needs.
        """
        changes: list[ValueChange] = []
        written: list[tuple[EditSpec, list[str]]] = []
        for values in self._specs_of_file:
            spec = self._spec_type(**{**values, "file": file, "options": Extras(values["options"], self._seen)})
            try:
                edited = self._editor.edit(text, spec, self._release)
            except UsageError as error:
                if error.code == BAD_SPEC and values["value"] is None:
                    error.hint = f"{error.hint}; here by --set PATH=VALUE, or --value with --path or --pattern"
                raise
            changes = [*_moved(changes, text, edited), *edited.changes]
            text = edited.text
            if len(self._specs_of_file) > 1:
                written.append((spec, _values(self._editor.read(text, spec))))
        for spec, wanted in written[:-1]:
            if _values(self._editor.read(text, spec)) != wanted:
                raise UsageError(f"{spec.path} is set twice, to different values", code="GA054")
        return Edited(text, tuple(sorted(changes, key=attrgetter("line"))))

    def check_used(self) -> None:
        """Raises UsageError for an option on the command line that no editor has looked at."""
        needed = {**_ATTRIBUTES, "--option": {f"options.{key}" for key in _extra(self._options.options)}}
        used = {name for name, attributes in needed.items() if attributes <= self._seen}
        if self.kind in _PATH_IS_APP and self._options.path is None and "path" in self._seen:
            used.add("--app")
        if "version" in self._seen:
            used.add(self._version_from)
        unused = sorted(self._options.spoken & (needed.keys() - used))
        if unused:
            raise UsageError(
                f"kind {self.kind} has no use for {' and '.join(unused)} here",
                code="GA056",
                hint="leave it out; see `gitops-actions edit --help` for what each kind takes",
            )

    def _specs(self, setting: bool) -> list[EditSpec]:
        options = self._options
        missing: Literal["error", "create"] = "create" if options.create else "error"
        extra = {**_extra(options.options), **({"app": options.app} if options.app is not None else {})}
        path = options.app if options.path is None and self.kind in _PATH_IS_APP else options.path
        plain = EditSpec(self._editor.kind, "", document=options.document, on_missing=missing, options=extra)
        if not setting:
            return [replace(plain, path=path, value=options.value, pattern=options.pattern)]
        found: list[EditSpec] = []
        for name, texts, typed in (
            ("--set", options.sets, "auto"),
            ("--set-string", options.set_strings, "string"),
            ("--set-json", options.set_jsons, "json"),
        ):
            for text in texts:
                parts = assignments.split(text)
                if parts is None:
                    message = f"{text[:200]!r} is not PATH=VALUE"
                    raise UsageError(message, code="GA050", hint=f"such as {name} image.tag=1.2")
                found.append(replace(plain, path=parts[0], value=parts[1], options={**extra, "typed": typed}))
        return found

    def _filled(self, spec: EditSpec, release: Release, first: str) -> EditSpec:
        """The edit with the placeholders of its value replaced; what they take counts as looked at."""
        used = set(re.findall(r"\{(\w+)\}", spec.value or ""))
        if "version" in used and not release.version:
            raise absent("version")
        result = filled(replace(spec, file=first), release, self._options.app, None)
        self._seen |= {_PLACEHOLDERS[name] for name in used & _PLACEHOLDERS.keys()}
        return result


def _extra(texts: Sequence[str]) -> dict[str, str]:
    """`--option KEY=VALUE`. Raises UsageError."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(
                f"{text[:200]!r} is not KEY=VALUE", code="GA050", hint="such as --option remote=acme/deploy"
            )
        found[key] = value
    return found


def _check_texts(options: Options) -> None:
    """Nothing that no file could hold, and names in one word."""
    for field in fields(options):
        given = getattr(options, field.name)
        for text in given if isinstance(given, tuple) else (given,):
            if isinstance(text, str) and any("\ud800" <= char <= "\udfff" for char in text):
                raise UsageError(f"{text[:200]!r} is not valid Unicode", code="GA036", hint="write it as UTF-8")
    for name in ("version", "revision", "app"):
        text = getattr(options, name)
        if text is not None and (not text or not text.isprintable() or " " in text):
            raise UsageError(f"{text[:200]!r} cannot be a --{name}", code="GA036", hint="write it as one word")


def _check_images(given: Sequence[Image]) -> None:
    names: set[str] = set()
    for image in given:
        if image.tag is None and image.digest is None:
            raise UsageError(f"image {image.name} has neither tag nor digest", code="GA025", hint=f"{image.name}:TAG")
        if image.name in names:
            raise UsageError(f"image {image.name} is given twice", code="GA024")
        names.add(image.name)


def _moved(changes: Collection[ValueChange], old: str, edited: Edited) -> list[ValueChange]:
    """The changes of before, at the lines where they stand after one more edit has added lines."""
    added = edited.text.count("\n") - old.count("\n")
    if not added or not edited.changes:
        return list(changes)
    first = min(change.line for change in edited.changes)
    return [replace(change, line=change.line + added) if change.line >= first else change for change in changes]


def _values(found: Sequence[Found]) -> list[str]:
    return [each.value for each in found]
