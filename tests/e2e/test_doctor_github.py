"""`doctor` against a GitHub whose switches are turned one by one, and `deploy` right after it: what the first says, the
second does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gitops_actions.cli.main import cli
from gitops_actions.testing import repos
from gitops_actions.testing.github.records import Token
from gitops_actions.testing.world import Done
from tests.e2e.doctorcase import Case, findings
from tests.e2e.hubworld import PLAIN, REPOSITORY, TOKEN, HubWorld, hub_world

PUSHING = PLAIN.replace("dev: {}", "dev: {deliver: push}")
DAY = 86400
ALL = {"contents": "write", "pull_requests": "write"}
Switch = Callable[[HubWorld], object]


def dev(text: str) -> str:
    """The policy with something about dev."""
    return PLAIN.replace("dev: {}", f"dev: {{{text}}}")


def token(hub: HubWorld) -> Token:
    return hub.hub.world.tokens[TOKEN]


def protect(branch: str = "main", **rules: Any) -> Switch:
    return lambda hub: hub.hub.protect(REPOSITORY, branch, **rules)


def settings(**values: Any) -> Switch:
    def switch(hub: HubWorld) -> None:
        for name, value in values.items():
            setattr(hub.hub.settings(REPOSITORY), name, value)

    return switch


def tokens(**given: Any) -> Switch:
    """Another token under the same text."""
    return lambda hub: hub.hub.add_token(TOKEN, **given)


def ends(days: float) -> Switch:
    return lambda hub: setattr(token(hub), "expires", hub.hub.world.clock() + days * DAY)


def both(*switches: Switch) -> Switch:
    def switch(hub: HubWorld) -> None:
        for one in switches:
            one(hub)

    return switch


AUTO = dev("auto-merge: true")
CASES: list[Case[HubWorld]] = [
    # the token
    Case("no token", lambda hub: hub.environ.pop("GITOPS_TOKEN"), "GA004", "no token for GitHub"),
    Case("unknown token", lambda hub: hub.hub.world.tokens.pop(TOKEN), "GA004", "does not take GITOPS_TOKEN"),
    Case("expired token", ends(-1), "GA004", "does not take GITOPS_TOKEN"),
    Case("token that ends soon", ends(3.5), "GA511", "in 3 days", fails=False),
    Case("token of GitLab", lambda hub: hub.environ.update(GITOPS_TOKEN="glpat-x"), "GA510", "a token of GitLab"),
    Case("no contents", tokens(permissions={"pull_requests": "write"}), "GA512", "denied to octocat"),
    Case("contents: read", tokens(permissions={**ALL, "contents": "read"}), "GA512", "Permission to acme/deploy.git"),
    Case("pull_requests: read", tokens(permissions={**ALL, "pull_requests": "read"}), "GA512", "not accessible"),
    Case("a reader", tokens(role="read"), "GA512", "denied to octocat"),
    Case("a classic token with too little", both(
        tokens(kind="user"), lambda hub: setattr(token(hub), "scopes", "gist"), settings(private=False)
    ), "GA512", "lacks the scope repo"),
    Case("Actions may open no requests", tokens(kind="actions", repositories=[REPOSITORY], permissions=ALL), "GA512",
         "not permitted to create or approve pull requests"),
    Case("GITHUB_TOKEN of another repository", tokens(kind="actions", repositories=["acme/web"], permissions=ALL),
         "GA002", "or it is not visible"),
    Case("workflows that wait", both(
        tokens(kind="actions", repositories=[REPOSITORY], permissions=ALL),
        settings(can_approve_pull_request_reviews=True),
    ), "GA520", "wait until a person approves", fails=False),
    Case("whether Actions may is for administrators", both(
        tokens(kind="actions", repositories=[REPOSITORY], permissions=ALL),
        settings(can_approve_pull_request_reviews=True),
    ), "GA521", "is shown to administrators only", fails=False),
    Case("required checks that wait", both(
        tokens(kind="actions", repositories=[REPOSITORY], permissions=ALL), protect(checks=("build",), ruleset=True),
        settings(can_approve_pull_request_reviews=True),
    ), "GA520", "need the checks build, which do not run by themselves", fails=False),
    # the repository
    Case("archived", settings(archived=True), "GA512", "archived"),
    Case("auto-merge is off", settings(allow_auto_merge=False), "GA516", "auto-merge is not allowed", policy=AUTO),
    Case("squashing is off", settings(allow_squash_merge=False), "GA517", "squash merging is not allowed",
         policy=dev("auto-merge: true, merge-method: squash")),
    Case("squashing is off, and nothing merges", settings(allow_squash_merge=False), "GA517",
         "squash merging is not allowed", fails=False, policy=dev("merge-method: squash")),
    Case("merge commits are off, and a queue merges", both(settings(allow_merge_commit=False), protect(queue=True)), "",
         "the merge queue", fails=False, policy=AUTO),
    # the branch of the request
    Case("a ruleset wants requests", protect("gitops/**/*", ruleset=True), "GA513", "dev/web: changes come by pull"),
    Case("a ruleset keeps such branches from being made", protect("gitops/**/*", pull_requests=False, creation=True,
         ruleset=True), "GA513", "keeps everybody who may not bypass it from making"),
    Case("a ruleset wants checks", protect("gitops/**/*", pull_requests=False, checks=("lint",), ruleset=True), "GA513",
         "needs the checks lint first"),
    Case("a ruleset that we bypass", protect("gitops/**/*", ruleset=True, bypass=frozenset({"octocat"})), "GA521",
         "are not shown to this token", fails=False),
    Case("a ruleset wants signatures", protect("gitops/**/*", pull_requests=False, signatures=True, ruleset=True),
         "GA514", "takes signed commits only", options=("--transport", "git")),
    Case("a ruleset wants signatures, and GitHub signs",
         protect("gitops/**/*", pull_requests=False, signatures=True, ruleset=True), "GA515", "no force pushes",
         fails=False),
    Case("a branch that must stay", protect("gitops/**/*", pull_requests=False, ruleset=True), "GA515",
         "may not be deleted", fails=False),
    Case("classic protection, as an administrator sees it", both(tokens(role="admin"), protect("gitops/**/*")),
         "GA513", "changes come by pull request only"),
    # the base, for requests
    Case("the base wants signatures", protect(signatures=True), "GA514", "cannot be merged", fails=False,
         options=("--transport", "git")),
    Case("no merge commits", protect(linear=True), "GA517", "by rebase or squash only, not by merge", policy=AUTO),
    Case("no merge commits, later", protect(linear=True, approvals=1), "GA517", "by rebase or squash only", fails=False,
         policy=AUTO),
    Case("a ruleset names methods", protect(methods=("rebase",), ruleset=True), "GA517", "by rebase only",
         policy=dev("auto-merge: true, merge-method: squash")),
    Case("only some may merge", protect(pull_requests=False, pushers=frozenset({"ann"})), "GA516",
         "only certain people and Apps may merge", policy=AUTO),
    # the base, for commits
    Case("a ruleset wants requests there", protect(ruleset=True), "GA513", "main: changes come by", policy=PUSHING),
    Case("approvals there", protect(approvals=2), "GA513", "main: changes come by pull", policy=PUSHING),
    Case("requests there, as an administrator sees it", both(tokens(role="admin"), protect()), "GA513",
         "main: changes come by pull", policy=PUSHING),
    Case("a queue there", protect(queue=True, ruleset=True), "GA513", "by the merge queue only", policy=PUSHING),
    Case("checks there", protect(pull_requests=False, checks=("build",)), "GA513", "needs the checks build first",
         policy=PUSHING),
    Case("only some may push", protect(pull_requests=False, pushers=frozenset({"ann"})), "GA513",
         "only certain people and Apps may push", policy=PUSHING),
    Case("we bypass that", protect(bypass=frozenset({"octocat"})), "", "commits go straight to main", fails=False,
         policy=PUSHING),
    Case("we bypass a ruleset there", protect(ruleset=True, bypass=frozenset({"octocat"})), "", "straight to main",
         fails=False, policy=PUSHING),
    Case("signed commits there", protect(pull_requests=False, signatures=True), "GA514", "takes signed commits only",
         policy=PUSHING, options=("--transport", "git")),
    # people and labels
    Case("no such reviewer", lambda _: None, "GA518", "bob is no collaborator", policy=dev("reviewers: [bob]")),
    Case("a reviewer without access", lambda hub: hub.hub.repository(REPOSITORY).roles.update(alice="none"), "GA518",
         "alice is no collaborator", policy=dev("reviewers: [alice]")),
    Case("ourselves", lambda hub: hub.hub.add_user("octocat"), "GA518", "octocat owns the token",
         policy=dev("reviewers: [octocat]")),
    Case("no such team", lambda _: None, "GA518", "no team ops in acme", policy=dev("team-reviewers: [ops]")),
    Case("labels", lambda _: None, "GA519", "are made: dev", fails=False, policy=dev("labels: [dev]")),
    # what there is to read
    Case("no such base", lambda _: None, "GA002", "no branch 'mian'", options=("--base", "mian")),
    Case("a broken policy", lambda hub: repos.commit(hub.config, {"gitops.yaml": "environments: 3\n"}, message="x"),
         "GA010", "gitops.yaml:1:"),
    Case("a branch of its own that is not there", lambda _: None, "GA002", "no branch 'live'",
         policy=dev("branch: live")),
]  # fmt: skip


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request: pytest.FixtureRequest) -> Case[HubWorld]:
    found: Case[HubWorld] = request.param
    return found


def run(hub: HubWorld, verb: str, *options: str) -> Done:
    image = ("--image", "ghcr.io/acme/web:1.0.1") if verb == "deploy" else ()
    return hub.play(verb, "-e", "dev", "--app", "web", *image, *options, code=None)


def test_what_doctor_says_deploy_does(tmp_path: Path, case: Case[HubWorld]) -> None:
    with hub_world(tmp_path, case.policy or PLAIN) as hub:
        case.switch(hub)
        before = hub.git("for-each-ref"), hub.requests(), hub.labels()
        told = run(hub, "doctor", *case.options)
        assert (hub.git("for-each-ref"), hub.requests(), hub.labels()) == before
        done = run(hub, "deploy", *case.options)
    case.check(told, done)


def test_nothing_is_wrong(tmp_path: Path) -> None:
    with hub_world(tmp_path, dev("auto-merge: true, labels: [dev], reviewers: [alice], team-reviewers: [sre]")) as hub:
        hub.hub.add_token(TOKEN, kind="user", role="admin", login="robot", expires=hub.hub.world.clock() + 90.5 * DAY)
        with hub.hub.lock:
            hub.hub.work.label(hub.hub.repository(REPOSITORY), "dev")
        done = run(hub, "doctor")
        assert (done.code, findings(done)) == (0, [])
        told = {check["check"]: check["message"] for check in done.document["checks"]}
        assert "scopes repo" in told["token"]
        assert "in 90 days" in told["token"]
        assert told["auto-merge"] == "requests into main merge at once: nothing is required"
        assert [one.path for one in hub.hub.writes()] == []  # and for this nothing had to be tried


def test_what_only_administrators_see_is_not_guessed(tmp_path: Path) -> None:
    """Two classic protections that GitHub shows to nobody else."""
    for number, (policy, branch) in enumerate(((PUSHING, "main"), (PLAIN, "gitops/**/*"))):
        with hub_world(tmp_path / str(number), policy) as hub:
            hub.hub.protect(REPOSITORY, branch)
            done = run(hub, "doctor")
            assert (done.code, [code for code, _ in findings(done)]) == (0, ["GA521"])
            assert "an administrator of the repository sees it" in done.document["findings"][0]["hint"]
            assert run(hub, "deploy").code == 4


def test_what_only_promote_needs_is_a_warning(tmp_path: Path) -> None:
    with hub_world(tmp_path, PLAIN.replace("staging: {after: dev}", "staging: {after: dev, auto-merge: true}")) as hub:
        hub.hub.settings(REPOSITORY).allow_auto_merge = False
        done = hub.play("doctor", code=None)
        (finding,) = [one for one in done.document["findings"] if one["severity"] == "warning"]
        assert done.code == 0
        assert finding["message"].startswith("staging: promote would fail: auto-merge is not allowed")
        assert hub.play("doctor", "-e", "staging", code=None).code == 4
        assert hub.released("1.0.1").code == 0


def test_without_a_policy_only_set_works(tmp_path: Path) -> None:
    with hub_world(tmp_path) as hub:
        repos.commit(hub.config, {"gitops.yaml": None}, message="Away")
        done = hub.play("doctor", code=None)
        assert (done.code, "GA041" in [code for code, _ in findings(done)]) == (0, True)
        assert hub.play("deploy", "--set", "README.md:x=1", code=None).code == 2  # of that format nothing is known
        value = "charts/api/values-dev.yaml:image.tag=3.0.0"
        assert hub.play("deploy", "--set", value).code == 0
        assert hub.play("doctor", "--app", "web", code=None).code == 4
        assert hub.released("1.0.1").code == 2


@pytest.mark.parametrize("verb", ["doctor", "deploy"])
@pytest.mark.parametrize(("where", "words"), [("acme/nothing", "not visible"), ("acme/empty", "is empty")])
def test_a_repository_that_cannot_be_read(tmp_path: Path, where: str, words: str, verb: str) -> None:
    with hub_world(tmp_path) as hub:
        hub.hub.add_repository("acme/empty")
        done = run(hub, verb, "--config-repo", f"{hub.hub.url}/{where}")
        assert words in done.output
        assert done.code == (4 if verb == "doctor" else 2)


@pytest.fixture(scope="module")
def key() -> tuple[str, str]:
    """The private key of a GitHub App, and its public one."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubWorld]:
    with hub_world(tmp_path) as world:
        yield world


@pytest.mark.parametrize(
    ("owner", "permissions", "suspended", "code", "words"),
    [
        ("acme", ALL, False, "", "the GitHub App robot, installed here"),
        ("acme", {**ALL, "contents": "read"}, False, "GA512", "contents: read, and contents: write is needed"),
        ("acme", {"contents": "write", "metadata": "read"}, False, "GA512", "pull_requests: none"),
        ("acme", ALL, True, "GA510", "is suspended"),
        ("other", ALL, False, "GA004", "gets no token for acme/deploy: Not Found"),
    ],
)
def test_a_github_app(
    hub: HubWorld, key: tuple[str, str], owner: str, permissions: dict[str, str], suspended: bool, code: str, words: str
) -> None:
    app = hub.hub.add_app("robot", key=key[1], permissions=permissions, owner=owner)
    app.suspended |= {owner} if suspended else set()
    del hub.environ["GITOPS_TOKEN"]
    hub.environ |= {"GITOPS_GITHUB_APP_ID": str(app.id), "GITOPS_GITHUB_APP_PRIVATE_KEY": key[0]}
    told, done = run(hub, "doctor"), run(hub, "deploy")
    assert told.code == done.code == (4 if code else 0), told.output + done.output
    if code:
        assert any(one == code and words in said for one, said in findings(told)), told.output
    assert words in told.output
    assert key[0].splitlines()[1] not in told.output + told.errors


def test_the_table_is_for_people(hub: HubWorld) -> None:
    hub.hub.settings(REPOSITORY).archived = True
    plain = CliRunner().invoke(cli, ["doctor", "--config-repo", hub.address], env=hub.environ)
    assert plain.exit_code == 4
    head, *rows = plain.output.splitlines()
    assert head.split() == ["CHECK", "ENVIRONMENT", "VERDICT", "CODE", "WHAT"]
    assert any(row.startswith("push") and "GA512" in row for row in rows)
    assert any("unarchive it: http" in row for row in rows)
    assert TOKEN not in plain.output + json.dumps(hub.play("doctor", code=None).document)
