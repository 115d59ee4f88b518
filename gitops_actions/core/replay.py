"""What the editors would have made of a change that somebody made by hand (or by another tool) in the past."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gitops_actions.core import bumps
from gitops_actions.core.bumps import Bump, Shape, Show
from gitops_actions.core.values import (
    WITH_TAB,
    Difference,
    Reader,
    Tree,
    Unreadable,
    Value,
    differences,
    same_around,
)
from gitops_actions.errors import GitOpsError
from gitops_actions.model import EditSpec, Release
from gitops_actions.protocols import Editor

# Each value is an edit of its own: a file with very many is a generated one, which nobody edits by path.
MAX_VALUES = 100

_FORMATS = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}
_RELEASE = Release("replay")


class Verdict(StrEnum):
    """How what the editors made compares with what the author made."""

    EXACT = "exact"  # the same bytes
    MINIMAL = "minimal"  # the same values, and nothing else differs from the old file; the author also changed layout
    REFUSED = "refused"  # the editor would not do it, and says why
    WRONG = "wrong"  # anything else: a bug


@dataclass(frozen=True, slots=True)
class Tools:
    """The editors by kind, the readers by format, and what writes a path in the path language."""

    editors: Mapping[str, Editor]
    readers: Mapping[str, Reader]
    show: Show


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that is no test of the editors; ``why`` is one of a few fixed texts."""

    why: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A value that the author changed; ``line`` counts from 1, None where it is not known."""

    path: str
    line: int | None
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What one kind made of a file. ``made`` is its text, None where it made none; ``code`` is that of a refusal."""

    kind: str
    verdict: Verdict
    reason: str = ""
    code: str | None = None
    line: int | None = None
    made: str | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A file in which only values changed. ``bump`` is there when they are those of images."""

    file: str
    shape: Shape
    changes: tuple[Changed, ...]
    plain: Judged
    bump: Judged | None

    @property
    def verdicts(self) -> tuple[Judged, ...]:
        return (self.plain,) if self.bump is None else (self.plain, self.bump)


def format_of(file: str) -> str | None:
    """The format by the file's name; None for one that is not looked at."""
    name = file.rpartition("/")[2]
    return "yaml" if name == "Kustomization" else _FORMATS.get(name[name.rfind(".") :].lower())


def replay(file: str, format: str, old: str, new: str, tools: Tools) -> Replayed | Skipped:
    """Make the author's change of a file again, and compare.

    ``old`` and ``new`` are the texts of the parent and of the commit. Skipped: more than values differ, or none does,
    or one of them cannot be read.
    """
    if format not in tools.editors or format not in tools.readers:
        return Skipped(f"no editor for {format}")
    read = tools.readers[format]
    try:
        before, after = read(old), read(new)
    except Unreadable:
        return Skipped(f"not readable as {format}")
    found = differences(before, after)
    if found is None:
        return Skipped("more than values changed")
    if not found:
        return Skipped("no value changed")
    if len(found) > MAX_VALUES:
        return Skipped(f"more than {MAX_VALUES} values changed")
    if any(not change.place.steps for change in found):
        return Skipped("the file is a single value")
    if any(WITH_TAB in (change.old.tag, change.new.tag) for change in found):
        return Skipped("the value holds a tab")
    case = _Case(old, new, before, after, found, read)
    several = any(place.document for place in before)
    plain = [Bump(_spec(format, file, change, several, tools.show), _RELEASE) for change in found]
    shape = bumps.shape_of(file, format, before)
    special = bumps.bumps(file, shape, after, found, tools.show)
    changes = tuple(
        Changed(
            _printable(tools.show(change.place.steps)),
            None if change.old.span is None else old.count("\n", 0, change.old.span[0]) + 1,
            _printable(change.old.text),
            _printable(change.new.text),
        )
        for change in found
    )
    judged = None
    if special and special[0].spec.kind in tools.editors:
        judged = _judge(case, special, tools)
    return Replayed(file, shape, changes, _judge(case, plain, tools), judged)


@dataclass(frozen=True, slots=True)
class _Case:
    old: str
    new: str
    before: Tree
    after: Tree
    changes: Sequence[Difference]
    read: Reader


def _spec(format: str, file: str, change: Difference, several: bool, show: Show) -> EditSpec:
    value, typed = _wanted(change)
    document = str(change.place.document) if several else None
    return EditSpec(
        format, file, path=show(change.place.steps), value=value, document=document, options={"typed": typed}
    )


def _wanted(change: Difference) -> tuple[str, str]:
    """Value and type to ask the editor for: what a person would give to --set-string, --set or --set-json."""
    old, new = change.old, change.new
    if new.type == "string" or new.tag is not None:
        return new.text, "string"
    literal = new.text
    if new.type == "number" and change.strict and _number(literal) is not None:
        return literal, "json"
    if new.type == "null":
        literal = "null"
    elif new.type == "boolean":
        literal = "true" if new.means(Value("true", "boolean", new.tag)) else "false"
    if old.type == new.type and new.type in ("integer", "boolean") and literal == new.text:
        return literal, "auto"
    try:
        if new.type != "other" and json.dumps(json.loads(literal)) == literal:
            return literal, "json"
    except ValueError:
        pass  # such as 0x1F or 1_000: a text is all that can be asked for
    return new.text, "auto"


def _number(text: str) -> float | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return float(value) if isinstance(value, int | float) else None


def _same_number(one: Value, other: Value) -> bool:
    return one.type == other.type == "number" and _number(one.text) == _number(other.text) is not None


def _judge(case: _Case, edits: Sequence[Bump], tools: Tools) -> Judged:
    kind = edits[0].spec.kind
    text = case.old
    try:
        for spec, release in edits:
            text = tools.editors[kind].edit(text, spec, release).text
    except GitOpsError as error:
        return Judged(kind, Verdict.REFUSED, _printable(error.message), error.code, error.line)
    except Exception as error:  # an editor that crashes is the very thing that is looked for
        return Judged(kind, Verdict.WRONG, f"the editor failed with {type(error).__name__}")
    if text == case.new:
        return Judged(kind, Verdict.EXACT, made=text)
    verdict, reason = _compared(case, text, tools.show)
    return Judged(kind, verdict, _printable(reason), made=text)


def _printable(text: str) -> str:
    """The text without the halves of characters that JSON can hold, and no output."""
    return text.encode("utf-8", "replace").decode()


def _compared(case: _Case, text: str, show: Show) -> tuple[Verdict, str]:
    """The verdict on a text that is not the author's, byte for byte. The reason holds no value: it may be pasted."""
    try:
        made = case.read(text)
    except Unreadable as error:
        return Verdict.WRONG, f"the result cannot be read: {error}"
    if made.keys() != case.before.keys():
        return Verdict.WRONG, "the result has other keys or items than the old file"
    wanted = {change.place: change for change in case.changes}
    quoted = False
    for place, value in made.items():
        before, after = case.before[place], case.after[place]
        if isinstance(value, str) or isinstance(before, str) or isinstance(after, str):
            if value != before:
                return Verdict.WRONG, "the result has another structure than the old file"
        elif place not in wanted:
            if (value.text, value.type, value.tag) != (before.text, before.type, before.tag):
                return Verdict.WRONG, f"{show(place.steps)} changed, which the author left alone"
        elif not value.means(after) and not (wanted[place].strict and _same_number(value, after)):
            if value.type != "string" or after.type in ("string", "null") or value.text != after.text:
                return Verdict.WRONG, f"{show(place.steps)} does not have the author's value, a {after.type}"
            quoted = True
    now = [value for change in case.changes if isinstance(value := made[change.place], Value)]
    if not same_around(case.old, [change.old for change in case.changes], text, now):
        return Verdict.WRONG, "bytes outside the values differ from the old file"
    if quoted:
        return (
            Verdict.MINIMAL,
            "written as a string; the author's is a number, a time or the like to some readers",
        )
    return Verdict.MINIMAL, "the author also changed quotes, comments or layout"
