"""The promise itself: whatever the document, exactly the wanted value differs and every other byte stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_actions.edit import leaves, nodes, paths, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.splice import Splice
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused
from gitops_actions.model import EditSpec, Release

RELEASE = Release("1")

LEAVES = st.sampled_from(["", "'", '"'])
KEYS = st.sampled_from(["name", "a.b", "on", "1", "x y", "ключ", "image", "-", "/", "#k"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=3),
    max_leaves=12,
)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["1.10", "on", "v2", "# x", "a: b"]
)


class Writer:
    """Writes a tree of quote styles as YAML, every leaf with a text of its own. ``leaves``: path and quoted text."""

    def __init__(self, random: Random, line_end: str) -> None:
        self.random = random
        self.line_end = line_end
        self.leaves: list[tuple[tuple[str | int, ...], str]] = []

    def leaf(self, style: str, path: tuple[str | int, ...]) -> str:
        value = f"v{len(self.leaves)}x"
        self.leaves.append((path, style + value + style))
        return style + value + style

    def flow(self, tree: Any, path: tuple[str | int, ...]) -> str:
        if isinstance(tree, str):
            return self.leaf(tree, path)
        if isinstance(tree, list):
            return "[" + ", ".join(self.flow(item, (*path, index)) for index, item in enumerate(tree)) + "]"
        return "{" + ", ".join(f"{json.dumps(k)}: {self.flow(item, (*path, k))}" for k, item in tree.items()) + "}"

    def end(self) -> str:
        return self.random.choice(["", "  ", " # comment \U0001f680", "\t# tab", "\t"]) + self.line_end

    def block(self, tree: Any, path: tuple[str | int, ...], indent: str) -> str:
        text = ""
        pairs: Iterator[tuple[str | int, Any]] = enumerate(tree) if isinstance(tree, list) else iter(tree.items())
        for step, item in pairs:
            text += self.random.choice(["", self.line_end, f"{indent}# over{self.line_end}"])
            text += indent + ("-" if isinstance(step, int) else f"{json.dumps(step, ensure_ascii=False)}:")
            if isinstance(item, str) or self.random.random() < 0.3:
                text += " " + self.flow(item, (*path, step)) + self.end()
            else:
                text += self.end().replace("\t", " ")
                text += self.block(item, (*path, step), indent + " " * self.random.randint(1, 4))
        return text


def replaced(tree: Any, path: tuple[str | int, ...], value: str) -> Any:
    if not path:
        return value
    if isinstance(tree, list):
        return [replaced(item, path[1:], value) if index == path[0] else item for index, item in enumerate(tree)]
    return {key: replaced(item, path[1:], value) if key == path[0] else item for key, item in tree.items()}


def without_tabs(text: str) -> str:
    return text.replace("\t", " ")  # PyYAML's loader cannot read the tabs before comments


@settings(deadline=None)
@given(
    TREES.filter(lambda tree: not isinstance(tree, str)),
    VALUES,
    st.sampled_from(["\n", "\r\n"]),
    st.randoms(),
    st.data(),
)
def test_exactly_one_leaf_differs(tree: Any, value: str, line_end: str, random: Random, data: st.DataObject) -> None:
    writer = Writer(random, line_end)
    text = writer.block(tree, (), "")
    if random.random() < 0.3:
        text = "\ufeff" + text.rstrip("\r\n \t")
    path, token = data.draw(st.sampled_from(writer.leaves))
    before, after = text.split(token)

    spec = EditSpec("yaml", "f", path=paths.show(path), value=value, options={"typed": "string"})
    edited = YamlValue().edit(text, spec, RELEASE)

    assert edited.text.startswith(before)
    assert edited.text.endswith(after)
    new_token = edited.text[len(before) : len(edited.text) - len(after)]
    assert "\n" not in new_token
    old_data = yaml.load(without_tabs(text.removeprefix("\ufeff")), yaml.BaseLoader)
    new_data = yaml.load(without_tabs(before.removeprefix("\ufeff")) + new_token + without_tabs(after), yaml.BaseLoader)
    assert new_data == replaced(old_data, path, value)
    assert [change.path for change in edited.changes] == [paths.show(path)]
    assert YamlValue().edit(edited.text, spec, RELEASE) == type(edited)(edited.text)


def leaf_of(text: str, path: str) -> tuple[nodes.Parsed, Leaf]:
    parsed = nodes.parse(text)
    (root,) = places.roots(parsed)
    spot, _ = places.walk(parsed, root, paths.parse(path))
    return parsed, leaves.leaf(parsed, spot)


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (0, -1), (0, 2), (-4, 0), (3, 3)])
def test_a_splice_at_the_wrong_place_is_caught(start: int, end: int) -> None:
    parsed, leaf = leaf_of("a: xyz\nb: uvw\n", "a")
    splice = Splice(parsed)
    splice.put(leaf._replace(start=leaf.start + start, end=leaf.end + end), "new")
    with pytest.raises(EditRefused) as caught:
        splice.result()
    assert caught.value.code == "GA113"


def test_a_plain_value_that_is_the_same_string_already_is_left() -> None:
    for text in ("a: x#y\n", "{a: r:5000/x}\n", "a: it's\n"):
        parsed, leaf = leaf_of(text, "a")
        splice = Splice(parsed)
        splice.put(leaf, leaf.value)
        assert splice.result().changes == ()
