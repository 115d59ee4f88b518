"""What other kinds use to create: several values in one go, and behind a key that they name."""

from __future__ import annotations

import pytest

from gitops_actions.edit import documents, nodes, paths
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused
from gitops_actions.model import EditSpec, Release
from gitops_actions.plugins import Editors

TEXTS = {
    "block": "a:\n  b: x\n  c: y\nd: z\n",
    "flow": "a: {b: x, c: y}\n",
    "list": "a:\n- x\n",
    "flow list": "a: [x]\n",
    "nothing": "a:\n",
}


def splice(text: str, *created: tuple[str, str]) -> Splice:
    parsed = nodes.parse(text)
    made = Splice(parsed)
    for path, value in created:
        steps = paths.parse(path)
        spot, taken = documents.nearest(parsed, None, steps)
        made.create(spot, steps[taken:], value)
    return made


@pytest.mark.parametrize(
    ("text", "created", "expected"),
    [
        ("block", (("a.e", "1.0"), ("a.f.g", "v2")), 'a:\n  b: x\n  c: y\n  e: "1.0"\n  f:\n    g: v2\nd: z\n'),
        ("flow", (("a.e", "v1"), ("a.f.g", "v2")), "a: {b: x, c: y, e: v1, f: {g: v2}}\n"),
        ("block", (("a.e", "v1"), ("f", "v2")), "a:\n  b: x\n  c: y\n  e: v1\nd: z\nf: v2\n"),
    ],
)
def test_several_values_are_created_together(text: str, created: tuple[tuple[str, str], ...], expected: str) -> None:
    edited = splice(TEXTS[text], *created).result()
    assert edited.text == expected
    lines = expected.splitlines()
    assert [change.path for change in edited.changes] == [path for path, _ in created]
    assert all(change.new in lines[change.line - 1] for change in edited.changes)


@pytest.mark.parametrize(
    ("text", "created"),
    [
        ("block", (("a.e.f", "v1"), ("a.e.g", "v2"))),
        ("nothing", (("a.e", "v1"), ("a.f", "v2"))),
    ],
)
def test_what_would_come_out_twice_is_refused(text: str, created: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(EditRefused) as caught:
        splice(TEXTS[text], *created)
    assert caught.value.code == "GA114"


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("a:\n  b:\n    x: 1\n    # of b\n\n  c: y\n", ("b",), "a:\n  b:\n    x: 1\n    # of b\n  m: v1\n\n  c: y\n"),
        ("a:\n  b: 'x' # b\n  c: y\n", ("no", "b"), "a:\n  b: 'x' # b\n  m: 'v1'\n  c: y\n"),
        ("a:\n  b: x\n  c: [y,\n    z]\n", (), "a:\n  b: x\n  c: [y,\n    z]\n  m: v1\n"),
    ],
)
def test_a_key_is_added_behind_another(text: str, after: tuple[str, ...], expected: str) -> None:
    parsed = nodes.parse(text)
    spot, _ = documents.find(parsed, None, ("a",))
    made = Splice(parsed)
    made.add(spot, "m", "v1", after=after)
    assert made.result().text == expected


@pytest.mark.parametrize(
    ("kind", "text", "path", "shown", "line"),
    [
        ("yaml", "l:\n- a\n- b\n", "/l/-", "l[2]", 4),
        ("yaml", "l:\n- a\n", "/m/-/x", "m[0].x", 4),
        ("yaml", "l:\n  a: b\n", "/l/-", "l.-", 3),
        ("json", '{"l": ["a", "b"]}\n', "/l/-", "l[2]", 1),
        ("json", '{\n  "l": [\n    "a"\n  ]\n}\n', "/l/1", "l[1]", 4),
        ("json", '{\n  "l": [\n    "a"\n  ]\n}\n', "/m/-/x", "m[0].x", 7),
        ("json", '{\n  "l": null\n}\n', "l.a.b", "l.a.b", 4),
        ("json", '{\n  "l": [\n    {\n      "n": "a"\n    }\n  ]\n}\n', "l[?n=='b'].v", "l[?n=='b'].v", 8),
        ("toml", "[a]\nb = 1\n", "/c/d/e", "c.d.e", 5),
        ("toml", "a = 1", "c.d", "c.d", 4),
    ],
)
def test_what_is_created_is_told_by_its_place(kind: str, text: str, path: str, shown: str, line: int) -> None:
    spec = EditSpec(kind, "f", path=path, value="new", on_missing="create")
    edited = Editors()[kind].edit(text, spec, Release("1"))
    assert [(change.path, change.line, change.old, change.new) for change in edited.changes] == [
        (shown, line, None, "new")
    ]
    assert "new" in edited.text.splitlines()[line - 1]


def test_a_creation_at_the_wrong_place_is_caught() -> None:
    for shift in (-1, 1, 5):
        made = splice(TEXTS["block"], ("a.e", "v1"))
        ((_, patches, _),) = made._changed.values()
        patches[0] = patches[0]._replace(start=patches[0].start + shift, end=patches[0].end + shift)
        with pytest.raises(EditRefused) as caught:
            made.result()
        assert caught.value.code == "GA113"


def test_a_path_may_not_be_deeper_than_a_file() -> None:
    with pytest.raises(EditRefused) as caught:
        splice("a: {}\n", (".".join(["a"] * 200), "v1"))
    assert caught.value.code == "GA109"
