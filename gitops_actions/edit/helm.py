"""Kind ``helm``: an image in a Helm values file, as ``tag`` (with ``digest``, ``repository`` and ``registry`` beside
it) or as one reference (https://helm.sh/docs/chart_best_practices/pods/#images)."""

from __future__ import annotations

import re
from typing import NamedTuple

from yaml.nodes import ScalarNode

from gitops_actions.edit import documents, images, leaves, lines, paths, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Token
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, CANNOT_CREATE, MISSING, OTHER_IMAGE, quoted, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Found, Image, Release

DEFAULT_PATH = "image.tag"

# Charts without a key for the digest are pinned by `tag: 1.2@sha256:...`.
_PINNED_TAG = re.compile(r"(?P<tag>[\w][\w.-]*)@(?P<digest>sha\d+:[0-9a-f]+)", re.ASCII)


class HelmValues:
    """The image at a path of a values file: ``image.tag`` unless the edit says otherwise."""

    kind = "helm"

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The whole reference, or tag, digest and repository; under the repository's name where the file says it."""
        place = _place(lines.parse(text), spec)
        if place.tag is not None and place.is_reference:
            return (images.split(place.tag.value).found(place.tag.path, place.tag.line),)
        name = place.repository_name
        found: list[Found] = []
        if place.tag is not None:
            pinned = _PINNED_TAG.fullmatch(place.tag.value)
            tag = pinned["tag"] if pinned else place.tag.value
            found.append(Found(place.tag.path, place.tag.line, tag, "tag", name))
            if pinned:
                found.append(Found(place.tag.path, place.tag.line, pinned["digest"], "digest", name))
        if place.digest is not None and place.digest.value:
            found.append(Found(place.digest.path, place.digest.line, place.digest.value, "digest", name))
        if place.repository is not None and name:
            found.append(Found(place.repository.path, place.repository.line, name, "repository", name))
        if not found:
            raise _missing(place)
        return tuple(found)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the image of the release that this place is for."""
        parsed = lines.parse(text)
        place = _place(parsed, spec)
        create = spec.on_missing == "create"
        splice = Splice(parsed)
        if place.tag is not None and place.is_reference:
            _put_reference(splice, place.tag, release, create=create)
        else:
            image = _image(place, release)
            _put_pins(splice, place, image, create=create)
            _put_repository(splice, place, image)
        return splice.result()


class _Place(NamedTuple):
    """What the file has at the path, and beside it in the same mapping."""

    parent: Spot
    key: str | None
    tag: Leaf | None
    digest: Leaf | None
    repository: Leaf | None
    registry: Leaf | None

    @property
    def is_reference(self) -> bool:
        """Whether the value is a whole reference: its key says so, or it has what no tag can have."""
        value = self.tag.value if self.tag is not None else ""
        if self.key is not None and self.key.lower().endswith("image"):
            return True
        return not _PINNED_TAG.fullmatch(value) and any(char in value for char in "/:@")

    @property
    def repository_name(self) -> str | None:
        """The repository with its registry; None where the file leaves it to the chart."""
        if self.repository is None or not self.repository.value:
            return None
        registry = self.registry.value if self.registry is not None else ""
        return f"{registry}/{self.repository.value}" if registry else self.repository.value


def _place(parsed: Parsed, spec: EditSpec) -> _Place:
    steps = paths.parse(spec.path or DEFAULT_PATH)
    parent, _ = documents.find(parsed, spec.document, steps[:-1])
    spot, taken = places.walk(parsed, parent, steps[-1:])
    tag = leaves.leaf(parsed, spot) if taken else None
    beside = (_leaf(parsed, parent, key) for key in ("digest", "repository", "registry"))
    last = steps[-1].text if isinstance(steps[-1], Token) else steps[-1]
    return _Place(parent, last if isinstance(last, str) else None, tag, *beside)


def _leaf(parsed: Parsed, parent: Spot, key: str) -> Leaf | None:
    """A value beside the tag; a mapping of that name (a subchart called registry) has nothing to do with it."""
    spot = places.child(parsed, parent, key)
    return leaves.leaf(parsed, spot) if spot is not None and isinstance(spot.node, ScalarNode) else None


def _image(place: _Place, release: Release) -> Image:
    """The image that tag, digest and repository of a place are for."""
    if not release.images:
        mark = place.parent.node.start_mark
        raise refusal(OTHER_IMAGE, "the release has no image", mark, "deploy with --image, or use kind yaml")
    if place.repository is not None and place.repository_name:
        for name in (place.repository_name, place.repository.value):
            image = images.matching(release, name)
            if image is not None:
                return image
        raise _other_image(place.repository_name, release, place.repository)
    if len({(image.repository, image.tag, image.digest) for image in release.images}) == 1:
        return release.images[0]
    message = f"{place.parent.shown or 'the file'} does not say which of {len(release.images)} images it is for"
    raise refusal(AMBIGUOUS, message, place.parent.node.start_mark, "add a key repository beside the tag")


def _put_reference(splice: Splice, leaf: Leaf, release: Release, *, create: bool) -> None:
    now = images.split(leaf.value)
    image = images.matching(release, now.repository)
    if image is None:
        raise _other_image(now.repository, release, leaf)
    splice.put(leaf, images.rewritten(now, image, leaf.spot, create=create))


def _put_pins(splice: Splice, place: _Place, image: Image, *, create: bool) -> None:
    tag, digest = place.tag, place.digest
    now = images.Pins(leaves.text_of_leaf(tag), leaves.text_of_leaf(digest))
    pinned = _PINNED_TAG.fullmatch(now.tag or "")
    if pinned:
        now = images.Pins(pinned["tag"], pinned["digest"])
    if now == (None, None) and not create:
        raise _missing(place)
    new = images.pins(now, image, place.parent, create=create)
    if new.tag is not None:
        if tag is not None:
            splice.put(tag, f"{new.tag}@{new.digest}" if pinned else new.tag)
        elif place.key is not None:
            splice.add(place.parent, place.key, new.tag, after=("repository",))
        else:
            raise _missing(place)
    if new.digest is not None:
        if digest is not None:
            splice.put(digest, new.digest)
        elif not pinned:
            splice.add(place.parent, "digest", new.digest, after=(place.key or "tag", "repository"))


def _put_repository(splice: Splice, place: _Place, image: Image) -> None:
    """Let the repository follow an image that has moved."""
    now = place.repository
    if now is None or not now.value or image.repository in (place.repository_name, now.value):
        return
    registry = place.registry.value if place.registry is not None else ""
    if registry and not image.repository.startswith(f"{registry}/"):
        message = f"image {image.name} comes from {image.repository}, which is not in registry {quoted(registry)}"
        raise refusal(OTHER_IMAGE, message, now.spot.node.start_mark, "change registry by hand")
    splice.put(now, image.repository.removeprefix(f"{registry}/") if registry else image.repository)


def _other_image(repository: str, release: Release, leaf: Leaf) -> EditRefused:
    names = ", ".join(quoted(image.name) for image in release.images) or "no image"
    message = f"{leaf.path} is {quoted(repository)}, and the release has {names}"
    hint = "correct the path or the app's image; for an image that has moved, deploy NAME=REPOSITORY:TAG"
    return refusal(OTHER_IMAGE, message, leaf.spot.node.start_mark, hint)


def _missing(place: _Place) -> EditRefused:
    mark = place.parent.node.start_mark
    if place.key is None:
        return refusal(CANNOT_CREATE, f"there is no such item in {place.parent.shown}", mark, "add it once by hand")
    message = f"{paths.show((*place.parent.path, place.key))} is not there"
    return refusal(MISSING, message, mark, "correct the path, add the key by hand, or set on-missing: create")
