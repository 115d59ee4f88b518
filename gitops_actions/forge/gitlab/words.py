"""Texts as GitLab takes them, and what it says as our nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from gitops_actions.model import PullRequest
from gitops_actions.texts import lines, one_line, undrafted

# https://docs.gitlab.com/administration/instance_limits/
_TITLE, _BODY, _NOTE = 255, 1_048_576, 1_000_000
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
    """A title: one harmless line, that says whether it is a draft; what ``text`` says of that does not count."""
    line = undrafted(" ".join(one_line(_unicode(text)).split()))
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
        title=line(undrafted(document["title"])),
        body=_NO_COMMAND.sub(r"\1/", lines(document["description"] or "")),
        labels=tuple(document["labels"]),
        assignees=tuple(user["username"] for user in document["assignees"]),
        reviewers=tuple(user["username"] for user in document["reviewers"]),
        milestone=line(document["milestone"]["title"]) if document["milestone"] else "",
        draft=document["draft"],
        auto_merge=state == "open" and document["merge_when_pipeline_succeeds"],
        conflicts=conflicts and state == "open",
        merge_commit=made if state == "merged" else None,
    )


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
