"""Templates of YAML, read line by line: nodes for what is plain, and a reason for what is not.

A template is no YAML until its actions (`actions`) are carried out. What is written outside of them, on lines of the
simplest kinds, can be told all the same: block mappings and lists by their indentation, one value on one line. Anything
else is either passed over as a whole, with a reason why it is not edited, or the text is refused: nothing is guessed.
"""

from __future__ import annotations

import re

from yaml.nodes import ScalarNode

from gitops_actions.edit import actions, nodes, pieces
from gitops_actions.edit.actions import MASK
from gitops_actions.edit.marks import LINE_END
from gitops_actions.edit.nodes import Parsed, Reason, Template
from gitops_actions.edit.outline import HINT, MADE, Outline
from gitops_actions.edit.refusals import AMBIGUOUS, INHERITED, NOT_A_VALUE, NOT_YAML, SHARED, TOO_MUCH, refusal
from gitops_actions.edit.source import without_bom
from gitops_actions.errors import EditRefused

# Reading line by line is slow, and templates are small.
MAX_CHARACTERS = 1024 * 1024

_DOCUMENT = re.compile(r"(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
# A line that writes nothing of its own: blank, actions, a comment.
_ACTIONS = re.compile(r"[\0 \t]*(?:(?:(?<=[ \t])|(?<![^\r\n]))#[^\r\n]*)?(?=[\r\n]|\Z)")
_ITEM = re.compile(r"-(?:[ ]+|(?=[\r\n]|\Z))")
_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\\r\n]|\\.)*+"|'(?:[^'\r\n]|'')*+'
          |(?:[^\s\-?:,\[\]{}\#&*!|>'"%@`]|[-?:](?=\S))(?:[^\s:]|:(?=\S)|[ ]+(?=[^\s:\#]))*+)
        [ ]*:(?:[ \t]+|(?=[\r\n]|\Z))""",
    re.VERBOSE,
)
_PROPERTIES = re.compile(r"(?:[&!][^\s\0]*(?:[ \t]+|(?=[\r\n]|\Z)))+")
_QUOTED = {'"': re.compile(r'"(?s:[^"\\]|\\.)*+"'), "'": re.compile(r"'(?:[^']|'')*+'")}
_BLOCK = re.compile(r"[|>][-+1-9]*(?=[ \t\r\n]|\Z)")
_REST_OF_LINE = re.compile(r"[ \t]*(?:(?<=[ \t])#[^\r\n]*)?(?=[\r\n]|\Z)")
_PLAIN = re.compile(r"(?:[^\s#]|(?<=\S)#|[ \t]+(?=[^\s#]))++")
_NOT_PLAIN = re.compile(r"[,\[\]{}#|>@`\"'%&!]|[-?:](?=\s|\Z)")


def parse(text: str) -> Parsed:
    """The nodes of YAML; or, where the text is not YAML because it holds ``{{ }}``, of what is plain in the template.

    Raises EditRefused as `nodes.parse` does, and for a template with lines that are not plain.
    """
    if "{{" not in text:
        return nodes.parse(text)
    bom, body = without_bom(text)
    if len(body) > MAX_CHARACTERS:
        return nodes.parse(text, _too_long)
    try:
        with nodes.parse(text) as parsed:  # to its end: it is YAML or not
            return parsed
    except EditRefused as error:
        if error.code != NOT_YAML or nodes.FOREIGN.search(body):
            raise
    lines = _Lines(body)
    lines.read()
    outline = lines.outline
    if "sops" in text:
        for root in outline.roots:
            nodes.refuse_encrypted(root)
    return Parsed(body, bom, tuple(outline.roots), Template(outline.foreign, frozenset(outline.uncounted)))


def _too_long(error: Exception) -> EditRefused:  # noqa: ARG001
    """The refusal of what is no YAML, and too long for a template."""
    message = f"the template has more than {MAX_CHARACTERS} characters"
    return refusal(TOO_MUCH, message, None, "put the value into a small file")


class _Lines:
    """One pass over a template."""

    def __init__(self, text: str) -> None:
        self._masked = actions.masked(text)
        self._text = self._masked.text  # of the same length
        self._original = text
        self._inside: int | None = None  # lines that are indented further than this belong to a value
        self.outline = Outline(text)

    def read(self) -> None:
        """Fill `outline`."""
        position = 0
        while position < len(self._text):
            end = self._end_of_line(position)
            if self._acts(position, end):
                self.outline.act()
            if not _ACTIONS.match(self._text, position):
                end = self._line(position)
            line_end = LINE_END.match(self._text, end)
            position = line_end.end() if line_end else len(self._text)
        self.outline.document(explicit=False)

    def _end_of_line(self, position: int) -> int:
        match = LINE_END.search(self._text, position)
        return match.start() if match else len(self._text)

    def _line(self, position: int) -> int:
        """One line; where it ends, or where a value ends that goes on behind it."""
        start = position
        while self._text.startswith(" ", start):
            start += 1
        column = start - position
        if self._inside is not None and column > self._inside:
            return self._end_of_line(start)
        self._inside = None
        if self._text.startswith("\t", start):
            raise self.outline.refused(start, "a tab in the indentation")
        marker = _DOCUMENT.match(self._text, start) if column == 0 else None
        if marker is not None:
            self.outline.document(explicit=marker[0] == "---")
            return self._rest(marker.end())
        return self._entry(start, column)

    def _acts(self, position: int, end: int) -> bool:
        """Whether a line may add to what is around it: with a control structure, or with any action if it has nothing
        else."""
        only = self._text[position:end].lstrip(" \t").startswith(MASK) and _ACTIONS.match(self._text, position)
        return self._masked.acts(position, end) if only else self._masked.controls(position, end)

    def _entry(self, start: int, column: int) -> int:
        """``key: value`` or ``- item``, or what belongs to one on the lines before."""
        top = self.outline.top
        if top is not None and top.column < column and top.entry is None:
            return self._continuation(start)
        own_line = True
        while True:
            item = _ITEM.match(self._text, start)
            key = None if item else _KEY.match(self._text, start)
            if item is not None:
                self.outline.add(None, column, start, start + 1, self._control(start))
                behind = item.end()
            elif key is not None:
                end = self._text.index(":", key.end("key")) + 1
                self.outline.add(self._key(key), column, start, end, self._control(start))
                behind = key.end()
            else:
                break
            if _REST_OF_LINE.match(self._text, behind):
                return self._rest(behind)
            if key is not None:
                return self._value(behind, None)
            column, start, own_line = column + behind - start, behind, False
        self.outline.dedent(column)
        top = self.outline.top
        if top is None or top.entry is None or top.column >= column:
            raise self.outline.refused(start, "this line is no `key: value` or `- item`")
        hint = "write it behind its key"
        reason = self._reason(NOT_A_VALUE, "stands on a line of its own", start, hint) if own_line else None
        if own_line:
            self._inside = top.column
        return self._value(start, reason)

    def _reason(self, code: str, message: str, index: int, hint: str = HINT) -> Reason:
        return Reason(code, message, self.outline.mark(index), hint)

    def _control(self, start: int) -> Reason | None:
        """Why an entry is not edited, if there are control structures around it."""
        if not self._masked.depth(start):
            return None
        return self._reason(AMBIGUOUS, "stands in a control structure of the template", start)

    def _continuation(self, start: int) -> int:
        """A line that is indented further than an entry that has its value."""
        top = self.outline.top
        if top is None or top.plain is None:
            raise self.outline.refused(start, "the indentation of this line fits nothing")
        self._several_lines(top.plain, start)
        self._inside = top.column
        return self._end_of_line(start)

    def _several_lines(self, node: ScalarNode, start: int) -> None:
        reason = self._reason(NOT_A_VALUE, "goes over several lines", start, "write it on one line")
        self.outline.foreign.setdefault(id(node), reason)

    def _key(self, match: re.Match[str]) -> ScalarNode:
        start, end = match.span("key")
        if MASK in match["key"]:
            self._check_balance(start, end)
        return self._scalar(start, end, match["key"][0] if match["key"][0] in "\"'" else "")

    def _scalar(self, start: int, end: int, style: str) -> ScalarNode:
        """A scalar on one line; one with actions in it is as it is written."""
        value = self._original[start:end]
        if style and MASK not in self._text[start:end] and not LINE_END.search(value):
            found = pieces.unquoted(value)
            if found is None:
                raise self.outline.refused(start, "an escape that YAML does not know")
            value = found
        return self.outline.scalar(start, end, value, style or None)

    def _check_balance(self, start: int, end: int) -> None:
        """Actions may write nothing at all: what is around them must not open what goes on behind this line."""
        if pieces.opens(self._text[start:end].replace(MASK, "")):
            raise self.outline.refused(start, "quotes, brackets or other signs around a template action")

    def _value(self, start: int, reason: Reason | None) -> int:
        """The value of the entry that waits for one; where it ends."""
        properties = _PROPERTIES.match(self._text, start)
        if properties is not None:
            reason = self._reason(SHARED, "has a tag or an anchor", start)
            start = properties.end()
            if _REST_OF_LINE.match(self._text, start):
                self.outline.explain(reason)
                return self._rest(start)
        char = self._text[start]
        if char in _QUOTED:
            return self._quoted(start, char, reason)
        if char in "[{":
            end = pieces.end_of_flow(self._text, start)
            if end is None:
                raise self.outline.refused(start, "a bracket or quote that does not end")
            flow = self._reason(NOT_A_VALUE, "is in [ ] or { }, which are not read in a template", start)
            self.outline.put(self._scalar(start, end, ""), reason or flow)
            return self._rest(end)
        block = _BLOCK.match(self._text, start)
        if block is not None:
            self._inside = self.outline.column
            self.outline.put(self.outline.scalar(start, start, "", char), reason)
            return self._rest(block.end())
        return self._plain(start, reason)

    def _quoted(self, start: int, quote: str, reason: Reason | None) -> int:
        match = _QUOTED[quote].match(self._text, start)
        if match is None:
            raise self.outline.refused(start, "a quote that does not end")
        if MASK in match[0]:
            reason = reason or self._reason(NOT_A_VALUE, MADE, start)
        node = self._scalar(start, match.end(), quote)
        self.outline.put(node, reason)
        if LINE_END.search(match[0]):
            self._several_lines(node, start)
        return self._rest(match.end())

    def _plain(self, start: int, reason: Reason | None) -> int:
        match = _PLAIN.match(self._text, start)
        if match is None or _NOT_PLAIN.match(match[0]) or re.search(r":(?:[ \t]|\Z)", match[0]):
            raise self.outline.refused(start, "a value that cannot stand without quotes")
        if MASK in match[0]:
            self._check_balance(start, match.end())
            reason = reason or self._reason(NOT_A_VALUE, MADE, start)
        elif match[0].startswith("*"):
            reason = reason or self._reason(INHERITED, "is an alias", start)
        node = self._scalar(start, match.end(), "")
        self.outline.put(node, reason, plain=True)
        return self._rest(match.end())

    def _rest(self, position: int) -> int:
        """Where a line ends on which nothing but a comment may follow."""
        match = _REST_OF_LINE.match(self._text, position)
        if match is None:
            raise self.outline.refused(position, "more than a comment behind a value")
        return match.end()
