"""Hostile YAML, and the two parsers."""

from __future__ import annotations

import gc

import pytest

from gitops_actions.edit import nodes, parsers
from gitops_actions.edit.source import MAX_BYTES
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused
from gitops_actions.model import EditSpec, Release

PARSERS = pytest.mark.parametrize("parser", [nodes.AnyParser, parsers.PureParser], ids=["libyaml", "pure"])


def nested(kind: str, levels: int) -> str:
    if kind == "list":
        return "[" * levels + "]" * levels
    if kind == "pairs":  # a list of a mapping of one pair, at each bracket
        return "[a: " * (levels // 2) + "]" * (levels // 2)
    if kind == "dashes":
        return "- " * levels + "x\n"
    if kind == "keys":
        return "".join(" " * level + "a:\n" for level in range(levels - 1)) + " " * levels + "a: x\n"
    return "".join(f"{'  ' * level}a:\n{'  ' * level}- b: x\n" for level in range((levels - 1) // 2))


@PARSERS
@pytest.mark.parametrize("kind", ["list", "pairs", "dashes", "keys", "mixed"])
def test_depth_has_a_limit(kind: str, parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    assert nodes.parse(nested(kind, parsers.MAX_DEPTH)).roots
    for levels in (parsers.MAX_DEPTH + 2, 3000 if kind in ("keys", "mixed") else 10_000):
        with pytest.raises(EditRefused) as caught, nodes.parse(nested(kind, levels)):
            pass
        assert caught.value.code == "GA109"


def test_a_large_file_is_edited_without_the_garbage_collector_in_the_way() -> None:
    text = "v: 1.0.0\nitems:\n" + "".join(f"  - name: web-{i}\n    args: [a, b]\n" for i in range(20_000))
    before = gc.get_freeze_count()
    edited = YamlValue().edit(text, EditSpec("yaml", "f", path="v", value="1.0.1"), Release("1"))
    assert edited.text == text.replace("1.0.0", "1.0.1", 1)
    assert gc.isenabled()
    assert gc.get_freeze_count() == before


def test_size_has_a_limit() -> None:
    with pytest.raises(EditRefused) as caught:
        nodes.parse(" " * (MAX_BYTES + 1))
    assert caught.value.code == "GA109"


@PARSERS
def test_an_alias_bomb_beside_the_value_costs_nothing(parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 80))
    ring = "r: &r {self: *r, list: [*r, *r]}\n"
    edited = YamlValue().edit(f"{bomb}{ring}v: 1.0.0\n", EditSpec("yaml", "f", path="v", value="1.0.1"), Release("1"))
    assert edited.text == f"{bomb}{ring}v: 1.0.1\n"


@PARSERS
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: \x07\n", 1, 4),
        ("a: 1\nb: [\n", 3, 1),
        ("a: 1\n b: 2\n", 2, 3),
        ("a: 1\n\ufeffb: 2\n", 2, 1),
        ("a: \ud800", 1, 4),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place(
    text: str, line: int, column: int, parser: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    with pytest.raises(EditRefused) as caught:
        nodes.parse(text)
    assert (caught.value.code, caught.value.line, caught.value.column) == ("GA108", line, column)


@PARSERS
def test_an_escape_above_unicode_is_not_yaml(parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    with pytest.raises(EditRefused, match="not YAML"):
        nodes.parse('"\\U00110000"')


@PARSERS
@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: 1.0.0\t# c\n", "a", "a: new\t# c\n"),
        ("a: 1.0.0\t\t\r\nb: c", "a", "a: new\t\t\r\nb: c"),
        ("a:\t1.0.0\n", "a", "a:\tnew\n"),
        ("a: 1.0.0\n\t# c\n\t\nb: c\n", "a", "a: new\n\t# c\n\t\nb: c\n"),
        ("{a: , b: c}\n", "a", "{a: new, b: c}\n"),
        ("a:\nb: c\n", "a", "a: new\nb: c\n"),
        ("a: \nb: c\n", "a", "a: new\nb: c\n"),
        ("- a\n-\n- b", "[1]", "- a\n- new\n- b"),
        ("a: &x !!str 1 # c\n", "a", "a: &x !!str new # c\n"),
        ("? a\n: x\n", "a", "? a\n: new\n"),
        ('{"a":"x"}\n', "a", '{"a":"new"}\n'),
        ("# only\n---\n--- \na: x\n", "a", "# only\n---\n--- \na: new\n"),
        ("a: 'x\\'\n", "a", "a: 'new'\n"),
        ("\ufeffa: \U0001f680 # \U0001f680\n", "a", "\ufeffa: new # \U0001f680\n"),
    ],
)
def test_both_parsers_lead_to_the_same_bytes(
    text: str, path: str, expected: str, parser: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "AnyParser", parser)
    assert YamlValue().edit(text, EditSpec("yaml", "f", path=path, value="new"), Release("1")).text == expected


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        ('a: "x\ty"\n', "a", "GA106"),
        ("a: >\n  x\n", "a", "GA106"),
        ("a: [x]\n", "a", "GA106"),
        ("a: |-\n  x\n  y\n", "a", "GA106"),
        ("a: |\n  x\n", "a", "GA106"),
        ("a: |2-\n    x\n", "a", "GA106"),
        ("{a, b: c}\n", "a", "GA106"),
        ("a: &x\n", "a", "GA105"),
        ("a: !!int 1\n", "a", "GA105"),
        ("a: &x {b: c}\nd: *x\n", "a.b", "GA105"),
        ("a: &x {b: c}\nd: *x\n", "d.b", "GA104"),
        ("a: [&x {b: c}, *x]\n", "a[1].b", "GA104"),
        ("a: &r {b: *r, c: x}\n", "a.b.c", "GA105"),
        ("a: &x {b: c}\nd: {<<: [*x], e: f}\n", "d.b", "GA104"),
        ("a: {b: c}\n", "a.x", "GA101"),
        ("a: {b: c}\n", "a[0]", "GA101"),
        ("a: [x]\n", "a[1]", "GA101"),
        ("a: [x]\n", "/a/-", "GA101"),
        ("a: [x]\n", "/a/00", "GA101"),
        ("a: x\n", "a.b", "GA101"),
        ("# nothing\n", "a", "GA101"),
        ("a: [{b: x, b: y}]\n", "a[?b=='x'].b", "GA103"),
    ],
)
def test_refusals(text: str, path: str, code: str) -> None:
    with pytest.raises(EditRefused) as caught:
        YamlValue().edit(text, EditSpec("yaml", "f", path=path, value="new"), Release("1"))
    assert caught.value.code == code
    assert caught.value.hint
