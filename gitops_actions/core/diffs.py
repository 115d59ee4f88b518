"""Unified diffs, as `git diff` and `diff -u` print them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import takewhile

from gitops_actions.texts import one_line

_CONTEXT = 3
_MANY = 2000
# What becomes what: lines `before[a:b]` become `after[c:d]`.
_Block = tuple[int, int, int, int]


def unified(path: str, old: str | None, new: str | None) -> str:
    """The difference of two texts of a file; None: there is no such file. Only a line feed ends a line."""
    before, after = _lines(old or ""), _lines(new or "")
    lines: list[str] = []
    for hunk in _hunks(list(_blocks(before, after))):
        start, end = max(0, hunk[0][0] - _CONTEXT), min(len(before), hunk[-1][1] + _CONTEXT)
        new_start, new_end = hunk[0][2] - (hunk[0][0] - start), hunk[-1][3] + (end - hunk[-1][1])
        lines.append(f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n")
        position = start
        for low, high, new_low, new_high in hunk:
            lines += [f" {line}" for line in before[position:low]]
            lines += [f"-{line}" for line in before[low:high]]
            lines += [f"+{line}" for line in after[new_low:new_high]]
            position = high
        lines += [f" {line}" for line in before[position:end]]
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


def _blocks(before: list[str], after: list[str]) -> Iterator[_Block]:
    """The lines that differ. Difflib's time grows with the square of what it is given, and it looks for the longest
    match first: it gets only what lies between the first and the last difference. Where that is much, and no line was
    added, values have been replaced in their lines."""
    start = sum(1 for _ in takewhile(_equal, zip(before, after, strict=False)))
    rest = zip(reversed(before[start:]), reversed(after[start:]), strict=False)
    same = sum(1 for _ in takewhile(_equal, rest))
    if len(before) == len(after) and len(before) - same - start > _MANY:
        yield from ((n, n + 1, n, n + 1) for n in range(start, len(before) - same) if before[n] != after[n])
        return
    matcher = difflib.SequenceMatcher(None, before[start : len(before) - same], after[start : len(after) - same])
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag != "equal":
            yield start + low, start + high, start + new_low, start + new_high


def _hunks(blocks: list[_Block]) -> list[list[_Block]]:
    """The blocks that are so near to one another that their context meets."""
    hunks: list[list[_Block]] = []
    for block in blocks:
        if hunks and block[0] - hunks[-1][-1][1] <= 2 * _CONTEXT:
            hunks[-1].append(block)
        else:
            hunks.append([block])
    return hunks


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _equal(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1]


def _range(start: int, end: int) -> str:
    """As GNU diff writes it: the line before an empty range, and no length of one."""
    length = end - start
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"
