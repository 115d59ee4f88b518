"""Columns and times as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from gitops_actions.texts import one_line


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as aligned columns; the first row is the header. Columns that are empty below it are left out."""
    clean = [[one_line(cell) for cell in row] for row in rows]
    kept = [column for column in range(len(clean[0])) if len(clean) == 1 or any(row[column] for row in clean[1:])]
    widths = {column: max(len(row[column]) for row in clean) for column in kept}
    return "\n".join("  ".join(row[column].ljust(widths[column]) for column in kept).rstrip() for row in clean)


def when(time: int | None) -> str | None:
    """RFC 3339 in UTC, from seconds since the epoch."""
    return None if time is None else datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
