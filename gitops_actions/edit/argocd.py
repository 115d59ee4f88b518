"""Kind ``argocd``: images and versions in Applications and ApplicationSets
(https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

from yaml.nodes import Node

from gitops_actions.edit import images, leaves, nodes, objects, places, values
from gitops_actions.edit.holders import Holder, Keys, Whole, parts
from gitops_actions.edit.image_places import Place
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.lookup import length, node_at, text_at
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, MISSING, NOT_A_VALUE, OTHER_IMAGE, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Found, Image, Release

_KINDS = {"Application": "argoproj.io", "ApplicationSet": "argoproj.io"}


class ArgoCD:
    """Without ``path``: the release's images in ``kustomize.images``, ``helm.parameters`` and ``helm.valuesObject`` of
    every source, and ``targetRevision`` of a source that is one of them as an OCI artifact. With it: the value
    there."""

    kind = "argocd"
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
        top: tuple[Step, ...] = ("spec", "template", "spec") if kind == "ApplicationSet" else ("spec",)
        several = length(node_at(root.node, *top, "sources"))
        ways = [("source",), *(("sources", index) for index in range(several)), ("sourceHydrator", "drySource")]
        for way in ways:
            steps = (*top, *way)
            source = node_at(root.node, *steps)
            if source is not None:
                yield from _of_source(parsed, root, steps, source)


_AGENT = objects.Agent("Argo CD", "argoproj.io", "an Application or ApplicationSet of Argo CD", _holders)


def _of_source(parsed: Parsed, root: Spot, steps: tuple[Step, ...], source: Node) -> Iterator[Holder]:
    for index in range(length(node_at(source, "kustomize", "images"))):
        text = text_at(source, "kustomize", "images", index)
        if text:
            name, reference = _split(text)
            names = tuple(each for each in (name, reference.repository) if each)
            yield Override(names, parsed, root, (*steps, "kustomize", "images", index))
    parameters = list(_parameters(parsed, root, (*steps, "helm", "parameters")))
    yield from parameters
    if node_at(source, "helm", "valuesObject") is not None:
        yield from values.holders(parsed, root, (*steps, "helm", "valuesObject"))
    else:  # the object counts before the text: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#values
        told = {name for holder in parameters for name in holder.names}
        yield from _of_text(parsed, root, (*steps, "helm", "values"), told)
    url, chart = text_at(source, "repoURL") or "", text_at(source, "chart")
    if url.startswith("oci://") or (chart and "://" not in url):
        name = url.removeprefix("oci://").rstrip("/") + (f"/{chart}" if chart else "")
        yield Revision((name,), parsed, root, (*steps, "targetRevision"), bool(chart))


def _split(text: str) -> tuple[str | None, images.Reference]:
    """The name before the ``=``, if there is one, and the rest."""
    name, equals, new = text.partition("=")
    return (name, images.split(new)) if equals else (None, images.split(text))


def _parameters(parsed: Parsed, root: Spot, steps: tuple[Step, ...]) -> Iterator[Holder]:
    """Parameters that hold an image: ``X.repository`` with ``X.tag``, ``X.digest`` and ``X.registry``, or a whole
    reference."""
    below = node_at(root.node, *steps)
    by_name: dict[str, list[int]] = {}
    for index in range(length(below)):
        name, value = text_at(below, index, "name"), text_at(below, index, "value")
        if name and value is not None:
            by_name.setdefault(name, []).append(index)
            if values.is_reference(value, name):
                way = (*steps, index, "value")
                yield Whole((images.split(value).repository,), partial(values.leaf, parsed, root, way))
    for name, (index, *_) in by_name.items():
        prefix, dot, last = name.rpartition(".")
        repository = text_at(below, index, "value")
        if last == "repository" and repository:
            registry = text_at(below, by_name.get(f"{prefix}{dot}registry", [-1])[0], "value")
            names = (f"{registry}/{repository}", repository) if registry else (repository,)
            yield Keys(names, partial(_place, parsed, root, steps, by_name, prefix + dot), fixed=True)


def _place(parsed: Parsed, root: Spot, steps: tuple[Step, ...], by_name: dict[str, list[int]], prefix: str) -> Place:
    spot, _ = places.walk(parsed, root, steps)
    found: list[Leaf | None] = []
    for key in ("tag", "digest", "repository", "registry"):
        indexes = by_name.get(prefix + key, [])
        if len(indexes) > 1:
            mark = spot.node.value[indexes[1]].start_mark
            raise refusal(AMBIGUOUS, f"{spot.shown} has {prefix}{key} twice", mark, "remove one of them")
        found.append(values.leaf(parsed, spot, (indexes[0], "value")) if indexes else None)
    tag, digest, repository, registry = found
    if tag is None and digest is None:
        mark = spot.node.value[by_name[f"{prefix}repository"][0]].start_mark
        hint = "add it once by hand, or name the place of the tag with path:"
        raise refusal(MISSING, f"{spot.shown} has {prefix}repository and no {prefix}tag", mark, hint)
    return Place(spot, None, tag, digest, repository, registry, outer="", by_digest=tag is None)


def _of_text(parsed: Parsed, root: Spot, steps: tuple[Step, ...], told: set[str]) -> Iterator[Holder]:
    """The images in values that are a text in the file. They cannot be edited, and must not be overlooked."""
    text = text_at(root.node, *steps)
    if not text:
        return
    try:
        inner = nodes.parse(text)
        roots = list(places.roots(inner))
    except EditRefused:
        return
    for document in roots:
        for holder in values.holders(inner, document, ()):
            if not told.intersection(holder.names):
                yield Sealed(holder.names, parsed, root, steps)


@dataclass(frozen=True)
class Sealed:
    """An image in values that are a text: there to be refused."""

    names: tuple[str, ...]
    parsed: Parsed
    root: Spot
    steps: tuple[Step, ...]

    def leaves(self) -> tuple[Leaf, ...]:
        spot, _ = places.walk(self.parsed, self.root, self.steps)
        message = f"image {self.names[0]} is in {spot.shown}, which is a text and not values"
        hint = "write it as valuesObject, or put the image into helm.parameters"
        raise refusal(NOT_A_VALUE, message, spot.node.start_mark, hint)

    def found(self) -> tuple[Found, ...]:
        return ()

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:  # noqa: ARG002
        self.leaves()


@dataclass(frozen=True)
class Override:
    """An item of ``kustomize.images``: ``NAME[=NEW_NAME][:TAG][@DIGEST]``, as `kustomize edit set image` takes it
    (https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/)."""

    names: tuple[str, ...]
    parsed: Parsed
    root: Spot
    steps: tuple[Step, ...]

    @cached_property
    def leaf(self) -> Leaf:
        """Where it stands."""
        return values.leaf(self.parsed, self.root, self.steps)

    def leaves(self) -> tuple[Leaf, ...]:
        return (self.leaf,)

    def found(self) -> tuple[Found, ...]:
        name, reference = _split(self.leaf.value)
        return parts(self.leaf, name or reference.repository, reference)

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:
        name, now = _split(self.leaf.value)
        pins = images.Pins(now.tag, now.digest)
        if pins == (None, None) and not create:  # as an entry of a kustomization with a name alone
            pins = images.Pins("" if image.tag else None, None if image.tag else "")
        new = images.pins(pins, image, self.leaf.spot, create=create)
        repository = now.repository
        if image.repository != image.name and image.repository != repository:
            name, repository = name or repository, image.repository
        text = f"{name}={repository}" if name else repository
        splice.put(self.leaf, text + (f":{new.tag}" if new.tag else "") + (f"@{new.digest}" if new.digest else ""))


@dataclass(frozen=True)
class Revision:
    """``targetRevision`` of a source that is the artifact itself: tag or digest of an OCI repository, or the version of
    a chart in one (https://argo-cd.readthedocs.io/en/stable/user-guide/oci/)."""

    names: tuple[str, ...]
    parsed: Parsed
    root: Spot
    steps: tuple[Step, ...]
    chart: bool

    @cached_property
    def leaf(self) -> Leaf:
        """Where it stands."""
        spot, taken = places.walk(self.parsed, self.root, self.steps)
        if taken < len(self.steps):
            hint = "write it once by hand"
            raise refusal(MISSING, f"{spot.shown}.targetRevision is not there", spot.node.start_mark, hint)
        return leaves.leaf(self.parsed, spot)

    def leaves(self) -> tuple[Leaf, ...]:
        return (self.leaf,)

    def found(self) -> tuple[Found, ...]:
        role: Literal["tag", "digest"] = "digest" if self._pins.digest else "tag"
        return (Found(self.leaf.path, self.leaf.line, self.leaf.value, role, self.names[0]),)

    def put(self, splice: Splice, image: Image, *, create: bool) -> None:  # noqa: ARG002
        mark = self.leaf.spot.node.start_mark
        if image.repository not in self.names:
            message = f"image {image.name} comes from {image.repository}, and the source is {self.names[0]}"
            raise refusal(OTHER_IMAGE, message, mark, "change repoURL by hand")
        new = images.pins(self._pins, image, self.leaf.spot, create=False)
        if new.tag is not None and self.chart:
            objects.check_version(self.leaf, new.tag)
        splice.put(self.leaf, new.digest or new.tag or "")

    @property
    def _pins(self) -> images.Pins:
        value = self.leaf.value
        return images.Pins(None, value) if ":" in value else images.Pins(value, None)
