"""The one table that comes out."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

_HEAD = ("| what | size | delay | ours | baseline | ratio | bound | holds |", "|---|---|---|--:|--:|--:|--:|---|")


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of ours beside a baseline, both in ``unit``. ``bound``: what their ratio, or ours alone where there is
    no baseline, may be at most; None: it is only told."""

    what: str
    size: str
    ours: float
    delay: str = "none"
    baseline: float | None = None
    bound: float | None = None
    unit: str = "ms"

    @property
    def ratio(self) -> float | None:
        return None if self.baseline is None else self.ours / self.baseline

    @property
    def holds(self) -> bool | None:
        """Whether ours is within the bound; None: there is none."""
        if self.bound is None:
            return None
        return (self.ours if self.ratio is None else self.ratio) <= self.bound


def markdown(rows: Sequence[Row]) -> str:
    """The table, and a line that says what it was measured on."""
    return "\n".join([*_HEAD, *_lines(rows), "", machine(), ""])


def renewed(table: str, rows: Sequence[Row], part: str) -> str:
    """``table``, as `markdown` made it, with other figures in these rows, and with those that it lacks at its end. What
    this ``part`` was measured on is told beside what the others were."""
    lines = table.splitlines()
    if lines[:1] != [_HEAD[0]]:
        return markdown(rows)
    end = lines.index("")
    new = {_key(line): line for line in _lines(rows)}
    kept = [new.pop(_key(line), line) for line in lines[:end]]
    mark = f"`{part}`: "
    told = [line for line in lines[end + 1 :] if line and not line.startswith(mark)]
    notes = [part for line in [*told, mark + machine()] for part in (line, "")]
    return "\n".join([*kept, *new.values(), "", *notes])


def _key(line: str) -> str:
    return "|".join(line.split("|")[:4])


def _lines(rows: Sequence[Row]) -> list[str]:
    lines = []
    for row in rows:
        cells = (
            row.what,
            row.size,
            row.delay,
            f"{row.ours:,.0f} {row.unit}",
            "-" if row.baseline is None else f"{row.baseline:,.0f} {row.unit}",
            "-" if row.ratio is None else f"{row.ratio:.2f}",
            _bound(row),
            {True: "yes", False: "**no**", None: "-"}[row.holds],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def document(rows: Sequence[Row]) -> dict[str, object]:
    """The same for programs."""
    return {"machine": machine(), "rows": [asdict(row) | {"ratio": row.ratio, "holds": row.holds} for row in rows]}


def machine() -> str:
    """What, with what and when it was measured."""
    git = subprocess.run(["git", "version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[2]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"git {git}, {date.today()}"  # noqa: DTZ011 (the day where it was measured)
    )


def _bound(row: Row) -> str:
    if row.bound is None:
        return "-"
    return f"{row.bound:,.0f} {row.unit}" if row.baseline is None else f"{row.bound:.2f}"
