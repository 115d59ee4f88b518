from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_actions.edit.paths import Filter, Step, Token, parse, show
from gitops_actions.errors import UsageError


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("a[0]", ("a", 0)),
        ("a[-1].b", ("a", -1, "b")),
        ("[2]", (2,)),
        ("a[0][1]", ("a", 0, 1)),
        ("a[?name=='x'].b", ("a", Filter(("name",), "x"), "b")),
        ('a[? meta.name == "it\'s" ]', ("a", Filter(("meta", "name"), "it's"))),
        ("a[?x=='].b=='].c", ("a", Filter(("x",), "].b=="), "c")),
        ("a[?\"x.y\"=='']", ("a", Filter(("x.y",), ""))),
        ('"dotted.key".b', ("dotted.key", "b")),
        ('a."say \\"hi\\" \\\\"', ("a", 'say "hi" \\')),
        ("app.kubernetes", ("app", "kubernetes")),
        ("a-b_c:d/e", ("a-b_c:d/e",)),
        ("/a/b~1c~0d/0", (Token("a"), Token("b/c~d"), Token("0"))),
        ("/", (Token(""),)),
    ],
)
def test_paths(text: str, steps: tuple[Step, ...]) -> None:
    assert parse(text) == steps


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ".a",
        "a.",
        "a..b",
        "a[",
        "a[x]",
        "a[0",
        "a[0]b",
        "a.[0]",
        'a"b"',
        '"a"b',
        '"a',
        "a b",
        "a[?x]",
        "a[?x=y]",
        "a[?[0]=='x']",
        "a[?=='x']",
        "/a~2",
        "/a~",
        "a[99999999]",
        "a\n",
    ],
)
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.hint


KEYS = st.text(min_size=1, max_size=5) | st.sampled_from(["a", "/", ".", '"', "\\", "[0]", ""])
STEPS = (
    KEYS
    | st.integers(-9999999, 9999999)
    | st.builds(Filter, st.tuples(KEYS, KEYS), st.sampled_from(["x", "it's", "a]b"]))
)


@settings(deadline=None)
@given(st.lists(STEPS, min_size=1, max_size=5))
def test_what_is_shown_is_read_as_the_same(steps: list[Step]) -> None:
    assert parse(show(steps)) == tuple(steps)
