"""YAML text as node trees whose marks say where each value stands.

Values stay text: tags are not resolved, nothing is constructed. Both parsers (libyaml's and the pure one) must lead to
the same answer for the same text; where they differ, this file evens it out.
"""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from yaml import MarkedYAMLError, YAMLError
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from gitops_actions.edit.refusals import ENCRYPTED, NOT_YAML, TOO_MUCH, Mark, refusal
from gitops_actions.edit.source import MAX_BYTES, without_bom
from gitops_actions.errors import EditRefused

MAX_DEPTH = 100

# https://yaml.org/spec/1.2.2/#51-character-set, without a byte order mark in the middle (the parsers disagree on it).
FOREIGN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
# What tells without parsing that nothing is too deep. A block collection has nothing but these before it on its line,
# each level at least one column further in than the last but one (a list may stand in the column of its key): without
# such a run of 32 there are at most 64 levels of them. A "[" may open two levels: `[a: b]` is a list of a mapping.
# Python finds a run behind a line feed much faster than one behind any line end of YAML.
_BLOCK_LEVELS = 64
_DEEP_BLOCK = re.compile(r"\n[ \t?:-]{32}")
_DEEP_BLOCK_BEHIND_ANY = re.compile(r"[ \t?:-]{32}")
_LARGE = 512 * 1024
_LINE = re.compile(r"[^\n\r]+")


class _Tagless:
    """The half of PyYAML's resolver that a composer calls, without resolving: a third of the time of composing.

    It is called for each node, so it is a function of C that takes anything and returns an empty text.
    """

    resolve = descend_resolver = ascend_resolver = "".format


class PureParser(_Tagless, Reader, Scanner, Parser, Composer):
    """PyYAML's own parser, for where libyaml is missing."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


try:
    from yaml._yaml import CParser
except ImportError:
    FastParser = None
else:

    class FastParser(_Tagless, CParser):  # type: ignore[no-redef]
        """libyaml."""


AnyParser = FastParser or PureParser


class Reason(NamedTuple):
    """Why a node may not be edited, as `refusal` takes it; the message goes on behind the path."""

    code: str
    message: str
    mark: Mark
    hint: str


@dataclass(frozen=True, slots=True)
class Template:
    """What a template does not let one edit, by id of the node; and the lists whose items nobody can count."""

    foreign: Mapping[int, Reason]
    uncounted: frozenset[int]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Parsed:
    """A text (without its byte order mark, which is in ``bom``) and the root node of each of its documents."""

    text: str
    bom: str
    roots: tuple[Node, ...]
    template: Template | None = None  # where the text is no YAML, but was read line by line (`lines`)


def parse(text: str) -> Parsed:
    """Every document of a text.

    Raises EditRefused where it is not YAML, too large (10 MiB) or too deep (100 levels), or encrypted with SOPS.
    """
    if len(text) < _LARGE or not gc.isenabled():
        return _parse(text)
    # Python's garbage collector, which finds nothing there, looks at the nodes of a large file again and again: most
    # of the time. So they are kept from it as long as they live.
    gc.disable()
    try:
        parsed = _parse(text)
        gc.freeze()
    finally:
        gc.enable()
    weakref.finalize(parsed, gc.unfreeze)
    return parsed


def _parse(text: str) -> Parsed:
    bom, text = without_bom(text)
    if len(text) > MAX_BYTES:
        raise refusal(TOO_MUCH, f"the file is larger than {MAX_BYTES} bytes", None, "put the value into a small file")
    foreign = FOREIGN.search(text)
    if foreign:
        before = text[: foreign.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"this is not YAML: character {foreign[0]!r}"
        raise EditRefused(message, code=NOT_YAML, line=line, column=column, hint="remove the character")
    even = _LINE.sub(_without_tabs, text) if "\t" in text else text
    try:
        roots = _composed(even)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _not_yaml(error.problem or "it cannot be parsed", mark) from None
    except (
        YAMLError,
        ValueError,
        OverflowError,
    ) as error:  # a \U escape above Unicode is no YAMLError to the pure parser
        raise _not_yaml(f"it cannot be parsed ({type(error).__name__})", None) from None
    if "sops" in text:
        for root in roots:
            refuse_encrypted(root)
    return Parsed(text, bom, tuple(roots))


def _composed(text: str) -> list[Node]:
    parser: Any = (_counting(AnyParser) if _may_be_deep(text) else AnyParser)(text)
    roots: list[Node] = []
    while parser.check_node():
        roots.append(parser.get_node())
    return roots


def _may_be_deep(text: str) -> bool:
    if 2 * text.count("[") + text.count("{") > MAX_DEPTH - _BLOCK_LEVELS:
        return True
    pattern = _DEEP_BLOCK if text.isascii() and "\r" not in text else _DEEP_BLOCK_BEHIND_ANY
    return pattern.search(f"\n{text}") is not None


@cache
def _counting(parser: Any) -> Any:
    """A parser that stops where there are too many levels. Composing is recursive, in C without any limit, and calls
    these two functions around each node; without them it is faster."""

    class CountingParser(parser):  # type: ignore[misc]
        depth = 0

        def descend_resolver(self, parent: Node | None, index: object) -> None:  # noqa: ARG002
            self.depth += 1
            if self.depth > MAX_DEPTH + 1:  # a value in that many collections
                mark = parent.start_mark if parent is not None else None
                message = f"the file is nested more than {MAX_DEPTH} levels deep"
                raise refusal(TOO_MUCH, message, mark, "split the file")

        def ascend_resolver(self) -> None:
            self.depth -= 1

    return CountingParser


def _not_yaml(problem: str, mark: Mark | None) -> EditRefused:
    hint = "templates cannot be edited as YAML: use kind text, or edit the values that they take"
    return refusal(NOT_YAML, f"this is not YAML: {problem}", mark, hint)


def _without_tabs(match: re.Match[str]) -> str:
    """A line with a space for each tab behind its indentation: there, tabs are white space to YAML and libyaml, and
    errors or part of the value to PyYAML. A value that holds a tab itself is not edited (`places`)."""
    line = match[0]
    body = line.lstrip(" \t")
    if not body or body.startswith("#"):
        return line.replace("\t", " ")
    return line[: len(line) - len(body)] + body.replace("\t", " ")


def refuse_encrypted(root: Node) -> None:
    """Raises EditRefused for a file of SOPS, which signs all of it: any edit would break it
    (https://getsops.io/docs/, "message authentication code")."""
    if not isinstance(root, MappingNode):
        return
    for key, value in root.value:
        if key.value == "sops" and isinstance(value, MappingNode) and any(k.value == "mac" for k, _ in value.value):
            hint = "keep the released values in a file of their own that is not encrypted"
            raise refusal(ENCRYPTED, "the file is encrypted with SOPS", key.start_mark, hint)


def is_plain_scalar(node: Node) -> bool:
    """Whether a node is a scalar without quotes and not a block."""
    return isinstance(node, ScalarNode) and not node.style
