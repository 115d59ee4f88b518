"""What the editors would have made of a change that somebody made by hand (or by another tool) in the past."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from gitops_actions.core import bumps
from gitops_actions.core.bumps import Bump, Shape, Show
from gitops_actions.core.values import WITH_TAB, Difference, Unreadable, Value, differences, thinned, tree
from gitops_actions.core.verdicts import Case, Judged, Tools, judge, number, printable
from gitops_actions.model import EditSpec, Release

# Each value is an edit of its own: a file with very many is a generated one, which nobody edits by path.
MAX_VALUES = 100
# Of larger files (in characters) only what differs is kept, and they are made by the kind of their format only.
LARGE = 512 * 1024

_FORMATS = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}
_RELEASE = Release("replay")


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
    large = max(len(old), len(new)) > LARGE
    try:
        trees = thinned(read(old), read(new)) if large else (tree(read(old)), tree(read(new)))
    except Unreadable:
        return Skipped(f"not readable as {format}")
    found = differences(*trees) if trees is not None else None
    if trees is None or found is None:
        return Skipped("more than values changed")
    if not found:
        return Skipped("no value changed")
    if len(found) > MAX_VALUES:
        return Skipped(f"more than {MAX_VALUES} values changed")
    if any(not change.place.steps for change in found):
        return Skipped("the file is a single value")
    if any(WITH_TAB in (change.old.tag, change.new.tag) for change in found):
        return Skipped("the value holds a tab")
    before, after = trees
    case = Case(old, new, before, after, found, read, large)
    several = any(place.document for place in before)
    plain = [Bump(_spec(format, file, change, several, tools.show), _RELEASE) for change in found]
    texts = [change.place for change in found if _wanted(change)[1] == "string"]
    shape = bumps.shape_of(file, format, before)
    special = None if large else bumps.bumps(file, shape, after, found, tools.show)
    changes = tuple(
        Changed(
            printable(tools.show(change.place.steps)),
            None if change.old.span is None else old.count("\n", 0, change.old.span[0]) + 1,
            printable(change.old.text),
            printable(change.new.text),
        )
        for change in found
    )
    judged = None
    if special and special[0].spec.kind in tools.editors:
        judged = judge(case, special, [change.place for change in found], tools)
    return Replayed(file, shape, changes, judge(case, plain, texts, tools), judged)


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
    if new.type == "null":
        return "null", "json"
    if new.type == "boolean":
        word = "true" if new.means(Value("true", "boolean")) else "false"
        return word, "auto" if old.text in ("true", "false") and old.type == new.type else "json"
    if new.type == "number" and change.strict and number(new.text) is not None:
        return new.text, "json"
    if new.type != "other" and number(new.text) is not None and json.dumps(json.loads(new.text)) == new.text:
        plain = old.type == new.type == "integer" and re.fullmatch(r"-?(?:0|[1-9][0-9]*)", old.text)
        return new.text, "auto" if plain else "json"
    return new.text, "string"  # such as 0x1F, 1_000, 1.10 or 2026-01-31: a text is all that can be asked for
