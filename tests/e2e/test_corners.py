"""Corners that an adversary found: nobody's release, request or commit may get lost in one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.world import OVERLAY, POLICY, World

BY_REQUEST = POLICY.replace("dev: {deliver: push}", "dev: {}")
GROUPED = POLICY.replace("dev: {deliver: push}", "dev: {group: environment}")
WITHOUT_RECORDS = "version: 1\nrecords: false\n"
WEB = "apps/web/overlays/{}/kustomization.yaml"


def lose_requests(world: World) -> None:
    """As if every run had been killed between its push and its request."""
    for ref in world.git("for-each-ref", "--format=%(refname)", "refs/pull", "refs/gitops").split():
        world.git("update-ref", "-d", ref)


def test_a_late_build_does_not_take_a_newer_one_out_of_a_shared_request(worlds: Callable[..., World]) -> None:
    world = worlds(GROUPED)
    world.deploy("1.0.2")
    world.deploy("2.0.1", app="api")
    assert world.deploy("1.0.1").outcomes == [("dev", "superseded")]
    assert world.tag("dev", "gitops/dev/_all") == "1.0.2"


def test_a_branch_without_its_request_yet_still_counts(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.2")
    lose_requests(world)
    assert world.deploy("1.0.1").outcomes == [("dev", "superseded")]
    assert world.deploy("1.0.2").outcomes == [("dev", "opened")]


def test_a_shared_branch_without_its_request_yet_keeps_the_others(worlds: Callable[..., World]) -> None:
    world = worlds(GROUPED)
    world.deploy("2.0.1", app="api")
    lose_requests(world)
    assert world.deploy("1.0.1").outcomes == [("dev", "opened")]
    assert '"2.0.1"' in world.text("charts/api/values-dev.yaml", "gitops/dev/_all")


def test_a_commit_does_not_carry_what_waits_for_review(worlds: Callable[..., World]) -> None:
    world = worlds(GROUPED)
    world.deploy("2.0.1", app="api")
    assert world.deploy("1.0.1", "--deliver", "push").outcomes == [("dev", "committed")]
    assert '"2.0.0"' in world.text("charts/api/values-dev.yaml")
    assert [request["apps"] for request in world.open_requests()] == [["api"]]


def test_a_commit_leaves_a_request_alone_that_people_work_on(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    theirs = repos.commit(world.config, {"notes.md": "x\n"}, message="A note", branch="gitops/dev/web")
    done = world.deploy("1.0.2", "--deliver", "push")
    assert done.outcomes == [("dev", "committed")]
    assert [finding["code"] for finding in done.results[0]["findings"]] == ["GA304"]
    assert world.tip("gitops/dev/web") == theirs
    assert len(world.open_requests()) == 1


def test_a_branch_that_was_merged_but_not_deleted(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    world.git("update-ref", "refs/heads/main", "refs/heads/gitops/dev/web")
    repos.commit(world.config, {WEB.format("dev"): OVERLAY}, message="Revert")
    assert world.deploy("1.0.1").outcomes == [("dev", "opened")]


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_without_records_merged_requests_tell_the_order(worlds: Callable[..., World], method: str) -> None:
    world = worlds(BY_REQUEST.replace("version: 1\n", WITHOUT_RECORDS))
    world.deploy("abc", "--sequence", "8")
    world.run("pr", "merge", "1", "--merge-method", method)
    assert world.deploy("abd", "--sequence", "7").outcomes == [("dev", "superseded")]


def test_a_merged_assignment_tells_the_order(worlds: Callable[..., World]) -> None:
    world = worlds(content={"v.yaml": "a: 1\n"})
    world.run("deploy", "--set", "v.yaml:a=2", "--sequence", "8")
    world.run("pr", "merge", "1")
    assert world.run("deploy", "--set", "v.yaml:a=3", "--sequence", "7").outcomes == [(None, "superseded")]


def test_records_of_another_time_do_not_count_when_records_are_off(world: World) -> None:
    world.deploy("a5", "--sequence", "5")
    off = POLICY.replace("version: 1\n", WITHOUT_RECORDS)
    repos.commit(world.config, {"gitops.yaml": off}, message="No records")
    world.deploy("a8", "--sequence", "8")
    assert world.deploy("a7", "--sequence", "7").outcomes == [("dev", "superseded")]
    assert {cell["drift"] is None for cell in world.run("status").document["cells"]} == {True}


def test_a_promotion_that_is_no_longer_due_is_closed(world: World) -> None:
    world.deploy("1.0.1")
    world.run("promote", "--to", "staging")
    world.run("pr", "merge", "1")
    world.deploy("1.0.2")
    world.run("promote", "--to", "staging")
    world.deploy("1.0.0", "--allow-downgrade")
    assert world.run("promote", "--to", "staging").outcomes == [("staging", "closed")]
    assert world.open_requests() == []


def test_one_bad_environment_does_not_stop_the_others(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("production: {after: staging}", "production: {after: staging, branch: env/nowhere}"))
    world.deploy("1.0.1")
    done = world.run("promote", code=2)
    assert done.outcomes == [("staging", "opened"), ("production", "refused")]
    assert "env/nowhere" in done.results[1]["findings"][0]["message"]


def test_apps_are_found_where_each_environment_lives(worlds: Callable[..., World]) -> None:
    policy = """\
version: 1
environments:
  dev: {deliver: push, branch: env/dev}
  live: {after: dev, branch: env/live}
apps:
  "*": {image: "x/{app}", edits: [{yaml: "s/{app}/{environment}/v.yaml", path: tag, value: "{tag}"}]}
"""
    world = worlds(content={"gitops.yaml": policy})
    for name in ("dev", "live"):
        repos.commit(world.config, {f"s/a/{name}/v.yaml": "tag: '1'\n"}, message="Start", branch=f"env/{name}")
    assert world.run("deploy", "--app", "a", "--image", "x/a:2").outcomes == [("dev", "committed")]
    assert world.run("promote").outcomes == [("live", "opened")]
    cells = world.run("status").document["cells"]
    assert [(cell["environment"], cell["version"]) for cell in cells] == [("dev", "2"), ("live", "1")]


def test_an_unnumbered_release_in_a_request_does_not_open_the_door(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("abc", "--sequence", "8")
    world.deploy("def")
    assert world.deploy("ghi", "--sequence", "7").outcomes == [("dev", "superseded")]


def test_an_unreadable_record_is_not_promoted(world: World) -> None:
    world.deploy("1.0.1")
    repos.commit(world.config, {".gitops/releases/dev/web.yaml": "app: [\n"}, message="Oops")
    done = world.run("promote")
    assert done.outcomes == [("staging", "waiting")]
    assert done.results[0]["findings"][0]["code"] == "GA320"
    assert world.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]


def test_records_that_only_yaml_or_nobody_can_read(world: World) -> None:
    head = 'app: "web"\nenvironment: "dev"\n'
    text = "# Written by gitops-actions with every release of this app in this environment.\n" + head
    for record, version in ((text + 'version: "1.0\\.1"\n', "1.0.0"), (text + 'version: "\\x41"\n', "A")):
        repos.commit(world.config, {".gitops/releases/dev/web.yaml": record}, message="Odd")
        cells = world.run("status").document["cells"]
        assert cells[0]["version"] == version
    huge = head + "version: x\nsource: {sequence: " + "9" * 5000 + "}\n"
    repos.commit(world.config, {".gitops/releases/dev/web.yaml": huge}, message="Huge")
    world.run("status")


def test_people_and_texts_come_with_the_next_release(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1", "--reviewer", "alice", "--label", "a  b")
    assert world.deploy("1.0.1", "--label", "a  b").outcomes == [("dev", "unchanged")]
    world.deploy("1.0.2", "--reviewer", "bob", "--assignee", "carl")
    shown = world.git("show", "refs/gitops/requests:requests/1.json")
    assert all(name in shown for name in ("alice", "bob", "carl"))
    assert world.deploy("1.0.2", "--body", "Look closely.").outcomes == [("dev", "updated")]
    assert world.deploy("1.0.2", "--body", "Look closely.").outcomes == [("dev", "unchanged")]


def test_deploying_what_was_promoted_changes_nothing(world: World) -> None:
    world.deploy("1.0.1")
    world.run("promote")
    head = world.tip("gitops/staging/web")
    assert world.deploy("1.0.1", "-e", "staging").outcomes == [("staging", "unchanged")]
    assert world.run("promote").outcomes == [("staging", "unchanged")]
    assert world.tip("gitops/staging/web") == head


def test_a_refused_auto_merge_tells_what_was_done(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    hook = world.config / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\nwhile read old new ref; do [ "$ref" != refs/heads/main ] || exit 1; done\n')
    hook.chmod(0o755)
    done = world.deploy("1.0.1", "--auto-merge", code=4)
    assert done.results[0]["pull_request"]["number"] == 1
    assert done.results[0]["commit"] == world.tip("gitops/dev/web")
    assert done.results[0]["outcome"] == "opened"


def test_a_request_that_has_come_to_conflict_is_made_anew(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.2")
    by_hand = OVERLAY.replace("'1.0.0'", "'1.0.1'")
    repos.commit(world.config, {WEB.format("dev"): by_hand}, message="By hand")
    world.run("pr", "merge", "1", code=5)
    assert world.deploy("1.0.2").outcomes == [("dev", "updated")]
    assert world.deploy("1.0.2").outcomes == [("dev", "unchanged")]
    world.run("pr", "merge", "1")
    assert world.tag("dev") == "1.0.2"


def test_auto_merge_is_asked_for_until_it_comes_about(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.2")
    files = {"notes.md": "theirs\n"}
    repos.commit(world.config, files, message="A note", branch="gitops/dev/web")
    repos.commit(world.config, {"notes.md": "ours\n"}, message="Another")
    done = world.deploy("1.0.2", "--auto-merge", code=5)
    assert done.outcomes == [("dev", "unchanged")]
    assert [finding["code"] for finding in done.results[0]["findings"]] == ["GA302"]
    repos.commit(world.config, {"notes.md": "theirs\n"}, message="Solved")
    assert world.deploy("1.0.2", "--auto-merge").outcomes == [("dev", "merged")]
    assert world.tag("dev") == "1.0.2"
