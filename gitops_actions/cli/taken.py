"""What a kind of edit takes of the options of `edit`, as its editor declares it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops_actions.edit.refusals import BAD_SPEC
from gitops_actions.errors import UsageError
from gitops_actions.model import EDIT_KEYS, RELEASE_KEYS, TYPED, EditSpec, Release, own_keys, placeholders
from gitops_actions.names import did_you_mean
from gitops_actions.protocols import Editor

SETS = {"--set": ("path", "value"), "--set-string": ("path", "value", TYPED), "--set-json": ("path", "value", TYPED)}

_OPTIONS = {
    "path": "--path", "value": "--value", "pattern": "--pattern", "document": "--document", "on-missing": "--create",
    "images": "--image", "version": "--version", "revision": "--revision",
}  # fmt: skip
_APP = "{app}"
# What the placeholders of a value are made from.
_SOURCES = {
    "version": "version", "image": "images", "tag": "images", "digest": "images", "revision": "revision",
    "short_revision": "revision", "app": _APP,
}  # fmt: skip
_IN_HINT = re.compile(r"(?<![^ (])(path|value|pattern|document):(?=[ ,]|\Z)")
_PLACE = re.compile(r"\{(app|environment)\}")


@dataclass(frozen=True, slots=True)
class Taken:
    """An edit; the names of all that is of use to it, and of what it needs and does not have."""

    spec: EditSpec
    looked_at: Collection[str]
    lacking: Sequence[str]


def of(editor: Editor, keys: Mapping[str, str | None], release: Release, app: str | None) -> Taken:
    """The edit that says these keys, as far as the kind takes them in such an edit."""
    takes = editor.takes
    given = {key for key, text in keys.items() if text is not None and key in takes}
    used = {key: take for key, take in takes.items() if take.applies(given)}
    looked_at = set(used)
    values = {key: keys[key] for key in used if key in given}
    for key, take in used.items():
        if key not in given and take.default is not None:
            looked_at |= _sources(take.default)
            text = take.default if app is None else take.default.replace(_APP, app)
            if key == "value" or not _PLACE.search(text):
                values[key] = text
    written = _sources(values.get("value") or "")
    parts = {"images": release.images, "version": release.version, "revision": release.source.revision}
    needed = {key for key, take in used.items() if take.needed} | written & {"version"}
    there = values.keys() | {key for key, part in parts.items() if part}
    spec = EditSpec(
        editor.kind,
        "",
        values.get("path"),
        values.get("value"),
        values.get("pattern"),
        values.get("document"),
        "create" if "on-missing" in values else "error",
        {key: values[key] for key in (*own_keys(takes), TYPED) if key in values},
    )
    return Taken(spec, looked_at | written, [key for key in (*EDIT_KEYS, *takes, *parts) if key in needed - there])


def unused(edits: Sequence[Taken], spoken: Collection[str], own: Collection[str], origin: str) -> list[str]:
    """The options among ``spoken`` that are of no use to any of the edits. ``own``: the keys of --option; ``origin``:
    the option that the version comes from."""
    looked_at = {key for edit in edits for key in edit.looked_at}
    wanted: dict[str, Collection[str]] = {option: (key,) for key, option in _OPTIONS.items()}
    wanted |= {**SETS, "--app": (_APP,), "--option": own}
    used = {option for option, keys in wanted.items() if looked_at.issuperset(keys)}
    if not {*EDIT_KEYS, *RELEASE_KEYS}.isdisjoint(own):
        used.discard("--option")
    if "version" in looked_at:
        used.add(origin)
    return sorted((wanted.keys() - used).intersection(spoken))


def check_whole(editor: Editor, edits: Sequence[Taken]) -> None:
    """Raises UsageError for what the kind needs and an edit does not have."""
    lacking = next((edit.lacking for edit in edits if edit.lacking), ())
    if "version" in lacking:
        message = "a version is needed, and the options give none"
        raise UsageError(message, code="GA032", hint="give --version, or --image with a tag")
    if lacking:
        keys = dict.fromkeys(lacking)
        hint = f"give {listed(keys)}"
        if editor.takes.keys() >= {"path", "value"} >= keys.keys():
            hint = "give --set PATH=VALUE, or --path and --value"
        raise UsageError(f"kind {editor.kind} needs a {' and a '.join(keys)}", code=BAD_SPEC, hint=hint)


def listed(keys: Iterable[str]) -> str:
    """The options that give these keys."""
    return ", ".join(_OPTIONS.get(key, f"--option {key}=...") for key in keys if key != TYPED)


def check_placeholders(text: str) -> None:
    """Raises UsageError for a name in braces that stands for nothing, as gitops.yaml does."""
    for name in placeholders(text):
        if name not in _SOURCES and name != "environment":  # of which `filled` speaks
            known = [f"{{{each}}}" for each in _SOURCES]
            hint = did_you_mean(f"{{{name}}}", known) or f"the placeholders are {', '.join(known)}"
            raise UsageError(f"`{{{name}}}` is no placeholder", code=BAD_SPEC, hint=hint)


def as_options(hint: str) -> str:
    """A hint about the keys of an edit, in options."""
    hint = re.sub(r"(?:set )?on-missing: create", "give --create", hint)
    return _IN_HINT.sub(lambda found: _OPTIONS[found[1]], hint)


def _sources(text: str) -> set[str]:
    """What the placeholders of a text are made from."""
    return {_SOURCES[name] for name in re.findall(r"\{(\w+)\}", text) if name in _SOURCES}
