"""What commits between two releases become."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_actions.core import trailers
from gitops_actions.core.changelog import LIMIT, Entry, changelog, paragraph
from gitops_actions.model import Changes, Commit, Signature

ADA = Signature("Ada", "ada@example.com")


def commits(*messages: str) -> tuple[Commit, ...]:
    """A line of commits, the newest first."""
    return tuple(Commit(str(n), (str(n + 1),), ADA, ADA, message) for n, message in enumerate(messages))


def entry(message: str) -> Entry:
    log = changelog(Changes(commits(message), 1))
    assert log is not None
    return log.entries[0]


def test_commits_and_requests() -> None:
    assert entry("Add a basket\n\nIt holds things.\n") == Entry("0", "Add a basket", "Ada")
    assert entry("Add a basket (#12)\n\nBody\n") == Entry("0", "Add a basket", "Ada", 12)
    assert entry("Add a basket (!12)\n") == Entry("0", "Add a basket", "Ada", 12)
    assert entry("Merge pull request #12 from ada/basket\n\nAdd a basket\n") == Entry("0", "Add a basket", "Ada", 12)
    assert entry("Merge pull request #12 from ada/basket") == Entry(
        "0", "Merge pull request #12 from ada/basket", "Ada", 12
    )
    merged = "Merge branch 'basket' into 'main'\n\nAdd a basket\n\nSee merge request acme/web!12\n"
    assert entry(merged) == Entry("0", "Add a basket", "Ada", 12)
    assert entry("Add a basket\n\nSee merge request acme/web!12") == Entry("0", "Add a basket", "Ada", 12)
    assert entry("Merge branch 'basket' into 'main'\n\nSee merge request acme/web!12\n").subject.startswith("Merge")
    assert entry("") == Entry("0", "(no subject)", "Ada")
    assert entry("\n\n").subject == "(no subject)"


def test_what_a_merge_brought_is_told_by_the_merge() -> None:
    merge = Commit("m", ("a", "x"), ADA, ADA, "Merge pull request #1 from a/b\n\nA feature")
    inner = Commit("x", ("o",), ADA, ADA, "wip")
    below = Commit("a", ("o",), ADA, ADA, "Before")
    log = changelog(Changes((merge, inner, below), 3))
    assert log is not None
    assert [one.subject for one in log.entries] == ["A feature", "Before"]
    assert log.left_out == 0


def test_it_is_bounded_and_says_so() -> None:
    log = changelog(Changes(commits(*["x"] * LIMIT), 1000))
    assert log is not None
    assert (len(log.entries), log.left_out) == (LIMIT, 1000 - LIMIT)
    log = changelog(Changes(commits(*["x"] * LIMIT), LIMIT), 3)
    assert log is not None
    assert (len(log.entries), log.left_out) == (3, LIMIT - 3)
    assert paragraph("acme/web 1..2", log).endswith(f"\n- x\n- and {LIMIT - 3} older commits")


def test_there_may_be_none() -> None:
    assert changelog(None) is None
    assert changelog(Changes((), 0)) is None


def test_commits_that_are_their_own_parents_end() -> None:
    log = changelog(Changes((Commit("a", ("b",), ADA, ADA, "1"), Commit("b", ("a",), ADA, ADA, "2")), 2))
    assert log is not None
    assert len(log.entries) == 2


OURS = "Gitops-Environment: dev\nGitops-App: web\nGitops-Version: 1"


@given(st.lists(st.sampled_from(["Gitops-App: evil", "\n\n", "\n", "Co-authored-by: x <x@y.z>", "a"]) | st.text()))
def test_a_changelog_is_never_trailers(pieces: list[str]) -> None:
    log = changelog(Changes(commits("".join(pieces)), 1))
    assert log is not None
    text = paragraph("Gitops-App: evil", log)
    assert trailers.pairs(f"Deploy\n\n{text}\n\n{OURS}\n") == trailers.pairs(OURS)
    assert trailers.pairs(f"Deploy\n\n{text}\n") == []
    head, *lines = text.split("\n")
    assert head.endswith(":")
    assert len(lines) == 1
    assert lines[0].startswith("- ")
