"""The part of the suite in `gitops_actions.testing.forge` that is about source repositories."""

from __future__ import annotations

import pytest

from gitops_actions.core.changelog import changelog
from gitops_actions.protocols import Ancestry
from gitops_actions.testing.forge_ground import Ground
from gitops_actions.testing.repos import EPOCH, Step

SOURCE = "acme/web"
NOBODY = "0" * 39 + "1"
# Two branches that part at the second commit and come together in the last.
FORKED = (
    Step("one\n"), Step("two\n"), Step("three\n"), Step("side\n", (1,), "side"), Step("Merge side\n", (2, 3)),
)  # fmt: skip
HOSTILE = (
    'Say "hello" & <b>$(id)</b> `id` \\n %0A ::error::\r\n\r\nbody: {{ x }} ${{ y }}\n\n  indented\t|\n'
    "Gitops-App: evil\nCloses #1 @everyone \u202e\u200b\x1b[2J日本 -- \x7f"
)


class SourceContract:
    """The promises of `protocols.Forge` about two commits of a source repository."""

    @pytest.fixture
    def ground(self) -> Ground:
        raise pytest.UsageError("a subclass of ForgeContract defines the fixture `ground`")

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            (0, 4, "descendant"), (3, 4, "descendant"), (4, 0, "ancestor"), (2, 1, "ancestor"), (2, 2, "same"),
            (2, 3, "diverged"), (3, 2, "diverged"),
        ],
    )  # fmt: skip
    def test_two_commits_of_a_source_are_compared(self, ground: Ground, old: int, new: int, expected: Ancestry) -> None:
        ids = ground.source(SOURCE, FORKED)
        assert ground.forge().compare(SOURCE, ids[old], ids[new]) == expected

    @pytest.mark.parametrize(
        ("old", "new", "between"),
        [(0, 4, {1, 2, 3, 4}), (1, 2, {2}), (2, 3, {3}), (4, 1, set()), (1, 1, set()), (3, 4, {2, 4})],
    )
    def test_the_commits_that_the_one_has_and_the_other_lacks(
        self, ground: Ground, old: int, new: int, between: set[int]
    ) -> None:
        ids = ground.source(SOURCE, FORKED)
        found = ground.forge().changes(SOURCE, ids[old], ids[new], limit=10)
        assert found is not None
        assert {ids.index(commit.id) for commit in found.commits} == between
        assert found.total == len(between)
        if between:
            assert found.commits[0].id == ids[new]
        for commit in found.commits:
            step = FORKED[number := ids.index(commit.id)]
            parents = (number - 1,) if step.parents is None and number else step.parents or ()
            assert commit.parents == tuple(ids[parent] for parent in parents)
            assert commit.message.rstrip("\n") == step.message.rstrip("\n")
            assert commit.author.time == EPOCH + 60 * number

    @pytest.mark.parametrize("message", [HOSTILE, "", "\n\nsecond\n", "x" * 70_000, "quote\"'`\n\nend"], ids=repr)
    def test_messages_are_as_they_were_written(self, ground: Ground, message: str) -> None:
        who = 'Zoë "Z" <-- O\'Neil; $(id)'.replace("<", "")
        old, new = ground.source(SOURCE, [Step("start"), Step(message, name=who, mail="zoe+x@example.com")])
        found = ground.forge().changes(SOURCE, old, new, limit=10)
        assert found is not None
        (commit,) = found.commits
        assert commit.message.rstrip("\n") == message.rstrip("\n")
        assert (commit.author.name, commit.author.mail) == (who, "zoe+x@example.com")

    @pytest.mark.parametrize(("between", "limit"), [(49, 50), (51, 50), (101, 50), (120, 7), (260, 50)])
    def test_of_many_commits_the_newest_are_told_and_all_are_counted(
        self, ground: Ground, between: int, limit: int
    ) -> None:
        ids = ground.source(SOURCE, [Step(f"number {number}") for number in range(between + 1)])
        forge = ground.forge()
        found = forge.changes(SOURCE, ids[0], ids[-1], limit=limit)
        assert found is not None
        assert [commit.id for commit in found.commits] == ids[: -limit - 1 : -1][:between]
        assert found.total == between
        assert forge.compare(SOURCE, ids[0], ids[-1]) == "descendant"
        log = changelog(found, limit)
        assert log is not None
        assert (len(log.entries), log.left_out) == (min(limit, between), max(0, between - limit))

    def test_a_changelog_tells_the_requests_that_were_merged(self, ground: Ground) -> None:
        steps = [
            Step("start"),
            Step("work on a basket", (0,), "basket"),
            Step("Merge pull request #12 from acme/basket\n\nAdd a basket", (0, 1)),
            Step("Mend the till (#13)"),
            Step("work on a lamp", (3,), "lamp"),
            Step("Merge branch 'lamp' into 'main'\n\nLight a lamp\n\nSee merge request acme/web!14", (3, 4)),
        ]
        ids = ground.source(SOURCE, steps)
        log = changelog(ground.forge().changes(SOURCE, ids[0], ids[-1], limit=50))
        assert log is not None
        told = [(entry.subject, entry.request) for entry in log.entries]
        assert told == [("Light a lamp", 14), ("Mend the till", 13), ("Add a basket", 12)]

    @pytest.mark.parametrize("visible", [True, False])
    def test_what_is_not_there_or_not_for_us_is_not_known(self, ground: Ground, visible: bool) -> None:
        first, second = ground.source(SOURCE, [Step("one"), Step("two")], visible=visible)
        known = (SOURCE, NOBODY, second), (SOURCE, first, NOBODY), (SOURCE, "main", second), (SOURCE, first, "--all")
        unknown = [
            ("nobody/nothing", first, second),
            ("../../user", first, second),
            ("https://else.example/acme/web", first, second),
        ]
        for where, old, new in [*unknown, *(known if visible else [(SOURCE, first, second)])]:
            forge = ground.forge()
            assert forge.compare(where, old, new) is None
            assert forge.changes(where, old, new, limit=10) is None
        forge = ground.forge()
        url = forge.compare_url(SOURCE, first, second)
        assert url is None or url.startswith(("https://", "http://"))
        for elsewhere in ("https://else.example/acme/web", "../../user", "x"):
            assert forge.compare_url(elsewhere, first, second) is None
