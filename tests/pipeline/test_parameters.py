"""Our part of JSON Schema has the verdicts of `jsonschema`."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.errors import UsageError
from gitops_actions.pipeline.parameters import check_schema, fill

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "dependentRequired": {"size": ["flag"]},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z$]+$", "minLength": 2, "maxLength": 4, "examples": ["web"]},
        "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "flag": {"type": "boolean", "default": False},
        "size": {"type": "integer", "minimum": 1, "maximum": 3},
        "list": {
            "type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": True, "uniqueItemProperties": ["w"],
            "items": {
                "type": "object", "additionalProperties": {"type": "integer"},
                "properties": {"x": {"type": "string", "default": "y"}, "w": {"type": "integer"}},
            },
        },
        "open": {"type": "object", "additionalProperties": True},
    },
}  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["a", "b", "ab", "abcde", "a$", "ab\n", "", 0, 1, 2, 4, True, False, None]),
    st.lists(st.dictionaries(st.sampled_from(["x", "z"]), st.sampled_from(["t", 1, True])), max_size=3),
    st.dictionaries(st.sampled_from(["x", "z"]), st.integers()),
)


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), VALUES))
def test_verdicts(value: dict[str, Any]) -> None:
    wanted = {tuple(e.absolute_path) for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(value)}
    filled, wrong = fill(SCHEMA, value)
    # jsonschema reads patterns with Python's `$`, before a last line feed; 1 and True are different to it, as to us.
    if value.get("name") == "ab\n":
        assert any(each.path == ("name",) for each in wrong)
    elif wanted:
        assert wrong
    else:
        assert not wrong, wrong
        assert filled["kind"] in ("a", "b")
        assert all("x" in each for each in filled.get("list", ()))


def test_schema_of_the_test_is_one() -> None:
    check_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [
        "string", {}, {"type": "number"}, {"type": "string", "format": "uri"}, {"type": "string", "pattern": "("},
        {"type": "string", "default": 3}, {"type": "string", "enum": ["a"], "examples": ["b"]}, {"type": "object"},
        {"type": "object", "additionalProperties": False, "required": ["a"]}, {"type": "integer", "minimum": "1"},
        {"type": "array", "items": {"$ref": "#"}}, {"type": "boolean", "allOf": []},
        {"type": "object", "additionalProperties": False, "required": [["a"]]},
        {"type": "array", "uniqueItemProperties": ["a"]},
        {"type": "object", "additionalProperties": False, "properties": {}, "dependentRequired": {"a": []}},
        {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}},
         "dependentRequired": {"a": 1}},
    ],
)  # fmt: skip
def test_what_is_no_schema_here(schema: Any) -> None:
    with pytest.raises(UsageError) as caught:
        check_schema(schema)
    assert caught.value.code == "GA553"


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ({}, "needs `name`", "such as 'web'"),
        ({"name": 3}, "must be a text, not 3", "put it in quotes"),
        ({"name": "ab\nc"}, "must be like ^[a-z$]+$, not 'ab\\nc'", "such as 'web'"),
        ({"name": "ab", "kind": "aa"}, "must be one of a, b, not 'aa'", "did you mean 'a'?"),
        ({"name": "ab", "nmae": "x"}, "is not known here", "did you mean 'name'?"),
        ({"name": "ab", "size": 7, "flag": True}, "must be 1 to 3, not 7", None),
        ({"name": "ab", "size": 3}, "needs `flag` beside it", None),
        ({"name": "ab", "flag": "yes"}, "must be true or false, not 'yes'", None),
        ({"name": "ab", "list": [{"w": 1}, {"w": 1, "z": 2}]}, "has two entries with `w` 1", None),
    ],
)
def test_words(value: dict[str, Any], message: str, hint: str | None) -> None:
    _, (wrong,) = fill(SCHEMA, value)
    assert wrong.message == message
    assert hint is None or hint in (wrong.hint or "")
