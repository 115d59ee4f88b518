"""Unified diffs, as `git diff` and `diff -u` print them."""

from __future__ import annotations

import difflib
from itertools import takewhile

from gitops_actions.texts import one_line

_CONTEXT = 3


def unified(path: str, old: str | None, new: str | None) -> str:
    """The difference of two texts of a file; None: there is no such file. Only a line feed ends a line."""
    before, after = _lines(old or ""), _lines(new or "")
    # Difflib's time grows with the square of what it is given, and values stand in few lines: it gets only these.
    same = sum(1 for _ in takewhile(_equal, zip(before, after, strict=False)))
    start = max(0, same - _CONTEXT)
    rest = zip(reversed(before[same:]), reversed(after[same:]), strict=False)
    end = max(0, sum(1 for _ in takewhile(_equal, rest)) - _CONTEXT)
    part = difflib.SequenceMatcher(None, before[start : len(before) - end], after[start : len(after) - end])
    lines: list[str] = []
    for group in part.get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        removed = _range(start + first[1], last[2] - first[1])
        added = _range(start + first[3], last[4] - first[3])
        lines.append(f"@@ -{removed} +{added} @@\n")
        for tag, low, high, new_low, new_high in group:
            if tag == "equal":
                lines += [f" {line}" for line in before[start + low : start + high]]
            else:
                lines += [f"-{line}" for line in before[start + low : start + high]]
                lines += [f"+{line}" for line in after[start + new_low : start + new_high]]
    if not lines:
        return ""
    name = one_line(path)
    heads = [
        f"--- {'/dev/null' if old is None else f'a/{name}'}\n",
        f"+++ {'/dev/null' if new is None else f'b/{name}'}\n",
    ]
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in (*heads, *lines)
    )


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _equal(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def _range(start: int, length: int) -> str:
    """As difflib and GNU diff write it: the line before an empty range, and no length of one."""
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"
