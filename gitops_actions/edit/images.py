"""Image references in files, and what a release means for them.

References are compared as they are written: no default registry, no `library/`. See
https://pkg.go.dev/github.com/distribution/reference for the grammar.
"""

from __future__ import annotations

from typing import NamedTuple

from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, BAD_SPEC, MISSING, STALE, quoted, refusal
from gitops_actions.errors import UsageError
from gitops_actions.model import Found, Image, Release


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


class Pins(NamedTuple):
    """What a file with keys of their own for tag and digest is to hold; None: no such key."""

    tag: str | None
    digest: str | None


def pins(now: Pins, image: Image, spot: Spot, *, create: bool) -> Pins:
    """The tag and digest to write where a file has ``now``.

    Raises EditRefused when one of them would stay from another build, or when there is no place for what the
    release has; UsageError when the release has neither.
    """
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
    _check_digest(now.digest, image, spot)
    tag = image.tag if now.tag or not now.digest else None
    digest = image.digest if now.digest or create or not tag else None
    return image.repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _check_digest(now: str | None, image: Image, spot: Spot) -> None:
    if image.tag is None and image.digest is None:
        raise UsageError(f"image {image.name} has neither tag nor digest", code=BAD_SPEC, hint="give one of them")
    if now and image.digest is None:
        message = f"{spot.shown or 'the file'} pins a digest, and image {image.name} comes without one"
        hint = "deploy the image by digest (REPOSITORY:TAG@DIGEST), or remove the digest from the file"
        raise refusal(STALE, message, spot.node.start_mark, hint)
