"""Unified diffs: they say exactly what differs, in the form that `git apply` and `patch` read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.core.diffs import unified

LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "c\r\n", "d\u2028e\n", "-- f\n", "@@\n"]), max_size=30)
TEXTS = st.builds(lambda lines, last: "".join(lines) + last, LINES, st.sampled_from(["", "x", "\r"]))


def patched(old: str, diff: str) -> str:
    """The text after a patch, as `patch` makes it: every context and removed line must be where the diff says."""
    before = re.findall(r"[^\n]*\n|[^\n]+", old)
    after: list[str] = []
    position = 0
    hunks = re.split(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@\n", diff, flags=re.MULTILINE)
    for start, length, body in zip(hunks[1::3], hunks[2::3], hunks[3::3], strict=True):
        first = int(start) - (length != "0")
        after += before[position:first]
        position = first
        for line in re.findall(r"[ +-][^\n]*\n(?:\\ No newline at end of file\n)?", body):
            text = line[1:].removesuffix("\n\\ No newline at end of file\n")
            if line[0] != "+":
                assert before[position] == text
                position += 1
            if line[0] != "-":
                after.append(text)
    return "".join((*after, *before[position:]))


@given(TEXTS, TEXTS)
def test_a_diff_leads_from_one_text_to_the_other(old: str, new: str) -> None:
    diff = unified("file", old, new)
    assert (diff == "") == (old == new)
    assert patched(old, diff) == new


@given(TEXTS, st.data())
def test_one_more_line_is_one_line_of_the_diff(old: str, data: st.DataObject) -> None:
    lines = re.findall(r"[^\n]*\n", old)
    at = data.draw(st.integers(0, len(lines)))
    diff = unified("file", "".join(lines), "".join((*lines[:at], "new\n", *lines[at:])))
    changed = [line for line in diff.split("\n")[2:] if line.startswith(("+", "-"))]
    assert changed == ["+new"]


@pytest.mark.parametrize(
    ("old", "new", "diff"),
    [
        (None, "a\n", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n"),
        ("a\nb", None, "--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file\n"),
        ("a\r\n", "b\r\n", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\r\n+b\r\n"),
    ],
)
def test_files_that_come_and_go(old: str | None, new: str | None, diff: str) -> None:
    assert unified("f", old, new) == diff


def test_a_name_stays_on_its_line() -> None:
    assert unified("a\n+b", "", "c\n").splitlines()[:2] == ["--- a/a +b", "+++ b/a +b"]


def test_thousands_of_replaced_values_cost_no_minutes() -> None:
    old = "".join(f"---\nname: x{number}\nimage: a:1\n" for number in range(20_000))
    diff = unified("f", old, old.replace("a:1", "a:2"))
    assert diff.count("\n+image: a:2\n") == 20_000
    assert patched(old, diff) == old.replace("a:1", "a:2")
