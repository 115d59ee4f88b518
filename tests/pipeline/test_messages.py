"""Templates of requests: a small part of Jinja, bounded."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.pipeline.bounds import LONGEST
from gitops_actions.pipeline.messages import render

ROWS = [{"name": "a", "items_": ["x"] * 50}] * 50


def filled(text: str, **data: Any) -> str:
    return render("title.j2", text, data, shown=str, filters={"loud": lambda text: f"{text}!"})


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("<@ a @>", "x"),
        ("<@ a | loud @> <@ a | upper @> <@ rows | length @> <@ (rows | first).name @>", "x! X 50 a"),
        ("<% if a == 'x' and not none_ %>yes<% elif a in ['y'] %>no<% endif %>", "yes"),
        ("<% for row in rows %><% if loop.last %><@ row.name @><% endif %><% endfor %>", "a"),
        ("<% if b is defined %>no<% endif %><# gone #>{{ a }} ${{ a }} {% a %}", "{{ a }} ${{ a }} {% a %}"),
        ("<@ 'short' if a else 'long' @> <@ rows[0]['name'] @>", "short a"),
    ],
)
def test_what_there_is(template: str, text: str) -> None:
    assert filled(template, a="x", rows=ROWS, none_=None) == text


@pytest.mark.parametrize(
    "template",
    [
        "<@ a.upper() @>", "<@ a * 1000000000 @>", "<@ a + a @>", "<@ a ~ a @>", "<@ '%0999999999d' % 1 @>", "<@ -1 @>",
        "<% set b = a %>", "<% set b %>x<% endset %>", "<% macro m() %><% endmacro %>", "<% call m() %><% endcall %>",
        "<% include 'body.md.j2' %>", "<% import 'x' as y %>", "<% extends 'x' %>", "<% block x %><% endblock %>",
        "<% filter upper %>x<% endfilter %>",
        "<% for x in range(9) %><% endfor %>", "<% for x in [1, 2] %><% endfor %>",
        "<% for x in rows recursive %><% endfor %>", "<% for x in 'abc' %><% endfor %>", "<% with %><% endwith %>",
        "<@ a | replace('x', 'y') @>", "<@ a | center(99) @>", "<@ a | default('x') @>", "<@ rows | join @>",
        "<@ rows | map('upper') @>", "<@ a is divisibleby(3) @>", "<@ a is iterable @>", "<@ a[0:1] @>",
        "<@ {'a': 1} @>",
        "<@ range @>", "<@ lipsum @>", "<@ self @>", "<@ cycler @>", "<@ a.__class__ @>", "<@ a['__class__'] @>",
        "<@ rows.__init__.__globals__ @>", "<@ nothing @>", "<@ a", "<% if a %>", "<@ a @> <% endfor %>", "<@ 1 < a @>",
        "<@ " + "(" * 5000 + "a" + ")" * 5000 + " @>", "<% if a %>" * 200 + "<% endif %>" * 200,
        "<@ " + "not " * 5000 + "a @>", "<% for a in rows %>" * 3 + "<% endfor %>" * 3, "<@ " + "9" * 10000 + " @>",
        "<@ a" + ".b" * 5000 + " @>", "<@ a | loud" + " | loud" * 5000 + " @>",
    ],
)  # fmt: skip
def test_what_there_is_not(template: str) -> None:
    start = time.monotonic()
    with pytest.raises(UsageError) as caught:
        filled(template, a="x", rows=ROWS)
    assert time.monotonic() - start < 5
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 600


def test_what_comes_out_is_bounded() -> None:
    template = "<% for row in rows %><% for item in row.items_ %>" + "x" * 1000 + "<% endfor %><% endfor %>"
    with pytest.raises(UsageError, match=f"more than {LONGEST} characters"):
        filled(template, rows=ROWS)


def test_every_value_is_written_as_shown_says() -> None:
    template = "<@ a @>b<@ 'c' @><@ a | upper @><% if a == 'x' %>d<% endif %>"
    assert render("title.j2", template, {"a": "x"}, shown=lambda text: f"[{text}]", filters={}) == "[x]b[c][X]d"


def test_ours_are_files() -> None:
    assert render("title.j2", None, {"subject": "Deploy"}, shown=str, filters={}) == "Deploy\n"
