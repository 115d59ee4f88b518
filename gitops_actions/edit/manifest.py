"""Kind ``manifest``: the containers of every pod template in Kubernetes manifests, whatever kind holds it
(https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container)."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import documents, images, leaves, nodes, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import MISSING, quoted, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.model import Edited, EditSpec, Found, Release

_LISTS = frozenset(("containers", "initContainers"))


class Manifest:
    """``image`` of every container and init container that runs an image of the release."""

    kind = "manifest"

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The image of every container."""
        parsed = nodes.parse(text)
        found = [(images.split(value), _leaf(parsed, *place)) for value, place in _containers(parsed, spec)]
        return tuple(reference.found(leaf.path, leaf.line) for reference, leaf in found)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release's images; containers of other images are not looked at."""
        parsed = nodes.parse(text)
        splice = Splice(parsed)
        others: list[str] = []
        done = 0
        for value, place in _containers(parsed, spec):
            now = images.split(value)
            image = images.matching(release, now.repository)
            if image is None:
                others.append(now.repository)
                continue
            leaf = _leaf(parsed, *place)
            splice.put(leaf, images.rewritten(now, image, leaf.spot, create=spec.on_missing == "create"))
            done += 1
        if not done:
            wanted = " or ".join(quoted(image.name) for image in release.images) or "an image (the release has none)"
            there = ", ".join(quoted(name) for name in list(dict.fromkeys(others))[:12])
            hint = f"the containers run {there}" if there else "the file has no container in a pod template"
            raise refusal(MISSING, f"no container runs {wanted}", None, hint)
        return splice.result()


_Place = tuple[Spot, tuple[Step, ...]]


def _containers(parsed: Parsed, spec: EditSpec) -> Iterator[tuple[str, _Place]]:
    """The image texts of all containers with the way to each from the root of its document, in the order of the text.

    A node that aliases show in several places is met where it stands.
    """
    for root in documents.select(parsed, spec.document):
        if not {"apiVersion", "kind"} <= _keys(root.node):
            continue
        seen: set[int] = set()
        todo: list[tuple[Node, tuple[Step, ...]]] = [(root.node, ())]
        while todo:
            node, steps = todo.pop()
            if id(node) in seen or isinstance(node, ScalarNode):
                continue
            seen.add(id(node))
            below: list[tuple[Node, tuple[Step, ...]]] = []
            if isinstance(node, SequenceNode):
                below = [(item, (*steps, index)) for index, item in enumerate(node.value)]
                if steps and steps[-1] in _LISTS:
                    yield from ((value, (root, (*way, "image"))) for item, way in below for value in _images(item))
            else:
                below = [(value, (*steps, key.value)) for key, value in node.value if isinstance(key, ScalarNode)]
            todo.extend(reversed(below))


def _keys(node: Node) -> set[str]:
    return (
        {key.value for key, _ in node.value if isinstance(key, ScalarNode)} if isinstance(node, MappingNode) else set()
    )


def _images(item: Node) -> Iterator[str]:
    """The image of a container; none where it has none, or something that is no text. Of a duplicate key, the first:
    `_leaf` refuses it."""
    if isinstance(item, MappingNode):
        for key, value in item.value:
            if key.value == "image" and isinstance(value, ScalarNode):
                yield value.value
                return


def _leaf(parsed: Parsed, root: Spot, steps: tuple[Step, ...]) -> Leaf:
    """The value at the end of a way, walked again so that duplicate keys, aliases and anchors on it are refused."""
    spot, _ = places.walk(parsed, root, steps)
    return leaves.leaf(parsed, spot)
