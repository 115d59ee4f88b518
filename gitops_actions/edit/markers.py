"""Comments that mark values (see `marker`): where they stand in a YAML text, what they say, and which value is before
each."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import documents, images, leaves, nodes, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import NOT_A_VALUE, NOT_YAML, quoted, refusal
from gitops_actions.model import EditSpec, Release

POLICY, APP = "$imagepolicy", "$gitops"
# Flux's own, and what `value` of other kinds calls a placeholder.
_OF_IMAGE = ("image", "name", "tag", "digest")
_FIELDS = {POLICY: _OF_IMAGE, APP: (*_OF_IMAGE, "version", "revision", "short_revision")}


_COMMENT = re.compile(r"""(?<=[ \t])\#[ \t]*(?P<marker>\{[ \t]*["']?\$(?:imagepolicy|gitops)[^\r\n]*)""", re.VERBOSE)
# As PyYAML counts lines (https://yaml.org/spec/1.1/#b-generic).
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(slots=True)
class MarkedValue:
    """A marker, and the value before it on its line. ``image`` is the name of one of several images; ``index``, line
    and column are those of the marker and count from 0."""

    parsed: Parsed
    key: str
    owner: str
    field: str
    image: str | None
    index: int
    line: int
    column: int
    spot: Spot | None

    @property
    def leaf(self) -> Leaf:
        """Raises EditRefused where there is no value that may be replaced, or the field is none."""
        if self.field not in _FIELDS[self.key]:
            message = f"the marker of {quoted(self.owner)} says {quoted(self.field)}"
            raise refusal(NOT_A_VALUE, message, self, f"there are {', '.join(_FIELDS[self.key])}")
        if self.spot is None:
            hint = "put it behind the value that it is for, on the same line"
            raise refusal(
                NOT_A_VALUE, f"the marker of {quoted(self.owner)} has no value of its own before it", self, hint
            )
        return leaves.leaf(self.parsed, self.spot)

    @property
    def repository(self) -> str | None:
        """The repository that the value names, where it is to name one."""
        if self.spot is None or self.field not in ("image", "name"):
            return None
        return images.split(self.spot.node.value).repository or None

    def is_of(self, release: Release) -> bool:
        """Whether the value is an image of a release."""
        return self.repository is not None and images.matching(release, self.repository) is not None


def marked_values(text: str, spec: EditSpec) -> list[MarkedValue]:
    """Every marker of the documents that may be meant, but for those in lines that are comments.

    Raises EditRefused where the text is no YAML with keys or items.
    """
    if POLICY not in text and APP not in text:
        return []
    marks: list[MarkedValue] = []
    with nodes.parse(text) as parsed:
        for root in documents.select(parsed, spec.document):
            comments = list(_comments(parsed, root.node))
            if comments and isinstance(root.node, ScalarNode):
                hint = "markers are for YAML: use kind text, or the kind of the file"
                raise refusal(NOT_YAML, "this is one text, without keys or items", root.node.start_mark, hint)
            spots = _spots(parsed, root, {comment.behind for comment in comments})
            marks.extend(_mark(parsed, comment, spots.get(comment.behind)) for comment in comments)
    return marks


class _Comment(NamedTuple):
    """A comment with a marker: where it stands, and the end of what stands before it on its line."""

    text: str
    start: int
    line: int
    column: int
    behind: int


def _comments(parsed: Parsed, root: Node) -> Iterator[_Comment]:
    text = parsed.text
    line, line_start = root.start_mark.line, root.start_mark.index - root.start_mark.column
    end = _LINE_END.search(text, root.end_mark.index)
    for match in _COMMENT.finditer(text, root.start_mark.index, end.start() if end else len(text)):
        for line_end in _LINE_END.finditer(text, line_start, match.start()):
            line, line_start = line + 1, line_end.end()
        before = text[line_start : match.start()].rstrip(" \t")
        if before.lstrip(" \t") and not before.lstrip(" \t").startswith("#"):
            behind = line_start + len(before.removesuffix(",").rstrip(" \t"))
            yield _Comment(match["marker"], match.start(), line, match.start() - line_start, behind)


def _mark(parsed: Parsed, comment: _Comment, spot: Spot | None) -> MarkedValue:
    owner = key = field = ""
    image = None
    try:
        content = json.loads(comment.text)
        key = POLICY if POLICY in content else APP
        first, *rest = content[key].split(":", 2)
        if key == POLICY:
            owner, field = ":".join((first, *rest[:1])), "".join(rest[1:]) or "image"
        else:
            owner, field, image = first, "".join(rest[:1]) or "image", "".join(rest[1:]) or None
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        mark = MarkedValue(parsed, key, owner, field, image, *comment[1:4], spot)
        hint = 'write # {"$gitops": "APP:FIELD"} or # {"$imagepolicy": "NAMESPACE:NAME"}'
        raise refusal(NOT_A_VALUE, f"the marker {quoted(comment.text)} cannot be read", mark, hint) from None
    return MarkedValue(parsed, key, owner, field, image, *comment[1:4], spot)


def _spots(parsed: Parsed, root: Spot, ends: Collection[int]) -> dict[int, Spot]:
    """The values that end at these places, by place. A node that aliases show again stands where it stands."""
    marked = _ways(parsed, root.node, ends)
    found: dict[int, Spot] = {}
    todo = [root]
    while todo:
        spot = todo.pop()
        node = spot.node
        if isinstance(node, ScalarNode):
            found[_end(parsed, node)] = spot
        elif isinstance(node, SequenceNode):
            todo.extend(item for item in places.items(parsed, spot) if id(item.node) in marked.get(id(node), ()))
        else:
            keys = [key.value for key, value in node.value if id(value) in marked.get(id(node), ())]
            todo.extend(child for key in keys if (child := places.child(parsed, spot, key)) is not None)
    return found


def _ways(parsed: Parsed, root: Node, ends: Collection[int]) -> dict[int, set[int]]:
    """The nodes above the values that end at these places, each with those of its children that lead to them (by id).
    Walking only there keeps many markers in a long list from taking a square of time."""
    above: dict[int, Node | None] = {}
    ways: dict[int, set[int]] = {}
    todo: list[tuple[Node, Node | None]] = [(root, None)] if ends else []
    while todo:
        node, parent = todo.pop()
        if id(node) in above:
            continue
        above[id(node)] = parent
        if not isinstance(node, ScalarNode):
            values = [value for _, value in node.value] if isinstance(node, MappingNode) else node.value
            todo.extend((value, node) for value in reversed(values))
        elif _end(parsed, node) in ends:
            while parent is not None and id(node) not in ways.setdefault(id(parent), set()):
                ways[id(parent)].add(id(node))
                node, parent = parent, above[id(parent)]
    return ways


def _end(parsed: Parsed, node: Node) -> int:
    """Where a value ends; an empty one, behind the ":" or "-" before it."""
    end = int(node.end_mark.index)
    if node.start_mark.index < end:
        return end
    start = end - int(node.end_mark.column)
    return start + len(parsed.text[start:end].rstrip(" \t"))
