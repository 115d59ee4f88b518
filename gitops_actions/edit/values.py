"""The images anywhere in Helm values that stand inside another object: mappings with a ``repository``, and whole
references (https://helm.sh/docs/chart_best_practices/pods/#images)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from yaml.nodes import Node, ScalarNode, SequenceNode

from gitops_actions.edit import helm, images, leaves, places
from gitops_actions.edit.holders import Holder, Keys, Whole
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
            if way and is_reference(node.value, way[-1]):
                yield Whole((images.split(node.value).repository,), partial(leaf, parsed, root, way))
            continue
        if isinstance(node, SequenceNode):
            below: list[tuple[Node, tuple[Step, ...]]] = [(item, (*way, i)) for i, item in enumerate(node.value)]
        else:
            key = _repository_key(node)
            if key is not None:
                yield Keys(_names(node, key), partial(_place, parsed, root, way, key))
            below = [(value, (*way, name.value)) for name, value in node.value if isinstance(name, ScalarNode)]
        todo.extend(reversed(below))


def is_reference(text: str, step: Step) -> bool:
    """Whether a value is an image with its tag or digest: its key says so, or it has a path as no other text has."""
    reference = images.split(text)
    if not (reference.tag or reference.digest) or not reference.repository or " " in text:
        return False
    named = isinstance(step, str) and step.lower().endswith("image")
    return named or "/" in reference.repository


def _repository_key(node: Node) -> str | None:
    """The key of a mapping that holds the repository: ``repository``, or ``image`` where the tag stands beside it."""
    if text_at(node, "repository"):
        return "repository"
    image = text_at(node, "image")
    if image and text_at(node, "tag") is not None and images.split(image)[1:] == (None, None):
        return "image"
    return None


def _names(node: Node, key: str) -> tuple[str, ...]:
    repository, registry = text_at(node, key) or "", text_at(node, "registry")
    return (f"{registry}/{repository}", repository) if registry else (repository,)


def leaf(parsed: Parsed, root: Spot, steps: tuple[Step, ...]) -> Leaf:
    """Walked again, so that duplicate keys, aliases and anchors on the way are refused."""
    spot, _ = places.walk(parsed, root, steps)
    return leaves.leaf(parsed, spot)


def _place(parsed: Parsed, root: Spot, steps: tuple[Step, ...], key: str) -> helm.Place:
    spot, _ = places.walk(parsed, root, steps)
    pins = (places.child(parsed, spot, name) for name in ("tag", "digest"))
    tag, digest = (None if pin is None else leaves.leaf(parsed, pin) for pin in pins)
    repository, registry = (helm.leaf_beside(parsed, spot, name) for name in (key, "registry"))
    return helm.Place(spot, "tag", tag, digest, repository, registry)
