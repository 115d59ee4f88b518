"""What the commands that look say, and the agent's word on a commit."""

from __future__ import annotations

from collections.abc import Callable

from gitops_actions.testing.lifecycle.scene import BY_REQUEST, Scene, Scenes

RECORD = ".gitops/releases/dev/web.yaml"
STAGING = ".gitops/releases/staging/web.yaml"


class Looking(Scenes):
    """`pr list` and `view`, `status`, `history`, `agent`."""

    def test_requests_are_listed_and_shown(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1", "--label", "a")
        scene.deploy("2.0.1", app="api")
        scene.push({"docs.md": "x\n"}, branch="aside")
        web, api = scene.requests()

        def listed(*arguments: str) -> list[int]:
            return [row["number"] for row in scene.run("pr", "list", *arguments).document["pull_requests"]]

        assert listed() == [api.number, web.number]
        assert listed("--app", "web") == listed("--state", "open", "-e", "dev", "--app", "web") == [web.number]
        scene.ground.close(api.number)
        scene.merge(web.branch)
        assert listed() == []
        for state, numbers in (("closed", [api.number]), ("merged", [web.number]), ("all", [api.number, web.number])):
            assert listed("--state", state) == numbers
        (row,) = scene.run("pr", "view", str(web.number)).document["pull_requests"]
        seen = next(one for one in scene.requests("all") if one.number == web.number)
        assert (row["title"], row["branch"], row["base"], row["head_sha"]) == (
            seen.title,
            seen.branch,
            seen.base,
            seen.head,
        )
        assert (row["environment"], row["apps"], row["versions"]) == ("dev", ["web"], {"web": "1.0.1"})
        assert (row["state"], row["draft"], row["auto_merge"]) == ("merged", False, False)
        if scene.can("labels"):
            assert row["labels"] == ["a"]
        for verb in ("view", "merge", "close"):
            scene.run("pr", verb, "99", code=2)
        scene.run("pr", "merge", str(api.number), code=2)
        scene.run("pr", "close", str(web.number), code=2)

    def test_status_and_history(self, scene: Scene) -> None:
        scene.deploy("1.0.1", "--revision", "4" * 40, "--sequence", "7")
        scene.promote()
        scene.merge("gitops/staging/web")
        scene.deploy("1.0.2")
        scene.promote()
        cells = {(one["app"], one["environment"]): one for one in scene.run("status").document["cells"]}
        assert {where: cell["version"] for where, cell in cells.items() if where[0] == "web"} == {
            ("web", "dev"): "1.0.2",
            ("web", "staging"): "1.0.1",
            ("web", "production"): "1.0.0",
        }
        waits = {one.branch.split("/")[1]: one.number for one in scene.requests()}
        for environment in ("staging", "production"):
            assert cells["web", environment]["pull_request"]["number"] == waits[environment]
        assert cells["web", "dev"]["pull_request"] is None
        assert cells["web", "staging"]["revision"] == "4" * 40
        assert cells["web", "dev"]["since"]
        told = {}
        for environment in ("dev", "staging", "production"):
            entries = scene.run("history", "--app", "web", "-e", environment).document["entries"]
            told[environment] = [(one["version"], one["previous"], one["kind"], one["from"]) for one in entries]
        assert told == {
            "dev": [("1.0.2", "1.0.1", "deploy", None), ("1.0.1", None, "deploy", None)],
            "staging": [("1.0.1", None, "promote", "dev")],
            "production": [],
        }
        (entry,) = [one for one in scene.run("history").document["entries"] if one["environment"] == "staging"]
        assert entry["pull_request"] == scene.request("merged").number
        assert entry["commit"] == scene.git("log", "-1", "--first-parent", "--format=%H", "main", "--", STAGING)

    def test_records_that_only_yaml_or_nobody_can_read(self, scene: Scene) -> None:
        head = 'app: "web"\nenvironment: "dev"\n'
        text = "# Written by gitops-actions with every release of this app in this environment.\n" + head
        for record, version in ((text + 'version: "1.0\\.1"\n', "1.0.0"), (text + 'version: "\\x41"\n', "A")):
            scene.push({RECORD: record}, "Odd")
            assert scene.run("status").document["cells"][0]["version"] == version
        scene.push({RECORD: head + "version: x\nsource: {sequence: " + "9" * 5000 + "}\n"}, "Huge")
        scene.run("status")

    def test_an_agent_reports_what_it_has_applied(self, scene: Scene) -> None:
        scene.needs("statuses")
        content = {
            f"apps/web/overlays/dev/{name}.yaml": f"kind: ConfigMap\nmetadata: {{name: {name}}}\n" for name in "ab"
        }
        scene.push({**content, "charts/api/values-dev.yaml": None, "charts/api/x.yaml": content.popitem()[1]})
        target = scene.root / "target"
        where = ("agent", "run", "-e", "dev", "--target", str(target), "--once", "--render", "none")
        scene.run(*where)
        assert scene.ground.statuses(str(scene.tip())) == {"gitops/dev": "success"}
        assert (target / "current" / "web" / "a.yaml").exists()
