"""The Kubernetes objects of a file as an agent sees them, and how an edit of kind ``argocd`` or ``flux`` reads and
changes them: every place that is the release's image by its repository, or the one place that `path` names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from yaml.nodes import Node

from gitops_actions.edit import documents, images, leaves, nodes, paths, places
from gitops_actions.edit.holders import Holder
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.lookup import text_at
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import BAD_SPEC, INHERITED, MISSING, NOT_A_VALUE, STALE, quoted, refusal
from gitops_actions.edit.splice import Splice
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import TYPED, Edited, EditSpec, Found, Image, Release, Take

# What an agent fills in later: templates of ApplicationSets, variables of Argo CD's builds and of Flux's postBuild.
# https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/GoTemplate/
# https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/
# https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
_EXPRESSION = re.compile(r"\{\{|\$[A-Za-z_{]")
_WHOLE = re.compile(r"[^\s/=]*/\S*[:@]\S+|sha\d+:[0-9a-f]+")

# One version, not a range (https://github.com/Masterminds/semver#checking-version-constraints, for both agents).
_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")

# With a path it is one value there, else all places of the release's images.
TAKES: Mapping[str, Take] = {
    "images": Take(without="path"),
    "path": Take(),
    "value": Take(beside="path"),
    "version": Take(needed=True, beside="path", without="value"),
    "document": Take(),
    "on-missing": Take(),
}

# Kind of object -> the group of its apiVersion.
Kinds = Mapping[str, str]


class Agent(NamedTuple):
    """What the kinds differ in: the ``search`` for all places of a document that hold an image (whether they are the
    release's is asked of each), the ``objects`` that it looks into, and the API group of all objects of the agent."""

    name: str
    group: str
    objects: str
    search: Callable[[Parsed, Spot], Iterator[Holder]]


def of_kinds(parsed: Parsed, root: Spot, kinds: Kinds) -> Iterator[tuple[str, Spot]]:
    """The objects of these kinds, alone in a document or as items of a ``List``."""
    spots = [root]
    if text_at(root.node, "kind") == "List":
        below = places.child(parsed, root, "items")
        spots = list(places.items(parsed, below)) if below is not None else []
    for spot in spots:
        kind = text_at(spot.node, "kind") or ""
        if kind in kinds and (text_at(spot.node, "apiVersion") or "").startswith(f"{kinds[kind]}/"):
            yield kind, spot


def read(text: str, spec: EditSpec, agent: Agent) -> tuple[Found, ...]:
    """The values that an edit points to."""
    if _names_place(spec):
        at_path = YamlValue().read(text, spec)
        return tuple(replace(each, role="version") for each in at_path) if spec.value is None else at_path
    found: list[Found] = []
    problem: EditRefused | None = None
    any_place = False
    with nodes.parse(text) as parsed:
        for root in documents.select(parsed, spec.document):
            for holder in agent.search(parsed, root):
                try:
                    _refuse_expressions(holder.leaves())
                    found.extend(holder.found())
                    any_place = True  # though a name alone has no values yet
                except EditRefused as error:  # matters only where it is the release's image: then `edit` says so
                    problem = problem or error
    if not found and (problem is not None or not any_place):
        hint = "correct the file, or name a place in it with path:"
        raise problem or refusal(MISSING, f"there is no image in {agent.objects}", None, hint)
    return tuple(found)


def edit(text: str, spec: EditSpec, release: Release, agent: Agent) -> Edited:
    """The text with the release in every place that is for one of its images, or with the value at the path: by the
    kind `yaml`, always as a string. Without a value it is the version."""
    with nodes.parse(text) as parsed:
        if not _names_place(spec):
            return _edit_images(parsed, spec, release, agent)
        _check_path(parsed, spec, agent)
    plain = EditSpec(
        YamlValue.kind,
        spec.file,
        path=spec.path,
        value=release.version if spec.value is None else spec.value,
        document=spec.document,
        on_missing=spec.on_missing,
        options={TYPED: "string"},
    )
    return YamlValue().edit(text, plain, release)


def _edit_images(parsed: Parsed, spec: EditSpec, release: Release, agent: Agent) -> Edited:
    splice = Splice(parsed)
    others: list[str] = []
    done = 0
    for root in documents.select(parsed, spec.document):
        for holder in agent.search(parsed, root):
            image = matching(release, holder)
            if image is None:
                others.extend(holder.names[:1])
                continue
            _refuse_expressions(holder.leaves())
            holder.put(splice, image, create=spec.on_missing == "create")
            done += 1
        splice.settle()
    if not done:
        raise _missing(release, others, agent)
    return splice.result()


def matching(release: Release, holder: Holder) -> Image | None:
    """The image of a release that a place is for."""
    return next((image for name in holder.names if (image := images.matching(release, name)) is not None), None)


def check_version(leaf: Leaf, new: str) -> None:
    """Refuse to take a choice from the agent unasked, and to write what is no version."""
    mark = leaf.spot.node.start_mark
    if not _VERSION.fullmatch(leaf.value):
        message = f"{leaf.path} is the range {quoted(leaf.value)}, in which the agent chooses"
        hint = f"write one version there once by hand, or name the place with path: {leaf.path}"
        raise refusal(NOT_A_VALUE, message, mark, hint)
    if not _VERSION.fullmatch(new):
        message = f"{leaf.path} takes a version, and {quoted(new)} is none"
        raise refusal(STALE, message, mark, "release the image with a version such as 1.4.2 as its tag")


def _missing(release: Release, others: list[str], agent: Agent) -> EditRefused:
    wanted = " or ".join(quoted(image.name) for image in release.images) or "an image (the release has none)"
    there = ", ".join(quoted(name) for name in list(dict.fromkeys(others))[:12])
    hint = f"there are {there}" if there else "the file has no image"
    hint += "; name a place that does not say its repository, or a chart's version, with path:"
    return refusal(MISSING, f"no image in {agent.objects} is {wanted}", None, hint)


def _refuse_expressions(found: tuple[Leaf, ...]) -> None:
    for leaf in found:
        if _EXPRESSION.search(leaf.value):
            message = f"{leaf.path} is {quoted(leaf.value)}, which the agent fills in: the value stands elsewhere"
            hint = "name the place that it comes from with path: an element of a generator, a variable of postBuild"
            raise refusal(INHERITED, message, leaf.spot.node.start_mark, hint)


def _names_place(spec: EditSpec) -> bool:
    """Whether the edit is one value at a path. Raises UsageError for a value without a place."""
    if spec.value is not None and not spec.path:
        message = f"an edit of kind {spec.kind} with a value needs a path"
        raise UsageError(message, code=BAD_SPEC, hint="name the place with path:, or leave the value out")
    return bool(spec.path)


def _check_path(parsed: Parsed, spec: EditSpec, agent: Agent) -> None:
    """Raises EditRefused or UsageError where what is at the path is not to be replaced: a version must not take the
    place of something else."""
    steps = paths.parse(spec.path or "")
    find = documents.nearest if spec.on_missing == "create" else documents.find
    spot, taken = find(parsed, spec.document, steps)
    if taken == len(steps):
        leaf = leaves.leaf(parsed, spot)
        _refuse_expressions((leaf,))
        if spec.value is None and _WHOLE.fullmatch(leaf.value):
            message = f"{leaf.path} is {quoted(leaf.value)}, and without a value: the version would be written there"
            hint = 'say what belongs there, such as value: "{image}" or value: "{digest}"'
            raise UsageError(message, code=BAD_SPEC, hint=hint)
    elif not _is_object(spot.root, agent):
        message = f"{spec.path} is not there, and the document is no object of {agent.name}"
        raise refusal(MISSING, message, spot.node.start_mark, "correct the file, or pick its document with document:")


def _is_object(root: Node, agent: Agent) -> bool:
    """Whether a document is an object of the agent: nothing is created elsewhere."""
    group = (text_at(root, "apiVersion") or "").partition("/")[0]
    return group == agent.group or group.endswith(f".{agent.group}")
