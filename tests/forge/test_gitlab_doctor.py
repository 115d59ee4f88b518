"""`doctor` against a GitLab whose switches are turned one by one, and `deploy` right after it: what the first says, the
second does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.testing.gitlab import DEVELOPER, MAINTAINER, REPORTER, GitLab
from gitops_actions.testing.gitlab.records import Protection
from gitops_actions.testing.repos import commit
from gitops_actions.testing.world import POLICY
from tests.e2e.doctorcase import Case, findings
from tests.forge.lab import CANARY, Lab

PLAIN = POLICY.replace("dev: {deliver: push}", "dev: {}")
AUTO = POLICY.replace("dev: {deliver: push}", "dev: {auto-merge: true}")
Switch = Callable[[Lab], object]


def dev(text: str) -> str:
    """The policy with something about dev."""
    return PLAIN.replace("dev: {}", f"dev: {{{text}}}")


def role(level: int) -> Switch:
    def switch(lab: Lab) -> None:
        (ada,) = [user for user in lab.server.state.users if user.username == "ada"]
        lab.project.members[ada.id] = level

    return switch


def token(**changed: Any) -> Switch:
    def switch(lab: Lab) -> None:
        for name, value in changed.items():
            setattr(lab.server.state.tokens[CANARY], name, value)

    return switch


def ends(days: int) -> Switch:
    return lambda lab: token(expires_at=lab.server.state.today() + timedelta(days=days))(lab)


def project(**changed: Any) -> Switch:
    def switch(lab: Lab) -> None:
        for name, value in changed.items():
            setattr(lab.project, name, value)

    return switch


def protect(name: str, **levels: Any) -> Switch:
    def switch(lab: Lab) -> None:
        lab.project.protections = [one for one in lab.project.protections if one.name != name]
        lab.project.protections.append(Protection(lab.server.state.id(), name, **levels))

    return switch


def both(*switches: Switch) -> Switch:
    def switch(lab: Lab) -> None:
        for one in switches:
            one(lab)

    return switch


def another(**given: Any) -> Switch:
    """Another token under the same text, of the project where it says so."""

    def switch(lab: Lab) -> None:
        here = lab.project if given.get("kind") in ("project", "job") else None
        lab.server.add_token("ada", value=CANARY, project=here, **given)

    return switch


CASES: list[Case[Lab]] = [
    # the token
    Case("all is well", lambda _: None, "", "scopes api", fails=False),
    Case("a project access token", another(kind="project"), "", "a project access token; it acts as", fails=False),
    Case("unknown token", lambda lab: lab.server.state.tokens.clear(), "GA004", "does not accept the token"),
    Case("expired token", ends(-1), "GA004", "Token is expired"),
    Case("token that ends soon", ends(5), "GA511", "in 4 days", fails=False),
    Case("scope read_api", token(scopes=("read_api",)), "GA512", "has the scopes read_api, and needs api"),
    Case("scope write_repository", token(scopes=("write_repository",)), "GA004", "higher privileges"),
    Case("a job's own token", another(kind="job"), "GA004", "Unauthorized"),
    Case("a reporter", role(REPORTER), "GA512", "the role Reporter in the project, and needs Developer"),
    Case("a stranger", project(members={}), "GA002", "or it is not visible"),
    Case("a role by the group", both(project(members={}), lambda lab: lab.server.add_group(
        "acme/platform", members={"ada": DEVELOPER})), "GA521", "push rules are not shown", fails=False),
    # the project
    Case("archived", project(archived=True), "GA512", "archived"),
    Case("no merge requests", project(merge_requests_enabled=False), "GA512", "merge requests are switched off"),
    Case("it never squashes", project(squash_option="never"), "GA517", "does not squash", fails=False,
         policy=dev("merge-method: squash")),
    Case("it always squashes", project(squash_option="always"), "GA517", "squashes every request", fails=False,
         policy=dev("auto-merge: true, merge-method: rebase")),
    Case("it fast-forwards", project(merge_method="ff"), "GA517", "not behind its base", fails=False, policy=AUTO),
    Case("it squashes as we do", project(squash_option="always"), "", "merge at once", fails=False,
         policy=dev("auto-merge: true, merge-method: squash")),
    Case("approvals", project(approvals_required=2), "", "as soon as there is 2 approvals", fails=False, policy=AUTO),
    Case("pipelines", project(only_allow_merge_if_pipeline_succeeds=True, ci=("test",)), "",
         "a pipeline that succeeds", fails=False, policy=AUTO),
    Case("merge trains", project(merge_trains_enabled=True), "", "the merge train", fails=False, policy=AUTO),
    # the branch of the request
    Case("protected for others", protect("gitops/*", push=0), "GA513", "gitops/dev/web is protected, and we are not"),
    Case("protected for maintainers", both(role(DEVELOPER), project(plan="free"), protect("gitops/*")), "GA513",
         "not among those who may push"),
    Case("protected, and we may", protect("gitops/*", push=DEVELOPER), "GA515", "may not be put on another commit",
         fails=False),
    Case("protected, and only maintainers delete", both(role(DEVELOPER), protect("gitops/*", push=DEVELOPER)), "GA515",
         "only maintainers delete it", fails=False),
    Case("a rule about names", project(push_rules={"branch_name_regex": "^(main|feature/.*)$"}), "GA513",
         "names of branches to match '^(main|feature/.*)$'"),
    Case("a rule about names that fits", project(push_rules={"branch_name_regex": "^gitops/"}), "",
         "gitops/dev/web can be made", fails=False),
    Case("a rule about names that is not tried", project(push_rules={"branch_name_regex": "^(g+)+itops/.*"}), "GA521",
         "names of branches to match", fails=False),
    Case("a rule about messages", project(push_rules={"commit_message_regex": "^Deploy"}), "GA521",
         "commit messages have to match '^Deploy'", fails=False),
    Case("rules that are not shown", role(DEVELOPER), "GA521", "push rules are not shown", fails=False),
    Case("signed commits, and GitLab commits", project(push_rules={"reject_unsigned_commits": True}), "",
         "main asks for", fails=False),
    Case("signed commits, and git commits", project(push_rules={"reject_unsigned_commits": True}), "GA514",
         "takes signed commits only", options=("--transport", "git")),
    # the base
    Case("commits of a developer", both(role(DEVELOPER), project(plan="free")), "GA513",
         "main is protected, and we are not among those who may push", policy=POLICY),
    Case("commits that nobody may", protect("main", push=0), "GA513", "may push to it", policy=POLICY),
    Case("commits of a maintainer", lambda _: None, "", "commits go straight to main", fails=False, policy=POLICY),
    Case("merges of a developer", both(role(DEVELOPER), project(plan="free")), "GA516", "may merge into", policy=AUTO),
    Case("merges of a developer who may", both(role(DEVELOPER), project(plan="free"), protect("main", merge=DEVELOPER)),
         "", "merge at once", fails=False, policy=AUTO),
    # people and labels
    Case("no such reviewer", lambda _: None, "GA518", "there is no user bob", policy=dev("reviewers: [bob]")),
    Case("a reviewer from outside", lambda lab: lab.server.add_user("carl"), "GA518", "carl is no member", fails=False,
         policy=dev("reviewers: [carl]")),
    Case("a reviewer", lambda _: None, "", "ada can be asked", fails=False, policy=dev("reviewers: [ada]")),
    Case("teams", lambda _: None, "GA315", "gitlab has no teams", fails=False, policy=dev("team-reviewers: [sre]")),
    Case("labels", lambda _: None, "GA519", "are made: dev", fails=False, policy=dev("labels: [dev]")),
    # what there is to read
    Case("no such base", lambda _: None, "GA002", "no branch 'mian'", options=("--base", "mian")),
    Case("a broken policy", lambda lab: commit(lab.project.repository.path, {"gitops.yaml": "environments: 3\n"},
         message="x"), "GA010", "gitops.yaml:1:"),
]  # fmt: skip


def run(lab: Lab, verb: str, *options: str, **environ: str) -> Any:
    image = ("--image", "ghcr.io/acme/web:1.0.1") if verb == "deploy" else ()
    return lab.play(verb, "-e", "dev", "--app", "web", *image, *options, **environ)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_doctor_says_deploy_does(tmp_path: Path, case: Case[Lab]) -> None:
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, case.policy or PLAIN)
        case.switch(lab)
        before = dict(lab.project.repository.branches())
        told = run(lab, "doctor", *case.options)
        assert server.writes() == []
        assert lab.project.repository.branches() == before
        done = run(lab, "deploy", *case.options)
    case.check(told, done)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("GITOPS_TOKEN", "", "without a token"),
        ("CI_JOB_TOKEN", "glcbt-x", "can neither read files by the API nor open merge requests"),
        ("GITOPS_TOKEN", "glcbt-x", "can neither read files by the API nor open merge requests"),
        ("GITOPS_TOKEN", "gldt-x", "a deploy token, which opens no merge requests"),
        ("GITOPS_TOKEN", "ghp_x", "a token of GitHub, and this is GitLab"),
    ],
)
def test_tokens_that_cannot_do_it(tmp_path: Path, variable: str, value: str, words: str) -> None:
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, PLAIN)
        environ = {"GITOPS_TOKEN": "", variable: value}
        told, done = run(lab, "doctor", **environ), run(lab, "deploy", **environ)
        assert server.writes() == []
    assert told.code == 4
    assert done.code in (2, 4)
    assert [(code, words in said) for code, said in findings(told)] == [("GA510", True)]
    assert "GITOPS_TOKEN" in told.document["findings"][0]["hint"]


def test_a_fine_grained_token_is_not_told_what_it_may(tmp_path: Path) -> None:
    """It may do as much as its owner here; in GitLab, nobody tells it how much less."""
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, PLAIN)
        lab.server.state.tokens[CANARY].scopes = ("api", "granular")
        told = run(lab, "doctor")
    assert told.code == 0
    assert ("GA521", "what a fine-grained token is allowed is not told by GitLab") in findings(told)


def test_the_address_is_shown_as_it_was_given(tmp_path: Path) -> None:
    with GitLab(tmp_path / "served") as server:
        lab = Lab(tmp_path, server, PLAIN)
        for address in (lab.repo, lab.repo.removesuffix(".git")):
            lab.repo = address
            (words,) = [one["message"] for one in lab.play("doctor").document["checks"] if one["check"] == "read"]
            assert words.startswith(f"{address} can be read")


def test_a_maintainer_is_shown_all(tmp_path: Path) -> None:
    with GitLab(tmp_path / "gitlab") as server:
        lab = Lab(tmp_path, server, PLAIN)
        role(MAINTAINER)(lab)
        told = run(lab, "doctor")
        assert findings(told) == []
        checks = {check["check"]: check["message"] for check in told.document["checks"]}
        assert checks["base"] == "main asks for: only some may push, merged by Maintainers, no force pushes"
