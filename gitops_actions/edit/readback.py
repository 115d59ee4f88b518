"""Read a new text back and compare it with the old one: exactly the wanted values differ (contract section 3).

What is compared is the entry of a block list or mapping that holds the changes: the smallest one, where it can be read
on its own, else the whole file. That is enough. A YAML scanner is a machine that reads from left to right; when it
reaches the entry, it has read the same characters as before, and it leaves the entry where a line at the entry's own
indentation starts the next one (tried out with an entry that is put behind it), as it did before. From there on it
reads the same characters again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from gitops_actions.edit import lines, nodes, reading
from gitops_actions.edit.comparison import Wanted, same, without_added
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.refusals import Mark
from gitops_actions.edit.stream import Stream
from gitops_actions.errors import EditRefused
from gitops_actions.model import ValueChange

_AFTER = "gitops-actions"


class Patch(NamedTuple):
    """``text`` in place of ``text[start:end]``."""

    start: int
    end: int
    text: str
    change: ValueChange | None  # its line is what it is without the patches before it


class Changed(NamedTuple):
    """What changes in the document of a root; the patches are in the order of the text."""

    root: Node
    patches: list[Patch]
    wanted: Wanted


def position(patch: Patch) -> tuple[int, int]:
    """Where a patch stands in the order of the text."""
    return patch.start, patch.end


def applied(text: str, patches: Sequence[Patch], start: int = 0, end: int | None = None) -> str:
    """``text[start:end]`` with patches, which are in order and all in there."""
    if len(patches) == 1:
        (patch,) = patches
        return text[start : patch.start] + patch.text + text[patch.end : end]
    parts: list[str] = []
    for patch in patches:
        parts += (text[start : patch.start], patch.text)
        start = patch.end
    parts.append(text[start:end])
    return "".join(parts)


def unread(old: Parsed, changed: Sequence[Changed]) -> Changed | None:
    """The first of the changed documents that does not read back as the old one but for what is wanted; None where
    each does. Of one document after the other, as of one entry: when the scanner reaches it, it is where it was
    before."""
    left = [one for one in changed if old.template is not None or not _entry_reads_back(old, one)]
    if not left:
        return None
    if isinstance(old.roots, Stream):
        return next((one for one in left if not _reads_back(old, [one.root], [one], *_bounds(old.roots, one))), None)
    return None if _reads_back(old, old.roots or [changed[0].root], changed) else left[0]


def _bounds(stream: Stream, one: Changed) -> tuple[int, int]:
    return stream.bounds(one.root.start_mark.index)


def _reads_back(
    old: Parsed, roots: Sequence[Node], changed: Sequence[Changed], start: int = 0, end: int | None = None
) -> bool:
    """Whether these documents, which are ``old.text[start:end]``, are as wanted in the new text."""
    patches = sorted(chain.from_iterable(one.patches for one in changed), key=position)
    new = applied(old.text, patches, start, end)
    wanted = Wanted({}, {}, {})
    for one in changed:
        wanted.replaced.update(one.wanted.replaced)
        wanted.keys.update(one.wanted.keys)
        wanted.items.update(one.wanted.items)
    if old.template is None and len(new) >= nodes.LARGE:
        return reading.same(new, old.text, roots, wanted)
    try:
        read = tuple((nodes if old.template is None else lines).parse(new).roots)
    except EditRefused:
        return False
    aliases = "*" in new or old.text.find("*", start, end) >= 0  # without one, no node can be in two places
    return len(read) == len(roots) and same(list(zip(roots, read, strict=True)), wanted, aliases=aliases)


class _Entry(NamedTuple):
    """An entry of a block collection: ``text[start:end]``, from its key or "-" at ``column`` to the next entry."""

    nodes: tuple[Node, ...]
    start: int
    end: int
    column: int
    container: int | None  # by id: the collection, if something is added to it behind this entry


def _entry(text: str, changed: Changed) -> _Entry | None:
    """The smallest entry that holds all changes, what is added behind it too."""
    root, patches, wanted = changed
    first, last = patches[0].start, patches[-1].end
    found = None
    node = root if root.start_mark.index <= first <= root.end_mark.index else None
    limit = node.end_mark.index if node is not None else 0
    container = None
    while isinstance(node, CollectionNode) and not node.flow_style and container is None:
        container = id(node) if id(node) in wanted.keys or id(node) in wanted.items else None
        is_list = isinstance(node, SequenceNode)
        parts, following = _at(node.value, is_list, first)
        if parts is None:
            break
        mark = parts[0].start_mark
        column = node.start_mark.column if is_list else mark.column
        start = mark.index - mark.column + column  # of the "-" of an item
        end = following.index - following.column if following is not None else limit
        before = text[mark.index - mark.column : mark.index]
        if before.strip(" -") or (is_list and not before[column + 1 :].isspace()):
            break  # not an entry that stands where its collection does
        inside = start < first if is_list else parts[0].end_mark.index < first
        at_line_end = end >= len(text) or text.startswith(("\n", "\r"), end - 1)
        if not inside or not at_line_end or last > end or (is_list and not text.startswith("-", start)):
            break
        found, limit = (parts, start, end, column, container), end
        node = parts[-1]
        if not start < node.start_mark.index <= first:
            break
    return None if found is None else _Entry(*found)


def _at(entries: list[Any], is_list: bool, first: int) -> tuple[tuple[Node, ...] | None, Mark | None]:
    """The entry in which a place is, and where the next one starts. A node that an alias shows here has marks from
    elsewhere: too small ones, which are passed over."""
    found = None
    start = -1
    for entry in entries:
        mark = (entry if is_list else entry[0]).start_mark
        if mark.index > first:
            return found, mark
        if mark.index > start:
            found, start = (entry,) if is_list else entry, mark.index
    return found, None


def _entry_reads_back(old: Parsed, changed: Changed) -> bool:
    """Whether the entry with the changes and one put behind it are read as exactly these two."""
    entry = _entry(old.text, changed)
    if entry is None or entry.end - entry.start >= nodes.LARGE:
        return False
    text = applied(old.text, changed.patches, entry.start, entry.end)
    wanted = changed.wanted
    aliases = "*" in text or old.text.find("*", entry.start, entry.end) >= 0
    indent = " " * entry.column
    is_list = len(entry.nodes) == 1
    between = "" if text.endswith(("\n", "\r")) else "\n"
    behind = f"- {_AFTER}\n" if is_list else f"{_AFTER}:\n"
    try:
        roots = tuple(nodes.parse(f"{indent}{text}{between}{indent}{behind}").roots)
    except EditRefused:
        return False
    root = roots[0]
    if len(roots) != 1 or not isinstance(root, SequenceNode if is_list else MappingNode) or not root.value:
        return False
    *found, after = root.value
    name = after if is_list else after[0]
    if name.value != _AFTER:
        return False
    if entry.container is not None:
        rest = without_added(found, entry.container, wanted)
        if rest is None:
            return False
        found = rest
    if len(found) != 1:
        return False
    pairs = list(zip(entry.nodes, found if is_list else found[0], strict=True))
    return same(pairs, wanted, aliases=aliases, met=entry.container is not None)
