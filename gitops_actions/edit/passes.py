"""What is not there yet is created in one pass and edited like all the rest in the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gitops_actions.model import Edited, Found


def joined(first: Edited, then: Edited, found: Sequence[Found]) -> Edited:
    """Two edits, the second of what the first has made, as one. ``found`` are the places in the last text: the second
    edit may have moved what the first has changed."""
    lines = {value.path: value.line for value in found}
    changes = [replace(change, line=lines.get(change.path, change.line)) for change in (*first.changes, *then.changes)]
    return Edited(then.text, tuple(sorted(changes, key=lambda change: change.line)))
