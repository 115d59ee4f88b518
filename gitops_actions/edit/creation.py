"""Where a value that is not there yet is written, and how: as a careful person would, beside what is there."""

from __future__ import annotations

from collections.abc import Sequence

from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import growth, insertion, layout, nearby, paths, scalars
from gitops_actions.edit.growth import Pen, Text, Tree
from gitops_actions.edit.insertion import Insertion, Place, refused
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.parsers import MAX_DEPTH
from gitops_actions.edit.paths import Filter, Step, Token
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import TOO_MUCH, refusal


def plan(parsed: Parsed, spot: Spot, steps: tuple[Step, ...], value: Text, after: Sequence[str] = ()) -> Insertion:
    """How to write a value at ``steps`` below a spot, where there is nothing; ``after`` are keys to stand behind.

    Raises EditRefused where that is not plain.
    """
    node = spot.node
    if isinstance(node, CollectionNode) and node.value:
        index = _entry_before(node, after)
        entry = node.value[index]
        beside = entry[1] if isinstance(node, MappingNode) else entry
        place = _place(parsed, spot, steps, value, beside)
        return insertion.into_flow(place) if node.flow_style else insertion.into_block(place, index)
    place = _place(parsed, spot, steps, value, None)
    if spot.is_nothing:
        return insertion.into_nothing(place, len(parsed.text))
    return insertion.into_empty(place)


def check_depth(spot: Spot, steps: tuple[Step, ...]) -> None:
    """Raises EditRefused where what is created would be too deep to be read again."""
    if len(spot.path) + len(steps) > MAX_DEPTH - 2:
        raise refusal(TOO_MUCH, f"the path is longer than {MAX_DEPTH - 2} steps", spot.node.start_mark, "cut it")


def grown(spot: Spot, steps: tuple[Step, ...], value: Text, beside: Node | None) -> tuple[str | None, Tree]:
    """What a spot gets, in the style of what it will stand ``beside``: a key (None: one item more) and what it has.

    Raises EditRefused where ``steps`` do not say that, or the spot cannot have it.
    """
    if spot.foreign is not None:
        raise spot.foreign
    check_depth(spot, steps)
    node, step, rest = spot.node, steps[0], steps[1:]
    shown = spot.shown or "the document"
    key: str | None = None
    if isinstance(node, ScalarNode) and not layout.is_nothing(node):
        raise refused(spot, steps, f"{shown} is a single value", nearby.inside(shown, node))
    if isinstance(node, MappingNode) or (isinstance(node, ScalarNode) and isinstance(step, str | Token)):
        if isinstance(step, int | Filter):
            raise refused(spot, steps, f"{shown} is a mapping, and only a key can be added to it")
        key = step.text if isinstance(step, Token) else step
        if isinstance(node, ScalarNode) and isinstance(step, Token) and (key == "-" or key.isdigit()):
            raise refused(spot, steps, f"{shown} is empty: nothing tells whether {key} is a key or an index")
    elif isinstance(step, str):
        raise refused(spot, steps, f"{shown} is a list", "name an item of it: [0] or [?name=='x']")
    else:
        _check_index(spot, steps)
    value = value if value.literal else value._replace(style=_style(beside, rest))
    tree: Tree | None
    if isinstance(step, Filter):
        like = _like(_scalar_at(beside, step.keys), step.value)
        tree = growth.filtered(step, rest, value, like)
    else:
        tree = growth.tree(rest, value)
    if tree is None:
        raise refused(spot, steps, "these steps do not say what the new item or value is")
    return key, tree


def shown(spot: Spot, steps: tuple[Step, ...]) -> str:
    """The path of what has been created below a spot: what a JSON Pointer says of a list has become an index."""
    first, *rest = steps
    if isinstance(first, Token) and isinstance(spot.node, SequenceNode):
        first = len(spot.node.value)
    below = (0 if isinstance(step, Token) and step.text == "-" else step for step in rest)
    return paths.show((*spot.path, first, *below))


def _place(parsed: Parsed, spot: Spot, steps: tuple[Step, ...], value: Text, beside: Node | None) -> Place:
    node = spot.node
    key, tree = grown(spot, steps, value, beside)
    # A value beside others is indented as they are. The habits of a large file take time to learn.
    is_beside = isinstance(node, MappingNode) and bool(node.value) and isinstance(tree, Text)
    pen = Pen() if is_beside else layout.pen(parsed, node)
    return Place(parsed, spot, steps, key, tree, pen._replace(json=_is_json(spot.root)), _key_style(node, key))


def _check_index(spot: Spot, steps: tuple[Step, ...]) -> None:
    """Only the next item of a list can be created."""
    step = steps[0]
    count = len(spot.node.value) if isinstance(spot.node, SequenceNode) else 0
    if isinstance(step, Token):
        index = count if step.text == "-" else paths.pointer_index(step)
        step = -1 if index is None else index
    if isinstance(step, int) and step != count:
        shown = spot.shown or "the document"
        why = f"{shown} is empty" if not count else f"{shown} has {count} items"
        raise refused(spot, steps, why, f"the next item is {paths.show((*spot.path, count))}")


def _entry_before(node: CollectionNode, after: Sequence[str]) -> int:
    """The position of the first of the keys ``after`` that is there, else of the last entry."""
    last = len(node.value) - 1
    if not after or not isinstance(node, MappingNode):
        return last
    named = {name.value: index for index, (name, _) in enumerate(node.value) if isinstance(name, ScalarNode)}
    return next((named[key] for key in after if key in named), last)


def _scalar_at(node: Node | None, steps: Sequence[Step]) -> ScalarNode | None:
    for step in steps:
        if not isinstance(node, MappingNode):
            return None
        node = next((value for name, value in node.value if name.value == step), None)
    return node if isinstance(node, ScalarNode) else None


def _quotes(node: ScalarNode | None) -> str:
    return node.style if node is not None and node.style in ("'", '"') else ""


def _like(node: ScalarNode | None, value: str) -> Text:
    """A text as its neighbour is written: in its quotes, or as an integer or a boolean."""
    literal = node is not None and not node.style and scalars.is_literal(node.value, value)
    return Text(value, _quotes(node), literal)


def _style(beside: Node | None, rest: tuple[Step, ...]) -> str:
    """The quotes of the same value in the entry beside."""
    return _quotes(_scalar_at(beside, rest))


def _key_style(node: Node, key: str | None) -> str:
    """How a mapping writes its keys: quotes, ``""``, or "literal" for integers as keys."""
    if key is None or not isinstance(node, MappingNode) or not node.value:
        return ""
    names = [name for name, _ in node.value]
    styles = {name.style or "" for name in names if isinstance(name, ScalarNode)}
    if styles == {""} and all(scalars.is_literal(name.value, key) for name in names if isinstance(name, ScalarNode)):
        return "literal"
    return styles.pop() if len(styles) == 1 and styles <= {"'", '"'} else ""


def _is_json(root: Node) -> bool:
    """Whether a document is JSON: it starts with a bracket, and then there is a double quote."""
    brackets = 0
    while isinstance(root, CollectionNode) and root.flow_style and root.value:
        first = root.value[0]
        root = first[0] if isinstance(root, MappingNode) else first
        brackets += 1
    return brackets > 0 and isinstance(root, ScalarNode) and root.style == '"'
