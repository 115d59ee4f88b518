"""Every value of a file with the way to it, and what differs between two files.

The readers of texts arrive as arguments. They share nothing with the editors, so that one tells when the other is
wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal, NamedTuple

Type = Literal["string", "integer", "number", "boolean", "null", "other"]
# The tag of a value whose text is its source, because it holds a tab: readers do not agree on what that means.
WITH_TAB = "tab"
_TRUE = ("true", "yes", "on", "y")


class Place(NamedTuple):
    """A way from the root of a document. Of duplicate keys, the first has ``occurrence`` 0."""

    document: int
    steps: tuple[str | int, ...]
    occurrence: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar: its text, and what YAML 1.1, JSON or TOML take it for. ``tag`` is one that somebody wrote.

    ``span`` is where it stands in the text, with its quotes, anchor and tag; None where the reader does not know.
    """

    text: str
    type: Type
    tag: str | None = None
    span: tuple[int, int] | None = field(default=None, compare=False)

    def means(self, other: Value) -> bool:
        """Whether both are the same to a program: ``yes`` is ``true``, ``~`` is ``null``, ``"1"`` is not ``1``."""
        if (self.type, self.tag) != (other.type, other.tag):
            return False
        if self.type == "boolean":
            return (self.text.lower() in _TRUE) == (other.text.lower() in _TRUE)
        return self.type == "null" or self.text == other.text


# What is at a place: a value, or "mapping", "list", "*alias". A reader hands out all of them in the order of the text,
# and raises Unreadable where it cannot go on.
Entry = tuple[Place, Value | str]
Reader = Callable[[str], Iterable[Entry]]
Tree = Mapping[Place, Value | str]

MAX_DUPLICATES = 20


class Unreadable(Exception):
    """A text cannot be read; the message says why."""


def tree(entries: Iterable[Entry]) -> Tree:
    """All entries by place. Raises Unreadable where one key is there very often."""
    found: dict[Place, Value | str] = {}
    for place, value in entries:
        found[_free(found, place)] = value
    return found


def thinned(old: Iterable[Entry], new: Iterable[Entry]) -> tuple[Tree, Tree] | None:
    """The entries that differ, and those at the top of each document: for texts of which all would be too much. None
    where the places are not the same, in the same order."""
    before: dict[Place, Value | str] = {}
    after: dict[Place, Value | str] = {}
    for one, other in zip_longest(old, new):
        if one is None or other is None or one[0] != other[0]:
            return None
        if one[1] != other[1] or len(one[0].steps) < 2:
            place = _free(before, one[0])
            before[place], after[place] = one[1], other[1]
    return before, after


def _free(found: Tree, place: Place) -> Place:
    """The place, or for a key that is there again, its next occurrence."""
    while place in found:
        place = place._replace(occurrence=place.occurrence + 1)
        if place.occurrence > MAX_DUPLICATES:
            raise Unreadable("too many duplicate keys")
    return place


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is another in the new file."""

    place: Place
    old: Value
    new: Value

    @property
    def strict(self) -> bool:
        """Whether the format tells numbers from texts: a plain ``1.10`` is a number there, and no version."""
        return self.new.span is None


def differences(old: Tree, new: Tree) -> list[Difference] | None:
    """The values that differ, in the order of the old text; None where more than values does: keys, items, aliases.

    The order of keys does not matter.
    """
    if old.keys() != new.keys():
        return None
    found = []
    for place, before in old.items():
        after = new[place]
        if isinstance(before, str) or isinstance(after, str):
            if before != after:
                return None
        elif not before.means(after):
            if before.tag != after.tag:
                return None
            found.append(Difference(place, before, after))
    return found


def text_at(tree: Tree, document: int, steps: Sequence[str | int]) -> str | None:
    """The text of the value at a place; None where there is none, or null."""
    found = tree.get(Place(document, tuple(steps)))
    return found.text if isinstance(found, Value) and found.type != "null" else None


def same_around(old: str, before: Sequence[Value], new: str, after: Sequence[Value]) -> bool:
    """Whether two texts are the same but for some values, which stand in them in the same order.

    Where the reader does not know the places: whether all but as many lines are the same.
    """
    if any(value.span is None for value in (*before, *after)):
        lines, others = old.splitlines(keepends=True), new.splitlines(keepends=True)
        differing = sum(one != other for one, other in zip(lines, others, strict=False))
        return len(lines) == len(others) and differing <= len(before)
    empty = [value.span is not None and value.span[0] == value.span[1] for value in before]
    return _around(old, before, empty) == _around(new, after, empty)


def _around(text: str, values: Sequence[Value], empty: Sequence[bool]) -> list[str]:
    """The pieces of a text between its values, without the spaces around those that are not there in the old one."""
    pieces, position = [], 0
    for value in values:
        start, end = value.span or (0, 0)
        pieces.append(text[position:start])
        position = end
    pieces.append(text[position:])
    for number in (number for number, one in enumerate(empty) if one):
        pieces[number] = pieces[number].rstrip(" ")
        pieces[number + 1] = pieces[number + 1].lstrip(" ")
    return pieces
