"""Text from outside, before a forge gets it: what a forge would obey, notify somebody of, or link is taken apart.

Two ways, for two kinds of places. Titles and commit messages are plain text: there a blank goes into everything that
GitHub (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls)
or GitLab (https://docs.gitlab.com/user/markdown/#gitlab-specific-references) take for more than text. Descriptions are
Markdown: there it is code besides, which is no link, image, HTML, table or quick action. The blank is needed in code
too: GitLab looks for closing keywords in the raw text
(https://docs.gitlab.com/user/project/issues/managing_issues/#closing-issues-automatically), and a squash makes a
description a commit message. A blank can be seen, unlike characters without width, which terminals show as boxes.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from gitops_actions import texts

# Titles: GitHub takes 256 characters, GitLab 255 with its `Draft: `. Descriptions: GitHub 65,536, GitLab 1,048,576.
TITLE, BODY = 240, 65_536
VALUE = 200

# Nothing needs more to be read; what follows costs time for each character.
_READ = 4000
# Text of ours and of nobody else stands here, or a word that is only a word wherever it stands.
_WORD = re.compile(r"(?!www\.)[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*", re.IGNORECASE)
# An address that ends where it seems to, and holds nothing that Markdown or HTML knows.
URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~%+-]+)*/?")

# (what, where the blank goes: behind what was found). These notify, close, link back, or keep checks from running.
_OBEYED = re.compile(
    r"(?<![A-Za-z0-9])@(?=[\w.])"  # mentions, also of teams; an address or a digest is none
    r"|#(?=\w)|[!&](?=[0-9])"  # issues and commands of Jira's smart commits; requests, epics
    r"|(?<![A-Za-z0-9])(?:GH|GL)-(?=[0-9])"  # other words for an issue
    r"|(?<![A-Za-z0-9])(?:clos|fix|resolv|implement)[a-z]*:?[ ]+(?:issues?[ ]+)?(?-i:[A-Z][A-Z0-9_]*)-(?=[0-9])"  # Jira
    r"|https?:(?=//\S{1,500}/(?:issues|pulls?|discussions|merge_requests|work_items|epics|commit)/)"
    r"|\[(?=[a-z_]{1,30}:)"  # [issue:1], [work_item:1], ...
    r"|\[(?=(?:skip|no|ci|actions)[ _-]{1,3}[a-z]{1,20}\])"  # [skip ci] and its kin
    r"|\*\*\*(?=NO_CI)",
    re.IGNORECASE,
)
# These become links, labels, milestones, snippets, alerts, images or HTML.
_LINKED = re.compile(
    r"[~%](?=[\w\"])|[$^](?=\w)|:(?=//)|(?<![A-Za-z0-9])www\.(?=\w)|\[(?=\[)|\](?=[(\[])|!(?=\[)|<(?=[a-z/!?])",
    re.IGNORECASE,
)


class Markdown(str):
    """Markdown of our own making, not text from outside."""

    __slots__ = ()


def line(text: str, limit: int = VALUE) -> str:
    """A text on one line of at most so many characters: without controls, marks that turn it around, and what has no
    width and could hide in the middle of a word."""
    made = " ".join("".join(map(_visible, text[:_READ])).split())
    if len(made) <= limit and len(text) <= _READ:
        return made
    return made[: limit - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def exact(text: str) -> str:
    """A text in which nothing is obeyed, otherwise as it is."""
    return _apart(_OBEYED, text)


def plain(text: str, limit: int = VALUE) -> str:
    """A text for a title or a commit message: one line, nothing in it is obeyed or linked."""
    return line(_apart(_LINKED, exact(line(text, limit))), limit)


def code(value: object, limit: int = VALUE) -> Markdown:
    """A value as Markdown code; nothing at all is `-`."""
    text = line(exact(line("" if value is None else str(value), limit)), limit).replace("`", "'")
    return Markdown(f"`{text}`" if text else "-")


def cell(value: object) -> Markdown:
    """A value as Markdown code in a cell of a table. A backslash before a bar would end the cell."""
    return Markdown(re.sub(r"(\\*)\|", lambda bar: f"{bar[1]}{' ' if bar[1] else ''}\\|", code(value)))


def shown(value: Any) -> str:
    """What a template writes into Markdown: words that mean nothing but themselves as they are, all other text as
    code: without links even, in case the template has a backtick before it. Raises TypeError for what is no text,
    number or list of these."""
    if isinstance(value, Markdown):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    text = _text(value)
    return text if len(text) <= VALUE and _WORD.fullmatch(text) and exact(text) == text else code(plain(text))


def titled(value: Any) -> str:
    """What a template writes into a title. Raises TypeError as `shown` does."""
    return ", ".join(map(titled, value)) if isinstance(value, list | tuple) else plain(_text(value))


def url(text: str | None) -> Markdown | None:
    """An address that may stand in Markdown as it is; None for one that may not."""
    if text is None or len(text) > 500 or not URL.fullmatch(text):
        return None
    return Markdown(text) if exact(text) == text else None


def body(text: str) -> str:
    """Markdown, no longer than a forge takes it: cut at the end of a line, and it says how much is missing."""
    text = texts.lines(text.encode("utf-8", "replace").decode().replace("\r\n", "\n"))
    if len(text) <= BODY:
        return text
    kept = text[: BODY - 200]
    kept = kept[: kept.rfind("\n") + 1] or kept
    fence = "\n```\n" if len(re.findall(r"^ {0,3}```", kept, re.MULTILINE)) % 2 else ""
    return f"{kept}{fence}\nCut here: {len(text) - len(kept)} characters more than a forge takes.\n"


def _text(value: Any) -> str:
    text = str(value)  # what is not defined refuses this
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise TypeError(f"{type(value).__name__} cannot be written as it is; name one of its values")
    return text.lower() if isinstance(value, bool) else text


def _apart(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: f"{found[0]} ", text)


def _visible(char: str) -> str:
    if " " <= char <= "~":
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return " " if category in ("Cc", "Cs", "Zl", "Zp", "Zs") else char
