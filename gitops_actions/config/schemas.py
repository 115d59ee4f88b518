"""The JSON Schema of gitops.yaml (https://json-schema.org/draft/2020-12), for editors and other checkers.

What needs more than one value to be judged (cycles, names that must exist, placeholders) is left to `load`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from gitops_actions.config.edits import NEEDS, WITHOUT_PATTERN
from gitops_actions.config.shapes import FileShape
from gitops_actions.config.texts import END, NAME_PATTERN, PATH_PATTERN


def schema(kinds: Collection[str]) -> dict[str, Any]:
    """The schema as a JSON document, with the edit kinds that are installed."""
    from msgspec.json import schema_components

    _, definitions = schema_components([FileShape], ref_template="#/$defs/{name}")
    definitions = {name.removesuffix("Shape"): definition for name, definition in definitions.items()}
    _complete_edit(definitions["Edit"], sorted(kinds))
    _complete_app(definitions["App"])
    _complete_freeze(definitions["Freeze"])
    file = definitions.pop("File")
    apps = next(each for each in file["properties"]["apps"]["anyOf"] if each.get("type") == "object")
    apps["propertyNames"] = {"anyOf": [{"const": "*"}, {"pattern": NAME_PATTERN}]}
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **file, "title": "gitops.yaml"}
    document["$defs"] = definitions
    return {key: _renamed(value) for key, value in document.items()}


def _complete_edit(edit: dict[str, Any], kinds: list[str]) -> None:
    """The key that names the kind, and what each kind needs."""
    for kind in kinds:
        description = f"The file or folder; may hold {{app}} and {{environment}}. Edits of kind {kind}."
        edit["properties"][kind] = {"type": "string", "description": description, "pattern": PATH_PATTERN}
    edit["oneOf"] = [{"required": [kind]} for kind in kinds]
    edit["dependentRequired"] = {kind: list(NEEDS[kind]) for kind in kinds if kind in NEEDS} | {"remote": ["kustomize"]}
    patternless = sorted(WITHOUT_PATTERN.intersection(kinds))
    edit["dependentSchemas"] = {kind: {"properties": {"pattern": False}} for kind in patternless}
    edit["properties"]["pattern"]["format"] = "regex"
    for member in edit["properties"]["document"]["anyOf"]:
        if member.get("type") == "integer":
            member["minimum"] = 0


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
