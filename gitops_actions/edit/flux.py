"""Kind ``flux``: images and versions in the objects of Flux (https://fluxcd.io/flux/components/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gitops_actions.edit import images, leaves, objects, places, values
from gitops_actions.edit.holders import Entry, Holder
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.lookup import length, node_at, text_at
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import MISSING, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.model import Edited, EditSpec, Found, Image, Release

_KINDS = {
    "HelmRelease": "helm.toolkit.fluxcd.io",
    "Kustomization": "kustomize.toolkit.fluxcd.io",
    "OCIRepository": "source.toolkit.fluxcd.io",
}


class Flux:
    """Without ``path``: the release's images in ``values`` and ``postRenderers`` of a HelmRelease, in ``images`` of a
    Kustomization, and ``ref`` of an OCIRepository whose ``url`` is one of them. With it: the value there."""

    kind = "flux"
    takes = objects.TAKES

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The value at the path, or the parts of every image."""
        return objects.read(text, spec, _AGENT)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release in place."""
        return objects.edit(text, spec, release, _AGENT)


def _holders(parsed: Parsed, document: Spot) -> Iterator[Holder]:
    for kind, root in objects.of_kinds(parsed, document, _KINDS):
        if kind == "HelmRelease":
            yield from values.holders(parsed, root, ("spec", "values"))
            for index in range(length(node_at(root.node, "spec", "postRenderers"))):
                yield from _entries(parsed, root, ("spec", "postRenderers", index, "kustomize", "images"))
        elif kind == "Kustomization":
            yield from _entries(parsed, root, ("spec", "images"))
        else:
            url = text_at(root.node, "spec", "url") or ""
            if url.startswith("oci://"):
                yield Artifact((url.removeprefix("oci://"),), parsed, root)


_AGENT = objects.Agent("Flux", "fluxcd.io", "a HelmRelease, Kustomization or OCIRepository of Flux", _holders)


def _entries(parsed: Parsed, root: Spot, steps: tuple[Step, ...]) -> Iterator[Holder]:
    for index in range(length(node_at(root.node, *steps))):
        entry = node_at(root.node, *steps, index)
        names = tuple(name for key in ("name", "newName") if (name := text_at(entry, key)))
        spot, _ = places.walk(parsed, root, (*steps, index))
        yield Entry(names, parsed, spot)


@dataclass(frozen=True)
class Artifact:
    """``spec.ref`` of an OCIRepository: ``digest`` counts before ``semver``, and that before ``tag``
    (https://fluxcd.io/flux/components/source/ocirepositories/#reference)."""

    names: tuple[str, ...]
    parsed: Parsed
    root: Spot

    def leaves(self) -> tuple[Leaf, ...]:
        found = (self._leaf(key) for key in ("tag", "semver", "digest"))
        return tuple(leaf for leaf in found if leaf is not None)

    def found(self) -> tuple[Found, ...]:
        found = [Found(leaf.path, leaf.line, leaf.value, "tag", self.names[0]) for leaf in self._tags()]
        digest = self._leaf("digest")
        if digest is not None:
            found.append(Found(digest.path, digest.line, digest.value, "digest", self.names[0]))
        url = self._url()
        return (*found, Found(url.path, url.line, self.names[0], "repository", self.names[0]))

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:
        tags, digest = self._tags(), self._leaf("digest")
        now = images.Pins(tags[0].value if tags else None, leaves.text_of_leaf(digest))
        ref, taken = places.walk(self.parsed, self.root, ("spec", "ref"))
        if taken < 2:
            mark = ref.node.start_mark
            raise refusal(MISSING, "spec.ref is not there", mark, "add `ref: {tag: ...}` once by hand")
        new = images.pins(now, image, ref, create=create)
        if new.tag is not None:
            for leaf in tags:
                if leaf.spot.path[-1] == "semver":
                    objects.check_version(leaf, new.tag)
                splice.put(leaf, new.tag)
            if not tags:
                splice.add(ref, "tag", new.tag)
        if new.digest is not None:
            if digest is not None:
                splice.put(digest, new.digest)
            else:
                splice.add(ref, "digest", new.digest, after=("tag", "semver"))
        url = self._url()
        if image.repository not in self.names:  # it has moved
            splice.put(url, f"oci://{image.repository}")

    def _url(self) -> Leaf:
        spot, _ = places.walk(self.parsed, self.root, ("spec", "url"))
        return leaves.leaf(self.parsed, spot)

    def _tags(self) -> list[Leaf]:
        return [leaf for key in ("semver", "tag") if (leaf := self._leaf(key)) is not None]

    def _leaf(self, key: str) -> Leaf | None:
        steps = ("spec", "ref", key)
        spot, taken = places.walk(self.parsed, self.root, steps)
        return leaves.leaf(self.parsed, spot) if taken == len(steps) else None
