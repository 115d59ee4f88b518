"""Kind ``kustomize``: the entries of ``images`` in a kustomization (or Component)
(https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Literal

from gitops_actions.edit import documents, images, leaves, nodes, places
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, MISSING, quoted, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Found, Image, Release

# https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization, in kustomize's own order.
_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_ROLES: tuple[tuple[str, Literal["repository", "tag", "digest"]], ...] = (
    ("newName", "repository"),
    ("newTag", "tag"),
    ("digest", "digest"),
)


class Kustomize:
    """``newTag``, ``digest`` and ``newName`` of the entry of each image of a release."""

    kind = "kustomize"

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file itself, or the kustomization of a folder."""
        if spec.file.endswith((".yaml", ".yml")) or posixpath.basename(spec.file) == "Kustomization":
            return (spec.file,)
        folder = spec.file.rstrip("/")
        return tuple(name if folder in ("", ".") else f"{folder}/{name}" for name in _FILES)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """Tag, digest and new name of every entry, under the entry's ``name``."""
        parsed = nodes.parse(text)
        found: list[Found] = []
        for entry in _entries(parsed, spec):
            found.extend(found_at(parsed, entry))
        return tuple(found)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release's images; an image of it that has no entry is not this file's."""
        parsed = nodes.parse(text)
        splice = Splice(parsed)
        entries = _entries(parsed, spec)
        done = 0
        for image in release.images:
            entry = _entry(parsed, entries, image)
            if entry is not None:
                put(parsed, splice, entry, image, create=spec.on_missing == "create")
                done += 1
        if not done:
            raise _missing(parsed, entries, release)
        return splice.result()


def found_at(parsed: Parsed, entry: Spot) -> Iterator[Found]:
    """New name, tag and digest of an entry."""
    name = places.text_of_key(parsed, entry, "name")
    for key, role in _ROLES:
        spot = places.child(parsed, entry, key)
        if spot is not None:
            leaf = leaves.leaf(parsed, spot)
            yield Found(leaf.path, leaf.line, leaf.value, role, name)


def _entries(parsed: Parsed, spec: EditSpec) -> list[Spot]:
    found: list[Spot] = []
    for root in documents.select(parsed, spec.document):
        spot = places.child(parsed, root, "images")
        if spot is not None:
            found.extend(places.items(parsed, spot))
    return found


def _entry(parsed: Parsed, entries: list[Spot], image: Image) -> Spot | None:
    """The entry of an image: by ``name``, else by ``newName``."""
    found = [entry for entry in entries if places.text_of_key(parsed, entry, "name") == image.name]
    if not found:
        names = (image.repository, image.name)
        found = [entry for entry in entries if places.text_of_key(parsed, entry, "newName") in names]
    if len(found) > 1:
        lines = " and ".join(str(entry.node.start_mark.line + 1) for entry in found[:2])
        message = f"{len(found)} entries of images are for {quoted(image.name)}, on lines {lines}"
        raise refusal(AMBIGUOUS, message, found[1].node.start_mark, "keep one of them")
    return found[0] if found else None


def put(parsed: Parsed, splice: Splice, entry: Spot, image: Image, *, create: bool) -> None:
    new_name, new_tag, digest = (
        leaves.leaf(parsed, spot) if spot is not None else None
        for spot in (places.child(parsed, entry, key) for key, _ in _ROLES)
    )
    now = images.Pins(leaves.text_of_leaf(new_tag), leaves.text_of_leaf(digest))
    new = images.pins(now, image, entry, create=create)
    if image.repository != image.name:
        if new_name is not None:
            splice.put(new_name, image.repository)
        else:
            splice.add(entry, "newName", image.repository, after=("name",))
    if new.tag is not None:
        if new_tag is not None:
            splice.put(new_tag, new.tag)
        else:
            splice.add(entry, "newTag", new.tag, after=("newName", "name"))
    if new.digest is not None:
        if digest is not None:
            splice.put(digest, new.digest)
        else:
            splice.add(entry, "digest", new.digest, after=("newTag", "newName", "name"))


def _missing(parsed: Parsed, entries: list[Spot], release: Release) -> EditRefused:
    wanted = " or ".join(quoted(image.name) for image in release.images) or "an image (the release has none)"
    names = [name for entry in entries if (name := places.text_of_key(parsed, entry, "name"))]
    there = f"the entries are {', '.join(quoted(name) for name in names[:12])}; " if names else ""
    hint = f"{there}add `images: [{{name: ..., newTag: ...}}]` for it once by hand"
    mark = entries[0].node.start_mark if entries else None
    return refusal(MISSING, f"images has no entry for {wanted}", mark, hint)
