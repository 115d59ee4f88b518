"""Text from outside in titles, bodies and commit messages: read by people, obeyed by nobody."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions import harmless
from gitops_actions.testing.hostile import LINK, PIECES, is_quiet

EVIL = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)


def is_printable(text: str) -> None:
    for char in text:
        assert char == " " or unicodedata.category(char)[0] not in "CZ" or unicodedata.category(char) in ("Cn", "Co")
    text.encode()


@given(EVIL)
def test_plain_text_is_neither_obeyed_nor_linked(evil: str) -> None:
    text = harmless.plain(evil)
    is_printable(text)
    is_quiet(text)
    assert not LINK.search(text)
    assert len(text) <= harmless.VALUE
    assert text == text.strip()


@given(EVIL)
def test_it_is_settled_at_once(evil: str) -> None:
    """Titles are compared: what was made harmless must not change when that is done again."""
    assert harmless.plain(harmless.plain(evil, 400), 400) == harmless.plain(evil, 400)


@given(EVIL)
def test_code_is_one_span(evil: str) -> None:
    text = harmless.code(evil)
    is_printable(text)
    is_quiet(text.replace("$", " "))  # snippets are links only, and there are none in code
    assert text == "-" or (text[0] == text[-1] == "`" and text.count("`") == 2)
    assert len(text) <= harmless.VALUE + 2


@given(EVIL)
def test_a_cell_stays_in_its_cell(evil: str) -> None:
    """https://github.github.com/gfm/#tables-extension-: a bar ends a cell, also in code, unless it is escaped; a
    backslash before the backslash takes that away."""
    cells = re.findall(r"(?:\\.|[^|\\]|\\$)+", f"{harmless.cell(evil)} ")
    assert len(cells) == 1


@given(EVIL)
def test_words_are_written_as_they_are_and_all_else_as_code(evil: str) -> None:
    text = harmless.shown(evil)
    assert re.fullmatch(r"[A-Za-z0-9._+-]+", text, re.ASCII) or text == harmless.code(harmless.plain(evil))
    assert not LINK.search(text.replace("`", ""))
    is_quiet(text.replace("$", " "))


@pytest.mark.parametrize("text", ["web", "1.4.2", "v1.4.2-rc.1+build", "4f2d0a9", "a_b"])
def test_ordinary_words(text: str) -> None:
    assert harmless.shown(text) == text == harmless.plain(text) == harmless.exact(text)


@pytest.mark.parametrize(
    "text",
    ["ghcr.io/acme/web:1.4.2@sha256:abc", "images[0].newTag", "services[?name=='api'].version", "Ada <ada@example.com>",
     "~1.2.3", "^1.2", "100%", "$HOME", "oci://ghcr.io/acme/chart", "https://charts.example.com/stable"],
)  # fmt: skip
def test_ordinary_values_stay_exact_in_code(text: str) -> None:
    assert harmless.code(text) == f"`{text}`"


@pytest.mark.parametrize(
    ("evil", "plain"),
    [
        ("fixes #1", "fixes # 1"),
        ("thanks @pat, @acme/sre", "thanks @ pat, @ acme/sre"),
        ("closes acme/x#2 and !3", "closes acme/x# 2 and ! 3"),
        ("Fix PROJ-8", "Fix PROJ- 8"),
        ("UTF-8 and SHA-256, fix utf-8", "UTF-8 and SHA-256, fix utf-8"),
        ("[skip ci] ***NO_CI***", "[ skip ci] *** NO_CI***"),
        ("see https://evil.example/x", "see https: //evil.example/x"),
        ("A\n\n/merge", "A /merge"),
        ("a\u202eb\u200bc\x1b[1m", "abc [1m"),
    ],
)
def test_how_it_reads(evil: str, plain: str) -> None:
    assert harmless.plain(evil) == plain


def test_long_lines_are_cut() -> None:
    assert harmless.plain("x" * 10**6, 20) == "x" * 19 + "…"
    assert len(harmless.code("#1" * 10**6)) <= harmless.VALUE + 2


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://github.com/acme/web/compare/1...2", True),
        ("https://gitlab.com/a/b/-/compare/1...2", True),
        ("http://localhost:8080/runs/1", True),
        ("https://x/a)b", False),
        ("https://x/a b", False),
        ("https://user:p@x/a", False),
        ("javascript:alert(1)", False),
        ("https://github.com/acme/x/issues/1", False),
        (None, False),
    ],
)
def test_addresses_of_links(url: str | None, *, fine: bool) -> None:
    assert harmless.url(url) == (url if fine else None)


@pytest.mark.parametrize("value", [{"a": 1}, object(), len])
def test_only_texts_and_numbers_are_written(value: object) -> None:
    for write in (harmless.shown, harmless.titled):
        with pytest.raises(TypeError):
            write(value)


def test_bodies_have_an_end() -> None:
    short = "a\r\nb\x1b\u202e\n"
    assert harmless.body(short) == "a\nb\n"
    text = harmless.body("A line.\n" * 10_000)
    assert len(text) <= 65_536
    kept, _, rest = text.rpartition("Cut here: ")
    assert kept.endswith("A line.\n\n")
    missing = int(rest.split()[0])
    assert missing + len(kept) - 1 == 80_000
    assert harmless.body("```\n" + "x\n" * 50_000).count("```") == 2, "what was cut is closed"
    assert len(harmless.body("x" * 10**6)) <= 65_536
    assert len(harmless.body("\U0001f600" * 10**5)) <= 65_536
