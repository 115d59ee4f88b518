"""Where an image stands in Helm values, in the ways that charts have for it
(https://helm.sh/docs/chart_best_practices/pods/#images)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import documents, images, leaves, paths, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step, Token
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, STALE, refusal
from gitops_actions.errors import EditRefused
from gitops_actions.model import Release

# `tag`, `imageTag`, `image_tag`, `web-tag`: what is beside it is called alike.
_TAG_KEY = re.compile(r"(?P<prefix>|.+[_-])tag|(?P<camel>.*[a-z0-9])Tag")
_DIGEST_KEY = re.compile(r"(|.+[_-])digest|(.*[a-z0-9])Digest")
_PARTS = frozenset(("repository", "tag", "digest"))
_SHOWN = 6


class Place(NamedTuple):
    """An image: ``tag`` is the value at the path, which may be a whole reference; the others are beside it in the same
    mapping. ``key`` is what the tag is called there, None where it has no name. ``outer`` is a registry that the chart
    puts in front, whatever the place says."""

    parent: Spot
    key: str | None
    tag: Leaf | None
    digest: Leaf | None
    repository: Leaf | None
    registry: Leaf | None
    outer: str
    by_digest: bool

    @property
    def is_reference(self) -> bool:
        """Whether the value is a whole reference: its key says so, or it has what no tag can have."""
        value = self.tag.value if self.tag is not None else ""
        if self.key is not None and self.key.lower().endswith("image"):
            return True
        return images.tag_with_digest(value) is None and any(char in value for char in "/:@")

    @property
    def digest_key(self) -> str:
        """What a digest beside the tag is called."""
        prefix, camel = _prefix(self.key)
        return prefix + ("Digest" if camel else "digest")

    @property
    def registries(self) -> tuple[str, ...]:
        """What may stand before the repository."""
        return tuple(name for name in (images.value_of(self.registry), self.outer) if name)

    @property
    def names(self) -> tuple[str, ...]:
        """What the image may be called, the fullest first; none where the file leaves it to the chart."""
        repository = images.value_of(self.repository)
        return (*(f"{registry}/{repository}" for registry in self.registries), repository) if repository else ()


def place(parsed: Parsed, document: str | None, steps: tuple[Step, ...]) -> Place:
    """The place at a path: of a tag, of a digest, of a whole reference, or of the mapping that holds them.

    Raises EditRefused where the path leads nowhere, to something else, or to half of an image.
    """
    parent, _ = documents.find(parsed, document, steps[:-1])
    return place_in(parsed, parent, steps[-1])


def place_in(parsed: Parsed, parent: Spot, step: Step) -> Place:
    """The same one step below a spot."""
    spot, taken = places.walk(parsed, parent, (step,))
    last = step.text if isinstance(step, Token) else step
    key = last if isinstance(last, str) else None
    if taken and isinstance(spot.node, MappingNode) and _PARTS & _scalars(spot.node).keys():
        names = [name for name in _scalars(spot.node) if _TAG_KEY.fullmatch(name)]
        parent, key = spot, names[0] if names else "tag"
        spot, taken = places.walk(parsed, parent, (key,))
    by_digest = key is not None and _DIGEST_KEY.fullmatch(key) is not None
    if by_digest and key is not None:
        key = f"{key[:-6]}{'tag' if key.endswith('digest') else 'Tag'}"
        spot, taken = places.walk(parsed, parent, (key,))
    tag = leaves.leaf(parsed, spot) if taken else None
    found = Place(parent, key, tag, *_beside(parsed, parent, key), by_digest=by_digest)
    _check_whole(parsed, found)
    return found


def _beside(parsed: Parsed, parent: Spot, key: str | None) -> tuple[Leaf | None, Leaf | None, Leaf | None, str]:
    """Digest, repository, registry, and the registry of the whole chart."""
    prefix, camel = _prefix(key)
    digest, repository, registry = (
        _leaf(parsed, parent, prefix + (word.capitalize() if camel else word))
        for word in ("digest", "repository", "registry")
    )
    if repository is None:
        others = (prefix.rstrip("_-"), f"{prefix}{'N' if camel else 'n'}ame") if prefix else ("image", "name")
        for name in others:
            leaf = _leaf(parsed, parent, name) if name != key else None
            # `name` may be any name: what has no folder is taken for none of an image.
            if leaf is not None and _is_repository(leaf.value) and (name == others[0] or "/" in leaf.value):
                repository = leaf
                break
    return digest, repository, registry, _global_registry(parent.root) if repository is not None else ""


def _prefix(key: str | None) -> tuple[str, bool]:
    """What keys of the same image start with, and whether a capital letter follows it."""
    match = _TAG_KEY.fullmatch(key or "tag")
    return (match["camel"] or match["prefix"] or "", match["camel"] is not None) if match else ("", False)


def _leaf(parsed: Parsed, parent: Spot, key: str) -> Leaf | None:
    """A value beside the tag; a mapping of that name (a subchart called registry) has nothing to do with it."""
    spot = places.child(parsed, parent, key)
    return leaves.leaf(parsed, spot) if spot is not None and isinstance(spot.node, ScalarNode) else None


def _is_repository(value: str) -> bool:
    return bool(value) and images.split(value)[1:] == (None, None)


def _global_registry(root: Node) -> str:
    """``global.imageRegistry``, which charts in Bitnami's way put in place of every image's registry
    (https://github.com/bitnami/charts/blob/main/bitnami/common/README.md)."""
    pairs = root.value if isinstance(root, MappingNode) else []
    found = [_scalars(value).get("imageRegistry", "") for key, value in pairs if key.value == "global"]
    return found[-1] if found else ""


def _check_whole(parsed: Parsed, found: Place) -> None:
    """Refuse half of an image: a reference whose tag stands beside it, or a tag beside a checksum of another form."""
    if found.tag is not None and found.key is not None and found.is_reference and _is_repository(found.tag.value):
        for name in (f"{found.key}Tag", f"{found.key}_tag", f"{found.key}-tag", "tag"):
            other = _leaf(parsed, found.parent, name)
            if other is not None:
                message = f"{found.tag.path} has its tag in {other.path} beside it"
                raise refusal(AMBIGUOUS, message, found.tag.spot.node.start_mark, f"write path: {other.path}")
    checksum = _leaf(parsed, found.parent, "sha") if not found.is_reference else None
    if images.value_of(checksum) and checksum is not None:
        message = f"{checksum.path} pins another build beside the tag"
        hint = "empty it, or write an edit of kind yaml for each of the two"
        raise refusal(STALE, message, checksum.spot.node.start_mark, hint)


def hint(parsed: Parsed, release: Release | None, asked: tuple[Step, ...]) -> str | None:
    """Where else the images of a release stand, or any images without one; None where that would not help."""
    found = [path for path in dict.fromkeys(_all(parsed, release)) if path != paths.show(asked)][: _SHOWN + 1]
    if not found:
        return None
    shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
    if release is None:
        return f"images of this file are at {shown}: write one of them as path"
    return f"the app's image is at {shown}: write " + (
        f"path: {shown}" if len(found) == 1 else "an edit for each that is meant, with its path"
    )


def _all(parsed: Parsed, release: Release | None) -> Iterator[str]:
    """The paths of everything that looks like an image, or like one of the release."""
    for root in parsed.roots:
        outer = _global_registry(root)
        seen: set[int] = set()
        todo: list[tuple[Node, tuple[Step, ...]]] = [(root, ())]
        while todo:
            node, steps = todo.pop()
            if id(node) in seen or isinstance(node, ScalarNode):
                continue
            seen.add(id(node))
            if isinstance(node, SequenceNode):
                below: list[tuple[Node, tuple[Step, ...]]] = [(n, (*steps, i)) for i, n in enumerate(node.value)]
            else:
                below = [(n, (*steps, key.value)) for key, n in node.value if isinstance(key, ScalarNode)]
                for key, names in looking_like_images(node, outer):
                    if any(_is_of(release, name) for name in names) if release else key in _scalars(node):
                        yield paths.show((*steps, key))
            todo += reversed(below)


def looking_like_images(node: Node, outer: str = "") -> Iterator[tuple[str, list[str]]]:
    """The keys of a mapping under which a tag or whole reference stands, with what the image may be called."""
    scalars = {key: value for key, value in _scalars(node).items() if value}
    if "repository" in scalars:
        registries = [name for name in (scalars.get("registry"), outer) if name]
        names = [f"{registry}/{scalars['repository']}" for registry in registries]
        yield next((key for key in scalars if _TAG_KEY.fullmatch(key)), "tag"), [*names, scalars["repository"]]
    for key, value in scalars.items():
        if key.lower().endswith("image"):
            beside = (name for name in (f"{key}Tag", f"{key}_tag", f"{key}-tag", "tag") if name in scalars)
            yield next(beside, key), [images.split(value).repository]


def _is_of(release: Release, name: str) -> bool:
    try:
        return images.matching(release, name) is not None
    except EditRefused:  # it is, and which one it is cannot be told
        return True


def _scalars(node: Node) -> dict[str, str]:
    pairs = node.value if isinstance(node, MappingNode) else []
    return {
        key.value: value.value for key, value in pairs if isinstance(key, ScalarNode) and isinstance(value, ScalarNode)
    }
