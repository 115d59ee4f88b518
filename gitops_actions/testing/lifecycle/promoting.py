"""From environment to environment."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing import repos
from gitops_actions.testing.lifecycle.scene import Scene, Scenes
from gitops_actions.testing.world import POLICY

STAGING = "gitops/staging/web"
PRODUCTION = "gitops/production/web"


class Promoting(Scenes):
    """What is due is opened, what no longer is due is closed, whatever ran before."""

    def test_the_way_to_production(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        assert scene.promote().outcomes == [("staging", "opened")]
        first = scene.request()
        assert first.branch == STAGING
        scene.deploy("1.0.2")
        done = scene.promote()
        assert done.outcomes == [("staging", "updated")]
        assert done.results[0]["pull_request"]["number"] == scene.request().number == first.number
        assert scene.promote().outcomes == [("staging", "unchanged")]
        scene.merge(STAGING)
        assert scene.tag("staging") == "1.0.2"
        assert scene.promote().outcomes == [("production", "opened")]
        assert scene.waiting() == [PRODUCTION]
        message = scene.git("log", "-1", "--format=%B", PRODUCTION)
        assert message.startswith("Promote web 1.0.2 to production\n")
        assert "Gitops-From: staging" in message
        scene.merge(PRODUCTION)
        assert scene.promote().results == []
        assert scene.tag("production") == "1.0.2"
        assert scene.branches() == {"main"}

    def test_a_promotion_that_is_no_longer_due_is_closed(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.promote("--to", "staging")
        scene.merge(STAGING)
        scene.deploy("1.0.2")
        scene.promote("--to", "staging")
        scene.deploy("1.0.0", "--allow-downgrade")
        assert scene.promote("--to", "staging").outcomes == [("staging", "closed")]
        assert scene.requests() == []

    def test_all_environments_before_one_must_agree(self, scenes: Callable[..., Scene]) -> None:
        policy = POLICY.replace("staging: {after: dev}", "staging: {deliver: push}")
        scene = scenes(policy.replace("production: {after: staging}", "production: {after: [dev, staging]}"))
        scene.deploy("1.0.1", "-e", "dev")
        done = scene.promote()
        assert done.outcomes == [("production", "waiting")]
        assert "dev has 1.0.1, staging has 1.0.0" in done.results[0]["findings"][0]["message"]
        scene.deploy("1.0.1")
        assert scene.promote().outcomes == [("production", "opened")]

    def test_a_skipped_environment_is_promoted_from_the_one_before(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(POLICY.replace("  web:\n", "  web:\n    environments: [dev, production]\n"))
        scene.deploy("1.0.1")
        assert scene.promote().outcomes == [("production", "opened")]
        assert "Gitops-From: dev" in scene.git("log", "-1", "--format=%B", PRODUCTION)

    def test_filters(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.deploy("2.0.1", app="api")
        assert scene.promote("--app", "api").results[0]["apps"] == ["api"]
        assert scene.promote("--to", "production").results == []
        assert scene.promote("--from", "dev", "--to", "staging", "--plan").outcomes == [
            ("staging", "planned"),
            ("staging", "unchanged"),
        ]
        assert "there is no environment 'prod'" in scene.promote("--to", "prod", code=2).errors
        assert scene.promote("--app", "wbe", code=2).errors.count("there is no app 'wbe'") == 1

    def test_one_bad_environment_does_not_stop_the_others(self, scenes: Callable[..., Scene]) -> None:
        policy = POLICY.replace("production: {after: staging}", "production: {after: staging, branch: env/nowhere}")
        scene = scenes(policy)
        scene.deploy("1.0.1")
        done = scene.promote(code=2)
        assert done.outcomes == [("staging", "opened"), ("production", "refused")]
        assert "env/nowhere" in done.results[1]["findings"][0]["message"]

    def test_apps_are_found_where_each_environment_lives(self, scenes: Callable[..., Scene]) -> None:
        policy = """\
version: 1
environments:
  dev: {deliver: push, branch: env/dev}
  live: {after: dev, branch: env/live}
apps:
  "*": {image: "x/{app}", edits: [{yaml: "s/{app}/{environment}/v.yaml", path: tag, value: "{tag}"}]}
"""
        scene = scenes(content={"gitops.yaml": policy})
        for name in ("dev", "live"):
            repos.commit(scene.config, {f"s/a/{name}/v.yaml": "tag: '1'\n"}, message="Start", branch=f"env/{name}")
        assert scene.run("deploy", "--app", "a", "--image", "x/a:2").outcomes == [("dev", "committed")]
        assert scene.promote().outcomes == [("live", "opened")]
        cells = scene.run("status").document["cells"]
        assert [(cell["environment"], cell["version"]) for cell in cells] == [("dev", "2"), ("live", "1")]

    def test_an_unreadable_record_is_not_promoted(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.push({".gitops/releases/dev/web.yaml": "app: [\n"}, "Oops")
        done = scene.promote()
        assert done.outcomes == [("staging", "waiting")]
        assert done.results[0]["findings"][0]["code"] == "GA320"
        assert scene.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]

    def test_deploying_what_was_promoted_changes_nothing(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.promote()
        there = scene.everything()
        assert scene.deploy("1.0.1", "-e", "staging").outcomes == [("staging", "unchanged")]
        assert scene.promote().outcomes == [("staging", "unchanged")]
        assert scene.everything() == there
