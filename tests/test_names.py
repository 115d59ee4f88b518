"""Names, branches and paths: what git itself says, and what nothing may slip through."""

from __future__ import annotations

import subprocess

import pytest

from gitops_actions.names import complaint_about_branch, complaint_about_name, complaint_about_path, nearest

BRANCHES = [
    "main", "env/production", "a.b", "a-b", "x" * 244, "release/1.0", "é", "a@b", "@a", "a/@", "{", "a@{0}",
    "@", "HEAD", "-a", "a/-b",
    "a..b", ".a", "a/.b", "a.", "a./b", "a.lock", "a.lock/b", "a//b", "/a", "a/", "a b", "a~b", "a^b", "a:b",
    "a?b", "a*b", "a[b", "a]b",
    "a\\b", "a\nb", "a\tb", "a\x7fb", "a$b", "a`b", "a'b", 'a"b', "a;b", "a|b", "#1", "",
]  # fmt: skip
HOSTILE = [
    "", "..", ".", "-rf", "a/b", "a b", "a\n", "\na", "a\x00b", "${{ x }}", "$(id)", "`id`", "{app}", "*",
    "a:b", "a,b", "a'b", "é", "a..b",
    "a.", "a.lock", ".a", "_a", "x" * 101, "\u202ea", "#a", "&a", "!a", "a\\b", "~",
]  # fmt: skip


@pytest.mark.parametrize("name", ["web", "a", "1", "A.b_c-d", "x" * 100, "1.10", "on", "a.locked"])
def test_good_names(name: str) -> None:
    assert complaint_about_name(name) is None


@pytest.mark.parametrize("name", HOSTILE)
def test_bad_names(name: str) -> None:
    assert complaint_about_name(name)


@pytest.mark.parametrize("branch", BRANCHES)
def test_branches_as_git_has_it(branch: str) -> None:
    """`HEAD`, and `@` that stands for it, are refused too: no branch that anyone can work with has such a name."""
    command = ["git", "check-ref-format", "--branch", branch]
    good = branch not in ("HEAD", "@") and subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert (complaint_about_branch(branch) is None) == good


@pytest.mark.parametrize("branch", ["refs/heads/main", "x" * 245, "a\x85b", "a\u2028b", "\ud800", "@{-1}"])
def test_more_branches_that_are_refused(branch: str) -> None:
    assert complaint_about_branch(branch)


@pytest.mark.parametrize(
    "path", ["a", "a/b", "a/", ".", ".github/x", "-rf", "a b", "é/ü", "a..b", ".gitignore", "a/.gitops/x"]
)
def test_good_paths(path: str) -> None:
    assert complaint_about_path(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "", "/a", "..", "../a", "a/../b", "a/..", "./a", "a/./b", "a/.", "a//b", "a\\b", "a\nb", "a\x00b",
        "a\x7f", "\u202ea", "\ud800", "a\u2028b",
        ".git", ".git/config", "a/.git/b", ".GIT/x", ".git./x", ".git /x", "git~1/x", "x" * 1025,
    ],
)  # fmt: skip
def test_bad_paths(path: str) -> None:
    assert complaint_about_path(path)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("prodction", "production"),
        ("prod", "production"),
        ("Prod", "production"),
        ("s", "staging"),
        ("d", None),  # of several
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_the_nearest_name(text: str, near: str | None) -> None:
    assert nearest(text, ["dev", "demo", "staging", "production"]) == near
