"""A value stays a value, and a template comes to an end."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given as example
from hypothesis import strategies as st

from gitops_actions.errors import UsageError
from gitops_actions.pipeline.rendering import given, render

ROWS = [["x"] * 200] * 200


def rendered(template: str, *, expands: bool = False, **data: Any) -> str:
    return render("t.j2", {"t.j2": template, "loop.j2": "<% include 'loop.j2' %>"}, given(data), expands=expands)


@example(st.text(max_size=20))
def test_a_value_reads_back(text: str) -> None:
    # What GitHub would evaluate is refused, and looked at below.
    if "${{" not in text and "$[[" not in text and not any("\ud800" <= char <= "\udfff" for char in text):
        made = yaml.safe_load(rendered("a: <@ x | yaml @>\nb: {c: [<@ x | yaml @>]}\n", x=text))
        assert made == {"a": text, "b": {"c": [text]}}


HOSTILE = [
    "x\n  permissions: write-all", "x, y", "x: y", "x #", "1.10", "on", "null", "[x]", "{x: y}", "*x", "&x y",
    "!!int 1", "", " ", "x\ny", "- x", "'x", '"x', "%x", "@x", "`x", "|", ">", "xGitopsValue0x]",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_without_the_filter_is_the_same_or_nothing(text: str) -> None:
    template = "on:\n  branches: [<@ x @>]\n"
    with pytest.raises(UsageError) as caught:
        rendered(template, x=text)
    assert caught.value.code in ("GA554", "GA555", "GA556")
    assert caught.value.exit_code == 2
    assert yaml.safe_load(rendered("on:\n  branches: [<@ x | yaml @>]\n", x=text)) == {True: {"branches": [text]}}


@pytest.mark.parametrize(
    ("template", "value", "code"),
    [
        ("run: <@ x | yaml @>", "x", "GA556"),
        ("job: {script: [<@ x | sh @>]}", "x", "GA556"),
        ("job: {script: [echo, <@ x @>]}", "x", "GA556"),
        ("a: {before_script: <@ x | json | yaml @>}", ["x"], "GA556"),
        ("a: <@ x | yaml @>", "${{ secrets.X }}", "GA556"),
        ("a: ${{ secrets.<@ x @> }}", "X }} ${{ secrets.Y", "GA556"),
        ("a: ${{ secrets.<@ x @> }}", "X || github", "GA556"),
        ("a: {if: github.ref == '<@ x @>'}", "a' || true || '", "GA556"),
        ("a: ${{ format('}}', secrets.<@ x @>) }}", "X) || github.token", "GA556"),
        ("a: ${{ 'it''s' || format('{0}', <@ x @>) }}", "secrets.X", "GA556"),
        ("a: ${{ 'not closed <@ x @>", "a b", "GA556"),
        ("a: $[[ inputs.<@ x @> ]]", "x | expand_vars", "GA556"),
        ('a: "$<@ x @>"', "{{ secrets.X }}", "GA556"),
        ('a: "<@ x.a @><@ x.b @>"', {"a": "$", "b": "{{ secrets.X }}"}, "GA556"),
        ("steps: [{shell: <@ x | yaml @>, run: 'true'}]", "bash -c evil {0}", "GA556"),
        ('run: "<% for c in x %><@ c @><% endfor %>"', "curl", "GA554"),
        ('run: "<@ x | first @>"', "curl", "GA554"),
        ('run: "<@ x[0] @>"', "curl", "GA554"),
        ("a: <@ x.upper @>", "x", "GA554"),
        ("<@ x @>: 1", "a b", "GA556"),
        ("# <@ x @>\na: 1", "x\nb: 2", "GA556"),
        ("a: |\n  <@ x @>", "x\nb: 2", "GA556"),
        ("a: <@ x @>\na: 1", "x", "GA555"),
        ("<@ x @>", "x", "GA555"),
        ("a: <@ x", "x", "GA554"),
        ("a: <@ y @>", "x", "GA554"),
        ("a: <@ x.__class__ @>", "x", "GA554"),
        ("a: <@ x ~ x @>", "x", "GA554"),
        ("a: <@ x | upper @>", "x", "GA554"),
        ("a: <@ x @>", ["x"], "GA554"),
        ("<% include 'other.j2' %>", "x", "GA554"),
        ("<% include x %>", "x", "GA554"),
        ("a: 1\n---\nb: <@ x @>", "x", "GA555"),
        ("a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]", "x", "GA555"),
    ],
)
def test_what_is_refused(template: str, value: Any, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        rendered(template, x=value)
    assert caught.value.code == code, caught.value


def test_what_gitlab_would_expand_is_refused() -> None:
    raw = "a: {variables: {X: {value: <@ x | yaml @>, expand: false}}}"
    assert "$HOME" in rendered(raw, expands=True, x="$HOME")
    with pytest.raises(UsageError, match="expand"):
        rendered(raw.replace("false", "true"), expands=True, x="$HOME")
    assert "$HOME" in rendered("a: <@ x | yaml @>", expands=False, x="$HOME")
    assert rendered("a: $<@ x @>", expands=True, x="TOKEN") == "a: $TOKEN"


def test_what_stands_beside_an_expression_is_no_part_of_it() -> None:
    template = "a: <@ x @>:${{ format('}}{0}', github.sha) }}@<@ x @>${{ vars.B }}<@ x @>"
    assert rendered(template, x="a b") == template.replace("<@ x @>", "a b")


def test_the_text_of_a_mark_is_a_text_like_any_other() -> None:
    assert (
        rendered("a: xGitopsValue7x\nb: ${{ xGitopsValue7x }}", x="a") == "a: xGitopsValue7x\nb: ${{ xGitopsValue7x }}"
    )


@pytest.mark.parametrize(
    "template",
    [
        "<% for i in range(1000000000) %><% endfor %>a: 1",
        "<% for i in rows recursive %><@ loop(rows) @><% endfor %>",
        "<% include 'loop.j2' %>",
        "<% for a in rows %><% for b in a %><% include 'loop.j2' %><% endfor %><% endfor %>",
        "<% for a in rows %><% for b in a %><% for c in rows %>x<% endfor %><% endfor %><% endfor %>",
        "a: |\n<% for a in rows %><% for b in a %>  " + "x" * 100 + "\n<% endfor %><% endfor %>",
        "<% macro m() %><@ m() @><% endmacro %><@ m() @>",
        "<% set a = rows * 1000000000 %>",
    ],
)
def test_a_template_comes_to_an_end(template: str) -> None:
    start = time.monotonic()
    with pytest.raises(UsageError) as caught:
        rendered(template, rows=ROWS)
    assert caught.value.code == "GA554"
    assert time.monotonic() - start < 5
