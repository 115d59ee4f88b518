"""YAML text as node trees whose marks say where each value stands.

Values stay text: tags are not resolved, nothing is constructed. Both parsers (libyaml's and the pure one) must lead to
the same answer for the same text; where they differ, this file evens it out.
"""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from yaml import MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode

from gitops_actions.edit.parsers import BROKEN, FastParser, PureParser, may_be_deep
from gitops_actions.edit.refusals import ENCRYPTED, NOT_YAML, TOO_MUCH, Mark, refusal
from gitops_actions.edit.source import MAX_BYTES, conflict, without_bom
from gitops_actions.edit.stream import Stream
from gitops_actions.errors import EditRefused, GitOpsError

# https://yaml.org/spec/1.2.2/#51-character-set, without a byte order mark in the middle (the parsers disagree on it).
FOREIGN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
LARGE = 512 * 1024
_LINE_OR_END = re.compile(r"[^\n\r]*(?:\r\n|[\n\r]|\Z)")
_LINE = re.compile(r"[^\n\r]+")

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
    """A text (without its byte order mark, which is in ``bom``) and the root node of each of its documents.

    Of a large text they come one after the other, while somebody goes through them. As a context it is read to its end
    before a refusal leaves it: what is no YAML is told as such, wherever that is.
    """

    text: str
    bom: str
    roots: tuple[Node, ...] | Stream
    template: Template | None = None  # where the text is no YAML, but was read line by line (`lines`)

    def __enter__(self) -> Parsed:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if isinstance(self.roots, Stream) and (kind is None or issubclass(kind, GitOpsError)):
            self.roots.finish(refused=kind is not None)


def told(text: str, error: Exception) -> EditRefused:
    """The refusal for what a parser raises about a text."""
    if isinstance(error, MarkedYAMLError):
        problem, mark = error.problem or "it cannot be parsed", error.problem_mark or error.context_mark
    else:
        problem, mark = f"it cannot be parsed ({type(error).__name__})", None
    return refusal(NOT_YAML, f"this is not YAML: {problem}", mark, conflict(text) or _mending(text, mark))


def _mending(text: str, mark: Mark | None) -> str:
    """The hint for a text that is no YAML at a place."""
    if "{{" in text:
        return "templates cannot be edited as YAML: use kind text, or edit the values that they take"
    line = next(islice(_LINE_OR_END.finditer(text), mark.line, None), None) if mark is not None else None
    if line is not None and "\t" in line[0][: len(line[0]) - len(line[0].lstrip())]:
        return "indent with spaces: YAML takes no tabs there"
    return "mend the file; what is not YAML can be edited by kind text"


def parse(text: str, tell: Callable[[Exception], EditRefused] | None = None) -> Parsed:
    """Every document of a text; ``tell`` is what to say of one that is no YAML.

    Raises EditRefused where it is not YAML, too large (10 MiB), too deep (100 levels), too much to be held at once
    (`stream.MAX_NODES`), or encrypted with SOPS; of a text of 512 KiB and more, when its documents are gone through.
    """
    bom, text = without_bom(text)
    even = evened(text)
    tell = tell or partial(told, even)
    if len(text) >= LARGE:
        return _large(text, bom, even, tell)
    roots: list[Node] = []
    try:
        parser: Any = AnyParser(even)
        if may_be_deep(even):
            parser.watch(deep=True)
        while parser.check_node():
            roots.append(parser.get_node())
    except BROKEN as error:
        raise tell(error) from None
    if "sops" in text:
        for root in roots:
            refuse_encrypted(root)
    return Parsed(text, bom, tuple(roots))


def _large(text: str, bom: str, even: str, tell: Callable[[Exception], EditRefused]) -> Parsed:
    check = refuse_encrypted if "sops" in text else id
    stream = Stream(even, AnyParser, check, tell, copies=bool(bom) + (even is not text))
    if stream.is_separable:
        return Parsed(text, bom, stream)
    # Python's garbage collector would look at all of them again and again (as `Stream` has it).
    collects = gc.isenabled()
    gc.disable()
    try:
        parsed = Parsed(text, bom, tuple(stream))
        if collects:
            gc.freeze()
            weakref.finalize(parsed, gc.unfreeze)
    finally:
        if collects:
            gc.enable()
    return parsed


def evened(text: str) -> str:
    """A text without byte order mark as the parsers get it. Raises EditRefused for one that they need not see."""
    if len(text) > MAX_BYTES:
        raise refusal(TOO_MUCH, f"the file is larger than {MAX_BYTES} bytes", None, "put the value into a small file")
    foreign = FOREIGN.search(text)
    if foreign:
        before = text[: foreign.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"this is not YAML: character {foreign[0]!r}"
        raise EditRefused(message, code=NOT_YAML, line=line, column=column, hint="remove the character")
    return _LINE.sub(_without_tabs, text) if "\t" in text else text


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
