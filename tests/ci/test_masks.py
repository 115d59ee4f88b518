"""The forms of a secret: whatever a log shows of it is one of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.ci.masks import forms

TOKEN = "ghs_a+b/c=d é'\"0123"


def shown(text: str, hidden: tuple[str, ...]) -> str:
    for form in hidden:
        text = text.replace(form, "***")
    return text


@pytest.mark.parametrize(
    "way",
    [
        str,
        lambda text: f"https://x:{text}@host/",
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: base64.b64encode(f"x-access-token:{text}".encode()).decode(),
        lambda text: base64.b64encode(f"oauth2:{text}".encode()).decode(),
        lambda text: base64.b64encode(f"gitlab-ci-token:{text}".encode()).decode(),
        lambda text: base64.b64encode(f":{text}".encode()).decode(),
        lambda text: base64.b64encode(f"{text}:".encode()).decode(),
        lambda text: base64.b64encode(f"deploy-bot:{text}".encode()).decode(),
        lambda text: quote(text, safe=""),
        lambda text: quote(text),
        lambda text: quote_plus(text),
        lambda text: json.dumps({"token": text}),
        lambda text: json.dumps({"token": text}, ensure_ascii=False),
    ],
)
def test_a_token_is_hidden_in_every_form(way: Callable[[str], str]) -> None:
    text = way(TOKEN)
    hidden = shown(text, forms(TOKEN, ["deploy-bot"]))
    assert "***" in hidden
    assert all(piece not in hidden for piece in (text, TOKEN, base64.b64encode(TOKEN.encode()).decode()[2:-6]))


@given(st.text(st.characters(codec="ascii"), max_size=9), st.text(max_size=9))
def test_base64_of_anything_with_the_token_in_it_is_hidden(before: str, after: str) -> None:
    whole = base64.b64encode(f"{before}{TOKEN}{after}".encode("utf-8", "replace")).decode()
    assert "***" in shown(whole, forms(TOKEN))


KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nzq8gYy1BZXhhbXBs\nQQ==\n-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize("end", ["\n", "\\n", "\r\n"], ids=["lines", "one", "crlf"])
def test_a_key_is_hidden_line_by_line(end: str) -> None:
    key = KEY.replace("\n", end)
    hidden = forms(key)
    assert {"MIIEowIBAAKCAQEA", "zq8gYy1BZXhhbXBs"} <= set(hidden)
    assert not any("\n" in form or "\r" in form for form in hidden)
    assert not {"QQ==", "-----BEGIN RSA PRIVATE KEY-----"} & set(hidden), "these say nothing, or are in every key"
    assert base64.b64encode(key.encode()).decode().rstrip("=") in hidden
    assert json.dumps(key.strip())[1:-1] in hidden


@given(st.text())
def test_any_text_has_forms_on_one_line(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    for form in forms(text):
        assert len(form) >= 4
        assert len(form.splitlines() if form.isascii() else [form]) == 1


@pytest.mark.parametrize("nothing", ["", " ", "\n", "\t\n"])
def test_nothing_has_no_form(nothing: str) -> None:
    assert forms(nothing) == ()
