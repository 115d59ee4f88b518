"""What protections of GitHub come to, also those that the fake does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gitops_actions.forge.github.patterns import fits, name_fits
from gitops_actions.forge.github.rules import Demands
from gitops_actions.model.diagnosis import BranchFacts

PAGE = "https://github.com/acme/deploy"
BRANCH = "gitops/dev/web"


@pytest.mark.parametrize(
    ("pattern", "fitting"),
    [
        ("main", ["main"]),
        ("*", ["main"]),
        ("**", ["main"]),
        ("gitops/*", []),
        ("gitops/**", []),  # as Ruby has it: two stars at the end are one
        ("gitops/**/*", [BRANCH]),
        ("**/*", ["main", BRANCH]),
        ("gitops/*/w?b", [BRANCH]),
        ("gitops.dev.web", []),
    ],
)
def test_patterns_of_protections(pattern: str, fitting: list[str]) -> None:
    assert [name for name in ("main", BRANCH) if fits(pattern, name)] == fitting


@pytest.mark.parametrize(
    ("operator", "pattern", "negate", "fine"),
    [
        ("starts_with", "gitops/", False, True),
        ("starts_with", "gitops/", True, False),
        ("ends_with", "/api", False, False),
        ("contains", "dev", False, True),
        ("regex", r"^gitops/[a-z]+/\w+$", False, True),
        ("regex", "^feature/", False, False),
        ("regex", r"\pL(", False, None),  # of another syntax
        ("regex", r"(a+)+$", False, None),  # would take for ever
        ("regex", r"a*a*a*a*a*$", False, None),
        ("like", "x", False, None),
    ],
)
def test_rules_about_names(operator: str, pattern: str, negate: bool, fine: bool | None) -> None:
    assert name_fits({"operator": operator, "pattern": pattern, "negate": negate}, BRANCH) is fine


def of_rules(*rules: Mapping[str, Any], new: bool = True) -> BranchFacts:
    demands = Demands()
    demands.add_rules(rules, BRANCH, PAGE)
    return demands.facts(BRANCH, new=new, page=PAGE)


def of_update_rule(full: Mapping[str, Any] | None = None, **given: Any) -> BranchFacts:
    rule = {
        "allowsDeletions": False, "allowsForcePushes": False, "requiredApprovingReviewCount": 0,
        "requiredStatusCheckContexts": [], "requiresCodeOwnerReviews": False, "requiresConversationResolution": False,
        "requiresLinearHistory": False, "requiresSignatures": False, "viewerCanPush": True,
    }  # fmt: skip
    demands = Demands()
    demands.add_update_rule({**rule, **given}, full, "robot[bot]", PAGE)
    return demands.facts("main", new=False, page=PAGE)


def rule(kind: str, **parameters: Any) -> Mapping[str, Any]:
    return {"type": kind, "ruleset_id": 1, "parameters": parameters}


CHECKS = {"required_status_checks": [{"context": "build"}]}


@pytest.mark.parametrize(
    ("facts", "answer", "words"),
    [
        (of_rules(), "yes", ""),
        (of_rules(rule("update")), "no", "keeps everybody who may not bypass it from writing"),
        (of_rules(rule("creation"), new=False), "yes", ""),
        (of_rules(rule("required_status_checks", **CHECKS)), "no", "needs the checks build first"),
        (of_rules(rule("required_status_checks", do_not_enforce_on_create=True, **CHECKS)), "yes", ""),
        (of_rules(rule("branch_name_pattern", operator="starts_with", pattern="x/")), "no", "to be: starts_with 'x/'"),
        (of_rules(rule("branch_name_pattern", operator="regex", pattern="(a+)+")), "unknown", "have to be: regex"),
        (of_rules(rule("commit_message_pattern")), "unknown", "restricts commit messages"),
        (of_rules(rule("something_new")), "yes", ""),
        (of_update_rule(), "unknown", "whether changes come by pull request only is not shown"),
        (of_update_rule(requiresCodeOwnerReviews=True), "no", "changes come by pull request only"),
        (of_update_rule({"required_pull_request_reviews": {}}), "no", "changes come by pull request only"),
        (of_update_rule({}), "yes", ""),
        (of_update_rule({"required_pull_request_reviews": {
            "bypass_pull_request_allowances": {"apps": [{"slug": "robot"}]}}}), "yes", ""),
    ],
)  # fmt: skip
def test_whether_a_commit_is_taken(facts: BranchFacts, answer: str, words: str) -> None:
    assert (facts.commit.answer, words in facts.commit.words) == (answer, True), facts.commit
    assert answer == "yes" or (facts.commit.hint or "").rpartition(" ")[2].startswith(PAGE)


def test_what_a_request_waits_for() -> None:
    facts = of_rules(
        rule("pull_request", required_approving_review_count=2, required_review_thread_resolution=True,
             allowed_merge_methods=["squash", "rebase"]),
        rule("required_status_checks", **CHECKS), rule("required_deployments"), rule("workflows"),
        rule("code_scanning"), rule("required_linear_history"), rule("required_signatures"), rule("deletion"),
        rule("non_fast_forward"),
    )  # fmt: skip
    assert facts.awaits == (
        "2 approvals", "the check build", "every conversation to be resolved", "a deployment", "a required workflow",
        "code scanning",
    )  # fmt: skip
    assert (sorted(facts.methods), facts.signatures) == (["rebase", "squash"], True)
    assert (facts.replace.answer, facts.delete.answer) == ("no", "no")


def test_a_protection_that_waits_for_its_branch() -> None:
    demands = Demands()
    demands.add_protection_rule(
        {
            "pattern": "gitops/**/*", "allowsDeletions": True, "allowsForcePushes": True, "blocksCreations": True,
            "requiredStatusCheckContexts": [], "requiresApprovingReviews": False, "requiresCommitSignatures": False,
            "restrictsPushes": True,
        },
        PAGE,
    )  # fmt: skip
    facts = demands.facts(BRANCH, new=True, page=PAGE)
    assert (facts.commit.answer, "lets only certain people and Apps push" in facts.commit.words) == ("no", True)
    assert facts.replace.answer == facts.delete.answer == "yes"
