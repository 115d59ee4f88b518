"""Places that hold an image inside the objects of Argo CD and Flux: what each calls it, and how to put another in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from gitops_actions.edit import helm, images, kustomize, leaves, places
from gitops_actions.edit.image_places import Place
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import OTHER_IMAGE, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.model import Found, Image


class Holder(Protocol):
    """A place for an image. What is wrong with it is only raised when it is asked for more than its names: places of
    other images may be as they are."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the file calls the image, the surest first."""
        ...

    def leaves(self) -> tuple[Leaf, ...]:
        """The values that a release replaces."""
        ...

    def found(self) -> tuple[Found, ...]:
        """The same, as parts of an image."""
        ...

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:
        """Replace them. Raises EditRefused as an editor does."""
        ...


@dataclass(frozen=True)
class Keys:
    """An image as it stands in Helm values: tag, digest, repository and registry of their own, or a whole reference.
    ``fixed``: no key can be added."""

    names: tuple[str, ...]
    locate: Callable[[], Place]
    fixed: bool = False

    @cached_property
    def place(self) -> Place:
        """Where they stand."""
        return self.locate()

    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(leaf for leaf in (self.place.tag, self.place.digest) if leaf is not None)

    def found(self) -> tuple[Found, ...]:
        tag = self.place.tag
        if tag is not None and self.place.is_reference:
            return parts(tag, self.names[0], images.split(tag.value))
        return helm.found_at(self.place)

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:
        tag = self.place.tag
        if tag is not None and self.place.is_reference:
            splice.put(tag, images.rewritten(images.split(tag.value), image, tag.spot, create=create))
            return
        if self.place.repository is None and image.repository not in self.names:
            message = f"image {image.name} comes from {image.repository}, and {self.names[0]} is not beside its tag"
            raise refusal(OTHER_IMAGE, message, self.place.parent.node.start_mark, "change the repository by hand")
        helm.put_pins(splice, self.place, image, create=create and not self.fixed)
        helm.put_repository(splice, self.place, image)


@dataclass(frozen=True)
class Whole:
    """A whole reference as one value."""

    names: tuple[str, ...]
    locate: Callable[[], Leaf]

    @cached_property
    def leaf(self) -> Leaf:
        """Where it stands."""
        return self.locate()

    def leaves(self) -> tuple[Leaf, ...]:
        return (self.leaf,)

    def found(self) -> tuple[Found, ...]:
        reference = images.split(self.leaf.value)
        return parts(self.leaf, reference.repository, reference)

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:
        splice.put(self.leaf, images.rewritten(images.split(self.leaf.value), image, self.leaf.spot, create=create))


@dataclass(frozen=True)
class Entry:
    """An entry of ``images`` with the keys that it has in a kustomization."""

    names: tuple[str, ...]
    parsed: Parsed
    spot: Spot

    def leaves(self) -> tuple[Leaf, ...]:
        spots = (places.child(self.parsed, self.spot, key) for key in ("newTag", "digest"))
        return tuple(leaves.leaf(self.parsed, spot) for spot in spots if spot is not None)

    def found(self) -> tuple[Found, ...]:
        return tuple(kustomize.found_at(self.parsed, self.spot))

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:
        kustomize.put(self.parsed, splice, self.spot, image, create=create)


def parts(leaf: Leaf, name: str, reference: images.Reference) -> tuple[Found, ...]:
    """The parts of a reference that is one value, under the name of its image."""
    found = [Found(leaf.path, leaf.line, reference.repository, "repository", name)]
    if reference.digest:
        found.append(Found(leaf.path, leaf.line, reference.digest, "digest", name))
    if reference.tag:
        found.append(Found(leaf.path, leaf.line, reference.tag, "tag", name))
    return tuple(found)
