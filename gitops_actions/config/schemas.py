"""The JSON Schema of gitops.yaml (https://json-schema.org/draft/2020-12), for editors and other checkers.

What needs more than one value to be judged (cycles, names that must exist, placeholders) is left to `load`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gitops_actions.config.shapes import FileShape
from gitops_actions.config.texts import END, NAME_PATTERN, PATH_PATTERN
from gitops_actions.model import Take, own_keys
from gitops_actions.protocols import Editor


def schema(kinds: Mapping[str, Editor]) -> dict[str, Any]:
    """The schema as a JSON document, with the edit kinds that are installed and what each takes."""
    from msgspec.json import schema_components

    _, definitions = schema_components([FileShape], ref_template="#/$defs/{name}")
    definitions = {name.removesuffix("Shape"): definition for name, definition in definitions.items()}
    _complete_edit(definitions["Edit"], kinds)
    _complete_app(definitions["App"])
    _complete_freeze(definitions["Freeze"])
    definitions["Pipeline"]["properties"]["platforms"]["minItems"] = 1
    file = definitions.pop("File")
    apps = next(each for each in file["properties"]["apps"]["anyOf"] if each.get("type") == "object")
    apps["propertyNames"] = {"anyOf": [{"const": "*"}, {"pattern": NAME_PATTERN}]}
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **file, "title": "gitops.yaml"}
    document["$defs"] = definitions
    return {key: _renamed(value) for key, value in document.items()}


def _complete_edit(edit: dict[str, Any], kinds: Mapping[str, Editor]) -> None:
    """The key that names the kind, and what each kind takes and needs."""
    for kind in sorted(kinds):
        for key in own_keys(kinds[kind].takes):
            about = kinds[kind].takes[key].about or f"Only of edits of kind {kind}."
            edit["properties"].setdefault(key, {"type": "string", "minLength": 1, "description": about})
    keys = tuple(edit["properties"])
    for kind in sorted(kinds):
        description = f"The file or folder; may hold {{app}} and {{environment}}. Edits of kind {kind}."
        edit["properties"][kind] = {"type": "string", "description": description, "pattern": PATH_PATTERN}
    edit["oneOf"] = [{"required": [kind]} for kind in sorted(kinds)]
    edit["dependentSchemas"] = {kind: _of_kind(kinds[kind].takes, keys) for kind in sorted(kinds)}
    edit["properties"]["pattern"]["format"] = "regex"
    for member in edit["properties"]["document"]["anyOf"]:
        if member.get("type") == "integer":
            member["minimum"] = 0


def _of_kind(takes: Mapping[str, Take], keys: Collection[str]) -> dict[str, Any]:
    """What an edit of a kind must be beyond what all edits are."""
    excluded: dict[str, Any] = {key: False for key in keys if key not in takes}
    if "on-missing" in excluded:
        excluded["on-missing"] = {"const": "error"}
    schema: dict[str, Any] = {"properties": excluded}
    here = {key: takes[key] for key in keys if key in takes}
    needed = [key for key, take in here.items() if take.needed and take.beside is None and take.without is None]
    if needed:
        schema["required"] = needed
    rules = [rule for key, take in here.items() for rule in _rules(key, take)]
    if rules:
        schema["allOf"] = rules
    return schema


def _rules(key: str, take: Take) -> Iterator[dict[str, Any]]:
    """When a key may be there, and when it must."""
    conditions: list[dict[str, Any]] = []
    if take.beside is not None:
        conditions.append({"required": [take.beside]})
    if take.without is not None:
        conditions.append({"not": {"required": [take.without]}})
    if conditions:
        yield {"if": {"required": [key]}, "then": {"allOf": conditions}}
        if take.needed:
            yield {"if": {"allOf": conditions}, "then": {"required": [key]}}


def _complete_app(app: dict[str, Any]) -> None:
    app["properties"]["edits"]["minItems"] = 1
    app["properties"]["images"]["uniqueItems"] = True
    app["not"] = {"required": ["image", "images"]}


def _complete_freeze(freeze: dict[str, Any]) -> None:
    freeze["oneOf"] = [{"required": ["weekly"]}, {"required": ["dates"]}]
    freeze["properties"]["timezone"]["pattern"] = rf"^[A-Za-z0-9+-]+(/[A-Za-z0-9_+-]+)*{END}"


def _renamed(value: Any) -> Any:
    """The same without the suffix that the names of our Structs have."""
    if isinstance(value, dict):
        return {
            key: each.removesuffix("Shape") if key in ("$ref", "title") and isinstance(each, str) else _renamed(each)
            for key, each in value.items()
        }
    return [_renamed(each) for each in value] if isinstance(value, list) else value
