"""Any place in any document: PyYAML, which knows nothing of our own comparison, says what differs after an edit.

``GITOPS_EXAMPLES=100000 pytest tests/edit/test_edit_anything.py`` is the run by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops_actions.edit import nodes, parsers, paths
from gitops_actions.edit.paths import Filter, Step
from gitops_actions.edit.yaml import YamlValue
from gitops_actions.errors import EditRefused
from gitops_actions.model import Edited, EditSpec, Release
from tests.edit.author import Author

EXAMPLES = int(os.environ.get("GITOPS_EXAMPLES", "200"))
PURE = 20  # every such file is edited by the pure parser too
VALUES = (
    "1.11",
    "v3",
    "on",
    "# x",
    "a: b",
    "",
    " x ",
    "\U0001f680",
    "it's",
    '"',
    "x\ny",
    "- a",
    "{",
    "null",
    "0x1F",
    "é",
    "a,b",
)
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

Tree = Any


def even(text: str) -> str:
    """PyYAML's own loader cannot read tabs before comments, which are nothing but white space to YAML."""
    return text.removeprefix("\ufeff").replace("\t", " ")


def composed(text: str) -> list[Node]:
    return list(yaml.compose_all(even(text), yaml.CBaseLoader))


def written(random: Random) -> str:
    """A text that is YAML."""
    while True:
        text = Author(random).text
        try:
            composed(text)
        except yaml.YAMLError:
            with pytest.raises(EditRefused, match="not YAML"):
                nodes.parse(text)
            if text.strip() == "...":  # of the simplest choices
                return "a: b\n"
        else:
            return text


def plain(node: Node) -> Tree:
    """A node as data, in which texts stay texts and keys keep their order; aliases are followed."""
    if isinstance(node, ScalarNode):
        return (node.tag, node.value)
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.value]
    return {(plain(name) if isinstance(name, ScalarNode) else repr(name)): plain(value) for name, value in node.value}


def places(node: Node, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Node]]:
    yield path, node
    if isinstance(node, MappingNode):
        for name, value in node.value:
            yield from places(value, (*path, name.value))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from places(item, (*path, index))


def changed(tree: Tree, path: tuple[Step, ...], value: str) -> Tree:
    """The data with a text at a path."""
    if not path:
        return (tree[0] if isinstance(tree, tuple) else None, value)
    if isinstance(tree, list):
        return [changed(item, path[1:], value) if index == path[0] else item for index, item in enumerate(tree)]
    return {key: changed(item, path[1:], value) if key[1] == path[0] else item for key, item in tree.items()}


def created(tree: Tree, steps: tuple[Step, ...], value: str) -> Tree:
    """The data with a text at steps that are not there."""
    if not steps:
        return ("", value)
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        pairs = dict(tree) if isinstance(tree, dict) else {}
        key = next((key for key in pairs if key[1] == step), ("", step))
        return {**pairs, key: created(pairs.get(key), rest, value)}
    items = list(tree) if isinstance(tree, list) else []
    if isinstance(step, Filter):
        return [*items, {("", step.keys[0]): ("", step.value), **created(None, rest, value)}]
    return [*items, created(None, rest, value)]


def texts(tree: Tree) -> Tree:
    """The data without tags: what a quoted text and a plain one have in common."""
    if isinstance(tree, tuple):
        return tree[1]
    if isinstance(tree, list):
        return [texts(item) for item in tree]
    return {texts(key): texts(item) for key, item in tree.items()}


def edit(text: str, spec: EditSpec, *, pure: bool) -> Edited | str:
    """The edit, or the code of the refusal; with the other parser too, which must not differ."""
    results: list[Edited | str] = []
    for parser in (nodes.AnyParser, parsers.PureParser)[: 1 + pure]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nodes, "AnyParser", parser)
            try:
                results.append(YamlValue().edit(text, spec, Release("1")))
            except EditRefused as error:
                results.append(error.code if error.hint else "no hint")
    assert results[0] == results[-1]
    return results[0]


def shared(one: str, other: str) -> int:
    return next(
        (index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def common(old: str, new: str) -> tuple[int, int]:
    """How many characters at the start and, of the rest, at the end are the same."""
    start = shared(old, new)
    end = shared(old[start:][::-1], new[start:][::-1])
    return start, end


@MANY
@given(st.randoms(use_true_random=True) if EXAMPLES > 1000 else st.randoms())
def test_exactly_one_leaf_differs(random: Random) -> None:
    text = written(random)
    documents = composed(text)
    leaves = [
        (number, path, node)
        for number, root in enumerate(documents)
        for path, node in places(root)
        if isinstance(node, ScalarNode) and path
    ]
    if not leaves:
        return
    number, path, node = random.choice(leaves)
    value = random.choice(VALUES)
    options = {"typed": "string"}
    spec = EditSpec("yaml", "f", path=paths.show(path), value=value, document=str(number), options=options)
    edited = edit(text, spec, pure=random.randrange(PURE) == 0)
    body = text.removeprefix("\ufeff")
    source = body[node.start_mark.index : node.end_mark.index]
    if isinstance(edited, str):
        explained = {
            "GA104": "*" in text,
            "GA105": "&" in text,
            "GA106": node.style in ("|", ">") or "\t" in source or (not source and "#" in text),
        }
        assert explained.get(edited), (edited, text, spec.path)
        return
    before, after = composed(text), composed(edited.text)
    wanted = [plain(root) for root in before]
    wanted[number] = changed(wanted[number], path, value)
    found = [plain(root) for root in after]
    assert texts(found) == texts(wanted), (text, spec.path)
    assert [list(map(str, tree)) for tree in map(texts, found)] == [list(map(str, tree)) for tree in map(texts, wanted)]
    new = edited.text.removeprefix("\ufeff")
    assert edited.text.startswith("\ufeff") == text.startswith("\ufeff")
    start, end = node.start_mark.index, node.end_mark.index
    before_it, behind_it = body[:start], body[end:]
    if not source:  # the marks of nothing stray
        before_it, behind_it = before_it.rstrip(" \r\n"), behind_it.lstrip(" \r\n")
    assert new.startswith(before_it)
    assert new.endswith(behind_it)
    if node.value != value:
        assert [change.new for change in edited.changes] == [value]
        assert edit(edited.text, spec, pure=False) == Edited(edited.text)


STEPS: tuple[tuple[Step, ...], ...] = (
    ("new",),
    ("new", "deep"),
    ("on", "x", "y"),
    ("new", 0),
    ("new", Filter(("name",), "x"), "v"),
    ("new key", 0, "z"),
)


@MANY
@given(st.randoms(use_true_random=True) if EXAMPLES > 1000 else st.randoms())
def test_exactly_what_is_created_differs(random: Random) -> None:
    text = written(random)
    documents = composed(text)
    found = [(number, path, node) for number, root in enumerate(documents) for path, node in places(root)]
    found = [(number, path, node) for number, path, node in found if not isinstance(node, ScalarNode)] or found
    if not found:
        return
    number, path, node = random.choice(found)
    if isinstance(node, SequenceNode):
        last = len(node.value)
        items: tuple[tuple[Step, ...], ...] = ((last,), (last, "v"), (Filter(("name",), "x-new"), "v"))
        steps = random.choice(items)
    else:
        steps = random.choice(STEPS)
        if isinstance(node, MappingNode) and any(name.value == steps[0] for name, _ in node.value):
            return
    value = random.choice(VALUES)
    spec = EditSpec(
        "yaml", "f", path=paths.show((*path, *steps)), value=value, document=str(number), on_missing="create"
    )
    edited = edit(text, spec, pure=random.randrange(PURE) == 0)
    if isinstance(edited, str):
        assert edited in ("GA104", "GA105", "GA114"), (edited, text, spec.path)
        return
    wanted = [plain(root) for root in composed(text)]
    wanted[number] = (
        created(wanted[number], (*path, *steps), value) if not path else below(wanted[number], path, steps, value)
    )
    assert texts([plain(root) for root in composed(edited.text)]) == texts(wanted), (text, spec.path)
    start, end = common(text, edited.text)
    gone = text[start : len(text) - end]
    new = edited.text[start : len(edited.text) - end]
    assert gone.lstrip("{}[]~nul ") in new, (text, spec.path, gone, new)  # all that goes is a value that is nothing
    assert [change.old for change in edited.changes] == [None]
    assert edit(edited.text, spec, pure=False) == Edited(edited.text) or isinstance(steps[0], int)


def below(tree: Tree, path: tuple[Step, ...], steps: tuple[Step, ...], value: str) -> Tree:
    """The data with something created below a path that is there."""
    if not path:
        return created(tree, steps, value)
    if isinstance(tree, list):
        return [below(item, path[1:], steps, value) if index == path[0] else item for index, item in enumerate(tree)]
    return {key: below(item, path[1:], steps, value) if key[1] == path[0] else item for key, item in tree.items()}
