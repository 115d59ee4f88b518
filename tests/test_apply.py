from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.apply import diff
from gitops_actions.model import Action, FileChange, Outcome, Plan
from gitops_actions.testing import repos

LINES = b"".join(b"line %d\n" % number for number in range(6))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a\ntag: 1\nb\n", b"a\ntag: 2\nb\n"),
        (b"a\r\ntag: 1\r\n", b"a\r\ntag: 2\r\n"),
        (b"a\ntag: 1", b"a\ntag: 2"),
        (b"a\x0cb\nc\xc2\x85\xe2\x80\xa8\n\x1d\rtag: 1\n", b"a\x0cb\nc\xc2\x85\xe2\x80\xa8\n\x1d\rtag: 2\n"),
        (b"1\n" + LINES + b"2\n", b"one\n" + LINES + b"two\n"),
        (None, b"new\n"),
        (b"old\n", None),
    ],
)
def test_the_diff_of_a_plan_is_what_git_shows(old: bytes | None, new: bytes | None, tmp_path: Path) -> None:
    bare = repos.bare(tmp_path / "config.git", {"other": "x"} | ({"file": old} if old is not None else {}))
    repos.commit(bare, {"file": new}, message="Change")
    shown = repos.git(bare, "diff", "--no-color", "main^", "main") + "\n"
    previous = {"file": old} if old is not None else {}
    files = (FileChange("file", new),)
    plan = Plan(Action.COMMIT, Outcome.COMMITTED, "dev", ("web",), "main", files=files, previous=previous)
    # git says more in its header, and what stands before a hunk behind its numbers
    lines = shown[shown.index("--- ") :].split("\n")
    assert diff(plan).split("\n") == [f"@@{line.split('@@')[1]}@@" if line[:2] == "@@" else line for line in lines]
