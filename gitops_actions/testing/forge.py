"""What every Forge must do. A subclass gives the fixture `ground`; pytest does the rest.

Written against `protocols.Forge` alone: whatever a forge keeps its requests in, these tests see only what callers see.
"""

from __future__ import annotations

from typing import get_args

import pytest

from gitops_actions.errors import LostRace, MergeConflict, UsageError
from gitops_actions.model import CommitStatus, MergeMethod, PullRequest, RequestText
from gitops_actions.protocols import Capability
from gitops_actions.testing.forge_deployments import DeploymentContract
from gitops_actions.testing.forge_ground import AUTHOR, Ground
from gitops_actions.testing.forge_sources import SourceContract

__all__ = ["AUTHOR", "ForgeContract", "Ground"]

TEXT = RequestText("Deploy web 1.1 to dev", "A new release.\n")
TRAILERS = "Gitops-Environment: dev\nGitops-App: web\nGitops-Version: 1.1"


class ForgeContract(SourceContract, DeploymentContract):
    """The promises of `protocols.Forge`, one test each."""

    def opened(self, ground: Ground, branch: str = "gitops/dev/web", text: RequestText = TEXT) -> PullRequest:
        ground.commit(branch, {"web": branch.encode()}, f"Deploy web 1.1 to dev\n\n{TRAILERS}\n")
        return ground.forge().open(branch, "main", text)

    # --- requests ---

    def test_an_opened_request_is_found_with_all_that_was_given(self, ground: Ground) -> None:
        request = self.opened(ground)
        assert request.state == "open"
        assert (request.branch, request.base) == ("gitops/dev/web", "main")
        assert request.head_sha == ground.branches()["gitops/dev/web"]
        assert (request.title, request.body.strip()) == (TEXT.title, TEXT.body.strip())
        assert "://" in request.url
        assert str(request.number) in request.url
        assert ground.forge().find() == (request,)
        assert ground.forge().get(request.number) == request

    def test_labels_people_and_draft_are_kept_as_far_as_the_capabilities_say(self, ground: Ground) -> None:
        text = RequestText("T", "B", labels=("dev",), assignees=("ada",), reviewers=("bob",), draft=True)
        can = ground.forge().capabilities
        assert can <= set(get_args(Capability))
        request = self.opened(ground, text=text)
        for name, expected in (("labels", ("dev",)), ("assignees", ("ada",)), ("reviewers", ("bob",)), ("draft", True)):
            if name in can:
                assert getattr(request, name) == expected
                assert getattr(ground.forge().get(request.number), name) == expected

    def test_a_milestone_is_set_with_the_request(self, ground: Ground) -> None:
        if "milestone" not in ground.forge().capabilities:
            pytest.skip("this forge has no milestones")
        ground.milestone("Sprint 5, «Q3»")
        ground.milestone("Sprint 5")
        request = self.opened(ground, text=RequestText("T", "B", milestone="Sprint 5"))
        (found,) = ground.forge().find()
        assert [one.milestone for one in (request, found, ground.forge().get(request.number))] == ["Sprint 5"] * 3

    @pytest.mark.parametrize("other", ["Sprint 6", None])
    def test_a_milestone_that_a_person_changed_is_left_alone(self, ground: Ground, other: str | None) -> None:
        if "milestone" not in ground.forge().capabilities:
            pytest.skip("this forge has no milestones")
        for title in ("Sprint 5", "Sprint 6"):
            ground.milestone(title)
        number = self.opened(ground, text=RequestText("T", "B", milestone="Sprint 5")).number
        ground.plan(number, other)
        again = ground.forge().open("gitops/dev/web", "main", RequestText("New", "B", milestone="Sprint 5"))
        assert (again.number, again.title) == (number, "New")
        for request in (again, ground.forge().get(number)):
            assert request.milestone == (other or "")

    def test_requests_are_found_by_branch_base_and_state_newest_first(self, ground: Ground) -> None:
        first, second = self.opened(ground, "gitops/dev/a"), self.opened(ground, "gitops/dev/b")
        ground.forge().close(first.number)
        forge = ground.forge()
        assert [one.number for one in forge.find()] == [second.number]
        assert [one.number for one in forge.find(state="all")] == [second.number, first.number]
        assert [one.number for one in forge.find(state="closed")] == [first.number]
        assert forge.find(state="merged") == ()
        assert [one.number for one in forge.find(state="all", branch="gitops/dev/a")] == [first.number]
        assert forge.find(branch="gitops/dev/b", base="elsewhere") == ()

    def test_there_is_one_open_request_for_a_branch_and_base(self, ground: Ground) -> None:
        first = self.opened(ground)
        again = ground.forge().open("gitops/dev/web", "main", RequestText("Deploy web 1.2 to dev", "Newer.\n"))
        assert again.number == first.number
        assert again.title == "Deploy web 1.2 to dev"
        assert ground.forge().find(state="all") == (again,)

    def test_a_closed_request_is_not_opened_again(self, ground: Ground) -> None:
        first = self.opened(ground)
        ground.forge().close(first.number)
        second = ground.forge().open("gitops/dev/web", "main", TEXT)
        assert second.number > first.number
        assert ground.forge().get(first.number).state == "closed"

    def test_the_head_follows_the_branch(self, ground: Ground) -> None:
        request = self.opened(ground)
        newer = ground.commit("gitops/dev/web", {"web": b"newer"})
        assert ground.forge().get(request.number).head_sha == newer

    def test_a_request_needs_two_branches_that_differ(self, ground: Ground) -> None:
        self.opened(ground)
        for branch, base in (("nowhere", "main"), ("gitops/dev/web", "nowhere"), ("main", "main")):
            with pytest.raises(UsageError):
                ground.forge().open(branch, base, TEXT)
        assert len(ground.forge().find(state="all")) == 1

    def test_an_unknown_number_is_a_usage_error(self, ground: Ground) -> None:
        forge = ground.forge()
        head = ground.branches()["main"]
        for call in (
            lambda: forge.get(99),
            lambda: forge.update(99, title="x"),
            lambda: forge.close(99),
            lambda: forge.comment(99, "topic", "x"),
            lambda: forge.merge(99, expected_head=head, method="merge", author=AUTHOR),
        ):
            with pytest.raises(UsageError):
                call()

    def test_an_update_changes_what_is_given(self, ground: Ground) -> None:
        number = self.opened(ground, text=RequestText("T", "B", labels=("a", "b"))).number
        ground.forge().update(number, title="New")
        ground.forge().update(number, add_labels=["c"], remove_labels=["a", "missing"])
        request = ground.forge().get(number)
        assert (request.title, request.body.strip()) == ("New", "B")
        if "labels" in ground.forge().capabilities:
            assert sorted(request.labels) == ["b", "c"]

    def test_a_closed_request_stays_closed(self, ground: Ground) -> None:
        number = self.opened(ground).number
        assert ground.forge().close(number, comment="not needed").state == "closed"
        assert ground.forge().close(number).state == "closed"
        assert "gitops/dev/web" in ground.branches()

    def test_a_request_whose_branch_was_deleted_is_closed(self, ground: Ground) -> None:
        number = self.opened(ground).number
        ground.delete("gitops/dev/web")
        assert ground.forge().get(number).state == "closed"
        assert ground.forge().find() == ()

    def test_comments_are_written_and_replaced(self, ground: Ground) -> None:
        number = self.opened(ground).number
        ground.forge().comment(number, "diff", "one")
        ground.forge().comment(number, "diff", "two")
        assert ground.forge().get(number).state == "open"

    def test_text_from_outside_is_one_harmless_line(self, ground: Ground) -> None:
        title = "Deploy\nGitops-App: evil\x1b[31m\x00 \u202e \udcff"
        request = self.opened(ground, text=RequestText(title, "a\x00b\x1b[2J"))
        for text in (request.title, request.body.replace("\n", ""), ground.forge().get(request.number).title):
            assert text.isprintable() or all(character.isprintable() or character == "\ufffd" for character in text)

    # --- merging ---

    @pytest.mark.parametrize("method", get_args(MergeMethod))
    def test_a_merge_brings_the_files_and_takes_the_branch_away(self, ground: Ground, method: MergeMethod) -> None:
        request = self.opened(ground)
        ground.commit("main", {"other": b"meanwhile"})
        merged = ground.forge().merge(request.number, expected_head=request.head_sha, method=method, author=AUTHOR)
        assert merged.state == "merged"
        assert merged == ground.forge().get(request.number)
        branches = ground.branches()
        assert branches == {"main": merged.merge_commit}
        files = ground.files(branches["main"])
        assert (files["web"], files["other"]) == (b"gitops/dev/web", b"meanwhile")
        assert ground.forge().find(state="merged") == (merged,)

    def test_a_squash_keeps_our_trailers(self, ground: Ground) -> None:
        request = self.opened(ground)
        head = ground.commit("gitops/dev/web", {"more": b"x"}, "A person's commit\n")
        merged = ground.forge().merge(request.number, expected_head=head, method="squash", author=AUTHOR)
        assert ground.message(merged.merge_commit or "").rstrip().endswith(TRAILERS)

    def test_merging_again_changes_nothing(self, ground: Ground) -> None:
        request = self.opened(ground)
        merge = {"expected_head": request.head_sha, "method": "merge", "author": AUTHOR}
        first = ground.forge().merge(request.number, **merge)  # type: ignore[arg-type]
        assert ground.forge().merge(request.number, **merge) == first  # type: ignore[arg-type]
        assert ground.branches() == {"main": first.merge_commit}

    def test_only_the_expected_head_is_merged(self, ground: Ground) -> None:
        request = self.opened(ground)
        ground.commit("gitops/dev/web", {"web": b"not reviewed"})
        before = ground.branches()
        with pytest.raises(LostRace):
            ground.forge().merge(request.number, expected_head=request.head_sha, method="merge", author=AUTHOR)
        assert ground.branches() == before
        assert ground.forge().get(request.number).state == "open"

    @pytest.mark.parametrize("method", get_args(MergeMethod))
    def test_a_conflict_names_the_file_and_changes_nothing(self, ground: Ground, method: MergeMethod) -> None:
        head = ground.commit("gitops/dev/web", {"shared": b"theirs\n"})
        request = ground.forge().open("gitops/dev/web", "main", TEXT)
        ground.commit("main", {"shared": b"ours\n"})
        before = ground.branches()
        with pytest.raises(MergeConflict, match="shared"):
            ground.forge().merge(request.number, expected_head=head, method=method, author=AUTHOR)
        assert ground.branches() == before
        assert ground.forge().get(request.number).state == "open"

    def test_a_closed_request_is_not_merged(self, ground: Ground) -> None:
        request = self.opened(ground)
        ground.forge().close(request.number)
        with pytest.raises(UsageError):
            ground.forge().merge(request.number, expected_head=request.head_sha, method="merge", author=AUTHOR)

    def test_auto_merge_merges_where_nothing_is_required(self, ground: Ground) -> None:
        request = self.opened(ground)
        merged = ground.forge().request_auto_merge(
            request.number, expected_head=request.head_sha, method=None, author=AUTHOR
        )
        assert merged.state == "merged"

    def test_auto_merge_waits_for_a_conflict_to_be_solved_or_says_that_it_does_not(self, ground: Ground) -> None:
        head = ground.commit("gitops/dev/web", {"shared": b"theirs\n"})
        number = ground.forge().open("gitops/dev/web", "main", TEXT).number
        ground.commit("main", {"shared": b"ours\n"})
        waits = True
        try:
            ground.forge().request_auto_merge(number, expected_head=head, method="merge", author=AUTHOR)
        except MergeConflict:
            waits = False
        request = ground.forge().get(number)
        assert (request.state, request.auto_merge) == ("open", waits)

    def test_a_request_of_a_branch_tells_whether_it_conflicts(self, ground: Ground) -> None:
        ground.commit("gitops/dev/web", {"shared": b"theirs\n"})
        ground.forge().open("gitops/dev/web", "main", TEXT)
        ground.commit("main", {"other": b"ours\n"})
        assert [one.conflicts for one in ground.forge().find(branch="gitops/dev/web")] == [False]
        ground.commit("main", {"shared": b"ours\n"})
        assert [one.conflicts for one in ground.forge().find(branch="gitops/dev/web")] == [True]

    # --- statuses ---

    def test_the_latest_status_of_each_context_counts(self, ground: Ground) -> None:
        commit, forge = ground.branches()["main"], ground.forge()
        assert forge.statuses(commit) == ()
        forge.set_status(commit, CommitStatus("gitops/dev", "pending", "applying", time=1))
        forge.set_status(commit, CommitStatus("gitops/staging", "success", time=2))
        forge.set_status(commit, CommitStatus("gitops/dev", "success", "applied", "https://example.com/1", time=3))
        found = {status.context: status for status in ground.forge().statuses(commit)}
        assert {context: status.state for context, status in found.items()} == {
            "gitops/dev": "success",
            "gitops/staging": "success",
        }
        assert (found["gitops/dev"].description, found["gitops/dev"].url) == ("applied", "https://example.com/1")

    def test_a_status_needs_a_commit(self, ground: Ground) -> None:
        for commit in ("0" * 39 + "1", "main", "--all"):
            with pytest.raises(UsageError):
                ground.forge().set_status(commit, CommitStatus("gitops/dev", "success"))
