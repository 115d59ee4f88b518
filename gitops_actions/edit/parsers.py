"""PyYAML's two parsers (libyaml's and the pure one) as composers of nodes whose tags stay as they are written, with
bounds on how deep and how many they get."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml import YAMLError
from yaml.composer import Composer
from yaml.nodes import Node
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from gitops_actions.edit.refusals import TOO_MUCH, refusal

MAX_DEPTH = 100

# What parsers raise for a text that is no YAML. A \\U escape above Unicode is no YAMLError to the pure one.
BROKEN = (YAMLError, ValueError, OverflowError)

# What tells without parsing that nothing is too deep. A block collection has nothing but these before it on its line,
# each level at least one column further in than the last but one (a list may stand in the column of its key): without
# such a run of 32 there are at most 64 levels of them. A "[" may open two levels: `[a: b]` is a list of a mapping.
# Python finds a run behind a line feed much faster than one behind any line end of YAML.
_BLOCK_LEVELS = 64
_DEEP_BLOCK = re.compile(r"\n[ \t?:-]{32}")
_DEEP_BLOCK_BEHIND_ANY = re.compile(r"[ \t?:-]{32}")

# Takes anything, in C, and is no function that a class binds: what is called for each node must cost nothing.
_nothing: Callable[..., Any] = "".format


class _Levels:
    """Stops where there are too many levels. Composing is recursive, in C without any limit."""

    def __init__(self, tick: Callable[[], object]) -> None:
        self._depth = 0
        self._tick = tick

    def descend(self, parent: Node | None, index: object) -> None:  # noqa: ARG002
        """Called before each node."""
        self._depth += 1
        if self._depth > MAX_DEPTH + 1:  # a value in that many collections
            mark = parent.start_mark if parent is not None else None
            message = f"the file is nested more than {MAX_DEPTH} levels deep"
            raise refusal(TOO_MUCH, message, mark, "split the file")

    def ascend(self) -> None:
        """Called behind each node."""
        self._depth -= 1
        self._tick()


class _Tagless:
    """The half of PyYAML's resolver that a composer calls, without resolving: a third of the time of composing."""

    resolve: Any = _nothing
    descend_resolver: Any = _nothing
    ascend_resolver: Any = _nothing

    def watch(self, *, deep: bool, tick: Callable[[], object] = _nothing) -> None:
        """From now on, call ``tick`` behind each node, and with ``deep`` raise EditRefused where there are too many
        levels. What ``tick`` raises comes out of `get_node`."""
        if deep:
            levels = _Levels(tick)
            self.descend_resolver, self.ascend_resolver = levels.descend, levels.ascend
        else:
            self.descend_resolver, self.ascend_resolver = _nothing, tick

    def skip(self: Any) -> None:
        """Go over the next document without keeping its nodes, of which it is known that they are not too deep."""
        self.descend_resolver, self.ascend_resolver = _forget, _nothing
        self.get_node()


def _forget(parent: Node | None, index: object) -> None:  # noqa: ARG001
    """What is called before each node: those before it in the same collection are let go."""
    if parent is not None:
        parent.value.clear()


class _Mark(int):
    """A place as `yaml.error.Mark` has it. There are two to each node: as one number they need a quarter of the
    memory, which is less than those of libyaml. No text has 2 ** 24 characters (`nodes`)."""

    __slots__ = ()
    name = ""

    @property
    def index(self) -> int:
        return self & 0xFFFFFF

    @property
    def line(self) -> int:
        return self >> 24 & 0xFFFFFF

    @property
    def column(self) -> int:
        return self >> 48

    def __bool__(self) -> bool:
        return True


class PureParser(_Tagless, Reader, Scanner, Parser, Composer):
    """PyYAML's own parser, for where libyaml is missing."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)

    def get_mark(self) -> _Mark:  # type: ignore[override]
        """Where the reader is."""
        return _Mark(self.index | self.line << 24 | self.column << 48)


try:
    from yaml._yaml import CParser
except ImportError:
    FastParser = None
else:

    class FastParser(_Tagless, CParser):  # type: ignore[no-redef]
        """libyaml."""


def may_be_deep(text: str) -> bool:
    """Whether a text must be watched for its levels."""
    if len(text) < MAX_DEPTH:  # a level has a character of its own
        return False
    if 2 * text.count("[") + text.count("{") > MAX_DEPTH - _BLOCK_LEVELS:
        return True
    pattern = _DEEP_BLOCK if text.isascii() and "\r" not in text else _DEEP_BLOCK_BEHIND_ANY
    return pattern.search(f"\n{text}") is not None
