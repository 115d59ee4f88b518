"""The life of requests: opened, updated, merged, closed, turned away, shared with people."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing import repos
from gitops_actions.testing.world import OVERLAY, POLICY, World

BY_REQUEST = POLICY.replace("dev: {deliver: push}", "dev: {}")


def test_the_way_to_production(world: World) -> None:
    world.deploy("1.0.1")
    assert world.run("promote").outcomes == [("staging", "opened")]
    assert [request["branch"] for request in world.open_requests()] == ["gitops/staging/web"]
    world.deploy("1.0.2")
    done = world.run("promote")
    assert done.outcomes == [("staging", "updated")]
    assert done.results[0]["pull_request"]["number"] == 1
    assert world.run("promote").outcomes == [("staging", "unchanged")]
    merged = world.run("pr", "merge", "1").document["pull_requests"][0]
    assert merged["state"] == "merged"
    assert world.tag("staging") == "1.0.2"
    assert world.run("promote").outcomes == [("production", "opened")]
    assert [request["environment"] for request in world.open_requests()] == ["production"]
    message = world.git("log", "-1", "--format=%B", "gitops/production/web")
    assert message.startswith("Promote web 1.0.2 to production\n")
    assert "Gitops-From: staging" in message
    world.run("pr", "merge", "2")
    assert world.run("promote").results == []
    assert world.tag("production") == "1.0.2"


def test_a_request_whose_difference_vanished_is_closed_and_may_come_back(world: World) -> None:
    world.deploy("1.0.1")
    world.run("promote")
    path = "apps/web/overlays/staging/kustomization.yaml"
    repos.commit(world.config, {path: OVERLAY.replace("1.0.0", "1.0.1")}, message="By hand")
    done = world.run("promote")
    assert done.outcomes == [("staging", "closed"), ("production", "opened")]
    assert done.results[0]["pull_request"]["state"] == "closed"
    assert [request["environment"] for request in world.open_requests()] == ["production"]
    assert world.tip("gitops/staging/web") is None
    repos.commit(world.config, {path: OVERLAY}, message="Not so fast")
    done = world.run("promote")
    assert done.outcomes == [("staging", "opened"), ("production", "closed")], "no person turned it away"


def test_a_person_closes_it(world: World) -> None:
    world.deploy("1.0.1")
    world.run("promote")
    world.run("pr", "close", "1")
    for _ in range(2):
        assert world.run("promote").outcomes == [("staging", "skipped-closed")]
    assert world.open_requests() == []
    world.deploy("1.0.2")
    done = world.run("promote")
    assert done.outcomes == [("staging", "opened")]
    assert done.results[0]["pull_request"]["number"] == 2
    world.run("pr", "close", "2")
    assert world.run("promote", "--recreate-closed").outcomes == [("staging", "opened")]


def test_a_person_closes_a_deployment(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    world.run("pr", "close", "1")
    assert world.deploy("1.0.1").outcomes == [("dev", "skipped-closed")]
    assert world.deploy("1.0.2").outcomes == [("dev", "opened")]


def test_a_person_pushes_onto_the_branch(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    theirs = repos.commit(world.config, {"notes.md": "careful\n"}, message="A note", branch="gitops/dev/web")
    assert world.deploy("1.0.1").outcomes == [("dev", "unchanged")], "it still brings what it should"
    done = world.deploy("1.0.2", code=5)
    assert done.outcomes == [("dev", "conflict")]
    assert "Pat Person pushed onto gitops/dev/web" in done.results[0]["findings"][0]["message"]
    assert world.tip("gitops/dev/web") == theirs
    done = world.deploy("1.0.2", "--on-foreign", "append")
    assert done.outcomes == [("dev", "updated")]
    assert world.git("rev-parse", "gitops/dev/web^") == theirs
    assert world.tag("dev", "gitops/dev/web") == "1.0.2"
    assert world.text("notes.md", "gitops/dev/web") == "careful\n"
    assert world.deploy("1.0.3", code=5).outcomes == [("dev", "conflict")], "their work is below ours, and still theirs"


def test_an_amended_commit_is_a_persons(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    text = world.git("cat-file", "commit", "gitops/dev/web")
    amended = text.replace("committer gitops-actions <gitops-actions@noreply.invalid>", "committer Pat <p@example.com>")
    assert amended != text
    new = repos.git(world.config, "hash-object", "-w", "-t", "commit", "--stdin", data=amended.encode() + b"\n")
    world.git("update-ref", "refs/heads/gitops/dev/web", new)
    assert world.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]
    assert world.tip("gitops/dev/web") == new


def test_a_branch_left_behind_by_a_crash_gets_its_request(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    world.deploy("1.0.1")
    head = world.tip("gitops/dev/web")
    for ref in world.git("for-each-ref", "--format=%(refname)", "refs/pull", "refs/gitops").split():
        world.git("update-ref", "-d", ref)
    assert world.deploy("1.0.1").outcomes == [("dev", "opened")]
    assert world.tip("gitops/dev/web") == head


def test_another_commit_to_a_shared_file_is_kept(worlds: Callable[..., World]) -> None:
    policy = """\
version: 1
environments: {dev: {}}
apps:
  a: {image: x/a, edits: [{yaml: all.yaml, path: a.tag, value: "{tag}"}]}
  b: {image: x/b, edits: [{yaml: all.yaml, path: b.tag, value: "{tag}"}]}
"""
    world = worlds(content={"gitops.yaml": policy, "all.yaml": "a:\n  tag: '1'\nb:\n  tag: '1'\n"})
    world.run("deploy", "--image", "x/a:2")
    world.run("deploy", "--image", "x/b:2", "--deliver", "push")
    assert world.run("deploy", "--image", "x/a:2").outcomes == [("dev", "updated")], "made anew on the new tip"
    world.run("pr", "merge", "1")
    assert world.text("all.yaml") == "a:\n  tag: '2'\nb:\n  tag: '2'\n"


def test_auto_merge_goes_through_the_stages(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("staging: {after: dev}", "staging: {after: dev, auto-merge: true}"))
    world.deploy("1.0.1")
    done = world.run("promote")
    assert done.outcomes == [("staging", "merged"), ("production", "opened")]
    assert world.tag("staging") == "1.0.1"
    assert world.run("promote").outcomes == [("production", "unchanged")]


def test_all_environments_before_one_must_agree(worlds: Callable[..., World]) -> None:
    policy = POLICY.replace("staging: {after: dev}", "staging: {deliver: push}").replace(
        "production: {after: staging}", "production: {after: [dev, staging]}"
    )
    world = worlds(policy)
    world.deploy("1.0.1", "-e", "dev")
    done = world.run("promote")
    assert done.outcomes == [("production", "waiting")]
    assert "dev has 1.0.1, staging has 1.0.0" in done.results[0]["findings"][0]["message"]
    world.deploy("1.0.1")
    assert world.run("promote").outcomes == [("production", "opened")]


def test_a_skipped_environment_is_promoted_from_the_one_before(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("  web:\n", "  web:\n    environments: [dev, production]\n"))
    world.deploy("1.0.1")
    done = world.run("promote")
    assert done.outcomes == [("production", "opened")]
    assert "Gitops-From: dev" in world.git("log", "-1", "--format=%B", "gitops/production/web")


def test_filters_of_promote(world: World) -> None:
    world.deploy("1.0.1")
    world.deploy("2.0.1", app="api")
    assert world.run("promote", "--app", "api").results[0]["apps"] == ["api"]
    assert world.run("promote", "--to", "production").results == []
    assert world.run("promote", "--from", "dev", "--to", "staging", "--plan").outcomes == [
        ("staging", "planned"),
        ("staging", "unchanged"),
    ]
    assert "there is no environment 'prod'" in world.run("promote", "--to", "prod", code=2).errors
    assert world.run("promote", "--app", "wbe", code=2).errors.count("there is no app 'wbe'") == 1


def test_texts_and_people_of_a_request(worlds: Callable[..., World]) -> None:
    world = worlds(BY_REQUEST)
    texts = ("--title", "Ship it", "--body", "Please.", "--reviewer", "alice", "--draft")
    done = world.deploy("1.0.1", *texts, "--label", "a", "--label", "b")
    assert done.outcomes == [("dev", "opened")]
    shown = world.run("pr", "view", "1").document["pull_requests"][0]
    assert (shown["title"], shown["labels"], shown["draft"]) == ("Ship it", ["a", "b"], True)
    again = world.deploy("1.0.1", *texts, "--label", "a", "--label", "c")
    assert again.outcomes == [("dev", "updated")]
    assert world.open_requests()[0]["labels"] == ["a", "b", "c"]
