"""Kind ``helm``: an image in a Helm values file, as ``tag`` (with ``digest``, ``repository`` and ``registry`` beside
it) or as one reference."""

from __future__ import annotations

from collections.abc import Mapping

from yaml.nodes import MappingNode, SequenceNode

from gitops_actions.edit import documents, image_places, images, lines, paths
from gitops_actions.edit.image_places import Place
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.passes import joined
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, CANNOT_CREATE, MISSING, OTHER_IMAGE, quoted, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Found, Image, Release, Take

DEFAULT_PATH = "image.tag"


class HelmValues:
    """The image at a path of a values file: ``image.tag`` unless the edit says otherwise."""

    kind = "helm"
    takes: Mapping[str, Take] = {
        "images": Take(),
        "path": Take(),
        "document": Take(),
        "on-missing": Take(),
    }

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The whole reference, or tag, digest and repository; under the repository's name where the file says it."""
        with lines.parse(text) as parsed:
            try:
                return found_at(image_places.place(parsed, spec.document, _steps(spec)))
            except EditRefused as error:
                _look_elsewhere(error, parsed, spec, None)
                raise

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the image of the release that this place is for."""
        with lines.parse(text) as parsed:
            edited, whole = _edit(parsed, spec, release)
        if whole:
            return edited
        then = self.edit(edited.text, spec, release)
        return joined(edited, then, self.read(then.text, spec))


def _edit(parsed: Parsed, spec: EditSpec, release: Release) -> tuple[Edited, bool]:
    """The edit, and whether it is all of it: a path that has been created may lack what belongs beside it."""
    splice = Splice(parsed)
    create = spec.on_missing == "create"
    place = None
    try:
        place = image_places.place(parsed, spec.document, _steps(spec))
        if place.tag is not None and place.is_reference:
            _put_reference(splice, place.tag, release, create=create)
        elif place.is_reference and create:
            _create(splice, (place.parent, len(_steps(spec)) - 1), _steps(spec), release)
        elif place.is_reference:
            raise _missing(place)
        else:
            image = _image(place, release)
            put_pins(splice, place, image, create=create)
            put_repository(splice, place, image)
    except EditRefused as error:
        known = _look_elsewhere(error, parsed, spec, release)
        if known or place is not None or not create or error.code != MISSING:
            raise
    else:
        return splice.result(), True
    _create(splice, documents.nearest(parsed, spec.document, _steps(spec)), _steps(spec), release)
    return splice.result(), False


def _steps(spec: EditSpec) -> tuple[paths.Step, ...]:
    return paths.parse(spec.path or DEFAULT_PATH)


def _look_elsewhere(error: EditRefused, parsed: Parsed, spec: EditSpec, release: Release | None) -> bool:
    """Give the refusal of a path that leads to no image, or to another one, the places that were perhaps meant as its
    hint. Whether there are any."""
    hint = None
    if error.code in (MISSING, OTHER_IMAGE):
        hint = image_places.hint(parsed, release, _steps(spec))
    error.hint = hint or error.hint
    return hint is not None


def _create(splice: Splice, nearest: tuple[Spot, int], steps: tuple[paths.Step, ...], release: Release) -> None:
    """What the path asks for, in a file that has no image of the release at all."""
    spot, taken = nearest
    image = _only_image(release, spot)
    images.check(image)
    key = paths.show(steps[-1:]).lower()
    value = image.digest if key.endswith("digest") else image.tag
    if key.endswith("image"):
        value = image.reference
    if value is None:
        message = f"{paths.show(steps)} is not there, and image {image.name} comes without what it would hold"
        raise refusal(MISSING, message, spot.node.start_mark, "deploy the image with it, or correct the path")
    splice.create(spot, steps[taken:], value)


def found_at(place: Place) -> tuple[Found, ...]:
    """The whole reference, or tag, digest and repository."""
    if place.tag is not None and place.is_reference:
        return (images.split(place.tag.value).found(place.tag.path, place.tag.line),)
    name = place.names[0] if place.names else None
    digest = place.digest if images.value_of(place.digest) else None
    found = images.found_pins(place.tag, digest, name)
    if place.repository is not None and name:
        found.append(Found(place.repository.path, place.repository.line, name, "repository", name))
    if not found:
        raise _missing(place)
    return tuple(found)


def _image(place: Place, release: Release) -> Image:
    """The image that tag, digest and repository of a place are for."""
    for name in place.names:
        image = images.matching(release, name)
        if image is not None:
            return image
    if release.images and place.repository is not None and place.names:
        raise _other_image(place.names[0], release, place.repository)
    return _only_image(release, place.parent)


def _only_image(release: Release, spot: Spot) -> Image:
    """The image of a place that does not say which it is for."""
    mark = spot.node.start_mark
    if not release.images:
        raise refusal(OTHER_IMAGE, "the release has no image", mark, "deploy with --image, or use kind yaml")
    if len({(image.repository, image.tag, image.digest) for image in release.images}) == 1:
        return release.images[0]
    message = f"{spot.shown or 'the file'} does not say which of {len(release.images)} images it is for"
    raise refusal(AMBIGUOUS, message, mark, "add a key repository beside the tag")


def _put_reference(splice: Splice, leaf: Leaf, release: Release, *, create: bool) -> None:
    now = images.split(leaf.value)
    image = images.matching(release, now.repository)
    if image is None:
        raise _other_image(now.repository, release, leaf)
    splice.put(leaf, images.rewritten(now, image, leaf.spot, create=create))


def put_pins(splice: Splice, place: Place, image: Image, *, create: bool) -> None:
    """Set the tag and digest of a place, as far as it has them."""
    now = images.Pins(images.value_of(place.tag), images.value_of(place.digest))
    pinned = images.tag_with_digest(now.tag or "")
    if (now == (None, None) and not create) or not isinstance(place.parent.node, MappingNode | SequenceNode):
        raise _missing(place)
    new = images.pins(pinned or now, image, place.parent, create=create)
    if place.tag is not None:
        if new.tag is not None:
            splice.put(place.tag, f"{new.tag}@{new.digest}" if pinned else new.tag)
    elif new.tag is not None and not place.by_digest:
        if place.key is None:
            raise _missing(place)
        splice.add(place.parent, place.key, new.tag, after=("repository",))
    if new.digest is not None:
        if place.digest is not None:
            splice.put(place.digest, new.digest)
        elif not pinned:
            splice.add(place.parent, place.digest_key, new.digest, after=(place.key or "tag", "repository"))


def put_repository(splice: Splice, place: Place, image: Image) -> None:
    """Let the repository follow an image that has moved."""
    now = place.repository
    if now is None or not place.names or image.repository in place.names:
        return
    for registry in place.registries:
        if image.repository.startswith(f"{registry}/"):
            splice.put(now, image.repository.removeprefix(f"{registry}/"))
            return
    if place.registries:
        shown = " or ".join(quoted(registry) for registry in place.registries)
        message = f"image {image.name} comes from {image.repository}, which is not in registry {shown}"
        raise refusal(OTHER_IMAGE, message, now.spot.node.start_mark, "change registry by hand")
    splice.put(now, image.repository)


def _other_image(repository: str, release: Release, leaf: Leaf) -> EditRefused:
    names = ", ".join(quoted(image.name) for image in release.images) or "no image"
    message = f"{leaf.path} is {quoted(repository)}, and the release has {names}"
    hint = "correct the path or the app's image; for an image that has moved, deploy NAME=REPOSITORY:TAG"
    return refusal(OTHER_IMAGE, message, leaf.spot.node.start_mark, hint)


def _missing(place: Place) -> EditRefused:
    mark = place.parent.node.start_mark
    if place.key is None:
        return refusal(CANNOT_CREATE, f"there is no such item in {place.parent.shown}", mark, "add it once by hand")
    message = f"{paths.show((*place.parent.path, place.key))} is not there"
    return refusal(MISSING, message, mark, "correct the path, add the key by hand, or set on-missing: create")
