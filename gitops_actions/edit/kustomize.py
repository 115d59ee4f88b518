"""Kind ``kustomize``: the entries of ``images`` in a kustomization (or Component)
(https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from yaml.nodes import MappingNode, Node

from gitops_actions.edit import documents, images, leaves, nodes, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.passes import joined
from gitops_actions.edit.paths import Filter
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, BAD_SPEC, CANNOT_CREATE, MISSING, STALE, quoted, refusal
from gitops_actions.edit.remotes import travelling
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import Edited, EditSpec, Found, Image, Release, Take

# https://kubectl.docs.kubernetes.io/references/kustomize/glossary/#kustomization, in kustomize's own order.
_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Kustomize:
    """``newTag``, ``digest`` and ``newName`` of the entry of each image of a release. With ``options["remote"]``, also
    the revision in the URLs of remote resources of that repository."""

    kind = "kustomize"
    takes: Mapping[str, Take] = {
        "images": Take(),
        "document": Take(),
        "on-missing": Take(),
        "remote": Take(about="Which remote resources of a kustomization travel along: a repository, or its URL"),
        "value": Take(beside="remote"),
        "revision": Take(beside="remote", without="value"),
    }

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file itself, or the kustomization of a folder."""
        if spec.file.endswith((".yaml", ".yml")) or posixpath.basename(spec.file) == "Kustomization":
            return (spec.file,)
        folder = spec.file.rstrip("/")
        return tuple(name if folder in ("", ".") else f"{folder}/{name}" for name in _FILES)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """Tag, digest and new name of every entry, under the entry's ``name``; the revisions of remote resources."""
        found: list[Found] = []
        with nodes.parse(text) as parsed:
            for entry in _entries(parsed, spec):
                found.extend(found_at(parsed, entry))
            for remote in travelling(parsed, spec):
                leaf = leaves.leaf(parsed, remote.spot)
                found.append(Found(leaf.path, leaf.line, remote.revision))
        return tuple(found)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release's images and, where asked for, its revision in remote resources. An image of it
        that has no entry is not this file's, unless it is to be created."""
        with nodes.parse(text) as parsed:
            edited, created = _edit(parsed, spec, release)
        if created is None:
            return edited
        then = self.edit(edited.text, spec, release)
        found = self.read(then.text, spec)
        return joined(_named(edited, found, created), then, found)


def _edit(parsed: Parsed, spec: EditSpec, release: Release) -> tuple[Edited, Image | None]:
    """The edit, and the image that has got its entry by it: then there may be more to edit."""
    splice = Splice(parsed)
    remotes = travelling(parsed, spec)
    for remote in remotes:
        splice.put(leaves.leaf(parsed, remote.spot), remote.at(_revision(spec, release)))
    entries = _entries(parsed, spec)
    create = spec.on_missing == "create"
    lacking: list[Image] = []
    for image in release.images:
        entry = _entry(parsed, entries, image)
        if entry is not None:
            put(parsed, splice, entry, image, create=create)
        else:
            lacking.append(image)
    if lacking and create:
        _create(parsed, splice, _only(parsed, spec), lacking[0])
        return splice.result(), lacking[0]
    if len(lacking) == len(release.images) and not remotes:
        raise _missing(parsed, spec, entries, release)
    return splice.result(), None


class _Keys(NamedTuple):
    """The values of an entry that may be replaced."""

    name: Leaf | None
    tag: Leaf | None
    digest: Leaf | None


def _keys(parsed: Parsed, entry: Spot) -> _Keys:
    spots = (places.child(parsed, entry, key) for key in ("newName", "newTag", "digest"))
    return _Keys(*(leaves.leaf(parsed, spot) if spot is not None else None for spot in spots))


def found_at(parsed: Parsed, entry: Spot) -> list[Found]:
    """New name, tag and digest of an entry."""
    name = places.text_of_key(parsed, entry, "name")
    keys = _keys(parsed, entry)
    found = images.found_pins(keys.tag, keys.digest, name)
    new_name = images.value_of(keys.name)
    if keys.name is None or not new_name:
        return found
    return [Found(keys.name.path, keys.name.line, new_name, "repository", name), *found]


def _entries(parsed: Parsed, spec: EditSpec) -> list[Spot]:
    found: list[Spot] = []
    for root in documents.select(parsed, spec.document):
        spot = places.child(parsed, root, "images")
        if spot is not None:
            found.extend(places.items(parsed, spot))
    return found


def _entry(parsed: Parsed, entries: list[Spot], image: Image) -> Spot | None:
    """The entry of an image: by ``name``, else by ``newName``."""
    entries = [entry for entry in entries if _may_be(entry.node, (image.name, image.repository))]
    found = [entry for entry in entries if places.text_of_key(parsed, entry, "name") == image.name]
    if not found:
        names = (image.repository, image.name)
        found = [entry for entry in entries if places.text_of_key(parsed, entry, "newName") in names]
    if len(found) > 1:
        lines = " and ".join(str(entry.node.start_mark.line + 1) for entry in found[:2])
        message = f"{len(found)} entries of images are for {quoted(image.name)}, on lines {lines}"
        raise refusal(AMBIGUOUS, message, found[1].node.start_mark, "keep one of them")
    return found[0] if found else None


def _may_be(node: Node, names: tuple[str, str]) -> bool:
    """Whether a closer look at an entry can find one of the names: of many entries, few are."""
    pairs = node.value if isinstance(node, MappingNode) else ()
    return any(value.value in names or key.value == "<<" for key, value in pairs)


def put(parsed: Parsed, splice: Splice, entry: Spot, image: Image, *, create: bool) -> None:
    """Set an entry to an image of a release."""
    keys = _keys(parsed, entry)
    now = images.Pins(images.value_of(keys.tag), images.value_of(keys.digest))
    pinned = images.tag_with_digest(now.tag or "")
    if now == (None, None) and not create:
        # A name alone asks for the image to be set, and without a tag the entry does nothing at all.
        now = images.Pins("" if image.tag else None, None if image.tag else "")
    new = images.pins(pinned or now, image, entry, create=create)
    _put_name(splice, entry, keys.name, image)
    if new.tag is not None:
        if keys.tag is not None:
            splice.put(keys.tag, f"{new.tag}@{new.digest}" if pinned else new.tag)
        else:
            _check_suffix(parsed, entry)
            splice.add(entry, "newTag", new.tag, after=("newName", "name"))
    if new.digest is not None:
        if keys.digest is not None:
            splice.put(keys.digest, new.digest)
        elif not pinned:
            _check_suffix(parsed, entry)
            splice.add(entry, "digest", new.digest, after=("newTag", "newName", "name"))


def _put_name(splice: Splice, entry: Spot, leaf: Leaf | None, image: Image) -> None:
    """``newName`` follows an image that has moved. One that stays must be a name alone: kustomize puts the tag behind
    it, whatever it holds."""
    if image.repository != image.name:
        if leaf is not None:
            splice.put(leaf, image.repository)
        else:
            splice.add(entry, "newName", image.repository, after=("name",))
    elif leaf is not None and images.split(leaf.value)[1:] != (None, None):
        message = f"{leaf.path} holds a tag or digest: {quoted(leaf.value)}"
        raise refusal(STALE, message, leaf.spot.node.start_mark, "move it to newTag or digest")


def _check_suffix(parsed: Parsed, entry: Spot) -> None:
    """Kustomize fails where a new tag or digest stands beside a suffix for the old one."""
    spot = places.child(parsed, entry, "tagSuffix")
    if spot is not None:
        hint = "replace tagSuffix by newTag once by hand"
        raise refusal(CANNOT_CREATE, f"{spot.shown} does not go with a new tag or digest", spot.node.start_mark, hint)


def _create(parsed: Parsed, splice: Splice, root: Spot, image: Image) -> None:
    """A new entry with the tag, or with the digest where there is none; what else it says comes when it is there."""
    images.check(image)
    key, value = ("newTag", image.tag) if image.tag is not None else ("digest", image.digest)
    steps = ("images", Filter(("name",), image.name), key)
    spot, taken = places.walk(parsed, root, steps)
    splice.create(spot, steps[taken:], value or "")


def _named(first: Edited, found: tuple[Found, ...], image: Image) -> Edited:
    """The edit that has created the entry of an image, with the place by which it is found from now on."""
    created = next(value.path for value in found if value.name == image.name and value.role in ("tag", "digest"))
    changes = (replace(change, path=created) if "[?" in change.path else change for change in first.changes)
    return Edited(first.text, tuple(changes))


def _only(parsed: Parsed, spec: EditSpec) -> Spot:
    """The document that gets what is new."""
    only = mark = None
    count = 0
    for root in documents.select(parsed, spec.document):
        only = only or root
        count += 1
        mark = root.node.start_mark if count == 2 else mark
    if count == 1 and only is not None:
        return only
    message = f"images cannot be added: the file has {count} documents"
    raise refusal(CANNOT_CREATE, message, mark, "name one with document:, or write images: once by hand")


def _revision(spec: EditSpec, release: Release) -> str:
    """What remote resources are set to: the edit's value, else the commit that was built."""
    if spec.value is not None:
        return spec.value
    if release.source.revision is None:
        message = "remote resources take the revision, and the release has none"
        raise UsageError(message, code=BAD_SPEC, hint="give --revision SHA, or the edit a value such as {version}")
    return release.source.revision


def _missing(parsed: Parsed, spec: EditSpec, entries: list[Spot], release: Release) -> EditRefused:
    wanted = " or ".join(quoted(image.name) for image in release.images) or "an image (the release has none)"
    names = [name for entry in entries if (name := places.text_of_key(parsed, entry, "name"))]
    there = f"the entries are {', '.join(quoted(name) for name in names[:12])}; " if names else ""
    hint = f"{there}set on-missing: create, or add `- name: ...` to images once by hand"
    mark = entries[0].node.start_mark if entries else documents.start(parsed, spec.document)
    return refusal(MISSING, f"images has no entry for {wanted}", mark, hint)
