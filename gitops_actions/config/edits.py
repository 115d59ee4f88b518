"""`edits:` of an app: the places in files that carry its release."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Mapping, Sequence

from gitops_actions.config.decoding import decode
from gitops_actions.config.problems import Problems, printable, shown, suggestion
from gitops_actions.config.shapes import EditShape
from gitops_actions.config.tree import Node
from gitops_actions.config.values import IN_PLACES, IN_VALUES, sample
from gitops_actions.model import EDIT_KEYS, EditSpec, Take, own_keys, placeholders
from gitops_actions.names import complaint_about_path
from gitops_actions.protocols import Editor

MAX_PATTERN = 1000

_KEYS = tuple(EditShape.__struct_encode_fields__)


def read_edits(section: Node, kinds: Mapping[str, Editor], problems: Problems) -> tuple[EditSpec, ...]:
    """The edits that can be read; the rest are problems. ``kinds`` are the editors that are
    installed: those that are named are asked what they take."""
    found = (_edit(node, kinds, problems) for node in section.items)
    return tuple(edit for edit in found if edit is not None)


def check_placeholders(node: Node, text: str, allowed: Sequence[str], problems: Problems) -> None:
    """Add a problem for each `{...}` of the text that is not among ``allowed``."""
    for name in placeholders(text):
        if name not in allowed:
            known = [f"{{{each}}}" for each in allowed]
            message = f"`{{{name}}}` is no placeholder" + (" that can stand here" if name in IN_VALUES else "")
            problems.add(node.place, message, suggestion(f"{{{name}}}", known))


def _edit(node: Node, kinds: Mapping[str, Editor], problems: Problems) -> EditSpec | None:
    shape = decode(EditShape, node, "the edit", problems)
    if shape is None:
        return None
    kind = _kind(node, kinds, problems)
    if kind is None:
        return None
    file = _file(kind, node.mapping[kind], problems)
    takes = kinds[kind].takes
    own = own_keys(takes)
    given = node.mapping.keys() - {kind}
    if shape.on_missing == "error":  # as all kinds do
        given.discard("on-missing")
    _check_keys(kind, given, takes, node, problems)
    options = {key: _text(node.at(key), key, problems) for key in own if key in given}
    for key, text, allowed in (
        ("path", shape.path, IN_PLACES),
        ("pattern", shape.pattern, IN_PLACES),
        ("value", shape.value, IN_VALUES),
        ("document", shape.document, IN_PLACES),
        *((key, text, IN_PLACES) for key, text in options.items()),
    ):
        if isinstance(text, str):
            check_placeholders(node.at(key), text, allowed, problems)
    if shape.pattern:
        _check_pattern(node.at("pattern"), shape.pattern, problems)
    if isinstance(shape.document, int) and shape.document < 0:
        problems.add(node.at("document").place, "documents are counted from 0")
    if file is None:
        return None
    defaults = {key: take.default for key, take in takes.items() if take.default and take.applies(given)}
    line, column = node.keys[kind]
    return EditSpec(
        kind,
        file,
        path=shape.path or defaults.get("path"),
        value=shape.value or defaults.get("value"),
        pattern=shape.pattern or defaults.get("pattern"),
        document=str(shape.document) if "document" in node.mapping else defaults.get("document"),
        on_missing=shape.on_missing,
        options={key: text for key in own if (text := options.get(key) or defaults.get(key))},
        line=line,
        column=column,
    )


def _check_keys(kind: str, given: Collection[str], takes: Mapping[str, Take], node: Node, problems: Problems) -> None:
    """Add a problem for each key that the kind does not take, or not in such an edit, and for each that it lacks."""
    known = [key for key in (*EDIT_KEYS, *own_keys(takes)) if key in takes]
    for key in given:
        place = node.keys[key]
        if key not in known:
            problems.add(place, f"an edit of kind {kind} has no key {shown(key)}", suggestion(key, known))
        elif not takes[key].applies(given):
            message = f"an edit of kind {kind} has no use for `{key}`"
            if takes[key].beside not in (None, *given):
                problems.add(place, f"{message} without `{takes[key].beside}`")
            else:
                problems.add(place, f"{message} beside `{takes[key].without}`")
    for key in known:
        if takes[key].needed and takes[key].applies(given) and key not in given:
            problems.add(node.keys[kind], f"an edit of kind {kind} needs the key `{key}`")


def _kind(node: Node, kinds: Collection[str], problems: Problems) -> str | None:
    """The one key that names a kind."""
    named = [key for key in node.mapping if key not in _KEYS and key in kinds]
    if len(named) > 1:
        message = f"the edit names the kinds {' and '.join(named)}"
        problems.add(node.keys[named[1]], message, "make it an edit for each")
        return None
    if named:
        return named[0]
    strange = [key for key in node.mapping if key not in _KEYS]
    for key in strange:
        problems.add(node.keys[key], f"there is no edit kind {shown(key)}", suggestion(key, sorted(kinds), "installed"))
    if not strange:
        problems.add(node.place, "the edit names no kind and file", f"start it with a kind: {', '.join(sorted(kinds))}")
    return None


def _text(node: Node, key: str, problems: Problems) -> str | None:
    """The text of a key that only this kind has."""
    if isinstance(node.content, str) and node.content:
        return node.content
    problems.add(node.place, f"`{key}` of the edit must be a text, not {shown(node.plain())}")
    return None


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
