"""What people do to requests: they close them, push onto them, reword them, and are asked to look at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest

from gitops_actions.model import MergeMethod
from gitops_actions.testing import repos
from gitops_actions.testing.lifecycle.ground import Reopens
from gitops_actions.testing.lifecycle.scene import BY_REQUEST, Scene, Scenes

BRANCH = "gitops/dev/web"


class People(Scenes):
    """Nobody's decision, work or words get lost."""

    def test_a_person_closes_a_promotion(self, scene: Scene) -> None:
        scene.deploy("1.0.1")
        scene.promote()
        scene.close("gitops/staging/web")
        for _ in range(2):
            assert scene.promote().outcomes == [("staging", "skipped-closed")]
        assert scene.requests() == []
        scene.deploy("1.0.2")
        done = scene.promote()
        assert done.outcomes == [("staging", "opened")]
        assert done.results[0]["pull_request"]["number"] == scene.request().number > scene.request("closed").number
        scene.close("gitops/staging/web")
        assert scene.promote("--recreate-closed").outcomes == [("staging", "opened")]

    def test_a_person_closes_a_deployment(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.close(BRANCH)
        assert scene.deploy("1.0.1").outcomes == [("dev", "skipped-closed")]
        assert scene.deploy("1.0.2").outcomes == [("dev", "opened")]

    def test_a_command_closes_a_deployment(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.run("pr", "close", str(scene.request().number), "--comment", "not today")
        closed = scene.request("closed")
        if scene.can("comments"):
            assert any("not today" in comment for comment in closed.comments)
        assert scene.deploy("1.0.1").outcomes == [("dev", "skipped-closed")]

    def test_a_person_changes_their_mind(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        ground = scene.ground
        if not isinstance(ground, Reopens):
            pytest.skip("what is closed stays closed here")
        scene.deploy("1.0.1")
        number = scene.request().number
        ground.close(number)
        ground.reopen(number)
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert scene.deploy("1.0.2").outcomes == [("dev", "updated")]
        assert scene.request("all").number == number

    def test_a_person_pushes_onto_the_branch(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        theirs = scene.push({"notes.md": "careful\n"}, branch=BRANCH)
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")], "it still brings what it should"
        done = scene.deploy("1.0.2", code=5)
        assert done.outcomes == [("dev", "conflict")]
        assert "Pat Person pushed onto gitops/dev/web" in done.results[0]["findings"][0]["message"]
        assert scene.tip(BRANCH) == theirs
        done = scene.deploy("1.0.2", "--on-foreign", "append")
        assert done.outcomes == [("dev", "updated")]
        assert scene.git("rev-parse", f"{BRANCH}^") == theirs
        assert scene.tag("dev", BRANCH) == "1.0.2"
        assert scene.text("notes.md", BRANCH) == "careful\n"
        done = scene.deploy("1.0.3", code=5)
        assert done.outcomes == [("dev", "conflict")], "their work is below ours, and still theirs"

    @pytest.mark.parametrize("method", get_args(MergeMethod))
    def test_what_a_person_pushed_is_merged_with_ours(self, scenes: Callable[..., Scene], method: MergeMethod) -> None:
        """Whether or not the forge lets the branch stay: their work has arrived, and is no longer in the way."""
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        scene.push({"notes.md": "careful\n"}, branch=BRANCH)
        scene.merge_by_hand(BRANCH, method)
        assert scene.text("notes.md") == "careful\n"
        assert scene.deploy("1.0.2").outcomes == [("dev", "opened")]
        assert scene.git("rev-parse", f"{BRANCH}^") == scene.tip()

    def test_a_person_pushes_meanwhile(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        theirs = scene.aside({"notes.md": "careful\n"}, BRANCH)
        scene.ground.overtake(BRANCH, theirs)
        assert scene.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]
        assert scene.tip(BRANCH) == scene.request().head == theirs

    def test_an_amended_commit_is_a_persons(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        people = "%an <%ae> %ad"
        author = scene.git("log", "-1", f"--format=author {people}", "--date=raw", BRANCH)
        lines = [
            f"tree {scene.git('rev-parse', f'{BRANCH}^{{tree}}')}",
            f"parent {scene.git('rev-parse', f'{BRANCH}^')}",
            author,
            "committer Pat <pat@example.com> 1760000000 +0000",
            "",
            scene.git("log", "-1", "--format=%B", BRANCH),
        ]
        text = "\n".join(lines).encode()
        new = repos.git(scene.config, "hash-object", "-w", "-t", "commit", "--stdin", data=text)
        scene.git("update-ref", f"refs/heads/{BRANCH}", new)
        assert scene.deploy("1.0.2", code=5).outcomes == [("dev", "conflict")]
        assert scene.tip(BRANCH) == new

    def test_texts_and_people_of_a_request(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        texts = ("--title", "Ship it", "--body", "Please.", "--reviewer", "alice", "--assignee", "bob", "--draft")
        assert scene.deploy("1.0.1", *texts, "--label", "a", "--label", "b").outcomes == [("dev", "opened")]
        request = scene.request()
        assert (request.title, request.body.strip()) == ("Ship it", "Please.")
        wanted = {"draft": True, "labels": {"a", "b"}, "reviewers": {"alice"}, "assignees": {"bob"}}
        for name, value in wanted.items():
            if name in scene.ground.capabilities:
                assert getattr(request, name) == value
        there = scene.everything()
        assert scene.deploy("1.0.1", *texts, "--label", "b").outcomes == [("dev", "unchanged")]
        assert scene.everything() == there
        again = scene.deploy("1.0.1", *texts, "--label", "a", "--label", "c")
        if scene.can("labels"):
            assert again.outcomes == [("dev", "updated")]
            assert scene.request().labels == {"a", "b", "c"}
        assert scene.deploy("1.0.1", "--title", "Ship it", "--body", "Look closely.").outcomes == [("dev", "updated")]
        assert scene.deploy("1.0.1", "--title", "Ship it", "--body", "Look closely.").outcomes == [("dev", "unchanged")]

    def test_people_are_added_with_the_next_release(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1", "--reviewer", "alice")
        scene.deploy("1.0.2", "--reviewer", "bob", "--assignee", "carl", "--label", "a  b")
        request = scene.request()
        for name, value in (("reviewers", {"alice", "bob"}), ("assignees", {"carl"}), ("labels", {"a b"})):
            if name in scene.ground.capabilities:
                assert getattr(request, name) == value
        assert scene.deploy("1.0.2", "--label", "a  b").outcomes == [("dev", "unchanged")]

    def test_teams_review_or_it_is_said_that_they_cannot(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST.replace("dev: {}", "dev: {team-reviewers: [sre], reviewers: [alice]}"))
        (result,) = scene.deploy("1.0.1").results
        codes = [finding["code"] for finding in result["findings"]]
        assert codes == ([] if scene.can("team-reviewers") else ["GA315"])
        assert scene.request().teams == (frozenset({"sre"}) if scene.can("team-reviewers") else frozenset())
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]

    @pytest.mark.parametrize("title", ["Draft: ship it", "[Draft] ship it", "WIP ship it, fixes #1 @alice"])
    def test_a_title_with_a_meaning_elsewhere(self, scenes: Callable[..., Scene], title: str) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1", "--title", title)
        there = scene.everything()
        assert scene.deploy("1.0.1", "--title", title).outcomes == [("dev", "unchanged")]
        assert scene.everything() == there
        assert "ship it" in scene.request().title
        if title.startswith("WIP"):  # the others may make a draft, where people write it like that
            assert not scene.request().draft

    def test_a_person_rewords_a_request(self, scenes: Callable[..., Scene]) -> None:
        scene = scenes(BY_REQUEST)
        scene.deploy("1.0.1")
        number = scene.request().number
        scene.ground.edit(number, body="I have looked at it.", labels=["looked-at"])
        assert scene.deploy("1.0.1").outcomes == [("dev", "unchanged")]
        assert scene.request().body.strip() == "I have looked at it."
        scene.ground.edit(number, title="Something else")
        assert scene.deploy("1.0.1").outcomes == [("dev", "updated")]
        assert scene.deploy("1.0.2").outcomes == [("dev", "updated")]
        request = scene.request()
        assert request.title == "Deploy web 1.0.2 to dev"
        if scene.can("labels"):
            assert request.labels == {"looked-at"}
