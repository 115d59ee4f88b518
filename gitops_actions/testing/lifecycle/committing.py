"""Releases that are committed straight to the base."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing import repos
from gitops_actions.testing.lifecycle.scene import BY_REQUEST, OVERLAY_OF, Scene, Scenes
from gitops_actions.testing.world import OVERLAY, POLICY

WEB = OVERLAY_OF.format("dev")


class Committing(Scenes):
    """`deliver: push`, `--deliver push`, and what decides before anything is written."""

    def test_a_commit_to_dev_changes_one_line_and_the_record(self, scene: Scene) -> None:
        before = scene.tip()
        (result,) = scene.deploy("1.0.1").results
        assert (result["outcome"], result["changed"], result["commit"]) == ("committed", True, scene.tip())
        change = {"app": "web", "file": WEB, "line": 5, "path": "images[0].newTag", "old": "1.0.0", "new": "1.0.1"}
        assert result["changes"] == [change]
        assert scene.overlay("dev") == OVERLAY.replace("1.0.0", "1.0.1")
        stat = scene.git("diff", "--numstat", str(before), "main").splitlines()
        assert stat == ["8\t0\t.gitops/releases/dev/web.yaml", f"1\t1\t{WEB}"]
        assert scene.git("rev-parse", "main^") == before
        message = scene.git("log", "-1", "--format=%B", "main")
        assert message.startswith("Deploy web 1.0.1 to dev\n\n")
        assert "Gitops-Image: ghcr.io/acme/web:1.0.1" in message
        assert scene.requests("all") == []

    def test_the_same_again_is_unchanged(self, scene: Scene) -> None:
        scene.deploy("1.0.1", "--sequence", "7")
        there = scene.everything()
        for arguments in ((), ("--sequence", "7"), ("--sequence", "9")):
            done = scene.deploy("1.0.1", *arguments)
            assert done.outcomes == [("dev", "unchanged")]
            assert done.results[0]["changed"] is False
        assert scene.everything() == there

    def test_a_plan_shows_everything_and_writes_nothing(self, scene: Scene) -> None:
        there = scene.everything()
        (result,) = scene.deploy("1.0.1", "--plan", "--exit-code", code=10).results
        assert result["outcome"] == "planned"
        assert (
            "-    newTag: '1.0.0'  # by gitops-actions\n+    newTag: '1.0.1'  # by gitops-actions\n" in result["diff"]
        )
        assert scene.everything() == there
        scene.deploy("1.0.1", "--exit-code", code=10)
        scene.deploy("1.0.1", "--plan", "--exit-code")
        there = scene.everything()
        assert scene.promote("--plan", "--exit-code", code=10).outcomes == [("staging", "planned")]
        assert scene.everything() == there

    def test_values_are_set_without_a_policy(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(content={"a/values.yaml": "image:\n  tag: 1.0  # now\nreplicas: 2\n"})
        given = ("deploy", "--set", "a/values.yaml:image.tag=1.10", "--set", "a/values.yaml:replicas=3")
        (result,) = scene.run(*given).results
        assert result["outcome"] == "opened"
        assert result["branch"].startswith("gitops/set/a-values-yaml-")
        assert scene.text("a/values.yaml", result["branch"]) == 'image:\n  tag: "1.10"  # now\nreplicas: 3\n'
        assert ".gitops" not in scene.git("ls-tree", "--name-only", result["branch"])
        assert scene.request().branch == result["branch"]
        assert scene.run(*given).outcomes == [(None, "unchanged")]
        pushed = scene.run("deploy", "--set", "a/values.yaml:replicas=4", "--deliver", "push", "--sequence", "8")
        assert pushed.outcomes == [(None, "committed")]
        old = scene.run("deploy", "--set", "a/values.yaml:replicas=3", "--deliver", "push", "--sequence", "7")
        assert old.outcomes == [(None, "superseded")]
        assert scene.text("a/values.yaml").endswith("replicas: 4\n")
        twice = ("--set", "a/values.yaml:replicas=5", "--set", "a/values.yaml:replicas=6")
        assert "GA054" in scene.run("deploy", *twice, code=2).errors

    def test_several_entry_environments_are_decided_before_one_is_written(self, scenes: Callable[..., Scene]) -> None:
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
        scene = scenes(content={"gitops.yaml": policy, "one.yaml": "tag: a\nrevision: b\n", "two.yaml": "tag: a\n"})
        tip = scene.tip()
        done = scene.deploy("1.0.1", code=2)
        assert "give --revision SHA" in done.errors
        assert scene.tip() == tip
        done = scene.deploy("1.0.1", "--revision", "4" * 40, code=5)
        assert done.outcomes == [("one", "committed"), ("two", "conflict")]
        assert done.results[1]["findings"][0]["file"] == "two.yaml"

    def test_whatever_else_is_in_a_file_stays(self, scenes: Callable[..., Scene]) -> None:
        policy = """\
version: 1
environments: {dev: {deliver: push}, qa: {}}
apps:
  web: {image: x/web, edits: [{yaml: "{environment}/caf\u00e9 #1.yaml", path: tag, value: "{tag}"}]}
"""
        odd = "\ufeff# caf\u00e9 \U0001f680\r\ntag:   '1'\t# now\r\nlast: line".encode()
        paths = [f"{environment}/caf\u00e9 #1.yaml" for environment in ("dev", "qa")]
        scene = scenes(content={"gitops.yaml": policy})
        repos.commit(scene.config, dict.fromkeys(paths, odd), message="Odd", modes=dict.fromkeys(paths, "100755"))
        assert scene.run("deploy", "--image", "x/web:2").outcomes == [("dev", "committed"), ("qa", "opened")]
        for branch, path in zip(("main", "gitops/qa/web"), paths, strict=True):
            assert repos.show(scene.config, branch, path) == odd.replace(b"'1'", b"'2'")
            assert scene.git("ls-tree", branch, path).startswith("100755 ")

    def test_a_link_is_not_written_through(self, scene: Scene) -> None:
        repos.commit(scene.config, {WEB: "../base.yaml"}, message="Link", modes={WEB: "120000"})
        there = scene.everything()
        done = scene.deploy("1.0.1", code=5)
        assert done.outcomes == [("dev", "conflict")]
        assert "symbolic link" in done.results[0]["findings"][0]["message"]
        assert scene.everything() == there

    def test_environments_on_branches_of_their_own(self, scenes: Callable[..., Scene]) -> None:
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
        scene = scenes(content={"gitops.yaml": policy})
        for branch in ("env/dev", "env/live"):
            repos.commit(scene.config, {"values.yaml": "image: {tag: '1'}\n"}, message="Start", branch=branch)
        main = scene.tip()
        assert scene.deploy("1.0.1").outcomes == [("dev", "committed")]
        done = scene.promote()
        assert (done.outcomes, done.results[0]["base"]) == ([("live", "opened")], "env/live")
        assert scene.request().base == "env/live"
        assert scene.promote().outcomes == [("live", "unchanged")]
        scene.merge("gitops/live/web")
        assert scene.text("values.yaml", "env/live") == "image: {tag: '1.0.1'}\n"
        assert scene.text(".gitops/releases/live/web.yaml", "env/live")
        assert scene.tip() == main
        assert [cell["version"] for cell in scene.run("status").document["cells"]] == ["1.0.1", "1.0.1"]

    def test_an_environment_in_another_repository_is_told_to_be_out_of_reach(
        self, scenes: Callable[..., Scene]
    ) -> None:
        scene = scenes(POLICY.replace("deliver: push", "repository: acme/other"))
        there = scene.everything()
        assert "GA042" in scene.deploy("1.0.1", code=2).errors
        assert scene.everything() == there

    def test_records_can_be_off(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(POLICY.replace("version: 1\n", "version: 1\nrecords: false\n"))
        scene.deploy("abc", "--sequence", "8")
        assert ".gitops" not in scene.git("ls-tree", "--name-only", "main")
        assert scene.deploy("abd", "--sequence", "7").outcomes == [("dev", "superseded")]
        assert scene.promote().outcomes == [("staging", "opened")]
        scene.merge("gitops/staging/web")
        assert scene.promote().outcomes == [("production", "opened")]
        entries = scene.run("history", "--app", "web", "-e", "dev").document["entries"]
        assert [(entry["version"], entry["kind"]) for entry in entries] == [("abc", "deploy")]

    def test_a_commit_closes_the_request_that_waited(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        done = scene.deploy("1.0.2", "--deliver", "push")
        assert done.outcomes == [("dev", "committed")]
        assert scene.request("closed").branch == "gitops/dev/web"
        assert scene.branches() == {"main"}
        assert scene.tag("dev") == "1.0.2"

    def test_a_commit_leaves_a_request_alone_that_people_work_on(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        theirs = scene.push({"notes.md": "x\n"}, branch="gitops/dev/web")
        done = scene.deploy("1.0.2", "--deliver", "push")
        assert done.outcomes == [("dev", "committed")]
        assert [finding["code"] for finding in done.results[0]["findings"]] == ["GA304"]
        assert scene.request().head == scene.tip("gitops/dev/web") == theirs

    def test_a_base_that_nobody_may_push_to(self, scene: Scene) -> None:
        scene.ground.protect("main")
        tip = scene.tip()
        done = scene.deploy("1.0.1", code=4)
        assert done.outcomes == [("dev", "refused")]
        (finding,) = done.results[0]["findings"]
        assert " to main: " in finding["message"], "and then the words of the forge"
        assert scene.tip() == tip
        assert scene.deploy("1.0.1", "--deliver", "pull-request").outcomes == [("dev", "opened")]
