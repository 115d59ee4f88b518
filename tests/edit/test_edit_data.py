"""The promise for JSON and TOML: whatever the document and its formatting, exactly the wanted value differs and every
other byte stays; and what is hostile ends in a refusal."""

from __future__ import annotations

import json
import time
import tomllib
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_actions.edit import json_nodes, leaves, nodes, paths, toml_nodes
from gitops_actions.edit.json import JsonValue
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.places import Spot
from gitops_actions.edit.toml import TomlValue
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import Edited, EditSpec, Release
from gitops_actions.protocols import Editor

Path = tuple[str | int, ...]

RELEASE = Release("1")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
KEYS = st.sampled_from(["name", "a.b", "on", "1", "x y", "ключ", "<<", "-", "/", 'q"', "it's", "\\", "\U0001f680", ""])
LEAVES = st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
VALUES = (
    TEXTS | st.sampled_from(["1.10", "12", "true", "null", "v2", "# x", '"', "'", "\\u0041", "-0", "1e3"])
).filter(lambda value: not value.startswith("ENC["))  # what SOPS writes is not edited again
MODES = st.sampled_from(["auto", "string"])


class Writer:
    """Writes data as JSON or TOML in as many ways as there are. ``leaves``: the way to each, its text, its place."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.text = ""
        self.leaves: list[tuple[Path, Any, int, int]] = []

    def pick(self, *texts: str) -> str:
        return self.random.choice(texts)

    def leaf(self, path: Path, value: Any, text: str) -> None:
        self.leaves.append((path, value, len(self.text), len(self.text) + len(text)))
        self.text += text


class JsonWriter(Writer):
    def space(self) -> None:
        self.text += self.pick("", "", " ", "\n", "\r\n\t", "\r", "  \n  ")

    def string(self, value: str) -> str:
        text = json.dumps(value, ensure_ascii=self.random.random() < 0.5)
        return text.replace("/", "\\/") if self.random.random() < 0.5 else text

    def write(self, tree: Any, path: Path = ()) -> None:
        self.space()
        if isinstance(tree, list | dict):
            pairs: list[tuple[Any, Any]] = list(tree.items() if isinstance(tree, dict) else enumerate(tree))
            self.text += "[" if isinstance(tree, list) else "{"
            for number, (step, item) in enumerate(pairs):
                self.text += "," if number else ""
                if isinstance(tree, dict):
                    self.space()
                    self.text += self.string(step)
                    self.space()
                    self.text += ":"
                self.write(item, (*path, step))
            self.space()
            self.text += "]" if isinstance(tree, list) else "}"
        else:
            self.leaf(path, tree, self.string(tree) if isinstance(tree, str) else json.dumps(tree))
        self.space()


class TomlWriter(Writer):
    """Every way to say a mapping: headers, dotted keys, inline tables, arrays of tables."""

    line_end = "\n"

    def key(self, *parts: str) -> str:
        return self.pick(".", " . ").join(self.part(part) for part in parts)

    def part(self, key: str) -> str:
        if key and all(char.isascii() and (char.isalnum() or char in "-_") for char in key):
            return key
        if "'" not in key and key.isprintable() and self.random.random() < 0.5:
            return f"'{key}'"
        return self.basic(key)

    def basic(self, value: str) -> str:
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

    def string(self, value: str) -> str:
        if "'" not in value and value.isprintable():
            quotes = self.pick("'", "'''", '"')
            if quotes != '"':
                return quotes + value + quotes
        quotes = self.pick("", '""')
        return quotes + self.basic(value) + quotes

    def end(self) -> None:
        self.text += self.pick("", " ", "\t", " # [c] \U0001f680") + self.line_end
        self.text += self.pick("", self.line_end, f"  # over = 1{self.line_end}")

    def scalar(self, value: Any, path: Path) -> None:
        if isinstance(value, str):
            self.leaf(path, value, self.string(value))
        elif isinstance(value, float):
            self.leaf(path, value, self.pick("1.50", "1979-05-27 07:32:00", "1979-05-27T07:32:00.5Z", "inf", "6.02e23"))
        else:
            self.leaf(path, value, json.dumps(value))

    def inline(self, tree: Any, path: Path) -> None:
        if isinstance(tree, dict):
            self.text += "{" + self.pick("", " ")
            for number, (key, item) in enumerate(tree.items()):
                self.text += "," + self.pick("", " ") if number else ""
                self.text += self.part(key) + self.pick("=", " = ")
                self.inline(item, (*path, key))
            self.text += self.pick("", " ") + "}"
        elif isinstance(tree, list):
            self.text += "["
            for index, item in enumerate(tree):
                self.text += "," if index else ""
                self.text += self.pick("", " ", f" # ] x{self.line_end}\t")
                self.inline(item, (*path, index))
            self.text += self.pick("", ",", f"{self.line_end}") if tree else ""
            self.text += "]"
        else:
            self.scalar(tree, path)

    def table(self, tree: dict[str, Any], path: Path, header: tuple[str, ...]) -> None:
        """The pairs of a table, then its tables with headers of their own."""
        later: list[tuple[str, Any]] = []
        for key, item in tree.items():
            of_tables = isinstance(item, list) and item and all(isinstance(each, dict) for each in item)
            if of_tables or item == {} or (isinstance(item, dict) and self.random.random() < 0.5):
                later.append((key, item))
            elif isinstance(item, dict) and self.random.random() < 0.5:
                for inner, value in item.items():
                    self.text += self.pick("", "  ") + self.key(key, inner) + self.pick("=", " = ", "\t=\t")
                    self.inline(value, (*path, key, inner))
                    self.end()
            else:
                self.text += self.pick("", "  ") + self.key(key) + self.pick("=", " = ")
                self.inline(item, (*path, key))
                self.end()
        for key, item in later:
            name = (*header, key)
            for index, each in enumerate(item) if isinstance(item, list) else [(None, item)]:
                left, right = ("[", "]") if index is None else ("[[", "]]")
                self.text += self.pick("", "  ") + left + self.pick("", " ") + self.key(*name) + right
                self.end()
                self.table(each, (*path, key) if index is None else (*path, key, index), name)


def outcome(editor: Editor, text: str, spec: EditSpec) -> tuple[Edited | None, str]:
    """What comes of an edit, or the code of its refusal."""
    try:
        return editor.edit(text, spec, RELEASE), ""
    except EditRefused as error:
        return None, error.code


def check(editor: Editor, writer: Writer, load: Any, value: str, typed: str, data: st.DataObject) -> None:
    """Edit one leaf, and compare bytes and data."""
    path, old, start, end = data.draw(st.sampled_from(writer.leaves))
    text = data.draw(st.sampled_from(["", "\ufeff"])) + writer.text
    start, end = start + len(text) - len(writer.text), end + len(text) - len(writer.text)
    spec = EditSpec(editor.kind, "f", path=paths.show(path), value=value, options={"typed": typed})
    edited, code = outcome(editor, text, spec)
    if edited is None:
        encrypted = isinstance(old, str) and old.startswith("ENC[")
        assert code == ("GA107" if encrypted else "GA106")
        assert encrypted or len(text[start:end].splitlines()) > 1  # to Python, U+2028 and a few others end a line
        return
    assert edited.text[:start] == text[:start]
    assert edited.text.endswith(text[end:])
    before, after = load(text.removeprefix("\ufeff")), load(edited.text.removeprefix("\ufeff"))
    there, found = before, after
    for step in path[:-1]:
        there, found = there[step], found[step]
    integer = isinstance(old, int) and not isinstance(old, bool) and value.lstrip("-").isdigit() and value.isascii()
    boolean = isinstance(old, bool) and value in ("true", "false")
    wanted: Any = json.loads(value) if typed == "auto" and (integer or boolean) else value
    assert type(found[path[-1]]) is type(wanted)
    assert found[path[-1]] == wanted
    there[path[-1]] = wanted
    assert repr(before) == repr(after)
    assert [change.path for change in edited.changes] in ([paths.show(path)], [])
    assert editor.edit(edited.text, spec, RELEASE) == Edited(edited.text)
    (read,) = editor.read(edited.text, spec)
    assert read.value == value


@settings(deadline=None)
@given(TREES.filter(lambda tree: isinstance(tree, list | dict)), VALUES, MODES, st.randoms(), st.data())
def test_exactly_one_value_of_json_differs(
    tree: Any, value: str, typed: str, random: Random, data: st.DataObject
) -> None:
    writer = JsonWriter(random)
    writer.write(tree)
    assert json.loads(writer.text) == tree
    if writer.leaves:
        check(JsonValue(), writer, json.loads, value, typed, data)


@settings(deadline=None)
@given(
    st.dictionaries(KEYS, TREES, min_size=1, max_size=4),
    VALUES,
    MODES,
    st.sampled_from(["\n", "\r\n"]),
    st.randoms(),
    st.data(),
)
def test_exactly_one_value_of_toml_differs(
    tree: Any, value: str, typed: str, line_end: str, random: Random, data: st.DataObject
) -> None:
    writer = TomlWriter(random)
    writer.line_end = line_end
    writer.table(tree, (), ())
    if writer.leaves:
        check(TomlValue(), writer, tomllib.loads, value, typed, data)


@settings(deadline=None)
@given(TREES.filter(lambda tree: isinstance(tree, list | dict)), TEXTS, VALUES, st.randoms(), st.data())
def test_exactly_one_value_of_json_is_new(tree: Any, key: str, value: str, random: Random, data: st.DataObject) -> None:
    writer = JsonWriter(random)
    writer.write(tree)
    path: Path = ()
    while isinstance(tree, list | dict) and tree and data.draw(st.booleans()):
        step = data.draw(st.sampled_from(range(len(tree)) if isinstance(tree, list) else sorted(tree)))
        if not isinstance(tree[step], list | dict):
            break
        path, tree = (*path, step), tree[step]
    path = (*path, len(tree) if isinstance(tree, list) else key)
    if isinstance(tree, dict) and key in tree:
        return
    wanted = json.loads(writer.text)
    below: Path = data.draw(st.sampled_from([(), ("x",), ("x", "y"), (0,), ("x", 0, "y")]))
    new: Any = value
    for step in reversed(below):
        new = [new] if step == 0 else {step: new}
    spec = EditSpec(
        "json", "f", path=paths.show((*path, *below)), value=value, on_missing="create", options={"typed": "string"}
    )
    edited = JsonValue().edit(writer.text, spec, RELEASE)
    found = wanted
    for step in path[:-1]:
        found = found[step]
    if isinstance(found, list):
        found.append(new)
    else:
        found[key] = new
    assert repr(json.loads(edited.text)) == repr(wanted)
    assert JsonValue().edit(edited.text, spec, RELEASE) == Edited(edited.text)


@settings(deadline=None)
@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), VALUES, st.randoms(), st.data())
def test_exactly_one_value_of_toml_is_new(tree: Any, value: str, random: Random, data: st.DataObject) -> None:
    writer = TomlWriter(random)
    writer.table(tree, (), ())
    path: Path = ()
    while isinstance(tree, list | dict) and tree and data.draw(st.booleans()):
        step = data.draw(st.sampled_from(range(len(tree)) if isinstance(tree, list) else sorted(tree)))
        if not isinstance(tree[step], list | dict):
            break
        path, tree = (*path, step), tree[step]
    below: tuple[str, ...] = data.draw(st.sampled_from([(), ("x",), ("x", "y z", "w")]))
    new: Any = value
    for key in reversed(below):
        new = {key: new}
    spec = EditSpec("toml", "f", path=paths.show((*path, "new key", *below)), value=value, on_missing="create")
    edited, code = outcome(TomlValue(), writer.text, spec)
    if edited is None:
        assert code == "GA114"
        return
    before, after = tomllib.loads(writer.text), tomllib.loads(edited.text)
    found: Any = after
    for step in path:
        found = found[step]
    assert found.pop("new key") == new
    assert before == after


@pytest.mark.parametrize("editor", [JsonValue(), TomlValue()], ids=["json", "toml"])
@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        "a = " + "[" * 10_000 + "]" * 10_000,
        '{"a":' * 10_000,
        "a = " + "{a = " * 10_000,
        "[" + "a." * 10_000 + "a]",
        "a." * 300_000 + "a = 1",
        '"' + '\\"' * 500_000,
        'a = "' + '\\"' * 500_000,
        'a = """' + '""\\"' * 200_000,
        '"' * 500_000,
        "a = '" + "''x" * 200_000,
        "{" * 500_000,
        "a = 1 " + "#" * 500_000 + "\r",
        " " * 1_000_000,
        "\n" * 1_000_000 + "x",
        '{"a": "\ud800"}',
        'a = "\ud800"',
        "a = {b = 1,}",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_is_refused_soon(editor: Editor, text: str) -> None:
    start = time.monotonic()
    with pytest.raises(EditRefused) as caught:
        editor.edit(text, EditSpec(editor.kind, "f", path="a.b", value="1"), RELEASE)
    assert time.monotonic() - start < 5
    assert caught.value.hint


@pytest.mark.parametrize("editor", [JsonValue(), TomlValue()], ids=["json", "toml"])
@pytest.mark.parametrize(
    ("value", "typed"), [("\ud800", "auto"), ("[1]", "json"), ("x", "json"), ("1", "float"), ("1e999", "json")]
)
def test_a_value_that_cannot_be_written(editor: Editor, value: str, typed: str) -> None:
    text = '{"a": "1"}' if editor.kind == "json" else 'a = "1"'
    with pytest.raises(UsageError) as caught:
        editor.edit(text, EditSpec(editor.kind, "f", path="a", value=value, options={"typed": typed}), RELEASE)
    assert caught.value.hint


@pytest.mark.parametrize("editor", [JsonValue(), TomlValue()], ids=["json", "toml"])
@pytest.mark.parametrize("path", [".".join("a" * 99), "t." + ".".join("a" * 98)])
def test_nothing_is_created_that_would_be_too_deep(editor: Editor, path: str) -> None:
    text = '{"t": {}}' if editor.kind == "json" else "t = {}"
    with pytest.raises(EditRefused) as caught:
        editor.edit(text, EditSpec(editor.kind, "f", path=path, value="1", on_missing="create"), RELEASE)
    assert caught.value.code == "GA109"
    spec = EditSpec(editor.kind, "f", path=path.removesuffix(".a"), value="1", on_missing="create")
    edited = editor.edit(text, spec, RELEASE)
    assert editor.edit(edited.text, spec, RELEASE) == Edited(edited.text)


@pytest.mark.parametrize("value", ["null", "9223372036854775808"])
def test_what_toml_does_not_have(value: str) -> None:
    with pytest.raises(UsageError, match="TOML cannot hold"):
        TomlValue().edit("a = 1", EditSpec("toml", "f", path="a", value=value, options={"typed": "json"}), RELEASE)


def test_json_and_toml_have_a_limit_in_size() -> None:
    big = '{"a": "' + "x" * (10 * 1024 * 1024) + '"}'
    for editor, text in ((JsonValue(), big), (TomlValue(), "#" * (toml_nodes.MAX_CHARACTERS + 1))):
        with pytest.raises(EditRefused) as caught:
            editor.edit(text, EditSpec(editor.kind, "f", path="a", value="1"), RELEASE)
        assert caught.value.code == "GA109"


def test_json_of_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_nodes, "MAX_PARTS", 100)
    spec = EditSpec("json", "f", path="v", value="2")
    for parts in ("1," * 100, "[]," * 50, '{"a":1},' * 50):
        with pytest.raises(EditRefused) as caught:
            JsonValue().edit(f'{{"v": 1, "a": [{parts}1]}}', spec, RELEASE)
        assert (caught.value.code, caught.value.hint) == ("GA109", "put the value into a small file")
    text = '{"v": 1, "a": "%s"}'
    signs = ",:[{" * 100  # of a string, they are none
    assert JsonValue().edit(text % signs, spec, RELEASE).text == (text % signs).replace("1", "2", 1)


@pytest.mark.parametrize(("start", "end"), [(0, -1), (0, 1), (-2, 0), (3, 3)])
@pytest.mark.parametrize("kind", ["json", "toml"])
def test_a_swap_at_the_wrong_place_is_caught(kind: str, start: int, end: int, monkeypatch: pytest.MonkeyPatch) -> None:
    leaf_of = leaves.leaf

    def shifted(parsed: nodes.Parsed, spot: Spot) -> Leaf:
        leaf = leaf_of(parsed, spot)
        return leaf._replace(start=leaf.start + start, end=leaf.end + end)

    monkeypatch.setattr(leaves, "leaf", shifted)
    editor: Editor = JsonValue() if kind == "json" else TomlValue()
    text = '{"a": "xyz", "b": "uvw"}' if kind == "json" else 'a = "xyz"\nb = "uvw"\n'
    with pytest.raises(EditRefused) as caught:
        editor.edit(text, EditSpec(kind, "f", path="a", value="new"), RELEASE)
    assert caught.value.code == "GA113"
