"""Standard output and error in a CI system: whatever is printed is shown, and obeyed by nobody."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.ci.github import GitHubActions
from gitops_actions.ci.masks import forms
from gitops_actions.cli.log import Log, Veil
from gitops_actions.testing.hostile import ORDERS
from gitops_actions.testing.job import Job
from gitops_actions.testing.runner import Step

TOKEN = "s3sam-0ffne-dich"
HIDDEN = forms(TOKEN)
EVIL = st.lists(st.sampled_from([*ORDERS, TOKEN]) | st.text(max_size=3), max_size=12).map("".join)
# What is written, and whether it is flushed.
WRITES = st.lists(st.tuples(EVIL, st.booleans()), max_size=5)


def printed(writes: list[tuple[str, bool]], *, as_json: bool = False) -> str:
    """What arrives behind a log."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="")
    veil = Veil()
    veil.add(HIDDEN)
    log = Log(stream, veil, GitHubActions.obeyed)
    log.json = as_json
    for text, flush in writes:
        assert log.write(text) == len(text)
        if flush:
            log.flush()
    log.rest()
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@given(WRITES, st.sampled_from(["", "::add-mask::x", "##[add-mask]x", "\u00ad:\u200b:error::x", "\r::error::x"]))
def test_nothing_is_obeyed(folder: Path, writes: list[tuple[str, bool]], order: str) -> None:
    text = printed([*writes, (order, False)])
    step, job = Step(folder), Job(folder)
    step.read(text)
    assert step.commands == []
    job.read(text)
    assert job.sections == []
    assert "\x1b" not in text
    assert not any(form in text for form in HIDDEN)


@given(st.lists(EVIL))
def test_a_document_stays_what_it_is(folder: Path, values: list[str]) -> None:
    values = [text.encode("utf-8", "replace").decode().replace(TOKEN, "") for text in values]
    text = printed([(json.dumps(values, indent=2, ensure_ascii=False) + "\n", True)], as_json=True)
    if not any(form in "".join(values) for form in HIDDEN):
        assert json.loads(text) == values
    step = Step(folder)
    step.read(text)
    assert step.commands == []
    assert "##[" not in text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("step")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n", "plain\n"),
        ("a::b\n", "a::b\n"),
        ("::error::x\n", ": :error::x\n"),
        ("  \t::error::x", "  \t: :error::x\n"),
        ("a\n::warning::x\nb\n", "a\n: :warning::x\nb\n"),
        ("a ##[error]x\n", "a ## [error]x\n"),
        (f"with {TOKEN}.\n", "with ***.\n"),
        ("\x1b[31mred\x1b[0m\r\n", "[31mred[0m\n"),
        ("é \u202e\U0001f600\n", "é \U0001f600\n"),
    ],
)
def test_text_is_shown(text: str, shown: str) -> None:
    assert printed([(text, False)]) == shown
    assert printed([(character, True) for character in text]) == shown


def test_a_document_is_shown() -> None:
    assert printed([('{"a": "##[x]\x7f"}\n', False)], as_json=True) == '{"a": "#\\u0023[x]\\u007f"}\n'


def test_it_is_a_stream_like_the_one_behind_it() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream, os.fdopen(reading, "rb") as there:
        log = Log(stream, Veil(), None)
        assert (log.isatty(), log.fileno(), log.encoding, log.errors) == (False, writing, "utf-8", "strict")
        assert log.writable()
        print("half", end="", file=log, flush=True)
        log.buffer.write(b"\xff::bytes::\n")
        log.buffer.flush()
        log.command("::group::x")
        wanted = b"half\n\xff::bytes::\n::group::x\n"
        assert there.read(len(wanted)) == wanted
    assert sys.stdout is not log
