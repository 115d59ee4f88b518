"""What protects the branches of a project, and what that lets us do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.failures import Refused
from gitops_actions.forge.gitlab.identity import Identity
from gitops_actions.model.diagnosis import YES, BranchFacts, Fact
from gitops_actions.texts import one_line

Document = Mapping[str, Any]
# https://docs.gitlab.com/api/access_requests/#valid-access-levels
DEVELOPER, MAINTAINER = 30, 40
# Such expressions can take for ever in Python, which they never do in GitLab (RE2).
_COSTLY = re.compile(r"\)[*+{?]|\\[0-9]|(?:[*+}].*){4}")
# Of https://docs.gitlab.com/user/project/repository/push_rules/, those that may refuse what we write.
_DOUBTS: Mapping[str, str] = {
    "commit_message_regex": "commit messages have to match {!r}",
    "commit_message_negative_regex": "commit messages must not match {!r}",
    "author_email_regex": "mail addresses of authors have to match {!r}",
    "member_check": "authors have to be users of this GitLab",
    "commit_committer_check": "committers have to be the ones who push",
    "reject_non_dco_commits": "commits have to be signed off",
    "file_name_regex": "names of files must not match {!r}",
}


class Protections:
    """The protected branches and push rules of a project. ``level`` is our access level there."""

    def __init__(self, client: Client, us: Identity, project: Document, level: int) -> None:
        self._client = client
        self._us = us
        self._level = level
        self._page = f"{client.address.web}/-/settings/repository"
        self._awaits = tuple(_awaits(project, self._approvals(project)))
        self._listed = self._pages("protected_branches")
        self._rules, self._hidden = self._push_rules()

    def facts(self, branch: str) -> BranchFacts:
        """A branch, also one that does not exist yet."""
        there = self._branch(branch)
        fitting = None if self._listed is None else [one for one in self._listed if _fits(str(one["name"]), branch)]
        protected = bool(fitting) if fitting is not None else bool((there or {}).get("protected"))
        doubts = self._doubts(branch)
        look = f"a maintainer sees it: {self._page}"
        if fitting is None and there is None:
            doubts.append("protected branches are not shown to this token")
        commit = self._commit(branch, there, fitting, protected)
        if commit.answer == "yes" and (refusal := self._name(branch, there)) is not None:
            commit = refusal
        if commit.answer == "yes" and doubts:
            commit = Fact("unknown", "; ".join(doubts), look)
        forced = not protected or any(one.get("allow_force_push") for one in fitting or ())
        fixed = Fact(
            "no", f"{branch} is protected, and may not be put on another commit", self._mend("Allowed to force push")
        )
        kept = Fact("no", f"{branch} is protected, and only maintainers delete it", f"unprotect it: {self._page}")
        return BranchFacts(
            branch,
            rules=tuple(self._words(protected, fitting, forced)),
            commit=commit,
            replace=YES if forced else fixed,
            delete=YES if not protected or self._level >= MAINTAINER else kept,
            merge=self._merge(branch, there, fitting, protected),
            awaits=self._awaits,
            signatures=bool(self._rules.get("reject_unsigned_commits")),
        )

    # --- what is asked ---

    def _branch(self, branch: str) -> Document | None:
        try:
            found: Document = self._client.get(f"repository/branches/{quote(branch, safe='')}")
        except Refused as refused:
            if refused.status != 404:
                raise
            return None
        return found

    def _pages(self, path: str) -> list[Document] | None:
        """A list; None where we are not shown it."""
        try:
            return list(self._client.pages(path))
        except Refused as refused:
            if refused.status in (401, 403, 404):
                return None
            raise

    def _push_rules(self) -> tuple[Document, bool]:
        """The push rules (https://docs.gitlab.com/api/project_push_rules/), and whether there may be some that we are
        not shown. The Free tier has none, and says that there is no such page."""
        try:
            return self._client.get("push_rule") or {}, False
        except Refused as refused:
            if refused.status not in (401, 403, 404):
                raise
            return {}, refused.status == 403

    def _approvals(self, project: Document) -> int:
        """https://docs.gitlab.com/api/merge_request_approvals/#list-all-approval-rules-for-a-project; only where these
        are sold."""
        rules = self._pages("approval_rules") if "approvals_before_merge" in project else None
        listed = [int(one.get("approvals_required") or 0) for one in rules or ()]
        return max([int(project.get("approvals_before_merge") or 0), *listed])

    # --- what it comes to ---

    def _commit(self, branch: str, there: Document | None, fitting: Sequence[Document] | None, protected: bool) -> Fact:
        refused = Fact(
            "no",
            f"{branch} is protected, and we are not among those who may push to it",
            self._mend("Allowed to push and merge"),
        )
        if there is not None:
            return YES if there.get("can_push", True) else refused
        if not protected or fitting is None:
            return YES
        return self._among(fitting, "push_access_levels", refused)

    def _merge(self, branch: str, there: Document | None, fitting: Sequence[Document] | None, protected: bool) -> Fact:
        refused = Fact(
            "no",
            f"{branch} is protected, and we are not among those who may merge into it",
            self._mend("Allowed to merge"),
        )
        if not protected or (there or {}).get("can_push"):
            return YES
        if fitting is not None:
            return self._among(fitting, "merge_access_levels", refused)
        if (there or {}).get("developers_can_merge"):
            return YES if self._level >= DEVELOPER else refused
        return Fact(
            "unknown", f"who may merge into {branch} is not shown to this token", f"a maintainer sees it: {self._page}"
        )

    def _among(self, fitting: Sequence[Document], which: str, refused: Fact) -> Fact:
        """Whether we are among those who are let; the most open protection counts."""
        levels = [one for rule in fitting for one in rule.get(which) or ()]
        if any(0 < int(one.get("access_level") or 0) <= self._level for one in levels if not _named(one)):
            return YES
        if any(one.get("user_id") == self._us.user for one in levels if one.get("user_id") is not None):
            return YES
        if any(one.get("group_id") is not None for one in levels):
            return Fact("unknown", "a group is let in, and whether we are in it is not looked at", refused.hint)
        return refused

    def _name(self, branch: str, there: Document | None) -> Fact | None:
        """What the push rules say against a new branch of this name."""
        pattern = str(self._rules.get("branch_name_regex") or "")
        if not pattern or there is not None or _matches(pattern, branch) is not False:
            return None
        words = f"{branch}: a push rule wants names of branches to match {one_line(pattern)[:200]!r}"
        return Fact("no", words, f"let it match gitops/..., or empty it: {self._page}")

    def _doubts(self, branch: str) -> list[str]:
        found = ["push rules are not shown to this token"] if self._hidden else []
        pattern = str(self._rules.get("branch_name_regex") or "")
        if pattern and _matches(pattern, branch) is None:
            found.append(f"a push rule wants names of branches to match {one_line(pattern)[:200]!r}")
        for name, words in _DOUBTS.items():
            if value := self._rules.get(name):
                found.append("a push rule: " + words.format(one_line(str(value))[:200]))
        return found

    def _words(self, protected: bool, fitting: Sequence[Document] | None, forced: bool) -> list[str]:
        found = ["only some may push"] if protected else []
        for rule in fitting or ():
            who = [one_line(str(one.get("access_level_description"))) for one in rule.get("merge_access_levels") or ()]
            found.append(f"merged by {', '.join(who)[:200]}")
        found += self._awaits
        found += ["no force pushes"] if not forced else []
        found += ["signed commits"] if self._rules.get("reject_unsigned_commits") else []
        return list(dict.fromkeys(found))

    def _mend(self, column: str) -> str:
        return f"add the role or the user of the token under Protected branches, {column}: {self._page}"


def _awaits(project: Document, approvals: int) -> list[str]:
    """What every request waits for, by the settings of the project."""
    found = [f"{approvals} approval{'' if approvals == 1 else 's'}"] if approvals else []
    if project.get("only_allow_merge_if_pipeline_succeeds"):
        found.append("a pipeline that succeeds")
    if project.get("only_allow_merge_if_all_discussions_are_resolved"):
        found.append("every thread to be resolved")
    if project.get("merge_trains_enabled"):
        found.append("the merge train")
    return found


def _fits(pattern: str, branch: str) -> bool:
    """Whether a protection is one of a branch: a star stands for anything, slashes too
    (https://docs.gitlab.com/user/project/repository/branches/protected/#use-wildcard-rules)."""
    return re.fullmatch(".*".join(re.escape(piece) for piece in re.split(r"\*+", pattern)), branch) is not None


def _matches(pattern: str, branch: str) -> bool | None:
    """Whether a regular expression of GitLab finds a branch; None where that is not to be told."""
    if _COSTLY.search(pattern):
        return None
    try:
        return re.search(pattern, branch) is not None
    except re.error:
        return None


def _named(level: Document) -> bool:
    """Whether a level is that of one user, group or key, and not of a role."""
    return any(level.get(name) is not None for name in ("user_id", "group_id", "deploy_key_id"))
