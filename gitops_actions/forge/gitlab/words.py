"""Texts as GitLab takes them, and what it says as our nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from gitops_actions.model import PullRequest
from gitops_actions.texts import lines, one_line

# https://docs.gitlab.com/administration/instance_limits/
_TITLE, _BODY, _NOTE = 255, 1_048_576, 1_000_000
# https://docs.gitlab.com/user/project/merge_requests/drafts/
_DRAFT = re.compile(r"(?:draft:|\[draft\]|\(draft\))\s*", re.IGNORECASE)
_NO_DRAFT = re.compile(rf'"({_DRAFT.pattern}.*?)"?', re.IGNORECASE)
# A line that starts with a slash is a command: https://docs.gitlab.com/user/project/quick_actions/
_COMMAND = re.compile(r"^(\\*)/", re.MULTILINE)
_NO_COMMAND = re.compile(r"^\\(\\*)/", re.MULTILINE)
_STATES: Mapping[str, Literal["open", "closed", "merged"]] = {
    "opened": "open",
    "locked": "open",  # while it is being merged
    "closed": "closed",
    "merged": "merged",
}


def title(text: str, *, draft: bool) -> str:
    """A title: one harmless line, that says whether it is a draft; one that only reads so stands in quotes."""
    line = " ".join(one_line(_unicode(text)).split())
    line = f'"{line}"' if _DRAFT.match(line) else line
    return (f"Draft: {line}" if draft else line)[:_TITLE]


def body(text: str) -> str:
    """A description without commands; Markdown shows it as it was."""
    return _COMMAND.sub(r"\\\1/", lines(_unicode(text)).strip("\n"))[:_BODY]


def note(topic: str, text: str) -> str:
    """A comment, with its topic where nobody sees it."""
    return f"{marker(topic)}\n\n{body(text)}"[:_NOTE]


def marker(topic: str) -> str:
    """What a comment of a topic begins with."""
    return f"<!-- gitops-actions:{quote(topic)} -->"


def line(text: str, most: int = _TITLE) -> str:
    """One harmless line."""
    return one_line(_unicode(text))[:most]


def shown(document: Mapping[str, Any], *, conflicts: bool = False) -> PullRequest:
    """A merge request as GitLab's REST API has it."""
    state = _STATES[document["state"]]
    head = document["sha"] or ""  # a request whose branch is gone may have none
    made = document["merge_commit_sha"] or document["squash_commit_sha"] or head
    return PullRequest(
        number=document["iid"],
        url=document["web_url"],
        state=state,
        branch=document["source_branch"],
        base=document["target_branch"],
        head_sha=head,
        title=_plain_title(line(document["title"]), draft=document["draft"]),
        body=_NO_COMMAND.sub(r"\1/", lines(document["description"] or "")),
        labels=tuple(document["labels"]),
        assignees=tuple(user["username"] for user in document["assignees"]),
        reviewers=tuple(user["username"] for user in document["reviewers"]),
        draft=document["draft"],
        auto_merge=state == "open" and document["merge_when_pipeline_succeeds"],
        conflicts=conflicts and state == "open",
        merge_commit=made if state == "merged" else None,
    )


def _plain_title(text: str, *, draft: bool) -> str:
    """The title that `title` was given."""
    text = _DRAFT.sub("", text, count=1) if draft else text
    quoted = _NO_DRAFT.fullmatch(text)
    return quoted[1] if quoted else text


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
