"""`edits:` of an app: the places in files that carry its release."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Sequence

from gitops_actions.config.decoding import decode
from gitops_actions.config.problems import Problems, printable, shown, suggestion
from gitops_actions.config.shapes import EditShape
from gitops_actions.config.tree import Node
from gitops_actions.config.values import IN_PLACES, IN_VALUES, placeholders, sample
from gitops_actions.model import EditSpec
from gitops_actions.names import complaint_about_path

MAX_PATTERN = 1000

_KEYS = tuple(EditShape.__struct_encode_fields__)
# What the built-in kinds need, and which of them take a pattern; a plugin's kind says so itself when it edits.
NEEDS = {
    "yaml": ("path", "value"),
    "json": ("path", "value"),
    "toml": ("path", "value"),
    "text": ("pattern", "value"),
}
WITHOUT_PATTERN = frozenset(
    ("kustomize", "helm", "chart", "manifest", "argocd", "flux", "marker", "yaml", "json", "toml")
)


def read_edits(section: Node, kinds: Collection[str], problems: Problems) -> tuple[EditSpec, ...]:
    """The edits that can be read; the rest are problems. ``kinds`` are those that are installed."""
    found = (_edit(node, kinds, problems) for node in section.items)
    return tuple(edit for edit in found if edit is not None)


def check_placeholders(node: Node, text: str, allowed: Sequence[str], problems: Problems) -> None:
    """Add a problem for each `{...}` of the text that is not among ``allowed``."""
    for name in placeholders(text):
        if name not in allowed:
            known = [f"{{{each}}}" for each in allowed]
            message = f"`{{{name}}}` is no placeholder" + (" that can stand here" if name in IN_VALUES else "")
            problems.add(node.place, message, suggestion(f"{{{name}}}", known))


def _edit(node: Node, kinds: Collection[str], problems: Problems) -> EditSpec | None:
    shape = decode(EditShape, node, "the edit", problems)
    if shape is None:
        return None
    kind = _kind(node, kinds, problems)
    if kind is None:
        return None
    file = _file(kind, node.mapping[kind], problems)
    for key in NEEDS.get(kind, ()):
        if key not in node.mapping:
            problems.add(node.keys[kind], f"an edit of kind {kind} needs the key `{key}`")
    if kind in WITHOUT_PATTERN and "pattern" in node.mapping:
        problems.add(node.keys["pattern"], f"an edit of kind {kind} has no `pattern`", "the kind `text` has")
    for key, text, allowed in (
        ("path", shape.path, IN_PLACES),
        ("pattern", shape.pattern, IN_PLACES),
        ("value", shape.value, IN_VALUES),
        ("document", shape.document, IN_PLACES),
    ):
        if isinstance(text, str):
            check_placeholders(node.at(key), text, allowed, problems)
    if shape.pattern:
        _check_pattern(node.at("pattern"), shape.pattern, problems)
    if isinstance(shape.document, int) and shape.document < 0:
        problems.add(node.at("document").place, "documents are counted from 0")
    if file is None:
        return None
    line, column = node.keys[kind]
    return EditSpec(
        kind,
        file,
        path=shape.path or None,
        value=shape.value or None,
        pattern=shape.pattern or None,
        document=str(shape.document) if "document" in node.mapping else None,
        on_missing=shape.on_missing,
        line=line,
        column=column,
    )


def _kind(node: Node, kinds: Collection[str], problems: Problems) -> str | None:
    """The one key that names a kind."""
    named = [key for key in node.mapping if key not in _KEYS and key in kinds]
    strange = [key for key in node.mapping if key not in _KEYS and key not in kinds]
    if len(named) > 1:
        message = f"the edit names the kinds {' and '.join(named)}"
        problems.add(node.keys[named[1]], message, "make it an edit for each")
        return None
    for key in strange:
        if named:
            problems.add(node.keys[key], f"an edit has no key {shown(key)}", suggestion(key, _KEYS))
        else:
            problems.add(
                node.keys[key], f"there is no edit kind {shown(key)}", suggestion(key, sorted(kinds), "installed")
            )
    if not named and not strange:
        problems.add(node.place, "the edit names no kind and file", f"start it with a kind: {', '.join(sorted(kinds))}")
    return named[0] if named else None


def _file(kind: str, node: Node, problems: Problems) -> str | None:
    text = node.content
    if not isinstance(text, str):
        problems.add(node.place, f"`{kind}` must be a path, not {shown(node.plain())}")
        return None
    check_placeholders(node, text, IN_PLACES, problems)
    complaint = complaint_about_path(sample(text))
    if complaint:
        problems.add(node.place, f"the path {shown(text)} {complaint}")
        return None
    return text


def _check_pattern(node: Node, pattern: str, problems: Problems) -> None:
    if len(pattern) > MAX_PATTERN:
        problems.add(node.place, f"the pattern is longer than {MAX_PATTERN} characters")
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about forms that may change meaning; they work
            compiled = re.compile(sample(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        problems.add(node.place, f"the pattern is not a regular expression: {printable(str(error))}")
        return
    if "value" not in compiled.groupindex:
        problems.add(node.place, "the pattern has no group `value`", "put what is to be replaced into (?P<value>...)")
