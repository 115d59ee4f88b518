"""Kind ``yaml``: one value at a path."""

from __future__ import annotations

from typing import get_args

from gitops_actions.edit import documents, leaves, nodes, paths, scalars
from gitops_actions.edit.refusals import BAD_SPEC, quoted
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import UsageError
from gitops_actions.model import Edited, EditSpec, Found, Release


class YamlValue:
    """The value at ``path``. ``options["typed"]`` says what the new one may be: ``auto`` (default; an integer stays an
    integer and a boolean a boolean where the new value is one), ``string`` (always), ``json`` (any JSON scalar)."""

    kind = "yaml"

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The value."""
        parsed = nodes.parse(text)
        spot, _ = documents.find(parsed, spec.document, _steps(spec))
        leaf = leaves.leaf(parsed, spot)
        return (Found(leaf.path, leaf.line, leaf.value),)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:  # noqa: ARG002
        """The text with ``spec.value`` in place, which the release has filled in."""
        value, typed = _value(spec)
        steps = _steps(spec)
        parsed = nodes.parse(text)
        splice = Splice(parsed)
        find = documents.nearest if spec.on_missing == "create" else documents.find
        spot, taken = find(parsed, spec.document, steps)
        literal = False
        if typed == "json":
            value, literal = scalars.from_json(value)
        if taken < len(steps):
            splice.create(spot, steps[taken:], value, literal=literal)
            return splice.result()
        leaf = leaves.leaf(parsed, spot)
        if typed == "auto" and not leaf.style:
            literal = scalars.is_literal(leaf.value, value)
        splice.put(leaf, value, literal=literal)
        return splice.result()


def _steps(spec: EditSpec) -> tuple[paths.Step, ...]:
    if not spec.path:
        raise UsageError("kind yaml needs a path", code=BAD_SPEC, hint="for example path: image.tag")
    return paths.parse(spec.path)


def _value(spec: EditSpec) -> tuple[str, str]:
    """The new value, and how it is typed."""
    typed = spec.options.get("typed", "auto")
    if typed not in get_args(scalars.Typed):
        raise UsageError(f"typed cannot be {quoted(str(typed))}", code=BAD_SPEC, hint="write auto, string or json")
    if spec.value is None:
        raise UsageError("kind yaml needs a value", code=BAD_SPEC, hint='for example value: "{version}"')
    return spec.value, typed
