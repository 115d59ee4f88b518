"""Image references in files, and what a release means for them.

References are compared as they are written: no default registry, no `library/`. See
https://pkg.go.dev/github.com/distribution/reference for the grammar.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, BAD_SPEC, MISSING, STALE, quoted, refusal
from gitops_actions.errors import UsageError
from gitops_actions.model import Found, Image, Release

# Where there is no key for the digest, a tag is pinned by `1.2@sha256:...`.
_PINNED_TAG = re.compile(r"(?P<tag>[\w][\w.-]*)@(?P<digest>sha\d+:[0-9a-f]+)", re.ASCII)
# What may stand for nothing (https://yaml.org/type/null.html), if it has no quotes.
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
# A name that no quoting or folding of YAML changes.
_LITERAL_NAME = re.compile(r"[\w./:@+-]+")


class Reference(NamedTuple):
    """The parts of ``REPOSITORY[:TAG][@DIGEST]``."""

    repository: str
    tag: str | None
    digest: str | None

    def found(self, path: str, line: int) -> Found:
        """As a value that was read from a file."""
        text = self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")
        return Found(path, line, text, "image", self.repository)


def split(text: str) -> Reference:
    """The parts of a reference; a port of the registry is no tag."""
    name, _, digest = text.partition("@")
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    if colon == -1:
        return Reference(name, None, digest or None)
    return Reference(name[:colon], name[colon + 1 :] or None, digest or None)


def matching(release: Release, repository: str) -> Image | None:
    """The image of a release that a repository in a file means: by its name, else by its repository.

    Raises EditRefused when several images come from that repository and differ.
    """
    found = [image for image in release.images if image.name == repository]
    found = found or [image for image in release.images if image.repository == repository]
    if len({image.reference for image in found}) > 1:
        message = f"the release has {len(found)} images from {quoted(repository)}"
        raise refusal(AMBIGUOUS, message, None, "give each image a name of its own and use the names in the file")
    return found[0] if found else None


def offsets(text: str, release: Release) -> list[int] | None:
    """Where the names and repositories of a release's images stand in a YAML text, in order: no value that is one of
    its images can be elsewhere. None where a text that is not there could still be meant: by an escape."""
    names = {name for image in release.images for name in (image.name, image.repository)}
    if "\\" in text or not all(_LITERAL_NAME.fullmatch(name) for name in names):
        return None
    found: set[int] = set()
    for name in names:
        position = text.find(name)
        while position >= 0:
            found.add(position)
            position = text.find(name, position + len(name))
    return sorted(found)


class Pins(NamedTuple):
    """What a file with keys of their own for tag and digest is to hold; None: no such key."""

    tag: str | None
    digest: str | None


def tag_with_digest(text: str) -> Pins | None:
    """The parts of a tag that is pinned as ``1.2@sha256:...``; None where it is a tag alone."""
    match = _PINNED_TAG.fullmatch(text)
    return Pins(match["tag"], match["digest"]) if match else None


def value_of(leaf: Leaf | None) -> str | None:
    """The value of a key that may not be there (None); a null is no value (empty)."""
    if leaf is None:
        return None
    return "" if not leaf.style and leaf.value in _NOTHING else leaf.value


def found_pins(tag: Leaf | None, digest: Leaf | None, name: str | None) -> list[Found]:
    """Tag and digest of an image as values that were read, wherever the digest stands."""
    found: list[Found] = []
    if tag is not None:
        value = value_of(tag) or ""
        pinned = tag_with_digest(value)
        found.append(Found(tag.path, tag.line, (pinned.tag if pinned else None) or value, "tag", name))
        if pinned and pinned.digest:
            found.append(Found(tag.path, tag.line, pinned.digest, "digest", name))
    if digest is not None:
        found.append(Found(digest.path, digest.line, value_of(digest) or "", "digest", name))
    return found


def pins(now: Pins, image: Image, spot: Spot, *, create: bool) -> Pins:
    """The tag and digest to write where a file has ``now``.

    Raises EditRefused when one of them would stay from another build, or when there is no place for what the
    release has; UsageError when the release has neither.
    """
    check(image)
    _check_digest(now.digest, image, spot)
    mark, shown = spot.node.start_mark, spot.shown or "the file"
    if now.tag and image.tag is None:
        message = f"{shown} names a tag, and image {image.name} comes without one"
        hint = "deploy the image with its tag (REPOSITORY:TAG@DIGEST), or remove the tag from the file"
        raise refusal(STALE, message, mark, hint)
    tag = image.tag if now.tag is not None or create else None
    digest = image.digest if now.digest is not None or create else None
    if tag is None and digest is None:
        message = f"{shown} has no place for what image {image.name} is released with"
        raise refusal(MISSING, message, mark, "add the key once by hand, or set on-missing: create")
    return Pins(tag, digest)


def rewritten(now: Reference, image: Image, spot: Spot, *, create: bool) -> str:
    """The reference to write in place of ``now``, in its form: a digest only where there was one, or with ``create``,
    or where there is nothing else.

    Raises EditRefused when a digest would have to be dropped, UsageError when the release has neither.
    """
    check(image)
    _check_digest(now.digest, image, spot)
    tag = image.tag if now.tag or not now.digest else None
    digest = image.digest if now.digest or create or not tag else None
    return image.repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def check(image: Image) -> None:
    """Raises UsageError for an image that has neither tag nor digest."""
    if image.tag is None and image.digest is None:
        raise UsageError(f"image {image.name} has neither tag nor digest", code=BAD_SPEC, hint="give one of them")


def _check_digest(now: str | None, image: Image, spot: Spot) -> None:
    if now and image.digest is None:
        message = f"{spot.shown or 'the file'} pins a digest, and image {image.name} comes without one"
        hint = "deploy the image by digest (REPOSITORY:TAG@DIGEST), or remove the digest from the file"
        raise refusal(STALE, message, spot.node.start_mark, hint)
