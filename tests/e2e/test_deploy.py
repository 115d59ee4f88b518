"""`deploy` by real processes on real git."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing import repos
from gitops_actions.testing.world import OVERLAY, POLICY, World


def test_a_commit_to_dev_changes_one_line_and_the_record(world: World) -> None:
    before = world.tip()
    done = world.deploy("1.0.1")
    (result,) = done.results
    assert result["outcome"] == "committed"
    assert result["changed"] is True
    assert result["commit"] == world.tip()
    path = "apps/web/overlays/dev/kustomization.yaml"
    change = {"app": "web", "file": path, "line": 5, "path": "images[0].newTag", "old": "1.0.0", "new": "1.0.1"}
    assert result["changes"] == [change]
    assert world.overlay("dev") == OVERLAY.replace("1.0.0", "1.0.1")
    stat = world.git("diff", "--numstat", str(before), "main").splitlines()
    assert stat == ["8\t0\t.gitops/releases/dev/web.yaml", f"1\t1\t{path}"]
    assert world.git("log", "-1", "--format=%s%n%an", "main").splitlines() == [
        "Deploy web 1.0.1 to dev",
        "gitops-actions",
    ]
    assert "Gitops-Image: ghcr.io/acme/web:1.0.1" in world.git("log", "-1", "--format=%b", "main")
    assert world.leftovers() == []


def test_the_same_again_is_unchanged(world: World) -> None:
    world.deploy("1.0.1", "--sequence", "7")
    tip = world.tip()
    for arguments in ((), ("--sequence", "7"), ("--sequence", "9")):
        done = world.deploy("1.0.1", *arguments)
        assert done.outcomes == [("dev", "unchanged")]
        assert done.results[0]["changed"] is False
    assert world.tip() == tip


def test_by_request_the_same(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("dev: {deliver: push}", "dev: {labels: [automatic]}"))
    before = world.tip()
    (result,) = world.deploy("1.0.1").results
    assert (result["outcome"], result["branch"]) == ("opened", "gitops/dev/web")
    assert result["pull_request"]["number"] == 1
    assert world.tip() == before
    assert world.overlay("dev", "gitops/dev/web") == OVERLAY.replace("1.0.0", "1.0.1")
    head = world.tip("gitops/dev/web")
    assert world.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    (request,) = world.open_requests()
    assert request["head_sha"] == head
    assert request["labels"] == ["automatic"]
    assert (request["environment"], request["apps"], request["versions"]) == ("dev", ["web"], {"web": "1.0.1"})
    assert world.deploy("1.0.2").outcomes == [("dev", "updated")]
    (request,) = world.open_requests()
    assert request["title"] == "Deploy web 1.0.2 to dev"
    assert world.git("rev-list", "--count", "main..gitops/dev/web") == "1"
    assert world.deploy("1.0.1").outcomes == [("dev", "superseded")]


def test_plan_shows_everything_and_writes_nothing(world: World) -> None:
    refs = world.git("for-each-ref")
    done = world.deploy("1.0.1", "--plan", "--exit-code", code=10)
    (result,) = done.results
    assert result["outcome"] == "planned"
    assert "-    newTag: '1.0.0'  # by gitops-actions\n+    newTag: '1.0.1'  # by gitops-actions\n" in result["diff"]
    assert world.git("for-each-ref") == refs
    world.deploy("1.0.1", "--exit-code", code=10)
    world.deploy("1.0.1", "--plan", "--exit-code")


def test_set_needs_no_policy(worlds: Callable[..., World]) -> None:
    world = worlds(content={"a/values.yaml": "image:\n  tag: 1.0  # now\nreplicas: 2\n"})
    done = world.run("deploy", "--set", "a/values.yaml:image.tag=1.10", "--set", "a/values.yaml:replicas=3")
    (result,) = done.results
    assert result["outcome"] == "opened"
    assert result["branch"].startswith("gitops/set/a-values-yaml-")
    assert world.text("a/values.yaml", result["branch"]) == 'image:\n  tag: "1.10"  # now\nreplicas: 3\n'
    assert ".gitops" not in world.git("ls-tree", "--name-only", result["branch"])
    again = world.run("deploy", "--set", "a/values.yaml:image.tag=1.10", "--set", "a/values.yaml:replicas=3")
    assert again.outcomes == [(None, "unchanged")]
    pushed = world.run("deploy", "--set", "a/values.yaml:replicas=4", "--deliver", "push", "--sequence", "8")
    assert pushed.outcomes == [(None, "committed")]
    old = world.run("deploy", "--set", "a/values.yaml:replicas=3", "--deliver", "push", "--sequence", "7")
    assert old.outcomes == [(None, "superseded")]
    assert world.text("a/values.yaml").endswith("replicas: 4\n")


def test_several_entry_environments_are_decided_before_one_is_written(worlds: Callable[..., World]) -> None:
    policy = """\
version: 1
environments: {one: {deliver: push}, two: {deliver: push}}
apps:
  web:
    image: ghcr.io/acme/web
    edits:
      - yaml: "{environment}.yaml"
        path: tag
        value: "{tag}"
      - yaml: "{environment}.yaml"
        path: revision
        value: "{revision}"
"""
    world = worlds(content={"gitops.yaml": policy, "one.yaml": "tag: a\nrevision: b\n", "two.yaml": "tag: a\n"})
    tip = world.tip()
    done = world.deploy("1.0.1", code=2)
    assert "give --revision SHA" in done.errors
    assert world.tip() == tip
    done = world.deploy("1.0.1", "--revision", "4" * 40, code=5)
    assert done.outcomes == [("one", "committed"), ("two", "conflict")]
    assert done.results[1]["findings"][0]["file"] == "two.yaml"


def test_environments_on_branches_of_their_own(worlds: Callable[..., World]) -> None:
    policy = """\
version: 1
environments:
  dev: {deliver: push, branch: env/dev}
  live: {after: dev, branch: env/live}
apps:
  web:
    image: ghcr.io/acme/web
    edits: [{yaml: values.yaml, path: image.tag, value: "{tag}"}]
"""
    world = worlds(content={"gitops.yaml": policy})
    for branch in ("env/dev", "env/live"):
        repos.commit(world.config, {"values.yaml": "image: {tag: '1'}\n"}, message="Start", branch=branch)
    main = world.tip()
    assert world.deploy("1.0.1").outcomes == [("dev", "committed")]
    done = world.run("promote")
    assert done.outcomes == [("live", "opened")]
    assert done.results[0]["base"] == "env/live"
    world.run("pr", "merge", "1")
    assert world.text("values.yaml", "env/live") == "image: {tag: '1.0.1'}\n"
    assert world.text(".gitops/releases/live/web.yaml", "env/live")
    assert world.tip() == main
    assert [cell["version"] for cell in world.run("status").document["cells"]] == ["1.0.1", "1.0.1"]


def test_records_can_be_off(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("version: 1\n", "version: 1\nrecords: false\n"))
    world.deploy("abc", "--sequence", "8")
    assert ".gitops" not in world.git("ls-tree", "--name-only", "main")
    assert world.deploy("abd", "--sequence", "7").outcomes == [("dev", "superseded")]
    assert world.run("promote").outcomes == [("staging", "opened")]
    world.run("pr", "merge", "1")
    assert world.run("promote").outcomes == [("production", "opened")]
    entries = world.run("history", "--app", "web", "-e", "dev").document["entries"]
    assert [(entry["version"], entry["kind"]) for entry in entries] == [("abc", "deploy")]


def test_a_group_shares_one_request(worlds: Callable[..., World]) -> None:
    policy = POLICY.replace("staging: {after: dev}", "staging: {after: dev, group: environment}")
    world = worlds(policy.replace("dev: {deliver: push}", "dev: {group: environment}"))
    assert world.deploy("1.0.1").results[0]["branch"] == "gitops/dev/_all"
    assert world.deploy("2.0.1", app="api").outcomes == [("dev", "updated")]
    assert world.tag("dev", "gitops/dev/_all") == "1.0.1", "the other app's release stays in the request"
    assert '"2.0.1"' in world.text("charts/api/values-dev.yaml", "gitops/dev/_all")
    (request,) = world.open_requests()
    assert request["versions"] == {"web": "1.0.1", "api": "2.0.1"}
    assert world.deploy("1.0.1").outcomes == [("dev", "unchanged")]
    world.run("pr", "merge", "1")
    assert world.run("promote").outcomes == [("staging", "opened")]
    (request,) = world.open_requests()
    assert sorted(request["apps"]) == ["api", "web"]
    assert world.run("promote").outcomes == [("staging", "unchanged")]


def test_a_requests_branch_cannot_be_one_that_releases_are_on(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("dev: {deliver: push}", "dev: {}"))
    refs = world.git("for-each-ref")
    for arguments in (("--image", "ghcr.io/acme/web:1.0.1"), ("--set", "charts/api/values-dev.yaml:replicas=3")):
        done = world.run("deploy", *arguments, "--branch", "main", code=2)
        assert "GA031" in done.errors
    assert world.git("for-each-ref") == refs


def test_another_requests_branch_is_not_taken(worlds: Callable[..., World]) -> None:
    world = worlds(POLICY.replace("dev: {deliver: push}", "dev: {}"))
    world.deploy("1.0.1")
    done = world.deploy("2.0.1", "-e", "staging", "--branch", "gitops/dev/web", app="api", code=5)
    assert "is the branch of another request (Deploy web 1.0.1 to dev)" in done.results[0]["findings"][0]["message"]


def test_the_same_place_twice_is_refused(world: World) -> None:
    done = world.run("deploy", "--set", "charts/api/values-dev.yaml:replicas=3",
                     "--set", "charts/api/values-dev.yaml:replicas=4", code=2)  # fmt: skip
    assert "GA054" in done.errors
