"""What a set of templates may be given: a small part of JSON Schema (https://json-schema.org/draft/2020-12).

A keyword that is not known here makes a schema invalid, so nothing is promised that is not checked. Every value has a
bound, which bounds what a template can make of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from gitops_actions.errors import UsageError
from gitops_actions.names import did_you_mean

MAX_ITEMS = 200
MAX_LENGTH = 8192

Path = tuple[str | int, ...]

_TYPES: Mapping[str, type] = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
_WORDS = {
    "string": "a text", "boolean": "true or false", "integer": "a whole number", "array": "a list",
    "object": "a mapping",
}  # fmt: skip
_ABOUT = {"title": str, "description": str, "default": object, "examples": list, "enum": list}
_END = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
_KEYWORDS: Mapping[str, Mapping[str, type]] = {
    "string": {"pattern": str, "minLength": int, "maxLength": int},
    "boolean": {},
    "integer": {"minimum": int, "maximum": int},
    # The last one is of https://ajv.js.org/packages/ajv-keywords.html: no two items may have the same values there.
    "array": {"items": dict, "minItems": int, "maxItems": int, "uniqueItems": bool, "uniqueItemProperties": list},
    "object": {"properties": dict, "required": list, "dependentRequired": dict, "additionalProperties": object},
}


class Wrong(NamedTuple):
    """What is wrong with a value: where it is, and what to say and do about it."""

    path: Path
    message: str
    hint: str | None = None


def check_schema(schema: Any, where: str = "parameters") -> None:
    """Raises UsageError when this is not a schema that is understood here, or a default or example does not fit it."""
    if not isinstance(schema, dict) or schema.get("type") not in _TYPES:
        raise _invalid(where, f"needs `type`, one of {', '.join(_TYPES)}")
    known = {"type": str, **_ABOUT, **_KEYWORDS[schema["type"]]}
    for key, value in schema.items():
        if key not in known:
            raise _invalid(where, f"the keyword {key!r} is not known here", did_you_mean(str(key), known))
        if not isinstance(value, known[key]):
            raise _invalid(f"{where}.{key}", "this has another type in JSON Schema")
    if schema["type"] == "object" and not isinstance(schema.get("additionalProperties"), dict | bool):
        raise _invalid(where, "needs `additionalProperties`: false, true, or a schema")
    if "pattern" in schema:
        try:
            re.compile(schema["pattern"])
        except re.error as error:
            raise _invalid(f"{where}.pattern", f"this is no regular expression: {error}") from None
    for key, child in _children(schema):
        check_schema(child, f"{where}.{key}")
    for key, value in [("default", schema[key]) for key in ("default",) if key in schema] + [
        ("examples", each) for each in schema.get("examples", ())
    ]:
        for wrong in _problems(schema, value, ()):
            raise _invalid(f"{where}.{key}", wrong.message)
    for key, names, named in _names(schema):
        for name in names:
            if not isinstance(name, str) or name not in named.get("properties", {}):
                raise _invalid(f"{where}.{key}", f"there is no property {name!r}")


def _names(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Keywords that name properties, and of which schema."""
    yield "required", schema.get("required", ()), schema
    yield "uniqueItemProperties", schema.get("uniqueItemProperties", ()), schema.get("items", {})
    for name, others in schema.get("dependentRequired", {}).items():
        yield "dependentRequired", [name, *others] if isinstance(others, list) else [others], schema


def fill(schema: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong]]:
    """What is given with the defaults of the schema, and all that is wrong with it."""
    wrong = list(_problems(schema, given, ()))
    return _filled(schema, given), wrong


def _children(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from schema.get("properties", {}).items()
    if "items" in schema:
        yield "items", schema["items"]
    if isinstance(schema.get("additionalProperties"), dict):
        yield "additionalProperties", schema["additionalProperties"]


def _filled(schema: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        defaults = {key: child["default"] for key, child in properties.items() if "default" in child}
        return {
            key: _filled(properties[key], each) if key in properties else each
            for key, each in {**defaults, **value}.items()
        }
    if isinstance(value, list) and "items" in schema:
        return [_filled(schema["items"], each) for each in value]
    return value


def _problems(schema: Mapping[str, Any], value: Any, path: Path) -> Iterator[Wrong]:
    kind = schema["type"]
    fits: bool = isinstance(value, _TYPES[kind])
    if not fits or (kind == "integer" and isinstance(value, bool)):
        hint = "put it in quotes" if kind == "string" and isinstance(value, int | float) else None
        yield Wrong(path, f"must be {_WORDS[kind]}, not {_shown(value)}", hint)
        return
    if "enum" in schema and value not in schema["enum"]:
        words = [str(each) for each in schema["enum"]]
        yield Wrong(path, f"must be one of {', '.join(words)}, not {_shown(value)}", did_you_mean(str(value), words))
    elif kind == "string":
        yield from _text(schema, value, path)
    elif kind == "integer":
        least, most = schema.get("minimum"), schema.get("maximum")
        if (least is not None and value < least) or (most is not None and value > most):
            yield Wrong(path, f"must be {_range(least, most)}, not {value}")
    elif kind == "array":
        yield from _list(schema, value, path)
    elif kind == "object":
        yield from _mapping(schema, value, path)


def _text(schema: Mapping[str, Any], value: str, path: Path) -> Iterator[Wrong]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", MAX_LENGTH)
    if not least <= len(value) <= most:
        yield Wrong(path, "is empty" if not value else f"must have {_range(least, most)} characters, not {len(value)}")
    elif "pattern" in schema and not _matches(schema["pattern"], value):
        examples = schema.get("examples") or ([schema["default"]] if schema.get("default") else [])
        hint = f"such as {_shown(examples[0])}" if examples else None
        yield Wrong(path, f"must be like {schema['pattern']}, not {_shown(value)}", hint)


def _matches(pattern: str, value: str) -> bool:
    """As ECMAScript has it: `$` is the end, where Python would let a line feed follow."""
    return re.search(_END.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern), value) is not None


def _list(schema: Mapping[str, Any], value: list[Any], path: Path) -> Iterator[Wrong]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", MAX_ITEMS)
    if not least <= len(value) <= most:
        yield Wrong(path, f"must have {_range(least, most)} entries, not {len(value)}")
        return
    if schema.get("uniqueItems") and any(each in value[:number] for number, each in enumerate(value)):
        yield Wrong(path, "holds the same entry twice")
    for name in schema.get("uniqueItemProperties", ()):
        there = [each.get(name) for each in value if isinstance(each, dict)]
        twice = [each for number, each in enumerate(there) if each is not None and each in there[:number]]
        if twice:
            yield Wrong(path, f"has two entries with `{name}` {_shown(twice[0])}")
    for number, each in enumerate(value):
        if "items" in schema:
            yield from _problems(schema["items"], each, (*path, number))


def _mapping(schema: Mapping[str, Any], value: dict[str, Any], path: Path) -> Iterator[Wrong]:
    properties = schema.get("properties", {})
    more = schema["additionalProperties"]
    if len(value) > MAX_ITEMS:
        yield Wrong(path, f"must have at most {MAX_ITEMS} entries, not {len(value)}")
        return
    for name in schema.get("required", ()):
        if name not in value:
            child = properties[name]
            example = f", such as {_shown(child['examples'][0])}" if child.get("examples") else ""
            yield Wrong(path, f"needs `{name}`", f"{child.get('description', name)}{example}")
    for name, others in schema.get("dependentRequired", {}).items():
        lacking = [other for other in others if other not in value] if name in value else []
        if lacking:
            yield Wrong((*path, name), f"needs `{lacking[0]}` beside it", properties[lacking[0]].get("description"))
    for key, each in value.items():
        if key in properties:
            yield from _problems(properties[key], each, (*path, key))
        elif more is False:
            near = did_you_mean(str(key), properties)
            yield Wrong((*path, key), "is not known here", near or f"known here: {', '.join(properties) or 'nothing'}")
        elif isinstance(more, dict):
            yield from _problems(more, each, (*path, key))


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return f"{least} to {most}" if least else f"at most {most}"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value).lower() if isinstance(value, bool) else ascii(value)
    return text if len(text) <= 60 else text[:56] + "..." + text[0]


def _invalid(where: str, message: str, hint: str | None = None) -> UsageError:
    return UsageError(f"{where}: {message}", code="GA553", hint=hint or "docs/pipelines.md says what a set.yaml is")
