"""Kind ``yaml``: one value at a path."""

from __future__ import annotations

from gitops_actions.edit import documents, leaves, lines, scalars, specs
from gitops_actions.edit.splice import Splice
from gitops_actions.model import Edited, EditSpec, Found, Release


class YamlValue:
    """The value at ``path``. ``options["typed"]`` says what the new one may be: ``auto`` (default; an integer stays an
    integer and a boolean a boolean where the new value is one), ``string`` (always), ``json`` (any JSON scalar)."""

    kind = "yaml"
    takes = specs.TAKES

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The value."""
        with lines.parse(text) as parsed:
            spot, _ = documents.find(parsed, spec.document, specs.steps(spec))
            leaf = leaves.leaf(parsed, spot)
            return (Found(leaf.path, leaf.line, leaf.value),)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:  # noqa: ARG002
        """The text with ``spec.value`` in place, which the release has filled in."""
        value, typed = specs.value(spec)
        steps = specs.steps(spec)
        with lines.parse(text) as parsed:
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
