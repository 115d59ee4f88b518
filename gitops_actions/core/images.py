"""Container image references (https://pkg.go.dev/github.com/distribution/reference)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gitops_actions.errors import UsageError
from gitops_actions.model import App, Image

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_REPOSITORY = rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*"
_REFERENCE = re.compile(
    rf"(?:(?P<name>[^=\s]+)=)?(?P<repository>{_REPOSITORY})"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,254}")


def parse(text: str) -> Image:
    """An image from `[NAME=]REPOSITORY[:TAG][@DIGEST]`; its name is empty when none is given.

    Raises UsageError saying what is wrong with it.
    """
    match = _REFERENCE.fullmatch(text[:1000])
    # Two dots are allowed in a tag, but tags become parts of paths and ranges, where they mean something.
    if match is None or len(match["repository"]) > 255 or ".." in text or not _NAME.fullmatch(match["name"] or "x"):
        raise UsageError(
            f"{text[:200]!r} is not an image",
            code="GA022",
            hint="write [NAME=]REPOSITORY[:TAG][@DIGEST]; a tag has at most 128 of A-Z a-z 0-9 _ . - "
            "and a digest is sha256: and 64 hex digits",
        )
    return Image(match["name"] or "", match["repository"], match["tag"], match["digest"])


def named(image: Image) -> Image:
    """The image with its repository as its name, unless it has one."""
    return image if image.name else Image(image.repository, image.repository, image.tag, image.digest)


def for_app(app: App, given: Sequence[Image]) -> tuple[Image, ...]:
    """The images of a release in the order of the app, each under the name that the app's files use.

    An image belongs to the app's image that it names (by `NAME=` or by its repository). Raises UsageError when it
    names none, when one is given twice, or when one is missing.
    """
    if not app.images:
        return tuple(named(image) for image in given)
    found: dict[str, Image] = {}
    for image in given:
        name = image.name or image.repository
        if name not in app.images:
            raise UsageError(
                f"app {app.name} is built from {' and '.join(app.images)}, not from {name}",
                code="GA023",
                hint=f"for an image that has moved, write --image {app.images[0]}={image.reference}",
            )
        if name in found:
            raise UsageError(f"image {name} is given twice", code="GA024")
        if image.tag is None and image.digest is None:
            raise UsageError(f"image {name} has neither tag nor digest", code="GA025", hint=f"write {name}:TAG")
        found[name] = replace(image, name=name)
    missing = [name for name in app.images if name not in found]
    if missing and given:
        raise UsageError(f"app {app.name} also has the image {', '.join(missing)}", code="GA026", hint="give them all")
    return tuple(found[name] for name in app.images if name in found)


def renamed(app: App, images: Sequence[Image]) -> tuple[Image, ...]:
    """The images of a record under the names of the app: a record holds references only, in the app's order."""
    if tuple(image.name for image in images) == app.images:
        return tuple(images)
    if len(images) != len(app.images):
        return tuple(named(image) for image in images)
    own = {image.repository: image for image in images if image.repository in app.images}
    rest = [image for image in images if image.repository not in own]
    if len(own) + len(rest) != len(images):  # two have moved to one repository: only their order tells them apart
        return tuple(replace(image, name=name) for name, image in zip(app.images, images, strict=True))
    moved = iter(rest)
    return tuple(replace(own[name] if name in own else next(moved), name=name) for name in app.images)
