"""What an edit of one value at a path must say: a path, a value, and how the value is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from gitops_actions.edit import paths, scalars
from gitops_actions.edit.paths import Step
from gitops_actions.edit.refusals import BAD_SPEC, quoted
from gitops_actions.errors import UsageError
from gitops_actions.model import TYPED, EditSpec, Take

TAKES: Mapping[str, Take] = {
    "path": Take(needed=True),
    "value": Take(needed=True),
    "document": Take(),
    "on-missing": Take(),
    TYPED: Take(),
}


def steps(spec: EditSpec) -> tuple[Step, ...]:
    """The steps of the path. Raises UsageError when there is none, or it cannot be read."""
    if not spec.path:
        raise UsageError(f"kind {spec.kind} needs a path", code=BAD_SPEC, hint="for example path: image.tag")
    return paths.parse(spec.path)


def value(spec: EditSpec) -> tuple[str, str]:
    """The new value, and how it is typed. Raises UsageError."""
    typed = spec.options.get(TYPED, "auto")
    if typed not in get_args(scalars.Typed):
        raise UsageError(f"typed cannot be {quoted(str(typed))}", code=BAD_SPEC, hint="write auto, string or json")
    if spec.value is None:
        raise UsageError(f"kind {spec.kind} needs a value", code=BAD_SPEC, hint='for example value: "{version}"')
    return spec.value, typed
