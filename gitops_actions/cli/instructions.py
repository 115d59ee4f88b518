"""What `edit` is told to write: its options as edits and a release, for any kind that is installed.

Each kind says what it takes. An option on the command line that it does not take is an error: it would else be dropped
without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from gitops_actions import plugins
from gitops_actions.cli import taken
from gitops_actions.core import assignments, images
from gitops_actions.core.targets import filled
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import (
    EDIT_KEYS,
    TYPED,
    Edited,
    EditSpec,
    Found,
    Image,
    Release,
    Source,
    ValueChange,
)
from gitops_actions.protocols import Editor

# Which kind writes a value at a path into the files of a kind that does not do so itself.
_SET_AS = {"helm": "yaml"}


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
        if options.spoken & {"--path", "--value", "--pattern"} and options.spoken & taken.SETS.keys():
            message = "--set names path and value itself: leave --path, --value and --pattern out"
            raise UsageError(message, code="GA045")
        if options.spoken & {"--path", "--value", "--pattern", "--image"} and not options.spoken & taken.SETS.keys():
            setting = False
        installed: Editor = plugins.load("editors", kind)()
        self._namer = installed
        self._editor: Editor = plugins.load("editors", _SET_AS[kind])() if setting and kind in _SET_AS else installed
        self.kind = kind
        built = tuple(images.named(images.parse(text)) for text in options.images)
        _check_images(built)
        tag = next((image.tag for image in built if image.tag), None)
        version = options.version or tag or options.revision
        self._release = Release(version or "", built, Source(revision=options.revision))
        parts = [taken.of(self._editor, keys, self._release, options.app) for keys in self._keys(setting)]
        origin = "--version" if options.version else "--image" if tag else "--revision"
        unused = taken.unused(parts, options.spoken, _extra(options.options), origin)
        if unused:
            message = f"kind {kind} has no use for {' and '.join(unused)} here"
            hint = f"leave it out; it takes {taken.listed(self._editor.takes)}"
            raise UsageError(message, code="GA056", hint=hint)
        taken.check_whole(self._editor, parts)
        for part in parts:
            taken.check_placeholders(part.spec.value or "")
        self._specs = tuple(filled(replace(part.spec, file=first), self._release, options.app, None) for part in parts)

    def paths(self, file: str) -> tuple[str, ...]:
        """The files that a name may mean."""
        return self._namer.paths(EditSpec(self.kind, file))

    def edit(self, text: str, file: str) -> Edited:
        """The text with all values in place.

        Raises EditRefused as the editor does, UsageError when the options are not what its kind needs.
        """
        try:
            return self._edited(text, file)
        except GitOpsError as error:
            error.hint = error.hint and taken.as_options(error.hint)
            raise

    def _edited(self, text: str, file: str) -> Edited:
        changes: list[ValueChange] = []
        written: list[tuple[EditSpec, list[str]]] = []
        for spec in (replace(each, file=file) for each in self._specs):
            edited = self._editor.edit(text, spec, self._release)
            changes = [*_moved(changes, text, edited), *edited.changes]
            text = edited.text
            if len(self._specs) > 1:
                written.append((spec, _values(self._editor.read(text, spec))))
        for spec, wanted in written[:-1]:
            if _values(self._editor.read(text, spec)) != wanted:
                raise UsageError(
                    f"{spec.path} is set twice, to different values", code="GA054", hint="leave one of them out"
                )
        return Edited(text, tuple(sorted(changes, key=attrgetter("line"))))

    def _keys(self, setting: bool) -> list[dict[str, str | None]]:
        """For each edit, what the options say for each key."""
        options = self._options
        common: dict[str, str | None] = {**_extra(options.options), **dict.fromkeys(EDIT_KEYS)}
        common |= {"document": options.document, "on-missing": "create" if options.create else None}
        if not setting:
            return [{**common, "path": options.path or None, "value": options.value, "pattern": options.pattern}]
        found: list[dict[str, str | None]] = []
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
                found.append({**common, "path": parts[0], "value": parts[1], TYPED: typed})
        return found


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
