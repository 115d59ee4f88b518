"""Texts that forges obey, and how to tell that they would."""

from __future__ import annotations

import re

# What forges look for, as their own expressions have it, a little wider where that is not known exactly.
MENTION = re.compile(r"(?<![A-Za-z0-9_])@[A-Za-z0-9_.]", re.ASCII)
REFERENCE = re.compile(r"[#!&$]\d|\b(?:GH|GL)-\d|#\w", re.IGNORECASE | re.ASCII)
# GitLab's default, https://docs.gitlab.com/user/project/issues/managing_issues/#default-closing-pattern
CLOSING = re.compile(
    r"\b((?:[Cc]los(?:e[sd]?|ing)|\b[Ff]ix(?:e[sd]|ing)?|\b[Rr]esolv(?:e[sd]?|ing)|\b[Ii]mplement(?:s|ed|ing)?)(:?) +"
    r"(?:(?:issues? +)?(?:\S*#\d+|https?://\S+/issues/\d+)(?:(?: *,? +and +| *,? *)?)|([A-Z][A-Z0-9_]+-\d+))+)"
)
SKIP = re.compile(r"\[(?:skip|no|ci|actions)[ _-](?:ci|skip|actions)\]", re.IGNORECASE)
# What becomes more than text where nothing is code.
LINK = re.compile(r"https?://|\]\(|\]\[|!\[|\[\[|<[A-Za-z/!]|[~%][\w\"]", re.ASCII)

# What hostile texts are made of.
PIECES = [
    "@pat", "@acme/team", "@", "#1", "#", "acme/x#2", "!12", "!", "GH-3", "gl-4", "&5", "$6", "~bug", '~"a b"', "%v1",
    "^alert#7", "[[wiki]]", "fixes", "Closes:", "resolves issue", "Implemented", "PROJ-8", "PROJ-8, PROJ-9 and #10",
    "https://github.com/acme/x/issues/1", "https://gitlab.com/acme/x/-/merge_requests/1", "www.evil.example",
    "![x](http://evil.example/x.png)", "[x](javascript:alert(1))", "[x][y]", "<img src=x>", "<!--", "</details>",
    "/approve", "\n/merge", "\n", "\r\n", "\n\n", "```", "`", "``", "|", "\\", "\\|", "# h", "\n- x", "\n> x",
    "***NO_CI***",
    "[skip ci]", "[ci skip]", "[no ci]", "[skip_ci]", "[issue:1]", "[work_item:1]", "\u202e", "\u200b", "\u2060",
    "\x1b[31m",
    "\x00", "\u2028", "\ud800", "é", "\U0001f600", " ", "  ", "a", "Co-authored-by: x <x@example.com>",
    "Gitops-App: evil", "<x@example.com>", "&#64;pat", "&commat;pat", "\u3000",
]  # fmt: skip

# What texts are made of that CI systems obey, in a log or in a file.
ORDERS = [
    "\n", "\r", "\r\n", "::", ":", "##[", "#", "[", "]", "%", "%0A", "%25", ",", "=", "<<", "EOF", "ghadelimiter", " ",
    "add-mask", "error", "warning", "set-output name=changed", "::stop-commands::x", "::add-mask::a", "##[error]x",
    "\x1b[0Ksection_start:1:a\r\x1b[0K", "section_end:1:a", "\x1b[31m", "\u200b", "\u00ad", "\u0301", "\u2028", "\x85",
    "\x0b", "\x1b", "\0", "\ufeff", "\ud800", "é", "a", "title", "file",
]  # fmt: skip


def is_quiet(text: str) -> None:
    """Fail if a forge would notify somebody, close or link back to something, or skip checks because of a text."""
    for pattern in (MENTION, REFERENCE, CLOSING, SKIP):
        found = pattern.search(text)
        if found:
            raise AssertionError(f"{found[0]!r} in {text!r}")
