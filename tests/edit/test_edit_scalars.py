"""What is written reads back as the same string, whoever reads it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_actions.edit import scalars
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import EditSpec, Release

# https://yaml.org/spec/1.2.2/#1032-tag-resolution, the core schema's table as it stands there.
CORE_SCHEMA = {
    "null": r"null|Null|NULL|~|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "octal": r"0o[0-7]+",
    "hex": r"0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    "infinity": r"[-+]?(\.inf|\.Inf|\.INF)",
    "not a number": r"\.nan|\.NaN|\.NAN",
}
# fmt: off
TRICKY = [
    "1.10", "0123", "1e3", "1E-3", "685e230", "0x1F", "0X1F", "0o7", "0b1", "6801028", "-1", "+1", "on", "Off", "yes",
    "NO", "y", "N", "null", "Null", "~", "true", "FALSE", "12:30:45", "1:30", "190:20:30.15", "2024-01-01",
    "2024-1-1", "2024-01-01T10:00:00Z", "2024-01-01 10:00:00", ".5", "5.", "1_000", "1,000", "_1", "1_0.5", ".inf",
    "-.INF", ".nan", "", " ", " a", "a ", "=", "<<", "-", "- a", "---", "...", "--- a", "a: b", "a:", ":a", "a #b",
    "#a", "&a", "*a", "!a", "!!str", "|", ">", "%a", "@a", "`a", "'a", '"a', "a'b", "[a]", "{a}", "a,b", "a]", "?",
    "? a", "\t", "a\tb", "a\nb", "a\r\nb", "\x00", "\x1b[0m", "\x85", "\u2028", "\ufeff", "\xa0", "🚀", "ÿ", "日本",
    "\\", "a\\nb", "${{ x }}", "{{ .Values.x }}", "$(x)",
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "r:5000/a/b:1.0@sha256:0", "v1.2.3",
    "1.2.3", "1.2.3-rc.1+build", "main", "feature/x", "0e1234", "1e", "0x", "deadbeef", "12345678901234567890",
    "../..", "-rf", "ENC(x)", "!", "null ",
]
# fmt: on


def is_core_string(node: yaml.ScalarNode) -> bool:
    return bool(node.style) or not any(re.fullmatch(pattern, node.value) for pattern in CORE_SCHEMA.values())


def as_yaml_1_1(text: str) -> Any:
    return yaml.safe_load(text)


@pytest.mark.parametrize("style", ["", "'", '"'])
@pytest.mark.parametrize("flow", [False, True])
@pytest.mark.parametrize("value", TRICKY)
def test_tricky_values_are_strings(value: str, flow: bool, style: str) -> None:
    check(value, style, flow)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "'", '"']), st.booleans())
def test_any_value_is_a_string(value: str, style: str, flow: bool) -> None:
    check(value, style, flow)


@settings(deadline=None)
@given(st.from_regex(re.compile(r"[-+.0-9_,:eExXobTZa-f ]{1,12}", re.ASCII), fullmatch=True))
def test_what_looks_like_a_number_is_a_string(value: str) -> None:
    check(value, "", False)


def check(value: str, style: str, flow: bool) -> None:
    text = scalars.render(value, style, flow)
    document = f"{{a: {text}, b: c}}" if flow else f"a: {text}\nb: c\n"
    assert as_yaml_1_1(document) == {"a": value, "b": "c"}
    node = yaml.compose(document, yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)
    scalar = node.value[0][1]
    assert isinstance(scalar, yaml.ScalarNode)
    assert is_core_string(scalar)
    assert not style or scalar.style == style or style == "'"


@pytest.mark.parametrize(
    "value", ["1.2.3", "v1", "main", "sha-abc", "ghcr.io/acme/web:1.2", "1.2.3-rc.1_x", "a b", "^1.2", "1.2.x"]
)
def test_what_is_safe_stays_without_quotes(value: str) -> None:
    assert scalars.render(value, "", flow=False) == value


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="Unicode"):
        scalars.render("\ud800", "", flow=False)


@settings(deadline=None)
@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
def test_json_scalars_read_back_as_themselves(value: object) -> None:
    spec = EditSpec("yaml", "f", path="a", value=json.dumps(value), options={"typed": "json"})
    text = YamlValue().edit("a: x # c\n", spec, Release("1")).text
    found = as_yaml_1_1(text)["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", ["[1]", "{}", "NaN", "Infinity", "1e999", "x", "", "1 2", "[" * 100_000])
def test_what_is_no_json_scalar_is_refused(value: str) -> None:
    with pytest.raises(UsageError):
        scalars.from_json(value)


@pytest.mark.parametrize(
    ("old", "new", "typed", "expected"),
    [
        ("1", "2", "auto", "2"),
        ("-1", "0", "auto", "0"),
        ("1", "02", "auto", '"02"'),
        ("1.0", "2", "auto", '"2"'),
        ("'1'", "2", "auto", "'2'"),
        ("1", "2", "string", '"2"'),
        ("true", "false", "auto", "false"),
        ("true", "no", "auto", '"no"'),
        ("yes", "true", "auto", '"true"'),
        ("x", "5", "auto", '"5"'),
        ("1", "x", "auto", "x"),
        ("1", '"2"', "json", '"2"'),
        ("'1'", "2", "json", "2"),
    ],
)
def test_types(old: str, new: str, typed: str, expected: str) -> None:
    spec = EditSpec("yaml", "f", path="a", value=new, options={"typed": typed})
    assert YamlValue().edit(f"a: {old}\n", spec, Release("1")).text == f"a: {expected}\n"


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UsageError, match="typed"):
        YamlValue().edit("a: 1\n", EditSpec("yaml", "f", path="a", value="1", options={"typed": "int"}), Release("1"))


def test_a_value_of_a_sops_file_is_refused() -> None:
    with pytest.raises(EditRefused) as caught:
        YamlValue().edit("a: ENC[x]\n", EditSpec("yaml", "f", path="a", value="1"), Release("1"))
    assert caught.value.code == "GA107"
