"""What `replay` found, counted and as it is shown."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from gitops_actions.cli.tables import table
from gitops_actions.core.bumps import SHAPES
from gitops_actions.core.replay import Replayed, Skipped
from gitops_actions.core.verdicts import Judged, Verdict
from gitops_actions.texts import one_line

# A difference that is longer says no more, and takes long to find.
_DIFF_LINES, _DIFF_SIZE = 40, 256 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """A file that was replayed, with the author's text."""

    replayed: Replayed
    author: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A verdict to be shown."""

    commit: str
    replayed: Replayed
    judged: Judged
    diff: str


@dataclass(slots=True)
class Tally:
    """Counts, and the verdicts of ``keep`` in full, without the texts of the files."""

    keep: frozenset[str]
    commits: int = 0
    shapes: Counter[tuple[str, str]] = field(default_factory=Counter)  # by shape and verdict, or "files", "values"
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)  # as image bumps, by kind and verdict
    refusals: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    shown: list[Shown] = field(default_factory=list)
    _bugs: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def wrong(self) -> int:
        return self._bugs.total()

    @property
    def bugs(self) -> list[tuple[tuple[str, str, str], int]]:
        """Kind, shape and reason of what is wrong, and how often."""
        return self._bugs.most_common()

    def add(self, commit: str, file: str, case: Case | Skipped) -> None:
        """Count a file of a commit."""
        if isinstance(case, Skipped):
            self.skipped[case.why] += 1
            return
        replayed = case.replayed
        self.shapes[replayed.shape, "files"] += 1
        self.shapes[replayed.shape, "values"] += len(replayed.changes)
        self.shapes[replayed.shape, replayed.plain.verdict] += 1
        if replayed.bump is not None:
            self.kinds[replayed.bump.kind, "files"] += 1
            self.kinds[replayed.bump.kind, replayed.bump.verdict] += 1
        for judged in replayed.verdicts:
            if judged.code is not None:
                self.refusals[judged.code] += 1
                place = f"{commit[:7]} {file}" + (f":{judged.line}" if judged.line else "")
                self.examples.setdefault(judged.code, f"{place}: {judged.reason}")
            if judged.verdict is Verdict.WRONG:
                self._bugs[judged.kind, replayed.shape, judged.reason] += 1
            if judged.verdict in self.keep:
                self.shown.append(Shown(commit, replayed, judged, _diff(case.author, judged.made)))


def document(tally: Tally, *, repository: str, commit: str, shallow: bool) -> dict[str, object]:
    """As it stands in docs/results.md."""
    return {
        "schema_version": 1,
        "command": "replay",
        "repository": repository,
        "commit": commit,
        "shallow": shallow,
        "commits": tally.commits,
        "shapes": [
            {"shape": shape, "files": tally.shapes[shape, "files"], "values": tally.shapes[shape, "values"]}
            | _verdicts(tally.shapes, shape)
            for shape in _shapes(tally)
        ],
        "bumps": [
            {"kind": kind, "files": tally.kinds[kind, "files"]} | _verdicts(tally.kinds, kind) for kind in _kinds(tally)
        ],
        "refusals": [
            {"code": code, "count": count, "example": tally.examples[code]}
            for code, count in tally.refusals.most_common()
        ],
        "skipped": [{"why": why, "files": files} for why, files in tally.skipped.most_common()],
        "shown": [
            {
                "verdict": str(one.judged.verdict),
                "commit": one.commit,
                "file": one.replayed.file,
                "shape": one.replayed.shape,
                "kind": one.judged.kind,
                "code": one.judged.code,
                "line": one.judged.line,
                "reason": one.judged.reason or None,
                "changes": [
                    {"path": change.path, "line": change.line, "old": change.old, "new": change.new}
                    for change in one.replayed.changes
                ],
                "diff": one.diff or None,
            }
            for one in tally.shown
        ],
    }


def text(tally: Tally, shown: Collection[str]) -> str:
    """For people: what is to be shown, then the counts."""
    lines = [line for one in tally.shown if one.judged.verdict in shown for line in (*_lines(one), "")]
    files = sum(tally.shapes[shape, "files"] for shape in SHAPES)
    if not files:
        lines.append(f"In {_count(tally.commits, 'commit')}, no file was changed in nothing but values.")
    else:
        values = sum(tally.shapes[shape, "values"] for shape in SHAPES)
        changed = f"{_count(files, 'file')} {'was' if files == 1 else 'were'} changed in nothing but values"
        lines += [f"In {_count(tally.commits, 'commit')}, {changed} ({_count(values, 'value')}).", ""]
        rows = [["SHAPE", "FILES", "VALUES", *(verdict.upper() for verdict in Verdict)]]
        columns = ("files", "values", *Verdict)
        shapes = _shapes(tally)
        rows += [[shape, *(str(tally.shapes[shape, column]) for column in columns)] for shape in shapes]
        totals = [str(sum(tally.shapes[shape, column] for shape in SHAPES)) for column in columns]
        rows += [["all", *totals]] if len(shapes) > 1 else []
        lines.append(table(rows))
    if tally.kinds:
        rows = [["AS IMAGE BUMP", "FILES", *(verdict.upper() for verdict in Verdict)]]
        rows += [[kind, *(str(tally.kinds[kind, column]) for column in ("files", *Verdict))] for kind in _kinds(tally)]
        lines += ["", table(rows)]
    if tally.refusals:
        rows = [["REFUSED", "TIMES", "FOR EXAMPLE"]]
        rows += [[code, str(count), tally.examples[code]] for code, count in tally.refusals.most_common()]
        lines += ["", table(rows)]
    others = [(why, count) for why, count in tally.skipped.most_common()]
    if others:
        lines += ["", table([["NOT REPLAYED", "FILES"], *([why, str(count)] for why, count in others)])]
    return "\n".join(lines)


def _lines(one: Shown) -> Iterator[str]:
    judged = one.judged
    for change in one.replayed.changes:
        place = one.replayed.file + (f":{change.line}" if change.line else "")
        values = f"{_short(change.old)} -> {_short(change.new)}"
        yield one_line(f"{judged.verdict}  {one.commit[:7]} {place}  {change.path}  {values}")
    code = f" [{judged.code}]" if judged.code else ""
    at = f", line {judged.line}" if judged.line else ""
    yield one_line(f"  kind {judged.kind}{at}: {judged.reason or 'the same bytes'}{code}")
    for line in one.diff.splitlines():
        yield "  " + one_line(line)


def _short(value: str) -> str:
    if not value:
        return "(empty)"
    value = value if value.isprintable() else repr(value)
    return value if len(value) <= 80 else value[:77] + "..."


def _diff(author: str, made: str | None) -> str:
    """The author's text against ours; nothing where they are the same, or we made none."""
    if made is None or made == author:
        return ""
    if max(len(author), len(made)) > _DIFF_SIZE:
        return "(too long to be compared here)\n"
    old, new = author.splitlines(keepends=True), made.splitlines(keepends=True)
    lines = [
        # What stands at the end of a line is what often differs.
        line if number < 2 or line[0] == "@" else line[0] + repr(line[1:])[1:-1] + "\n"
        for number, line in enumerate(difflib.unified_diff(old, new, "the author's", "ours", n=1))
    ]
    return "".join([*lines[:_DIFF_LINES], "...\n"] if len(lines) > _DIFF_LINES else lines)


def _shapes(tally: Tally) -> list[str]:
    return [shape for shape in SHAPES if tally.shapes[shape, "files"]]


def _kinds(tally: Tally) -> list[str]:
    return sorted({kind for kind, _ in tally.kinds})


def _verdicts(counts: Counter[tuple[str, str]], name: str) -> dict[str, int]:
    return {str(verdict): counts[name, verdict] for verdict in Verdict}


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
