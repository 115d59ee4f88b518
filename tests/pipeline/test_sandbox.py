"""The sandbox: our delimiters, strictness, and filters that cannot be broken out of."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.pipeline import sandbox

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
NASTY = [
    "", " ", "on", "No", "1.10", "0123", "1e3", "null", "~", "a: b", "a #b", "- a", "*a", "&a", "!x", "{a}",
    "[a]", "a,b", '"', "'",
    "\\", "a\nb", "\t", "\x00", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "😀", "$(id)", "`id`",
    "${{ x }}", "<<", "=", "?", "12:30", "0x1f",
    "1_000", "-rf", "a\r\nb", "2026-12-20", "y", "N", ".inf", "web", "a/b-c.d",
]  # fmt: skip


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sandbox, "templates", lambda: tmp_path)
    sandbox._environment.cache_clear()
    monkeypatch.setattr(sandbox, "_environment", sandbox._environment.__wrapped__)
    return tmp_path


def rendered(templates: Path, text: str, **data: object) -> str:
    (templates / "t.j2").write_text(text, encoding="utf-8", newline="")
    return sandbox.render("t.j2", data)


def test_delimiters_of_others_stay(templates: Path) -> None:
    text = "${{ secrets.X }} $[[ inputs.x ]] {{ .Values.x }} {% x %} {# x #} <<EOF <<: *a [[ -n x ]]\n"
    assert rendered(templates, text) == text


def test_values_blocks_and_comments(templates: Path) -> None:
    text = "<# gone #><% for name in names %>\n- <@ name | yaml @>\n<% endfor %>\n"
    assert rendered(templates, text, names=["web", "1.10"]) == '- web\n- "1.10"\n'


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_the_last_newline_stays(templates: Path, end: str) -> None:
    assert rendered(templates, f"a{end}") == f"a{end}"


def test_what_is_missing_is_an_error(templates: Path) -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendered(templates, "<@ nothing @>")


@pytest.mark.parametrize("text", ["<@ ''.__class__.__mro__ @>", "<@ x.append(1) @>", "<@ x.__init__.__globals__ @>"])
def test_templates_cannot_reach_out(templates: Path, text: str) -> None:
    with pytest.raises(jinja2.exceptions.SecurityError):
        rendered(templates, text, x=[])


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret"])
def test_only_templates_are_read(templates: Path, name: str) -> None:
    (templates.parent / "secret").write_text("x")
    with pytest.raises(jinja2.TemplateNotFound):
        sandbox.render(name, {})


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("form", ["%s", "a: %s", "- %s # c", "{a: %s, b: [%s]}"])
def test_yaml_reads_back(value: str, form: str) -> None:
    text = form.replace("%s", sandbox.yaml(value))
    assert "\n" not in text
    expected = {"%s": value, "a: %s": {"a": value}, "- %s # c": [value]}.get(form, {"a": value, "b": [value]})
    assert yaml.safe_load(text) == expected


@given(
    st.recursive(TEXTS | st.none() | st.booleans() | st.integers(), lambda x: st.lists(x) | st.dictionaries(TEXTS, x))
)
def test_yaml_of_anything_reads_back(value: object) -> None:
    assert yaml.safe_load("a: " + sandbox.yaml(value)) == {"a": value}


def test_yaml_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError):
        sandbox.yaml(object())


@given(TEXTS.filter(lambda text: "\0" not in text))
def test_sh_is_one_word(value: str) -> None:
    assert shlex.split(sandbox.sh(value)) == [value]


def test_sh_in_a_real_shell() -> None:
    values = [value for value in NASTY if "\0" not in value]
    script = "printf '%s\\0' " + " ".join(sandbox.sh(value) for value in values)
    out = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.decode()
    assert out.split("\0")[:-1] == values


def test_sh_refuses_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        sandbox.sh("a\0b")
