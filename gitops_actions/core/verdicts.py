"""What editors make of a change, compared with what its author made."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gitops_actions.core.bumps import Bump, Show
from gitops_actions.core.values import Difference, Place, Reader, Tree, Unreadable, Value, same_around, thinned, tree
from gitops_actions.errors import GitOpsError
from gitops_actions.protocols import Editor


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
class Judged:
    """What one kind made of a file. ``made`` is its text, None where it made none; ``code`` is that of a refusal."""

    kind: str
    verdict: Verdict
    reason: str = ""
    code: str | None = None
    line: int | None = None
    made: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A file in which only values changed: both texts, what is in them, and what differs."""

    old: str
    new: str
    before: Tree
    after: Tree
    changes: Sequence[Difference]
    read: Reader
    large: bool


def judge(case: Case, edits: Sequence[Bump], texts: Collection[Place], tools: Tools) -> Judged:
    """Make the edits, all of one kind, and compare what comes out; ``texts`` are where a string is asked for, whatever
    the author wrote."""
    kind = edits[0].spec.kind
    text = case.old
    for number, (spec, release) in enumerate(edits):
        try:
            text = tools.editors[kind].edit(text, spec, release).text
        except GitOpsError as error:
            if number and _alone(case, edits[number], tools):
                return Judged(kind, Verdict.WRONG, "an edit is refused after another one, and not without it")
            return Judged(kind, Verdict.REFUSED, printable(error.message), error.code, error.line)
        except Exception as error:  # an editor that crashes is the very thing that is looked for
            return Judged(kind, Verdict.WRONG, f"the editor failed with {type(error).__name__}")
    if text == case.new:
        return Judged(kind, Verdict.EXACT, made=text)
    verdict, reason = _compared(case, text, texts, tools.show)
    return Judged(kind, verdict, printable(reason), made=text)


def _alone(case: Case, edit: Bump, tools: Tools) -> bool:
    """Whether an edit is possible in the old file."""
    try:
        tools.editors[edit.spec.kind].edit(case.old, edit.spec, edit.release)
    except GitOpsError:
        return False
    return True


def _compared(case: Case, text: str, texts: Collection[Place], show: Show) -> tuple[Verdict, str]:
    """The verdict on a text that is not the author's, byte for byte; ``texts`` are where a string was asked for,
    whatever the author wrote. The reason holds no value: it may be pasted."""
    before: Tree | None = case.before
    made: Tree | None
    try:
        if case.large:
            before, made = thinned(case.read(case.old), case.read(text)) or (None, None)
        else:
            made = tree(case.read(text))
    except Unreadable as error:
        return Verdict.WRONG, f"the result cannot be read: {error}"
    if made is None or before is None or made.keys() != before.keys():
        return Verdict.WRONG, "the result has other keys or items than the old file"
    wanted = {change.place: change for change in case.changes}
    missed = next((place for place in wanted if place not in made), None)
    if missed is not None:
        return Verdict.WRONG, f"{show(missed.steps)} does not have the author's value"
    quoted = False
    for place, value in made.items():
        was, change = before[place], wanted.get(place)
        if isinstance(value, str) or isinstance(was, str):
            if value != was:
                return Verdict.WRONG, "the result has another structure than the old file"
        elif change is None:
            if value != was:
                return Verdict.WRONG, f"{show(place.steps)} changed, which the author left alone"
        elif not value.means(change.new) and not (change.strict and _same_number(value, change.new)):
            if place not in texts or value.type != "string" or value.text != change.new.text:
                return Verdict.WRONG, f"{show(place.steps)} does not have the author's value of type {change.new.type}"
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


def _same_number(one: Value, other: Value) -> bool:
    return one.type == other.type == "number" and number(one.text) == number(other.text) is not None


def number(text: str) -> float | None:
    """The number that a JSON text is, if it is one."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return float(value) if isinstance(value, int | float) else None


def printable(text: str) -> str:
    """The text without the halves of characters that JSON can hold, and no output."""
    return text.encode("utf-8", "replace").decode()
