"""The actions of Go templates (https://pkg.go.dev/text/template) in a text: where they are, and between which of them
a text is conditional or repeated."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from gitops_actions.edit.marks import Mark
from gitops_actions.edit.refusals import NOT_YAML, refusal
from gitops_actions.errors import EditRefused

# What stands in a text in place of an action. No YAML file holds it.
MASK = "\0"

_ACTION = re.compile(r"""\{\{(?:"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|'(?:[^'\\\n]|\\.)*+'|[^"`'}]|\}(?!\}))*+\}\}""")
_COMMENT = re.compile(r"\{\{(?:-[ \t\r\n]+)?/\*")
_END_OF_COMMENT = re.compile(r"\*/(?:[ \t\r\n]+-)?\}\}")
_WORD = re.compile(r"\{\{-?[ \t\r\n]*(\w+|\$\w*[ \t\r\n]*:?=|)")
_OPENING = frozenset(("if", "range", "with", "define", "block"))


class Masked(NamedTuple):
    """A text of the same length with `MASK` for each character of an action, and the places where the depth of control
    structures changes."""

    text: str
    places: list[int]
    depths: list[int]  # from each place on
    acting: list[int]  # the starts of actions that write or decide something: not comments and variables

    def depth(self, index: int) -> int:
        """In how many control structures (``if``, ``range``, ``with``, ``define``, ``block``) a place is."""
        position = bisect_right(self.places, index)
        return self.depths[position - 1] if position else 0

    def acts(self, start: int, end: int) -> bool:
        """Whether an action starts here that writes or decides something."""
        return bisect_left(self.acting, start) < bisect_left(self.acting, end)

    def controls(self, start: int, end: int) -> bool:
        """Whether a control structure begins or ends here."""
        return bisect_left(self.places, start) < bisect_left(self.places, end)


def masked(text: str) -> Masked:
    """A text without its actions. Raises EditRefused for one that does not end, and for control structures that do not
    match."""
    parts: list[str] = []
    places: list[int] = []
    depths: list[int] = []
    acting: list[int] = []
    position = depth = 0
    while True:
        start = text.find("{{", position)
        if start < 0:
            break
        comment = _COMMENT.match(text, start)
        if comment is not None:
            action = _END_OF_COMMENT.match(text, text.find("*/", comment.end()))
        else:
            action = _ACTION.match(text, start)
        if action is None:
            raise _refused(text, start, "this template action does not end")
        word = "" if comment else _WORD.match(text, start)[1]  # type: ignore[index]
        if word in _OPENING or word == "end":
            depth += 1 if word != "end" else -1
            if depth < 0:
                raise _refused(text, start, "this end belongs to nothing")
            places.append(start)
            depths.append(depth)
        if not comment and not word.startswith("$"):
            acting.append(start)
        parts += (text[position:start], MASK * (action.end() - start))
        position = action.end()
    if depth:
        raise _refused(text, places[-1], "a control structure of the template does not end")
    parts.append(text[position:])
    return Masked("".join(parts), places, depths, acting)


def _refused(text: str, index: int, problem: str) -> EditRefused:
    return refusal(NOT_YAML, f"this is not YAML, and {problem}", Mark(text, index), "mend the template")
