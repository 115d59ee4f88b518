"""The documents of a large YAML text, one after the other: only those stay in memory that somebody holds."""

from __future__ import annotations

import gc
import re
import sys
import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from itertools import repeat
from operator import length_hint
from typing import Any

from yaml.nodes import Node

from gitops_actions.edit.parsers import BROKEN, may_be_deep
from gitops_actions.edit.refusals import TOO_MUCH, refusal
from gitops_actions.errors import EditRefused

# What may be held at once so that an edit stays below 400 MiB, with both parsers: so many nodes of 400 bytes, if they
# are values in a list. A key takes another 100, a tag or an anchor 64, a document as much as six nodes. What a text
# takes beyond one byte a character is there three times when it is edited.
MAX_NODES = 920_000
_NODE, _KEY, _PROPERTY, _DOCUMENT, _TEXTS = 400, 100, 64, 6, 3
_MANY = 50_000
_MARKER = re.compile(r"---(?=[ \t\n\r]|\Z)")


def _beside(text: str, copies: int) -> int:
    """The bytes that are needed for what a text has beside nodes; its signs may be what they are not."""
    size = sys.getsizeof(text)
    keys = min(text.count(":"), MAX_NODES // 2)
    properties = min(text.count("&") + text.count("!"), 2 * MAX_NODES)
    return _TEXTS * (size - len(text)) + copies * size + _KEY * keys + _PROPERTY * properties


class Stream:
    """The root nodes of all documents, composed whenever somebody goes through them; one that somebody still holds is
    that very node again.

    ``parser`` is for the text, of which there are ``copies`` elsewhere in memory; ``check`` raises EditRefused for a
    document that makes the whole file one that is not edited; ``told`` turns an error of the parser into a refusal.
    These, and the refusal of more than `MAX_NODES` nodes at once, are raised to whoever goes through.
    """

    def __init__(
        self,
        text: str,
        parser: Callable[[str], Any],
        check: Callable[[Node], object],
        told: Callable[[Exception], EditRefused],
        copies: int = 0,
    ) -> None:
        self._text = text
        self._most = MAX_NODES - _beside(text, copies) // _NODE
        self._parser, self._check, self._told = parser, check, told
        self._alive: dict[int, weakref.ref[Node]] = {}
        self._held = 0  # nodes of the documents that are alive
        self._latest: Iterator[Node] | None = None
        self._finished = False

    def __iter__(self) -> Iterator[Node]:
        self._latest = self._compose()
        return self._latest

    def finish(self, *, refused: bool) -> None:
        """See to it that the whole text has been read once: what is wrong further on is raised; and what has been
        raised before, if nothing is refused."""
        started, self._latest = self._latest, None
        if not self._finished:
            for _ in started or self:
                pass
        if not (self._finished or refused):
            for _ in self:
                pass

    @cached_property
    def is_separable(self) -> bool:
        """Whether the documents are what stands between lines that begin with ``---``, each of which ends a document
        whatever it is in (https://yaml.org/spec/1.2.2/#912-document-markers), and each document is read in the same
        way on its own: there are no directives, no other markers, and no line ends that only some know."""
        text = self._text
        ends = [end for end in "\n\r" if end in text]
        marks = [mark for mark in ("%", "...") if mark in text]
        return not (
            any(text.startswith(mark) or any(f"{end}{mark}" in text for end in ends) for mark in marks)
            or (not text.isascii() and any(end in text for end in "\x85\u2028\u2029"))
        )

    def bounds(self, index: int) -> tuple[int, int]:
        """From where to where the text of the document goes that has its root's start here, with the line that begins
        it, if the text `is_separable`."""
        number = bisect_left(self._markers, index)
        start = self._markers[number - 1] if number else 0
        return start, self._markers[number] if number < len(self._markers) else len(self._text)

    @cached_property
    def _markers(self) -> list[int]:
        text = self._text
        starts = (match.start() for match in _MARKER.finditer(text))
        return [start for start in starts if not start or text[start - 1] in "\n\r"]

    def _compose(self) -> Iterator[Node]:
        parser = None
        refused: EditRefused | None = None
        number = behind = position = 0
        while True:
            alive = self._alive.get(number)
            root = alive() if alive is not None else None
            if root is not None:
                behind += 1
            else:
                parser = parser or self._parser(self._text)
                root = self._next(parser, number, behind, position)
                behind = 0
                if root is None:
                    break
            number += 1
            position = root.end_mark.index
            try:
                self._check(root)
            except EditRefused as error:  # told only if the rest is YAML
                refused = refused or error
            if refused is None:
                yield root
            root = None  # not held while the next one is composed
        if refused is not None:
            raise refused
        self._finished = True

    def _next(self, parser: Any, number: int, behind: int, position: int) -> Node | None:
        """The next document that is not alive, behind some that are and that position; None where there is none.

        Python's garbage collector, which finds nothing there, would look at the nodes of a large document again and
        again: most of the time. So it is off meanwhile, and kept from such a document as long as that lives.
        """
        room = self._most - self._held
        left = repeat(None, room)
        collects = gc.isenabled()
        gc.disable()
        try:
            for _ in range(behind):
                parser.check_node()
                parser.skip()
            if not parser.check_node():
                return None
            parser.watch(deep=self._may_be_deep(position), tick=left.__next__)
            root: Node = parser.get_node()
            count = room - length_hint(left) + _DOCUMENT
            if count >= _MANY:
                gc.freeze()
        except StopIteration:
            raise self._too_much(parser) from None
        except BROKEN as error:
            raise self._told(error) from None
        finally:
            if collects:
                gc.enable()
        self._held += count
        self._alive[number] = weakref.ref(root, partial(self._forget, number, count))
        return root

    def _may_be_deep(self, position: int) -> bool:
        """Whether the document behind a position must be watched for its levels."""
        if not (self._is_deep and self.is_separable):
            return self._is_deep
        following = bisect_left(self._markers, position) + 1
        end = self._markers[following] if following < len(self._markers) else len(self._text)
        return may_be_deep(self._text[position:end])

    @cached_property
    def _is_deep(self) -> bool:
        return may_be_deep(self._text)

    def _forget(self, number: int, count: int, _: object) -> None:
        del self._alive[number]
        self._held -= count
        if count >= _MANY:
            gc.unfreeze()

    def _too_much(self, parser: Any) -> EditRefused:
        try:
            mark = parser.peek_event().start_mark
        except BROKEN as error:
            return self._told(error)
        message = f"the file has more than {self._most:,} keys and values to be looked at together"
        return refusal(TOO_MUCH, message, mark, "put the value into a small file")
