"""Push rules (https://docs.gitlab.com/user/project/repository/push_rules/): what a project takes of what is pushed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gitops_actions.testing.gitlab.params import not_found
from gitops_actions.testing.gitlab.records import Project
from gitops_actions.testing.gitlab.repository import Commit
from gitops_actions.testing.gitlab.wire import Ask, Routes

routes = Routes()
# Those that are enforced here; the others are only told.
_FIELDS = {
    "commit_message_regex": "",
    "commit_message_negative_regex": "",
    "branch_name_regex": "",
    "deny_delete_tag": False,
    "member_check": False,
    "prevent_secrets": False,
    "author_email_regex": "",
    "file_name_regex": "",
    "max_file_size": 0,
    "commit_committer_check": False,
    "commit_committer_name_check": False,
    "reject_unsigned_commits": False,
    "reject_non_dco_commits": False,
}


@routes.at("GET", "projects/:id/push_rule")
def push_rule(ask: Ask) -> object:
    """https://docs.gitlab.com/api/project_push_rules/; the Free tier has none."""
    project = ask.project()
    if project.plan == "free":
        raise not_found()
    ask.project("read_settings")
    return {
        "id": project.id,
        "project_id": project.id,
        "created_at": project.created_at,
        **_FIELDS,
        **project.push_rules,
    }


def complaint(project: Project, branch: str, commits: Sequence[Commit], *, by_git: bool) -> str | None:
    """What the push rules say against commits on a branch. What GitLab commits itself need not be signed."""
    rules = project.push_rules if project.plan == "premium" else {}
    pattern = str(rules.get("branch_name_regex") or "")
    if pattern and branch != project.default_branch and branch not in project.refs and not re.search(pattern, branch):
        return f"Branch name '{branch}' does not follow the pattern '{pattern}'"
    for commit in commits:
        wanted, mail = str(rules.get("commit_message_regex") or ""), str(rules.get("author_email_regex") or "")
        if wanted and not re.search(wanted, commit.message):
            return f"Commit message does not follow the pattern '{wanted}'"
        if mail and not re.search(mail, commit.author_mail):
            return f"Author's commit email '{commit.author_mail}' does not follow the pattern '{mail}'"
        if by_git and rules.get("reject_unsigned_commits") and commit.id not in project.signed:
            return "Commit must be signed with a GPG key"
    return None
