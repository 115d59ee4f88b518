"""The images anywhere in Helm values that stand inside another object: mappings with a ``repository``, and whole
references (https://helm.sh/docs/chart_best_practices/pods/#images)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from yaml.nodes import Node, ScalarNode, SequenceNode

from gitops_actions.edit import image_places, images, leaves, places
from gitops_actions.edit.holders import Holder, Keys, Whole
from gitops_actions.edit.image_places import Place
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.lookup import node_at, text_at
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot


def holders(parsed: Parsed, root: Spot, steps: tuple[Step, ...]) -> Iterator[Holder]:
    """Every image below a place, in the order of the text. A node that aliases show again is met where it stands."""
    seen: set[int] = set()
    todo = [(node_at(root.node, *steps), steps)]
    while todo:
        node, way = todo.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            if way and not _is_named(way[-1]) and is_reference(node.value, way[-1]):
                yield Whole((images.split(node.value).repository,), partial(leaf, parsed, root, way))
            continue
        if isinstance(node, SequenceNode):
            below: list[tuple[Node, tuple[Step, ...]]] = [(item, (*way, i)) for i, item in enumerate(node.value)]
        else:
            for key, names in _looking_like_images(node):
                yield Keys(tuple(names), partial(_place, parsed, root, way, key))
            below = [(value, (*way, name.value)) for name, value in node.value if isinstance(name, ScalarNode)]
        todo.extend(reversed(below))


def is_reference(text: str, step: Step) -> bool:
    """Whether a value is an image with its tag or digest: its key says so, or it has a path as no other text has."""
    reference = images.split(text)
    if not (reference.tag or reference.digest) or not reference.repository or " " in text:
        return False
    return _is_named(step) or "/" in reference.repository


def _is_named(step: Step) -> bool:
    return isinstance(step, str) and step.lower().endswith("image")


def _looking_like_images(node: Node) -> Iterator[tuple[str, list[str]]]:
    """As `image_places` has it, without names alone (the chart may say the tag, or another key), and with what a merge
    key brings in, for it must not be overlooked."""
    found = list(image_places.looking_like_images(node))
    repository = text_at(node, "repository")
    if not found and repository:
        yield "tag", [repository]
    for key, names in found:
        if not _is_named(key) or is_reference(text_at(node, key) or "", key):
            yield key, names


def leaf(parsed: Parsed, root: Spot, steps: tuple[Step, ...]) -> Leaf:
    """Walked again, so that duplicate keys, aliases and anchors on the way are refused."""
    spot, _ = places.walk(parsed, root, steps)
    return leaves.leaf(parsed, spot)


def _place(parsed: Parsed, root: Spot, steps: tuple[Step, ...], key: str) -> Place:
    spot, _ = places.walk(parsed, root, steps)
    return image_places.place_in(parsed, spot, key)
