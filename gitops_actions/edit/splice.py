"""Replace the bytes of values, read back what came out, and compare: exactly the wanted values differ, or nothing is
handed out (contract section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gitops_actions.edit import creation, layout, paths, readback, scalars
from gitops_actions.edit.comparison import Wanted
from gitops_actions.edit.growth import Text
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.readback import Changed, Patch, applied
from gitops_actions.edit.refusals import CANNOT_CREATE, NOT_A_VALUE, NOT_READ_BACK, refusal
from gitops_actions.edit.source import MAX_BYTES
from gitops_actions.edit.stream import Stream
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, ValueChange


class Splice:
    """The changes to one text. Values are put in, then `result` applies them all and reads them back."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._changed: dict[int, Changed] = {}  # by the root of the document, until it is read back
        self._patches: list[Patch] = []  # of the documents that have been

    def put(self, leaf: Leaf, value: str, *, literal: bool = False) -> None:
        """Replace a value by a string, or with ``literal`` by the plain text of a number, boolean or null.

        Raises UsageError for a value that no YAML file can hold, EditRefused for one that a block scalar cannot.
        """
        if leaf.value == value:
            same_type = not leaf.style if literal else bool(leaf.style) or not scalars.is_ambiguous(value)
            if same_type:
                return
        if leaf.style in ("|", ">"):
            if literal or not scalars.is_block_line(value):
                hint = "write the value on one line, without | or >"
                message = f"{leaf.path} is a block of one line, which cannot hold the new value"
                raise refusal(NOT_A_VALUE, message, leaf.spot.node.start_mark, hint)
            text = value
        else:
            text = value if literal else scalars.render(value, leaf.style, leaf.spot.flow)
        if leaf.start == leaf.end and self._parsed.text[leaf.start - 1 : leaf.start] not in (" ", ""):
            text = f" {text}"  # directly behind the ":" or "-"
        change = ValueChange(leaf.path, leaf.line, leaf.value, value)
        changed = self._of(leaf.spot)
        changed.patches.append(Patch(leaf.start, leaf.end, text, change))
        changed.wanted.replaced[id(leaf.spot.node)] = Text(value, literal=literal)

    def add(self, spot: Spot, key: str, value: str, *, literal: bool = False, after: Sequence[str] = ()) -> None:
        """Add a key with a value (as in `put`) to a mapping: behind the first of ``after`` that is there, else at its
        end. As `create`, but for ``after``."""
        self._create(spot, (key,), value, literal, after)

    def create(self, spot: Spot, steps: tuple[Step, ...], value: str, *, literal: bool = False) -> None:
        """Write a value (as in `put`) at ``steps`` below a spot, of which the first does not exist: keys that are
        missing, the next item of a list (by its index, ``-`` of a JSON Pointer, or a filter, whose value the item
        gets), in the style of what is beside it.

        Raises EditRefused where it would not be plain to place.
        """
        self._create(spot, steps, value, literal, ())

    def _create(self, spot: Spot, steps: tuple[Step, ...], value: str, literal: bool, after: Sequence[str]) -> None:
        shown = paths.show((*spot.path, *steps))
        if self._parsed.template is not None:
            hint = f"write {shown} once by hand"
            raise refusal(CANNOT_CREATE, f"{shown} cannot be added to a template", spot.node.start_mark, hint)
        insertion = creation.plan(self._parsed, spot, steps, Text(value, "", literal), after)
        node, key = id(insertion.node), insertion.key
        changed = self._of(spot)
        replaced, keys, items = changed.wanted
        empty = not insertion.node.value
        if node in replaced or key in keys.get(node, {}) or (empty and (node in keys or node in items)):
            hint = "make one edit after the other"
            message = f"{shown} cannot be created together with what else is created there"
            raise refusal(CANNOT_CREATE, message, spot.node.start_mark, hint)
        if insertion.replaced:
            replaced[node] = insertion.tree
        elif key is not None:
            keys.setdefault(node, {})[key] = insertion.tree
        else:
            items.setdefault(node, []).append(insertion.tree)
        change = ValueChange(creation.shown(spot, steps), insertion.line, None, value)
        patches = [Patch(start, end, text, None) for start, end, text in insertion.texts]
        changed.patches.extend((*patches[:-1], patches[-1]._replace(change=change)))

    def _of(self, spot: Spot) -> Changed:
        root = spot.root
        found = self._changed.get(id(root))
        if found is None:
            found = self._changed[id(root)] = Changed(root, [], Wanted({}, {}, {}))
        return found

    def settle(self) -> None:
        """No more will be changed in the documents so far: those of a large text are read back and let go.

        Raises EditRefused as `result` does.
        """
        if isinstance(self._parsed.roots, Stream):
            self._read_back()

    def result(self) -> Edited:
        """The new text and what changed in it, in the order of the text; the old text when nothing did.

        Raises EditRefused when the new text does not read back as wanted.
        """
        self._read_back()
        text, patches = self._parsed.text, self._patches
        if not patches:
            return Edited(self._parsed.bom + text)
        if len(patches) > 1:
            patches.sort(key=readback.position)
        new = applied(text, patches)
        changes = _changes(text, patches)
        if len(new) > MAX_BYTES:
            raise _not_read_back(changes[0])
        return Edited(self._parsed.bom + new, changes)

    def _read_back(self) -> None:
        changed = [one for one in self._changed.values() if one.patches]
        self._changed = {}
        for one in changed:
            if len(one.patches) > 1:
                one.patches.sort(key=readback.position)
            self._patches += one.patches
        if len(changed) > 1:
            changed.sort(key=lambda one: one.patches[0].start)
        wrong = readback.unread(self._parsed, changed)
        if wrong is not None:
            raise _not_read_back(_changes(self._parsed.text, wrong.patches)[0])


def _changes(text: str, patches: list[Patch]) -> tuple[ValueChange, ...]:
    """The changes of patches, which are in order, with their lines in the new text."""
    if len(patches) == 1 and patches[0].change is not None:
        return (patches[0].change,)
    changes: list[ValueChange] = []
    added = 0
    for patch in patches:
        if patch.change is not None:
            changes.append(replace(patch.change, line=patch.change.line + added) if added else patch.change)
        added += _line_ends(patch.text) - _line_ends(text[patch.start : patch.end])
    return tuple(changes)


def _line_ends(text: str) -> int:
    return len(layout.LINE_END.findall(text))


def _not_read_back(change: ValueChange) -> EditRefused:
    return EditRefused(
        f"the new value of {change.path} would not read back as it was written",
        code=NOT_READ_BACK,
        line=change.line,
        hint="write the value once by hand as a quoted string on a line of its own",
    )
