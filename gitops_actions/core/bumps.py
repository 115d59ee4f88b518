"""What kind of file one is, and whether a change in it is that of an image, for the kinds that know images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gitops_actions.core.values import Difference, Place, Tree, Value, text_at
from gitops_actions.model import EditSpec, Image, Release

Shape = str
Show = Callable[[Sequence[str | int]], str]

SHAPES = ("kustomization", "helm values", "chart", "manifest", "flux", "argocd", "yaml", "json", "toml")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_VALUES = re.compile(r"(?:.*[-._])?values(?:[-._].*)?\.ya?ml")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_REFERENCE = re.compile(
    r"(?P<repository>[^@\s]+?)(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>sha\d+:[0-9a-f]+))?", re.ASCII
)


class Bump(NamedTuple):
    """One edit by a kind that knows images, with the release that the author's change amounts to."""

    spec: EditSpec
    release: Release


def shape_of(file: str, format: str, tree: Tree) -> Shape:
    """One of `SHAPES`, by the file's name and what its documents say they are."""
    if format != "yaml":
        return format
    name = file.rpartition("/")[2]
    if name in _KUSTOMIZATIONS:
        return "kustomization"
    if name in ("Chart.yaml", "Chart.yml"):
        return "chart"
    objects = list(_objects(tree))
    for version, kind in objects:
        if version.startswith("kustomize.config.k8s.io/"):
            return "kustomization"
        if re.search(r"\.toolkit\.fluxcd\.io/", version):
            return "flux"
        if version.startswith("argoproj.io/") and kind in ("Application", "ApplicationSet", "AppProject"):
            return "argocd"
    if objects:
        return "manifest"
    return "helm values" if _VALUES.fullmatch(name) else "yaml"


def bumps(file: str, shape: Shape, new: Tree, changes: Sequence[Difference], show: Show) -> list[Bump] | None:
    """The edits that make these changes as those of images; None where they are something else besides."""
    if not changes:
        return None
    if shape == "kustomization":
        return _kustomize(file, new, changes)
    if shape == "helm values":
        return _helm(file, new, changes, show)
    return _manifest(file, new, changes)


def _objects(tree: Tree) -> Iterator[tuple[str, str]]:
    """apiVersion and kind of each document that has both."""
    for place, value in tree.items():
        if place.steps == ("apiVersion",) and isinstance(value, Value):
            kind = text_at(tree, place.document, ("kind",))
            if kind is not None:
                yield value.text, kind


def _kustomize(file: str, new: Tree, changes: Sequence[Difference]) -> list[Bump] | None:
    entries: dict[tuple[int, tuple[str | int, ...]], Image] = {}
    for change in changes:
        document, steps = change.place.document, change.place.steps
        if len(steps) != 3 or steps[0] != "images" or steps[2] not in ("newTag", "digest", "newName"):
            return None
        name, repository, tag, digest = (
            text_at(new, document, (*steps[:2], key)) for key in ("name", "newName", "newTag", "digest")
        )
        if not name or not (tag or digest):
            return None
        entries[document, steps[:2]] = Image(name, repository or name, tag or None, digest or None)
    images = tuple(entries.values())
    return [Bump(EditSpec("kustomize", file), _release(images))]


def _manifest(file: str, new: Tree, changes: Sequence[Difference]) -> list[Bump] | None:
    images: dict[str, Image] = {}
    for change in changes:
        now = _moved(change.old.text, change.new.text)
        if now is None or not _is_container(change.place):
            return None
        if images.setdefault(now.repository, now) != now:
            return None
    for place, value in new.items():
        # The kind changes every container of an image; an author who left one behind meant something else.
        if isinstance(value, Value) and _is_container(place):
            now = _image(value.text)
            if now is not None and now.repository in images and now != images[now.repository]:
                return None
    documents = {change.place.document for change in changes}
    if any(text_at(new, document, (key,)) is None for document in documents for key in ("apiVersion", "kind")):
        return None
    return [Bump(EditSpec("manifest", file), _release(tuple(images.values())))]


def _helm(file: str, new: Tree, changes: Sequence[Difference], show: Show) -> list[Bump] | None:
    found: dict[tuple[int, tuple[str | int, ...]], Bump] = {}
    several = any(place.document for place in new)
    for change in changes:
        document, steps = change.place.document, change.place.steps
        *above, last = steps
        path: tuple[str | int, ...] = (*above, "tag")
        image = None
        if last == "digest" or (last == "tag" and _moved(f"x:{change.old.text}", f"x:{change.new.text}") is not None):
            image = _beside(new, document, above)
        elif str(last).lower().endswith("image"):
            image, path = _moved(change.old.text, change.new.text), steps
        if image is None:
            return None
        spec = EditSpec("helm", file, path=show(path), document=str(document) if several else None)
        found[document, path] = Bump(spec, _release((image,)))
    return list(found.values())


def _beside(new: Tree, document: int, above: Sequence[str | int]) -> Image | None:
    """The image of the keys repository, registry, tag and digest of one mapping."""
    repository, registry, tag, digest = (
        text_at(new, document, (*above, key)) for key in ("repository", "registry", "tag", "digest")
    )
    pinned = _image(f"x:{tag}") if tag else None
    if pinned is None or (pinned.digest and digest):
        return None
    name = (f"{registry}/{repository}" if registry else repository) if repository else "image"
    return Image(name, name, pinned.tag, pinned.digest or digest or None)


def _is_container(place: Place) -> bool:
    steps = place.steps
    return len(steps) >= 3 and steps[-1] == "image" and isinstance(steps[-2], int) and steps[-3] in _CONTAINERS


def _moved(old: str, new: str) -> Image | None:
    """The new image, where the two references are of one repository and in one form: only then is it a bump."""
    before, after = _image(old), _image(new)
    if before is None or after is None or before.repository != after.repository:
        return None
    same = (before.tag is None) == (after.tag is None) and (before.digest is None) == (after.digest is None)
    return after if same else None


def _image(text: str) -> Image | None:
    """A reference that names a tag or a digest."""
    match = _REFERENCE.fullmatch(text)
    if match is None or not (match["tag"] or match["digest"]):
        return None
    return Image(match["repository"], match["repository"], match["tag"], match["digest"])


def _release(images: tuple[Image, ...]) -> Release:
    return Release(images[0].tag or images[0].digest or "replay", images)
