"""Put one value into a text that another reader, which knows no places, then reads as well: exactly the wanted value
differs, or nothing is handed out (contract section 3). For the formats that PyYAML does not parse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.refusals import NOT_READ_BACK
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, ValueChange


class Patch(NamedTuple):
    """``text`` in place of what stands between ``start`` and ``end``."""

    start: int
    end: int
    text: str


class Reading(NamedTuple):
    """A text, twice: its nodes, and its data as ``load`` gives them (mappings as dicts or as tuples of pairs)."""

    parsed: Parsed
    data: Any
    load: Callable[[str], Any]


def swap(reading: Reading, patch: Patch, path: tuple[Step, ...], wanted: Any, change: ValueChange) -> Edited:
    """The text with the patch, in which ``wanted`` (as ``load`` gives it) is at ``path``: keys and indexes.

    Raises EditRefused when that is not exactly what the new text says.
    """
    text = reading.parsed.text
    new = text[: patch.start] + patch.text + text[patch.end :]
    try:
        matches = _only_differs(reading.data, reading.load(new), path, wanted)
    except (ValueError, RecursionError):
        matches = False
    if not matches:
        raise not_read_back(change.path, change.line)
    return Edited(reading.parsed.bom + new, (change,))


def not_read_back(path: str, line: int) -> EditRefused:
    """The refusal where the readers disagree."""
    message = f"the new value of {path} would not read back as it was written"
    return EditRefused(message, code=NOT_READ_BACK, line=line, hint="write the value by hand")


def at(data: Any, path: Sequence[Step]) -> Any:
    """The data at keys and indexes that are there."""
    for step in path:
        data = data[step] if isinstance(step, int) else dict(_pairs(data))[step]
    return data


def _only_differs(old: Any, new: Any, path: tuple[Step, ...], wanted: Any) -> bool:
    """Whether ``new`` is ``old`` but for ``wanted`` at ``path``, whose last step may be an addition."""
    if not path:
        return type(new) is type(wanted) and bool(new == wanted)
    if type(old) is not type(new):
        return False
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(old, list) or step > len(old) or len(new) != max(len(old), step + 1):
            return False
        if old[:step] != new[:step] or old[step + 1 :] != new[step + 1 :]:
            return False
        return (step < len(old) or not rest) and _only_differs(old[step] if rest else None, new[step], rest, wanted)
    before = [pair for pair in _pairs(old) if pair[0] == step]
    after = [pair for pair in _pairs(new) if pair[0] == step]
    if [pair for pair in _pairs(old) if pair[0] != step] != [pair for pair in _pairs(new) if pair[0] != step]:
        return False
    if len(after) != 1 or len(before) > 1 or (rest and not before):
        return False
    return _only_differs(before[0][1] if rest else None, after[0][1], rest, wanted)


def _pairs(data: Any) -> Sequence[tuple[Any, Any]]:
    """The pairs of a mapping."""
    return tuple(data.items()) if isinstance(data, dict) else data
