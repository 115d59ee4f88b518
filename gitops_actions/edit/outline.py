"""Block mappings and lists, put together line by line: from entries and their columns to nodes (for `lines`)."""

from __future__ import annotations

from typing import Any, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit.marks import Mark
from gitops_actions.edit.nodes import Reason
from gitops_actions.edit.parsers import MAX_DEPTH
from gitops_actions.edit.refusals import NOT_A_VALUE, NOT_YAML, TOO_MUCH, refusal
from gitops_actions.errors import EditRefused

HINT = "edit the values that the template takes, or use kind text"
MADE = "is made by the template"


class Entry(NamedTuple):
    """A key or "-" whose value is still to come; ``end`` is behind its ":" or "-"."""

    key: ScalarNode | None
    end: int
    reason: Reason | None


class Frame:
    """A mapping or list that lines may still add to."""

    def __init__(self, node: MappingNode | SequenceNode, column: int) -> None:
        self.node = node
        self.column = column
        self.entry: Entry | None = None
        self.acted = False  # whether template actions stand behind the entry
        self.plain: ScalarNode | None = None  # the last value, if lines that are indented further belong to it


class Outline:
    """The documents so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._stack: list[Frame] = []
        self._root: Node | None = None
        self._explicit = False
        self.roots: list[Node] = []
        self.foreign: dict[int, Reason] = {}
        self.uncounted: set[int] = set()

    @property
    def top(self) -> Frame | None:
        """The innermost mapping or list."""
        return self._stack[-1] if self._stack else None

    def mark(self, index: int) -> Any:
        """A place in the text."""
        return Mark(self._text, index)

    def refused(self, index: int, problem: str) -> EditRefused:
        """The refusal of a text that is neither YAML nor plain enough."""
        message = f"this is not YAML, and as a template it is not plain enough: {problem}"
        return refusal(NOT_YAML, message, self.mark(index), HINT)

    def scalar(self, start: int, end: int, value: str, style: str | None = None) -> ScalarNode:
        """A scalar that stands on ``text[start:end]``."""
        return ScalarNode("", value, self.mark(start), self.mark(end), style=style)

    def dedent(self, column: int) -> None:
        """Close what is indented further than a line."""
        while self._stack and self._stack[-1].column > column:
            self._close(self._stack.pop())

    def add(self, key: ScalarNode | None, column: int, start: int, end: int, reason: Reason | None) -> None:
        """An entry (``key`` None: of a list) in this column, whose value is still to come."""
        self.dedent(column)
        kind: type[MappingNode | SequenceNode] = SequenceNode if key is None else MappingNode
        if len(self._stack) > 1 and self.top_is(SequenceNode, column) and self._stack[-2].column == column and key:
            self._close(self._stack.pop())  # a list may stand in the column of its key
        frame = self.top
        if frame is None or not self.top_is(kind, column):
            if frame is None and self._root is not None:
                raise self.refused(start, "this line belongs to nothing")
            in_column = frame is not None and frame.column == column and key is not None
            if frame is not None and (frame.entry is None or in_column):
                raise self.refused(start, "the indentation of this line fits nothing")
            frame = self._push(kind, column, start)
        if key is None and reason is not None:
            self.uncounted.add(id(frame.node))
        self._settle(frame)
        frame.entry, frame.acted, frame.plain = Entry(key, end, reason), False, None

    def top_is(self, kind: type[Node], column: int) -> bool:
        """Whether the innermost collection is of a kind and in a column."""
        return self.top is not None and isinstance(self.top.node, kind) and self.top.column == column

    def _push(self, kind: type[MappingNode | SequenceNode], column: int, start: int) -> Frame:
        if len(self._stack) >= MAX_DEPTH:
            message = f"the file is nested more than {MAX_DEPTH} levels deep"
            raise refusal(TOO_MUCH, message, self.mark(start), "split the file")
        node = kind("", [], self.mark(start), self.mark(start), flow_style=False)
        parent = self.top
        if parent is None:
            self._root = node
        else:
            if parent.acted:
                self.uncounted.add(id(node))
            self.put(node)
        self._stack.append(Frame(node, column))
        return self._stack[-1]

    @property
    def column(self) -> int:
        """The column of the innermost mapping or list."""
        return self._stack[-1].column

    def put(self, node: Node, reason: Reason | None = None, *, plain: bool = False) -> None:
        """The value of the entry that waits for one; lines that are indented further belong to a ``plain`` one."""
        frame = self._stack[-1]
        entry, frame.entry = frame.entry, None
        if entry is None:
            raise self.refused(node.start_mark.index, "this value belongs to nothing")
        frame.node.value.append(node if entry.key is None else (entry.key, node))
        frame.plain = node if plain and isinstance(node, ScalarNode) else None
        reason = entry.reason or reason
        if reason is not None:
            self.foreign[id(node)] = reason

    def explain(self, reason: Reason) -> None:
        """Why the value that is still to come is not edited."""
        frame = self._stack[-1]
        if frame.entry is not None:
            frame.entry = frame.entry._replace(reason=frame.entry.reason or reason)

    def _settle(self, frame: Frame) -> None:
        """An entry whose value has not come has none; or actions make it."""
        if frame.entry is not None:
            end = frame.entry.end
            reason = Reason(NOT_A_VALUE, MADE, self.mark(end), HINT) if frame.acted else None
            self.put(self.scalar(end, end, ""), reason)

    def _close(self, frame: Frame) -> None:
        """The frame has been taken off the stack."""
        self._stack.append(frame)
        self._settle(frame)
        self._stack.pop()

    def act(self) -> None:
        """A template action stands here, at any depth: its indentation says nothing."""
        for frame in self._stack:
            frame.acted = True
            self.uncounted.add(id(frame.node))

    def document(self, *, explicit: bool) -> None:
        """A document ends; ``explicit``: another one begins with ``---``."""
        self.dedent(-1)
        if self._root is not None or self._explicit:
            self.roots.append(self._root or self.scalar(0, 0, ""))
        self._root, self._explicit = None, explicit
