"""What GitHub's answers mean: protection, renames, long lists, requests of others, merging."""

from __future__ import annotations

import time

import pytest

from gitops_actions.errors import LostRace, MergeConflict, NotAllowed, Temporary
from gitops_actions.model import CommitStatus, FileChange, RequestText
from gitops_actions.testing import repos
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.forgehttp import Answer
from tests.forge.hub import BRANCH, NAME, Place


def test_an_archived_repository(place: Place) -> None:
    place.hub.settings(NAME).archived = True
    with pytest.raises(NotAllowed, match="archived"):
        place.publish(place.forge())


def test_a_protected_base_answers_in_its_own_words(place: Place) -> None:
    place.hub.protect(NAME)
    forge = place.forge()
    assert forge.store is not None
    tip = forge.store.snapshot("main", []).commit
    files = [FileChange("a", b"1")]
    with pytest.raises(NotAllowed, match="Changes must be made through a pull request"):
        forge.store.publish("main", expected=tip, parent=tip, files=files, message="m\n", author=AUTHOR)
    assert repos.git(place.repo, "rev-parse", "main") == tip


def test_a_renamed_repository_is_found(place: Place) -> None:
    place.hub.rename_repository(NAME, "acme/renamed")
    assert place.forge().find() == ()


def test_long_lists_are_read_to_their_end(place: Place) -> None:
    forge = place.forge()
    assert forge.store is not None
    for number in range(120):
        repos.git(place.repo, "update-ref", f"refs/heads/other/{number}", "main")
    assert len(forge.store.branches("other/")) == 120
    for number in range(110):
        repos.commit(place.repo, {"x": str(number)}, message=str(number), branch="side", start="main")
    assert [one.subject for one in forge.store.ahead("main", "side")] == [str(n) for n in reversed(range(110))]


def test_files_that_graphql_does_not_give_are_read_in_another_way(place: Place) -> None:
    files = {
        "big": b"x" * 600_000,
        "binary": b"\x00\xff",
        "latin": "über".encode("latin-1"),
        "bom": b"\xef\xbb\xbfa: 1\n",
    }
    repos.commit(place.repo, {**files}, message="Odd files")
    store = place.forge().store
    assert store is not None
    found = store.snapshot("main", list(files)).files
    assert {path: file.content for path, file in found.items()} == files


def test_many_files_are_read_by_git(place: Place) -> None:
    files = {f"many/{number}": f"{number}" for number in range(600)}
    tip = repos.commit(place.repo, {**files}, message="Many")
    store = place.forge().store
    assert store is not None
    found = store.snapshot("main", [*files, "missing"])
    assert (found.ref, found.commit, len(found.files)) == ("main", tip, 600)
    assert len([request for request in place.hub.requests if request.operation]) == 1


# --- requests of others, merging ---


def test_people_that_cannot_be_asked(place: Place) -> None:
    forge = place.forge()
    place.publish(forge)
    for login in ("alice", "bob"):
        place.hub.add_user(login)
    text = RequestText("T", "", reviewers=("alice", "gone", "bob"), assignees=("alice", "away"), labels=("new",))
    opened = forge.open(BRANCH, "main", text)
    assert [(one.code, one.severity, one.message[:44]) for one in opened.findings] == [
        ("GA319", "error", "#1 is open, but gone is not asked for a revi"),
        ("GA319", "warning", "#1 is open, but away is not assigned; the fo"),
    ]
    (there,) = place.forge().find()
    assert (there.reviewers, there.assignees, there.labels) == (("alice", "bob"), ("alice",), ("new",))
    assert (opened.reviewers, opened.assignees, opened.labels) == (there.reviewers, there.assignees, there.labels)


def test_a_long_title_and_body_are_cut(place: Place) -> None:
    forge = place.forge()
    place.publish(forge)
    made = forge.open(BRANCH, "main", RequestText("T" * 300, "B" * 70_000))
    assert len(made.title) == 256
    assert len(made.body) == 65_536


def test_a_comment_is_found_again_among_many_and_only_ours(place: Place) -> None:
    number = place.open()
    place.hub.add_token("ghp_mallory", login="mallory")
    place.forge({"GITOPS_TOKEN": "ghp_mallory"}).comment(number, "diff", "theirs")
    for body in ("one", "two", "two"):
        place.forge().comment(number, "diff", body)
    place.forge().comment(number, "other", "three")
    bodies = [one.body.partition("\n")[2] for one in place.hub.repository(NAME).comments.values()]
    assert bodies == ["theirs", "two", "three"]


def test_statuses_and_checks_are_one_list(place: Place) -> None:
    commit = repos.git(place.repo, "rev-parse", "main")
    place.hub.set_check(NAME, commit, "build", "success")
    place.hub.set_check(NAME, commit, "lint", "skipped")
    place.hub.set_check(NAME, commit, "e2e", "timed_out")
    place.hub.set_check(NAME, commit, "slow", None)
    forge = place.forge()
    forge.set_status(commit, CommitStatus("gitops/dev", "pending", "x" * 200, "javascript:alert(1)"))
    found = {one.context: one for one in forge.statuses(commit)}
    assert {context: one.state for context, one in found.items()} == {
        "build": "success", "lint": "success", "e2e": "failure", "slow": "pending", "gitops/dev": "pending",
    }  # fmt: skip
    assert len(found["gitops/dev"].description) == 140
    assert found["gitops/dev"].url is None


def test_a_status_that_is_there_is_not_set_again(place: Place) -> None:
    commit, forge = repos.git(place.repo, "rev-parse", "main"), place.forge()
    for _ in range(3):
        forge.set_status(commit, CommitStatus("gitops/dev", "success", "applied", "https://example.com/1"))
    assert len(place.hub.writes()) == 1


def test_a_merge_that_protection_forbids(place: Place) -> None:
    number = place.open()
    place.hub.protect(NAME, approvals=1)
    head = repos.git(place.repo, "rev-parse", BRANCH)
    with pytest.raises(NotAllowed, match="approving review"):
        place.forge().merge(number, expected_head=head, method="merge", author=AUTHOR)


def test_a_red_check_that_is_not_required_is_not_merged_over(place: Place) -> None:
    number = place.open()
    head = repos.git(place.repo, "rev-parse", BRANCH)
    place.hub.set_check(NAME, head, "lint", "failure")
    with pytest.raises(NotAllowed, match="unstable status") as caught:
        place.forge().request_auto_merge(number, expected_head=head, method=None, author=AUTHOR)
    assert "require it" in (caught.value.hint or "")
    assert place.forge().get(number).state == "open"


def test_auto_merge_is_for_the_head_that_we_know(place: Place) -> None:
    number = place.open()
    head = repos.git(place.repo, "rev-parse", BRANCH)
    repos.commit(place.repo, {"b": "1"}, message="Theirs", branch=BRANCH)
    with pytest.raises(LostRace):
        place.forge().request_auto_merge(number, expected_head=head, method=None, author=AUTHOR)


def test_what_a_killed_run_left_goes_after_an_hour_and_is_no_branch_of_ours(place: Place) -> None:
    number = place.open()
    for name in (f"{int(time.time()) - 4000}-dead", f"{int(time.time())}-busy"):
        repos.git(place.repo, "update-ref", f"refs/heads/gitops-tmp/{name}", "main")
    base = repos.commit(place.repo, {"b": "1"}, message="Other")
    store = place.forge().store
    assert store is not None
    assert set(store.branches()) == {"main", BRANCH}
    old = repos.git(place.repo, "rev-parse", BRANCH)
    files = [FileChange("a", b"2")]
    new = store.publish(BRANCH, expected=old, parent=base, files=files, message="m\n", author=AUTHOR)
    left = repos.git(place.repo, "for-each-ref", "--format=%(refname)", "refs/heads/gitops-tmp")
    assert left.endswith("-busy")
    assert place.forge().get(number).head_sha == new


def test_teams_are_asked_once(place: Place) -> None:
    place.hub.add_team("acme", "sre")
    forge = place.forge()
    place.publish(forge)
    for title in ("One", "Two"):
        place.forge().open(BRANCH, "main", RequestText(title, "", team_reviewers=("acme/SRE",)))
    (request,) = place.hub.requests_of(NAME)
    assert (request.title, request.teams) == ("Two", ["sre"])
    assert len([one for one in place.hub.writes() if one.path.endswith("/requested_reviewers")]) == 1


def test_a_draft_is_not_merged(place: Place) -> None:
    forge = place.forge()
    head = place.publish(forge)
    number = forge.open(BRANCH, "main", RequestText("T", "", draft=True)).number
    with pytest.raises(MergeConflict, match="draft"):
        forge.request_auto_merge(number, expected_head=head, method=None, author=AUTHOR)


def test_only_answers_are_misread(place: Place) -> None:
    forge = place.forge()
    with pytest.raises(TypeError, match="number"):
        forge.get()  # type: ignore[call-arg]
    place.hub.fault(lambda _: True, Answer.of(200, {"data": {"repository": {"pullRequest": {"number": 1}}}}))
    with pytest.raises(Temporary, match=r"the answer to POST /graphql \(OneRequest\) .*: it has no 'isCross"):
        forge.get(1)
