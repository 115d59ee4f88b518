"""What the GitHub fake enforces, as GitHub does."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.client import Client, Said
from gitops_actions.testing.github import GitHub

REPO = "/repos/acme/deploy"


@pytest.fixture
def folder(hub: GitHub) -> Path:
    return hub.root / "acme" / "deploy.git"


def opened(ask: Client, folder: Path, branch: str = "work", **more: Any) -> Any:
    """A request of a new branch."""
    repos.commit(folder, {branch: "new\n"}, message=f"Work on {branch}", branch=branch, start="main")
    said = ask("POST", f"{REPO}/pulls", {"title": "T", "head": branch, "base": "main", **more})
    assert said.status == 201, said.body
    return said.json


def told(said: Said) -> str:
    """What an error says, with its details."""
    errors = said.json.get("errors", [])
    return " ".join([said.json["message"], *(str(one.get("message", one.get("field"))) for one in errors)])


# --- requests ---


def test_there_is_one_request_for_a_head_and_base(ask: Client, folder: Path) -> None:
    opened(ask, folder)
    said = ask("POST", f"{REPO}/pulls", {"title": "T", "head": "acme:work", "base": "main"})
    assert said.status == 422
    assert told(said) == "Validation Failed A pull request already exists for acme:work."


@pytest.mark.parametrize(
    ("head", "base", "message"),
    [
        ("none", "main", "Validation Failed head"),
        ("work", "none", "Validation Failed base"),
        ("main", "main", "Validation Failed No commits between main and main"),
    ],
)
def test_a_request_needs_branches_that_differ(ask: Client, folder: Path, head: str, base: str, message: str) -> None:
    repos.commit(folder, {"a": "b"}, message="W", branch="work", start="main")
    said = ask("POST", f"{REPO}/pulls", {"title": "T", "head": head, "base": base})
    assert (said.status, told(said)) == (422, message)


def test_a_request_without_history_in_common(ask: Client, folder: Path) -> None:
    repos.commit(folder, {"a": "b"}, message="W", branch="alien")
    said = ask("POST", f"{REPO}/pulls", {"title": "T", "head": "alien", "base": "main"})
    assert "no history in common" in told(said)


def test_a_head_that_is_reset_to_its_base_closes_the_request(hub: GitHub, ask: Client, folder: Path) -> None:
    """The scar: GitHub closes a request whose branch is set back to the base before the new commit arrives."""
    number = opened(ask, folder)["number"]
    main = hub.repository("acme/deploy").objects.branch("main")
    assert ask("PATCH", f"{REPO}/git/refs/heads/work", {"sha": main, "force": True}).status == 200
    shown = ask("GET", f"{REPO}/pulls/{number}").json
    assert (shown["state"], shown["merged"]) == ("closed", False)


def test_a_push_of_the_head_into_the_base_merges_the_request(ask: Client, folder: Path) -> None:
    number = opened(ask, folder)["number"]
    repos.git(folder, "update-ref", "refs/heads/main", "work")
    shown = ask("GET", f"{REPO}/pulls/{number}").json
    assert (shown["state"], shown["merged"]) == ("closed", True)


def test_a_head_that_goes_away_closes_the_request(ask: Client, folder: Path) -> None:
    number = opened(ask, folder)["number"]
    assert ask("DELETE", f"{REPO}/git/refs/heads/work").status == 204
    assert ask("GET", f"{REPO}/pulls/{number}").json["state"] == "closed"
    said = ask("PATCH", f"{REPO}/pulls/{number}", {"state": "open"})
    assert (said.status, "has been deleted" in told(said)) == (422, True)


def test_a_closed_request_is_opened_again(ask: Client, folder: Path) -> None:
    number = opened(ask, folder)["number"]
    assert ask("PATCH", f"{REPO}/pulls/{number}", {"state": "closed"}).json["state"] == "closed"
    second = ask("POST", f"{REPO}/pulls", {"title": "T", "head": "work", "base": "main"})
    assert second.json["number"] == number + 1
    assert "already an open" in told(ask("PATCH", f"{REPO}/pulls/{number}", {"state": "open"}))
    ask("PATCH", f"{REPO}/pulls/{number + 1}", {"state": "closed"})
    assert ask("PATCH", f"{REPO}/pulls/{number}", {"state": "open"}).json["state"] == "open"


def test_the_head_follows_the_branch(ask: Client, folder: Path) -> None:
    number = opened(ask, folder)["number"]
    newer = repos.commit(folder, {"work": "newer\n"}, message="Newer", branch="work")
    assert ask("GET", f"{REPO}/pulls/{number}").json["head"]["sha"] == newer


def test_lists_are_filtered_sorted_and_paged(ask: Client, folder: Path) -> None:
    for branch in ("a", "b", "c"):
        opened(ask, folder, branch)
    ask("PATCH", f"{REPO}/pulls/2", {"state": "closed"})

    def numbers(query: str) -> list[int]:
        return [one["number"] for one in ask("GET", f"{REPO}/pulls?{query}").json]

    assert numbers("") == [3, 1]
    assert numbers("state=all") == [3, 2, 1]
    assert numbers("state=closed") == [2]
    assert numbers("state=all&direction=asc") == [1, 2, 3]
    assert numbers("state=all&head=acme:b") == [2]
    assert numbers("state=all&head=other:b") == []
    assert numbers("state=all&base=none") == []
    first = ask("GET", f"{REPO}/pulls?state=all&per_page=2")
    assert [one["number"] for one in first.json] == [3, 2]
    assert 'rel="next"' in first.headers["link"]
    assert "page=2" in first.headers["link"]
    assert first.headers["link"].startswith(f"<{ask.root.geturl()}")


# --- merging ---


def test_merges(hub: GitHub, ask: Client, folder: Path) -> None:
    for branch, method, subject in (
        ("one", "merge", "Merge pull request #1 from acme/one"),
        ("two", "squash", "Work on two (#2)"),
        ("three", "rebase", "Work on three"),
    ):
        request = opened(ask, folder, branch)
        said = ask("PUT", f"{REPO}/pulls/{request['number']}/merge", {"sha": request["head"]["sha"],
                                                                      "merge_method": method})  # fmt: skip
        assert said.status == 200, said.body
        assert repos.git(folder, "log", "-1", "--format=%s", "main") == subject
        assert repos.git(folder, "rev-parse", "main") == said.json["sha"]
        verified = ask("GET", f"{REPO}/commits/main").json["commit"]["verification"]["verified"]
        assert verified is (method != "rebase")
    assert set(repos.git(folder, "ls-tree", "--name-only", "main").split()) >= {"one", "two", "three"}


def test_a_merge_deletes_the_branch_where_the_settings_say_so(hub: GitHub, ask: Client, folder: Path) -> None:
    hub.settings("acme/deploy").delete_branch_on_merge = True
    opened(ask, folder)
    assert ask("PUT", f"{REPO}/pulls/1/merge", {}).status == 200
    assert "refs/heads/work" not in hub.repository("acme/deploy").objects.refs()
    assert ask("GET", f"{REPO}/pulls/1").json["merged"] is True


def test_merges_that_are_refused(hub: GitHub, ask: Client, folder: Path) -> None:
    opened(ask, folder, draft=True)
    merge = f"{REPO}/pulls/1/merge"
    assert told(ask("PUT", merge, {})) == "Pull Request is still a draft"
    number = opened(ask, folder, "other")["number"]
    merge = f"{REPO}/pulls/{number}/merge"
    said = ask("PUT", merge, {"sha": "0" * 40})
    assert (said.status, told(said)) == (409, "Head branch was modified. Review and try the merge again.")
    hub.settings("acme/deploy").allow_squash_merge = False
    said = ask("PUT", merge, {"merge_method": "squash"})
    assert (said.status, told(said)) == (405, "Squash merges are not allowed on this repository.")
    repos.commit(folder, {"other": "else\n"}, message="Against it")
    said = ask("PUT", merge, {})
    assert (said.status, told(said)) == (405, "Pull Request is not mergeable")
    assert ask("GET", f"{REPO}/pulls/{number}").json["mergeable"] is False


def test_mergeability_is_computed_later(hub: GitHub, ask: Client, folder: Path) -> None:
    hub.settings("acme/deploy").unknown_mergeability = 2
    assert opened(ask, folder)["mergeable"] is None
    assert [ask("GET", f"{REPO}/pulls/1").json["mergeable"] for _ in range(3)] == [None, True, True]


# --- protection ---


def test_required_checks_and_reviews(hub: GitHub, ask: Client, folder: Path) -> None:
    hub.protect("acme/deploy", checks=("ci",), approvals=1)
    request = opened(ask, folder)
    sha = request["head"]["sha"]
    assert request["mergeable_state"] == "blocked"
    merge = f"{REPO}/pulls/1/merge"
    assert "approving review" in told(ask("PUT", merge, {}))
    hub.approve("acme/deploy", 1)
    assert told(ask("PUT", merge, {})) == 'Required status check "ci" is expected.'
    ask("POST", f"{REPO}/statuses/{sha}", {"state": "pending", "context": "ci"})
    assert told(ask("PUT", merge, {})) == 'Required status check "ci" is pending.'
    ask("POST", f"{REPO}/statuses/{sha}", {"state": "failure", "context": "ci"})
    assert told(ask("PUT", merge, {})) == 'Required status check "ci" is failing.'
    hub.set_check("acme/deploy", sha, "ci", "success")
    assert ask("PUT", merge, {}).status == 200


def test_a_protected_branch_takes_no_writes_by_api(hub: GitHub, ask: Client, folder: Path) -> None:
    hub.protect("acme/deploy")
    main, work = repos.git(folder, "rev-parse", "main"), opened(ask, folder)["head"]["sha"]
    said = ask("PATCH", f"{REPO}/git/refs/heads/main", {"sha": work})
    assert (said.status, told(said)) == (422, "Changes must be made through a pull request.")
    text = base64.b64encode(b"x").decode()
    assert ask("PUT", f"{REPO}/contents/x", {"message": "M", "content": text}).status == 422
    assert repos.git(folder, "rev-parse", "main") == main
    hub.protect("acme/deploy", pull_requests=False, signatures=True)
    said = ask("PATCH", f"{REPO}/git/refs/heads/main", {"sha": work})
    assert told(said) == "Commits must have verified signatures."
    assert ask("PUT", f"{REPO}/contents/x", {"message": "M", "content": text}).status == 201
    assert "Cannot delete" in told(ask("DELETE", f"{REPO}/git/refs/heads/main"))
    hub.protect("acme/deploy", bypass=frozenset({"octocat"}))
    assert ask("PUT", f"{REPO}/contents/y", {"message": "M", "content": text}).status == 201


# --- statuses ---


def test_a_thousand_statuses_of_a_context(hub: GitHub, ask: Client, folder: Path) -> None:
    main = repos.git(folder, "rev-parse", "main")
    for _ in range(1000):
        hub.set_status("acme/deploy", main, "ci", "success")
    said = ask("POST", f"{REPO}/statuses/{main}", {"state": "success", "context": "ci"})
    assert (said.status, "maximum number of statuses" in told(said)) == (422, True)
    assert ask("POST", f"{REPO}/statuses/{main}", {"state": "success", "context": "other"}).status == 201
    assert ask("GET", f"{REPO}/commits/main/status").json["state"] == "success"


# --- who may ---


def test_what_is_not_seen_is_not_found(hub: GitHub) -> None:
    hub.add_token("narrow", kind="actions", repositories=["acme/app"], permissions={"contents": "write"})
    ask = Client(hub.api_url, "narrow")
    assert ask("GET", REPO).status == 404
    hub.settings("acme/deploy").private = False
    assert ask("GET", REPO).status == 200
    said = ask("POST", f"{REPO}/git/refs", {"ref": "refs/heads/x", "sha": "0" * 40})
    assert (said.status, told(said)) == (403, "Resource not accessible by integration")
    nobody = Client(hub.api_url, None)
    assert nobody("GET", REPO).status == 200
    assert nobody("POST", f"{REPO}/pulls", {}).status == 401


def test_permissions_are_those_of_the_token(hub: GitHub, folder: Path) -> None:
    main = repos.git(folder, "rev-parse", "main")
    hub.add_token("reader", permissions={"contents": "read", "statuses": "write"})
    ask = Client(hub.api_url, "reader")
    assert ask("GET", f"{REPO}/contents/shared").status == 200
    assert ask("GET", f"{REPO}/pulls").status == 403
    assert ask("POST", f"{REPO}/statuses/{main}", {"state": "success"}).status == 201
    said = ask("POST", f"{REPO}/git/refs", {"ref": "refs/heads/x", "sha": main})
    assert (said.status, told(said)) == (403, "Resource not accessible by personal access token")


def test_actions_open_no_requests_unless_the_settings_let_them(hub: GitHub, folder: Path) -> None:
    hub.add_token("gha", kind="actions", repositories=["acme/deploy"],
                  permissions={"contents": "write", "pull_requests": "write"})  # fmt: skip
    repos.commit(folder, {"a": "b"}, message="W", branch="work", start="main")
    ask, wanted = Client(hub.api_url, "gha"), {"title": "T", "head": "work", "base": "main"}
    said = ask("POST", f"{REPO}/pulls", wanted)
    assert told(said) == "GitHub Actions is not permitted to create or approve pull requests."
    hub.settings("acme/deploy").can_approve_pull_request_reviews = True
    made = ask("POST", f"{REPO}/pulls", wanted)
    assert (made.status, made.json["user"]["login"]) == (201, "github-actions[bot]")


def test_a_token_ends(hub: GitHub) -> None:
    hub.add_token("short", expires=hub.world.clock() + 60)
    ask = Client(hub.api_url, "short")
    assert "UTC" in ask("GET", REPO).headers["github-authentication-token-expiration"]
    hub.world.tokens["short"].expires = 1.0
    assert ask("GET", REPO).status == 401


def test_an_archived_repository_is_read_only(hub: GitHub, ask: Client) -> None:
    hub.settings("acme/deploy").archived = True
    assert ask("GET", REPO).json["archived"] is True
    said = ask("POST", f"{REPO}/labels", {"name": "x"})
    assert (said.status, told(said)) == (403, "Repository was archived so is read-only.")


# --- what hangs on requests ---


def test_labels_are_created_and_know_no_case(hub: GitHub, ask: Client, folder: Path) -> None:
    opened(ask, folder)
    ask("POST", f"{REPO}/issues/1/labels", ["Dev", "dev", "new"])
    assert [one["name"] for one in ask("GET", f"{REPO}/pulls/1").json["labels"]] == ["Dev", "new"]
    assert ask("DELETE", f"{REPO}/issues/1/labels/NEW").status == 200
    assert ask("DELETE", f"{REPO}/issues/1/labels/new").status == 404


def test_reviews_are_asked_of_people_who_may(ask: Client, folder: Path) -> None:
    opened(ask, folder)
    reviewers = f"{REPO}/pulls/1/requested_reviewers"
    assert ask("POST", reviewers, {"reviewers": ["alice", "nobody"]}).status == 422
    assert "author" in told(ask("POST", reviewers, {"reviewers": ["octocat"]}))
    made = ask("POST", reviewers, {"reviewers": ["alice"], "team_reviewers": ["sre"]})
    assert [one["login"] for one in made.json["requested_reviewers"]] == ["alice"]
    assert [one["slug"] for one in made.json["requested_teams"]] == ["sre"]


def test_long_texts_are_refused(ask: Client, folder: Path) -> None:
    opened(ask, folder)
    assert ask("PATCH", f"{REPO}/pulls/1", {"body": "x" * 65537}).status == 422
    assert ask("POST", f"{REPO}/issues/1/comments", {"body": "x" * 65537}).status == 422
    assert ask("PATCH", f"{REPO}/pulls/1", {"body": "x" * 65536}).status == 200


def test_what_cannot_be_parsed(hub: GitHub, ask: Client) -> None:
    assert ask("POST", f"{REPO}/labels", [1]).status == 400
    assert ask("GET", f"{REPO}/pulls/x").status == 404
    assert ask("GET", "/nothing").status == 404
    assert ask("POST", f"{REPO}/pulls", {}).status == 422


# --- patterns, rulesets, and who is let in ---


def test_a_protection_may_be_of_a_pattern(hub: GitHub, ask: Client, folder: Path) -> None:
    main = repos.git(folder, "rev-parse", "main")
    hub.protect("acme/deploy", "gitops/**/*", pull_requests=False, creation=True)
    said = ask("POST", f"{REPO}/git/refs", {"ref": "refs/heads/gitops/dev/web", "sha": main})
    assert (said.status, told(said)) == (422, "Cannot create ref due to creations being restricted.")
    assert ask("POST", f"{REPO}/git/refs", {"ref": "refs/heads/gitops-tmp/x", "sha": main}).status == 201
    hub.protect("acme/deploy", "gitops/**/*", creation=True, bypass=frozenset({"octocat"}))
    assert ask("POST", f"{REPO}/git/refs", {"ref": "refs/heads/gitops/dev/web", "sha": main}).status == 201
    assert ask("GET", f"{REPO}/branches/gitops%2Fdev%2Fweb").json["protected"] is True


def test_rules_are_told_of_branches_that_do_not_exist(hub: GitHub, ask: Client) -> None:
    hub.protect("acme/deploy", "gitops/*/*", ruleset=True, creation=True, bypass=frozenset({"octocat"}))
    rules = ask("GET", f"{REPO}/rules/branches/gitops%2Fdev%2Fweb").json
    assert {rule["type"] for rule in rules} == {"creation", "deletion", "non_fast_forward", "pull_request"}
    assert ask("GET", f"{REPO}/rules/branches/gitops%2Fdev").json == []
    number = rules[0]["ruleset_id"]
    assert ask("GET", f"{REPO}/rulesets/{number}").json["current_user_can_bypass"] == "always"
    hub.add_token("other", login="ann")
    other = Client(hub.api_url, "other")("GET", f"{REPO}/rulesets/{number}").json
    assert other["current_user_can_bypass"] == "never"


def test_only_some_may_push_and_merge(hub: GitHub, ask: Client, folder: Path) -> None:
    hub.protect("acme/deploy", pull_requests=False, pushers=frozenset({"ann"}))
    sha = opened(ask, folder)["head"]["sha"]
    assert "not authorized" in told(ask("PATCH", f"{REPO}/git/refs/heads/main", {"sha": sha}))
    assert "not authorized" in told(ask("PUT", f"{REPO}/pulls/1/merge", {}))
    hub.protect("acme/deploy", pull_requests=False, pushers=frozenset({"ann", "octocat"}), methods=("squash",))
    assert "Merge commits are not allowed" in told(ask("PUT", f"{REPO}/pulls/1/merge", {}))
    assert ask("PUT", f"{REPO}/pulls/1/merge", {"merge_method": "squash"}).status == 200


RULE = """{ repository(owner: "acme", name: "deploy") {
  ref(qualifiedName: "refs/heads/main") { refUpdateRule { pattern requiredApprovingReviewCount viewerCanPush }
  branchProtectionRule { pattern } } branchProtectionRules(first: 5) { nodes { pattern } } } }"""


def test_who_is_shown_which_protection(hub: GitHub) -> None:
    hub.protect("acme/deploy", pushers=frozenset({"ann"}), bypass=frozenset({"root"}))
    hub.add_token("root", login="root", role="admin")
    shown = {}
    for name in ("tok", "root"):
        said = Client(hub.graphql_url, name)("POST", "", {"query": RULE}).json["data"]["repository"]
        shown[name] = (said["ref"]["refUpdateRule"], len(said["branchProtectionRules"]["nodes"]))
    rule = {"pattern": "main", "requiredApprovingReviewCount": 0, "viewerCanPush": False}
    assert shown == {"tok": (rule, 0), "root": (None, 1)}


def test_a_classic_token_may_what_its_scopes_say(hub: GitHub) -> None:
    hub.add_token("classic", kind="user").scopes = "read:org"
    ask = Client(hub.api_url, "classic")
    assert ask("GET", REPO).status == 404
    hub.settings("acme/deploy").private = False
    assert ask("POST", f"{REPO}/labels", {"name": "x"}).status == 403
    hub.world.tokens["classic"].scopes = "read:org, public_repo"
    assert ask("POST", f"{REPO}/labels", {"name": "x"}).status == 201
