"""What is demanded of who writes to a branch, by its classic protection and by rulesets, and what that comes to.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/about-rulesets
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gitops_actions.forge.github.patterns import name_fits
from gitops_actions.forge.github.words import line
from gitops_actions.model import MergeMethod
from gitops_actions.model.diagnosis import YES, BranchFacts, Fact

_METHODS: frozenset[MergeMethod] = frozenset({"merge", "squash", "rebase"})
# Rules of rulesets that make a request wait, and for what.
_AWAITED = {
    "required_deployments": "a deployment",
    "workflows": "a required workflow",
    "code_scanning": "code scanning",
    "code_quality": "code quality",
    "license_compliance_scanning": "license compliance",
}
_PATTERNS = {
    "commit_message_pattern": "commit messages",
    "commit_author_email_pattern": "mail addresses of authors",
    "committer_email_pattern": "mail addresses of committers",
    "file_path_restriction": "paths",
    "file_extension_restriction": "file extensions",
    "max_file_path_length": "lengths of paths",
    "max_file_size": "sizes of files",
}


@dataclass(slots=True)
class Demands:
    """All that binds us on one branch. ``requests``: whether changes come by request only; None is not known.
    ``settings`` are the pages where it is set."""

    requests: bool | None = False
    approvals: int = 0
    checks: list[str] = field(default_factory=list)
    awaits: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)  # why a commit is never taken
    births: list[str] = field(default_factory=list)  # why the branch may not be made
    doubts: list[str] = field(default_factory=list)  # what may refuse a commit, and was not looked into
    strict: bool = False
    signatures: bool = False
    linear: bool = False
    queue: bool = False
    forces: bool = True
    deletes: bool = True
    born_unchecked: bool = False  # a new branch needs no checks
    shut_out: bool = False
    methods: frozenset[MergeMethod] = _METHODS
    settings: list[str] = field(default_factory=list)

    def add_update_rule(self, rule: Mapping[str, Any], full: Mapping[str, Any] | None, us: str, page: str) -> None:
        """Classic protection as it binds us (https://docs.github.com/en/graphql/reference/objects#refupdaterule).

        It does not tell whether requests are needed that nobody has to approve: ``full`` does (None: not shown to us),
        https://docs.github.com/en/rest/branches/branch-protection#get-branch-protection. ``us`` is our login.
        """
        self.settings.append(f"{page}/settings/branches")
        approvals = int(rule["requiredApprovingReviewCount"] or 0)
        needed: bool | None = approvals > 0 or bool(rule["requiresCodeOwnerReviews"])
        if full is not None:
            reviews = full.get("required_pull_request_reviews")
            needed = reviews is not None and not _passes(reviews.get("bypass_pull_request_allowances") or {}, us)
        elif not needed:
            needed = None
        self.requests = _either(self.requests, needed)
        self.approvals = max(self.approvals, approvals)
        self.checks += [line(context, 200) for context in rule["requiredStatusCheckContexts"] or () if context]
        self.signatures |= rule["requiresSignatures"]
        self.linear |= rule["requiresLinearHistory"]
        self.forces &= rule["allowsForcePushes"]
        self.deletes &= rule["allowsDeletions"]
        if rule["requiresConversationResolution"]:
            self.awaits.append("every conversation to be resolved")
        if not rule["viewerCanPush"]:
            self.shut_out = True
            self.refusals.append("only certain people and Apps may push to it")

    def add_protection_rule(self, rule: Mapping[str, Any], page: str) -> None:
        """Classic protection of a branch that does not exist yet, as an administrator sees it
        (https://docs.github.com/en/graphql/reference/objects#branchprotectionrule)."""
        self.settings.append(f"{page}/settings/branches")
        self.requests = _either(self.requests, bool(rule["requiresApprovingReviews"]))
        self.checks += [line(context, 200) for context in rule["requiredStatusCheckContexts"] or () if context]
        self.signatures |= rule["requiresCommitSignatures"]
        self.forces &= rule["allowsForcePushes"]
        self.deletes &= rule["allowsDeletions"]
        if rule["restrictsPushes"]:
            doubt = f"the protection {line(rule['pattern'], 100)} lets only certain people and Apps push"
            (self.births if rule["blocksCreations"] else self.doubts).append(doubt)

    def add_rules(self, rules: Iterable[Mapping[str, Any]], branch: str, page: str) -> None:
        """Rules of rulesets that bind us (https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch)."""
        for rule in rules:
            self.settings.append(f"{page}/settings/rules")
            self._add_rule(str(rule["type"]), rule.get("parameters") or {}, branch)

    def _add_rule(self, kind: str, given: Mapping[str, Any], branch: str) -> None:
        if kind == "creation":
            self.births.append("a ruleset keeps everybody who may not bypass it from making such a branch")
        elif kind == "update":
            self.refusals.append("a ruleset keeps everybody who may not bypass it from writing to it")
        elif kind == "deletion":
            self.deletes = False
        elif kind == "non_fast_forward":
            self.forces = False
        elif kind == "required_linear_history":
            self.linear = True
        elif kind == "required_signatures":
            self.signatures = True
        elif kind == "merge_queue":
            self.queue = True
        elif kind == "pull_request":
            self.requests = True
            self.approvals = max(self.approvals, int(given.get("required_approving_review_count") or 0))
            allowed = given.get("allowed_merge_methods")
            self.methods &= frozenset(allowed) if allowed else _METHODS
            if given.get("required_review_thread_resolution"):
                self.awaits.append("every conversation to be resolved")
        elif kind == "required_status_checks":
            self.checks += [line(one.get("context"), 200) for one in given.get("required_status_checks") or ()]
            self.born_unchecked |= bool(given.get("do_not_enforce_on_create"))
        elif kind == "branch_name_pattern":
            self._add_name(given, branch)
        elif kind in _AWAITED:
            self.awaits.append(_AWAITED[kind])
        elif kind in _PATTERNS:
            self.doubts.append(f"a ruleset restricts {_PATTERNS[kind]}")

    def _add_name(self, given: Mapping[str, Any], branch: str) -> None:
        shown, verdict = line(str(given.get("pattern")), 200), name_fits(given, branch)
        how = f"{'not ' if given.get('negate') else ''}{line(str(given.get('operator')), 20)} {shown!r}"
        if verdict is None:
            self.doubts.append(f"names of branches have to be: {how}")
        elif not verdict:
            self.births.append(f"names of branches have to be: {how}")

    # --- what it comes to ---

    def facts(self, name: str, *, new: bool, page: str) -> BranchFacts:
        """What we may do to the branch. ``new``: it does not exist yet."""
        where = ", ".join(dict.fromkeys(self.settings)) or page
        mend = f"let the owner of the token bypass the rules of {name}, or change them: {where}"
        kept = None if self.deletes else f"{name} may not be deleted"
        fixed = None if self.forces else f"{name} may not be put on another commit (no force pushes)"
        return BranchFacts(
            name,
            rules=tuple(self._words()),
            commit=self._commit(name, new=new, mend=mend, where=page),
            replace=YES if fixed is None else Fact("no", fixed, f"allow force pushes to it: {where}"),
            delete=YES if kept is None else Fact("no", kept, f"allow deletions of it: {where}"),
            merge=Fact("no", "only certain people and Apps may merge into it", mend) if self.shut_out else YES,
            awaits=tuple(self._awaited()),
            checks=tuple(dict.fromkeys(self.checks)),
            signatures=self.signatures,
            methods=self.methods - {"merge"} if self.linear else self.methods,
            queue=self.queue,
        )

    def _commit(self, name: str, *, new: bool, mend: str, where: str) -> Fact:
        why = [*self.refusals, *(self.births if new else ())]
        if self.queue:
            why.append("changes come by the merge queue only")
        elif self.requests:
            why.append("changes come by pull request only")
        if self.checks and not (new and self.born_unchecked):
            why.append(f"a commit needs the checks {', '.join(dict.fromkeys(self.checks))} first")
        if why:
            return Fact("no", f"{name}: {'; '.join(why)}", mend)
        doubts = list(self.doubts)
        if self.requests is None:
            doubts.append(f"{name} is protected, and whether changes come by pull request only is not shown")
        look = f"an administrator of the repository sees it: {where}/settings"
        return Fact("unknown", "; ".join(doubts), look) if doubts else YES

    def _awaited(self) -> list[str]:
        found = [f"{self.approvals} approval{'' if self.approvals == 1 else 's'}"] if self.approvals else []
        found += [f"the check {context}" for context in dict.fromkeys(self.checks)]
        return [*found, *dict.fromkeys(self.awaits), *(["the merge queue"] if self.queue else [])]

    def _words(self) -> list[str]:
        narrowed = f"merged by {' or '.join(sorted(self.methods))} only"
        return [
            *(["pull requests only"] if self.requests else []),
            *self._awaited(),
            *(["signed commits"] if self.signatures else []),
            *(["linear history"] if self.linear else []),
            *(["only some may push"] if self.shut_out else []),
            *([] if self.forces else ["no force pushes"]),
            *([] if self.deletes else ["no deletion"]),
            *([] if self.methods == _METHODS else [narrowed]),
        ]


def _either(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return None if None in (one, other) else False


def _passes(allowed: Mapping[str, Any], us: str) -> bool:
    """Whether we are among those who need no requests. Of teams only their names are told."""
    people = {str(one.get("login")) for one in allowed.get("users") or ()}
    apps = {f"{one.get('slug')}[bot]" for one in allowed.get("apps") or ()}
    return us in people | apps
