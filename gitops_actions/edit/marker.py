"""Kind ``marker``: values with a comment behind them that says what they are: Flux's
``# {"$imagepolicy": "NAMESPACE:NAME[:tag|:name|:digest]"}``
(https://fluxcd.io/flux/guides/image-update/#configure-image-update-for-custom-resources), or
``# {"$gitops": "APP[:FIELD[:IMAGE]]"}``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal

from gitops_actions.edit import holders, images
from gitops_actions.edit.markers import APP, POLICY, MarkedValue, marked_values
from gitops_actions.edit.refusals import AMBIGUOUS, LACKING, MISSING, OTHER_IMAGE, quoted, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import Edited, EditSpec, Found, Image, Release, Take

_ROLES: dict[str, Literal["repository", "tag", "digest", "version", "revision", "value"]] = {
    "name": "repository",
    "tag": "tag",
    "digest": "digest",
    "version": "version",
    "revision": "revision",
    "short_revision": "value",
}


class Marker:
    """The values behind which a marker names the app (``path``), or an image policy that is the release's: because
    ``path`` says so (NAMESPACE:NAME), or because one of its values is an image of the release."""

    kind = "marker"
    takes: Mapping[str, Take] = {
        "path": Take(default="{app}"),
        "document": Take(),
        "images": Take(),
        "version": Take(),
        "revision": Take(),
    }

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The values, each in its role; of an image policy, where the file says which image that is."""
        marks = marked_values(text, spec)
        names = {mark.owner: mark.repository for mark in marks if mark.key == POLICY and mark.repository}
        found: list[Found] = []
        problem: EditRefused | None = None
        for mark in _owned(marks, spec, names):
            try:
                found.extend(_found(mark, mark.image or mark.repository or names.get(mark.owner)))
            except EditRefused as error:
                if mark.owner == spec.path:
                    raise
                problem = problem or error  # may be another app's: `edit` knows
        if problem is not None and not found:
            raise problem
        return tuple(found)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release in every place that is marked as its."""
        marks = marked_values(text, spec)
        owned = _owned(marks, spec, {mark.owner for mark in marks if mark.key == POLICY and mark.is_of(release)})
        splice = Splice(owned[0].parsed)
        for mark in owned:
            splice.put(mark.leaf, _value(mark, owned, release))
        return splice.result()


def _owned(marks: list[MarkedValue], spec: EditSpec, policies: Collection[str]) -> list[MarkedValue]:
    """The markers that belong to the edit. Raises EditRefused when there is none."""
    path = spec.path or ""
    by_policy = ":" in path  # no app has a colon in its name

    def is_owned(mark: MarkedValue) -> bool:
        if mark.key == APP:
            return not by_policy and mark.owner == path != ""
        return mark.owner == path if by_policy else mark.owner in policies

    owned = [mark for mark in marks if is_owned(mark)]
    if owned:
        return owned
    there = list(dict.fromkeys(quoted(mark.owner) for mark in marks))[:12]
    hint = f"there are markers of {', '.join(there)}; name one with path:, or " if there else ""
    hint += 'write # {"$gitops": "APP:version"} behind the value'
    wanted = [quoted(path)] * bool(path) + ["an image of the release"] * (not by_policy)
    message = f"no marker is of {' or '.join(wanted)}"
    raise refusal(MISSING, message, None, hint)


def _found(mark: MarkedValue, name: str | None) -> tuple[Found, ...]:
    leaf = mark.leaf
    if mark.field == "image":
        return holders.parts(leaf, name or "", images.split(leaf.value))
    tag, _, digest = leaf.value.partition("@") if mark.field == "tag" else (leaf.value, "", "")
    found = Found(leaf.path, leaf.line, tag, _ROLES[mark.field], name)
    return (replace(found, value=digest, role="digest"), found) if digest else (found,)


def _value(mark: MarkedValue, owned: list[MarkedValue], release: Release) -> str:
    """What belongs before a marker."""
    if mark.field == "version":
        if not release.version:
            message = "a marker asks for the version, and the release has none"
            raise UsageError(message, code=LACKING, hint="give --version, or --image with a tag")
        return release.version
    if mark.field.endswith("revision"):
        revision = release.source.revision
        if revision is None:
            message = "a marker asks for the revision, and the release has none"
            raise UsageError(message, code=LACKING, hint="give --revision SHA")
        return revision[:7] if mark.field == "short_revision" else revision
    leaf, image = mark.leaf, _image(mark, owned, release)
    if mark.field == "image":
        return images.rewritten(images.split(leaf.value), image, leaf.spot, create=False)
    if mark.field == "name":
        return image.repository
    if mark.field == "digest":
        return images.pins(images.Pins(None, leaf.value), image, leaf.spot, create=False).digest or ""
    tag, _, digest = leaf.value.partition("@")
    new = images.pins(images.Pins(tag, digest or None), image, leaf.spot, create=False)
    return f"{new.tag}@{new.digest}" if digest else new.tag or ""


def _image(mark: MarkedValue, owned: list[MarkedValue], release: Release) -> Image:
    """The image that a marker is about: the one that it names, that its value names, that another value of the same
    policy names, or the only one."""
    names = {mark.image or mark.repository} - {None}
    if not names and mark.key == POLICY:
        names = {other.repository for other in owned if other.owner == mark.owner} - {None}
    found = {images.matching(release, name) for name in names if name} if names else set(release.images)
    if len(found) == 1 and (image := found.pop()) is not None:
        return image
    there = ", ".join(quoted(image.name) for image in release.images) or "no image"
    if len(found) > 1:
        hint = f'write # {{"{APP}": "APP:{mark.field}:IMAGE"}} with the name of one image'
        raise refusal(AMBIGUOUS, f"the marker does not say which of {there} it is for", mark, hint)
    message = (
        f"{' and '.join(quoted(name) for name in names if name) or 'an image'} is marked, and the release has {there}"
    )
    hint = "correct the marker or the app's image; for an image that has moved, deploy NAME=REPOSITORY:TAG"
    raise refusal(OTHER_IMAGE, message, mark, hint)
