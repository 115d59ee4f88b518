"""How branches are protected, as far as our credentials are shown it; and the settings that come in the same query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from gitops_actions.errors import NotAllowed
from gitops_actions.forge.github import patterns
from gitops_actions.forge.github.failures import Refusal
from gitops_actions.forge.github.identity import Identity
from gitops_actions.forge.github.queries import Reading
from gitops_actions.forge.github.rules import Demands
from gitops_actions.forge.github.view import HEADS, View
from gitops_actions.forge.github.words import line
from gitops_actions.model.diagnosis import BranchFacts, Inquiry

_SETTINGS = """
  url isArchived isPrivate viewerCanAdminister
  autoMergeAllowed mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed"""
_UPDATE_RULE = """
  refUpdateRule {
    allowsDeletions allowsForcePushes requiredApprovingReviewCount requiredStatusCheckContexts requiresCodeOwnerReviews
    requiresConversationResolution requiresLinearHistory requiresSignatures viewerCanPush
  }"""
_PROTECTIONS = """
query Protections($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    branchProtectionRules(first: 100) {
      nodes {
        pattern allowsDeletions allowsForcePushes blocksCreations isAdminEnforced requiredStatusCheckContexts
        requiresApprovingReviews requiresCommitSignatures restrictsPushes
      }
    }
  }
}"""


class Settings:
    """What one query tells: the settings by GraphQL's names, and of `inquiry` its branches and labels."""

    def __init__(self, view: View, inquiry: Inquiry) -> None:
        self._view = view
        self._inquiry = inquiry
        self.shows_rules = True
        try:
            self._found = self._read()
        except NotAllowed:  # to some tokens rules are not shown at all
            self.shows_rules = False
            self._found = self._read()
        self.page = line(self["url"], 300)

    def __getitem__(self, name: str) -> Any:
        return self._found[name]

    def update_rule(self, branch: str) -> Mapping[str, Any] | None:
        """The classic protection of a branch that exists, where it binds us."""
        ref = self._found.get(f"ref {branch}")
        rule: Mapping[str, Any] | None = ref.get("refUpdateRule") if ref else None
        return rule

    def exists(self, branch: str) -> bool:
        """Whether there is such a branch."""
        return self._found.get(f"ref {branch}") is not None

    def queue(self, branch: str) -> bool:
        """Whether requests into a branch are merged by a queue."""
        return self._found.get(f"queue {branch}") is not None

    def label(self, name: str) -> bool:
        """Whether there is a label."""
        return self._found.get(f"label {name}") is not None

    def _read(self) -> Mapping[str, Any]:
        reading = Reading()
        found: dict[str, Any] = {}
        reading.add(_SETTINGS, found.update)

        def want(key: str, field: str) -> None:
            alias = reading.alias()
            reading.add(f"{alias}: {field}", lambda told: found.update({key: told[alias]}))

        rule = _UPDATE_RULE if self.shows_rules else "name"
        for name in dict.fromkeys((*self._inquiry.bases, *self._inquiry.branches)):
            want(f"ref {name}", f"ref(qualifiedName: {reading.variable('String!', HEADS + name)}) {{ {rule} }}")
        for name in self._inquiry.bases if self.shows_rules else ():
            want(f"queue {name}", f"mergeQueue(branch: {reading.variable('String!', name)}) {{ id }}")
        for name in self._inquiry.labels:
            want(f"label {name}", f"label(name: {reading.variable('String!', name)}) {{ name }}")
        reading.take(self._view.repository(reading.document(), reading.values()))
        return found


class Protections:
    """What protects the branches of a repository."""

    def __init__(self, view: View, us: Identity, settings: Settings) -> None:
        self._view = view
        self._us = us
        self._settings = settings
        self._path = view.address.path
        self._passed: dict[int, bool] = {}
        self._classic: list[Mapping[str, Any]] | None = None

    def facts(self, branch: str) -> BranchFacts:
        """A branch, also one that does not exist yet."""
        demands, new = Demands(), not self._settings.exists(branch)
        demands.queue = self._settings.queue(branch)
        if not self._settings.shows_rules:
            demands.doubts.append("classic protections of branches are not shown to this token")
        elif new:
            self._add_expected(demands, branch)
        else:
            self._add_classic(demands, branch)
        self._add_rulesets(demands, branch)
        return demands.facts(branch, new=new, page=self._settings.page)

    def _add_classic(self, demands: Demands, branch: str) -> None:
        rule = self._settings.update_rule(branch)
        if rule is None:  # there is none, or it does not bind us
            return
        full = None
        if not rule["requiredApprovingReviewCount"]:
            try:
                full = self._view.client.get(f"{self._path}/branches/{quote(branch, safe='')}/protection")
            except (Refusal, NotAllowed):
                full = None
        demands.add_update_rule(rule, full, self._us.login, self._settings.page)

    def _add_expected(self, demands: Demands, branch: str) -> None:
        """The classic protection that a new branch will come under. Only administrators see it."""
        rules, administers = self._protections(), self._settings["viewerCanAdminister"]
        for rule in [rule for rule in rules if patterns.fits(str(rule["pattern"]), branch)][:1]:
            if rule["isAdminEnforced"] or not administers:
                demands.add_protection_rule(rule, self._settings.page)
        if not rules and not administers:
            demands.doubts.append("classic protections of branches that do not exist yet are not shown to this token")

    def _protections(self) -> list[Mapping[str, Any]]:
        if self._classic is None:
            try:
                listed = self._view.repository(_PROTECTIONS, {})["branchProtectionRules"]
            except NotAllowed:
                listed = None
            self._classic = [one for one in (listed or {"nodes": ()})["nodes"] if one]
        return self._classic

    def _add_rulesets(self, demands: Demands, branch: str) -> None:
        path = f"{self._path}/rules/branches/{quote(branch, safe='')}"
        try:
            rules = [rule for some in self._view.client.pages(path) for rule in some]
        except (Refusal, NotAllowed):  # a server from before there were rulesets
            return
        binding = [rule for rule in rules if not self._passes(rule.get("ruleset_id"))]
        demands.add_rules(binding, branch, self._settings.page)

    def _passes(self, ruleset: object) -> bool:
        """Whether a ruleset does not bind us (https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset)."""
        if not isinstance(ruleset, int):
            return False
        if ruleset not in self._passed:
            try:
                told = self._view.client.get(f"{self._path}/rulesets/{ruleset}")
            except (Refusal, NotAllowed):
                told = {}
            self._passed[ruleset] = told.get("current_user_can_bypass") in ("always", "exempt")
        return self._passed[ruleset]
