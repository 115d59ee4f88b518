"""Quick actions: lines of a description or a comment that start with a slash are commands
(https://docs.gitlab.com/user/project/quick_actions/)."""

from __future__ import annotations

import re
from typing import Any

from gitops_actions.testing.gitlab import events
from gitops_actions.testing.gitlab.accounts import people
from gitops_actions.testing.gitlab.records import AutoMerge, MergeRequest, Project
from gitops_actions.testing.gitlab.wire import Ask

# Those for merge requests. What is not of interest here is run, as far as anybody can see, and noted.
KNOWN = frozenset(
    {
        "add_child", "approve", "assign", "assign_reviewer", "award", "cc", "clear_estimate", "close",
        "convert_to_ticket", "copy_metadata", "draft", "estimate", "invite_email", "label", "labels", "lock", "merge",
        "milestone", "project", "reaction", "ready", "reassign", "reassign_reviewer", "rebase", "relabel",
        "remove_due_date", "remove_estimate", "remove_label", "remove_labels", "remove_milestone",
        "remove_time_estimate", "remove_time_spent", "reopen", "request_changes", "request_review", "reviewer",
        "run_pipeline", "ship", "shrug", "spend", "spend_time", "spent", "submit_review", "subscribe", "tableflip",
        "target_branch", "time_estimate", "title", "todo", "done", "unapprove", "unassign", "unassign_reviewer",
        "unlabel", "unlock", "unsubscribe",
    }
)  # fmt: skip
_COMMAND = re.compile(r"/([a-zA-Z_]+)(?:[ \t]+(.*))?")
_NAMES = re.compile(r'~"([^"]+)"|~([\w:.-]+)')


class Actions:
    """Runs the commands of a text on a merge request, in the name of the visitor and with his rights.

    ``done`` is what was changed, as the notes API tells it.
    """

    def __init__(self, ask: Ask, project: Project, request: MergeRequest) -> None:
        self.ask = ask
        self.project = project
        self.request = request
        self.done: dict[str, Any] = {}

    def run(self, text: str) -> str:
        """Run the commands. Returns the text without them. Code and quotes hold no commands."""
        kept, fence = [], ""
        for line in text.split("\n"):
            mark = re.match(r"(```+|~~~+|>>>)", line)
            if mark and (not fence or line.startswith(fence)):
                fence = "" if fence else mark[1]
            command = _COMMAND.fullmatch(line.rstrip()) if not fence else None
            name = command[1].lower() if command else ""
            if command is None or name not in KNOWN:
                kept.append(line)
            elif self._may(name):
                self.request.commands.append(line.strip())
                self._do(name, command[2] or "")
        return "\n".join(kept).strip() if len(kept) < text.count("\n") + 1 else text

    def _may(self, command: str) -> bool:
        visitor = self.ask.visitor
        if command == "merge":
            return visitor.can_merge(self.project, self.request.target)
        if command in ("label", "labels", "unlabel", "remove_label"):
            return visitor.can(self.project, "label")
        return visitor.can(self.project, "update_request") or self.request.author is visitor.user

    def _do(self, command: str, words: str) -> None:
        ask, one, user = self.ask, self.request, self.ask.visitor.user
        assert user
        if command in ("close", "reopen"):
            events.turn(ask.state, self.project, one, user, command)
            self.done["state_event"] = command
        elif command == "merge":
            one.auto_merge = AutoMerge(user, "merge_when_checks_pass", one.head, one.squash)
            self.done["merge"] = one.head
        elif command in ("label", "labels", "unlabel", "remove_label"):
            names = [quoted or plain for quoted, plain in _NAMES.findall(words)]
            known = [label.name for label in self.project.labels if label.name in names]
            add = command in ("label", "labels")
            others = [name for name in one.labels if name not in known] if not add else one.labels
            one.labels = list(dict.fromkeys([*others, *(known if add else [])]))
            self.done["add_label_ids" if add else "remove_label_ids"] = known
        elif command in ("assign", "unassign", "reviewer", "assign_reviewer"):
            wanted = [ask.state.user(name) for name in re.findall(r"@([\w.-]+)", words)]
            users = people(ask, self.project, [one.id for one in wanted if one])
            if "reviewer" in command:
                one.reviewers = users
            else:
                one.assignees = users if command == "assign" else []
            self.done["reviewer_ids" if "reviewer" in command else "assignee_ids"] = [one.id for one in users]
        elif command == "title":
            one.title = words
            self.done["title"] = words
        elif command in ("draft", "ready"):
            bare = re.sub(r"^(draft:|\[draft\]|\(draft\))\s*", "", one.title, flags=re.IGNORECASE)
            one.title = f"Draft: {bare}" if command == "draft" else bare
            self.done["wip_event"] = command
        elif command in ("approve", "unapprove"):
            approvers = [by for by in one.approved_by if by is not user]
            one.approved_by = [*approvers, user] if command == "approve" else approvers
            self.done["approve" if command == "approve" else "unapprove"] = True
        elif command == "target_branch" and words in self.project.refs:
            one.target = words
            self.done["target_branch"] = words
        elif command == "milestone":
            title = words.strip().lstrip("%").strip('"')
            one.milestone = next((m for m in self.project.milestones if m.title == title), one.milestone)
            self.done["milestone_id"] = one.milestone.id if one.milestone else None
