"""Kind ``manifest``: the containers of every pod template in Kubernetes manifests, whatever kind holds it
(https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import documents, images, leaves, nodes, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import MISSING, NOT_YAML, quoted
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Found, Release, Take

# Lists of containers: of pods, of Argo Workflows (https://argo-workflows.readthedocs.io/en/latest/fields/#template),
# of Tekton tasks (https://tekton.dev/docs/pipelines/tasks/#defining-steps).
_LISTS = frozenset(("containers", "initContainers", "ephemeralContainers", "sidecars", "steps"))
# Single ones, of Argo Workflows.
_SINGLE = frozenset(("container", "script"))


class Manifest:
    """``image`` of every container that runs an image of the release."""

    kind = "manifest"
    takes: Mapping[str, Take] = {
        "images": Take(),
        "document": Take(),
        "on-missing": Take(),
    }

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The image of every container."""
        found: list[Found] = []
        with nodes.parse(text) as parsed:
            for root in documents.select(parsed, spec.document):
                values = _Leaves(parsed, root)
                for value, way in _containers(root.node):
                    leaf = values.at(way)
                    found.append(images.split(value).found(leaf.path, leaf.line))
        return tuple(found)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release's images; containers of other images are not looked at."""
        if spec.document is None and not _may_matter(text, release):
            raise _NotThere(text, spec, release)
        done = 0
        with nodes.parse(text) as parsed:
            splice = Splice(parsed)
            # An alias shows an image where its text is not.
            offsets = images.offsets(parsed.text, release) if "*" not in parsed.text else None
            for root in documents.select(parsed, spec.document):
                values = _Leaves(parsed, root)
                for value, way in _containers(root.node, offsets):
                    now = images.split(value)
                    image = images.matching(release, now.repository)
                    if image is not None:
                        leaf = values.at(way)
                        splice.put(leaf, images.rewritten(now, image, leaf.spot, create=spec.on_missing == "create"))
                        done += 1
                splice.settle()
            if not done:
                raise _NotThere(text, spec, release)
            return splice.result()


_Way = tuple[Step, ...]


def _containers(root: Node, offsets: Sequence[int] | None = None) -> Iterator[tuple[str, _Way]]:
    """The image texts of all containers of a document with the way to each from its root, in the order of the text;
    with ``offsets``, only of those in whose lines one of these places of the text is.

    A node that aliases show in several places is met where it stands.
    """
    if not _is_object(root):
        return
    seen: set[int] = set()
    todo: list[tuple[Node, _Way]] = [(root, ())]
    while todo:
        node, steps = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        is_list = isinstance(node, SequenceNode)
        holds_containers = is_list and bool(steps) and steps[-1] in _LISTS
        below: list[tuple[Node, _Way]] = []
        for key, child in enumerate(node.value) if is_list else node.value:
            if isinstance(child, ScalarNode) or (offsets is not None and not _holds(child, offsets)):
                continue
            step = key if isinstance(key, int) else key.value
            if not isinstance(step, int | str):
                continue  # a key that is no text
            way = (*steps, step)
            below.append((child, way))
            if holds_containers or step in _SINGLE:
                yield from ((value, (*way, "image")) for value in _images(child))
        below.reverse()
        todo += below


def _is_object(node: Node) -> bool:
    """Whether a document is a Kubernetes object."""
    keys = {key.value for key, _ in node.value if isinstance(key, ScalarNode)} if isinstance(node, MappingNode) else ()
    return "apiVersion" in keys and "kind" in keys


def _holds(node: Node, offsets: Sequence[int]) -> bool:
    """Whether one of the offsets is in the text of a node. The end of a block is too far rather than too near."""
    index = bisect_left(offsets, node.start_mark.index)
    return index < len(offsets) and offsets[index] < node.end_mark.index


def _images(item: Node) -> Iterator[str]:
    """The image of a container; none where it has none, or something that is no text. Of a duplicate key, the first,
    and one that a merge brings in: `_Leaves` refuses them."""
    if isinstance(item, MappingNode):
        for key, value in item.value:
            if key.value == "image" and isinstance(value, ScalarNode):
                yield value.value
                return
        for key, value in item.value:
            if key.value == "<<":
                for merged in value.value if isinstance(value, SequenceNode) else [value]:
                    pairs = merged.value if isinstance(merged, MappingNode) else []
                    yield from (v.value for k, v in pairs if k.value == "image" and isinstance(v, ScalarNode))


class _Leaves:
    """The values at the end of ways from a root, walked again so that duplicate keys, aliases and anchors on them are
    refused. Of a list, all items are gone through at once: a list of thousands of objects is not gone through for each
    of them."""

    def __init__(self, parsed: Parsed, root: Spot) -> None:
        self._parsed = parsed
        self._spots: dict[_Way, Spot] = {(): root}

    def at(self, steps: _Way) -> Leaf:
        return leaves.leaf(self._parsed, self._spot(steps))

    def _spot(self, steps: _Way) -> Spot:
        if steps not in self._spots:
            above = self._spot(steps[:-1])
            if not isinstance(steps[-1], int):
                return places.walk(self._parsed, above, steps[-1:])[0]
            for index, item in enumerate(places.items(self._parsed, above)):
                self._spots[*steps[:-1], index] = item
        return self._spots[steps]


class _NotThere(EditRefused):
    """No container runs an image of the release. What they run instead is looked up when the hint is asked for: of many
    files, most are only asked whether they are the one."""

    _hint: str | None

    def __init__(self, text: str, spec: EditSpec, release: Release) -> None:
        wanted = " or ".join(quoted(image.name) for image in release.images) or "an image (the release has none)"
        super().__init__(f"no container runs {wanted}", code=MISSING)
        self._asked = text, spec

    @property
    def hint(self) -> str | None:
        if self._hint is None:
            self._hint = _others(*self._asked)
        return self._hint

    @hint.setter
    def hint(self, hint: str | None) -> None:
        self._hint = hint


def _others(text: str, spec: EditSpec) -> str:
    """What the containers of a text run, or why that cannot be said."""
    try:
        with nodes.parse(text) as parsed:
            roots = documents.select(parsed, spec.document)
            values = [value for root in roots for value, _ in _containers(root.node)]
    except EditRefused as error:
        what = "the file is not YAML" if error.code == NOT_YAML else error.message
        return f"{what} (line {error.line}, column {error.column})" if error.line else what
    names = [name for name in dict.fromkeys(images.split(value).repository for value in values) if name]
    if names:
        return f"the containers run {', '.join(map(quoted, names[:12]))}"
    template = "; templates are edited as kind text, or by the values that they take" if "{{" in text else ""
    return f"the file has no container with an image{template}"


def _may_matter(text: str, release: Release) -> bool:
    """Whether a text must be parsed: it holds the name of an image, or what could make it something else than a
    manifest without it (a template, or encrypted), which is worth to be told as such."""
    return images.offsets(text, release) != [] or "{{" in text or "sops" in text
