"""What is GitLab's own: quick actions, forks, trains, methods, plans, tokens, and instances without GraphQL."""

from __future__ import annotations

import copy
from datetime import date

import pytest

from gitops_actions.errors import GitOpsError, LostRace, MergeConflict, NotAllowed, UsageError
from gitops_actions.model import CommitStatus, FileChange, RequestText
from gitops_actions.testing.forge import AUTHOR, TEXT
from gitops_actions.testing.gitlab import DEVELOPER, MAINTAINER, REPORTER
from tests.forge.lab import GitLabGround

BRANCH = "gitops/dev/web"
COMMANDS = "Fine\n/close\n/assign @ada\n\\/label ~evil\n```\n/merge\n```\n"


def opened(ground: GitLabGround, text: RequestText = TEXT) -> str:
    head = ground.commit(BRANCH, {"web": b"1"}, "Deploy web 1.1 to dev\n\nGitops-App: web\n")
    ground.forge().open(BRANCH, "main", text)
    return head


# --- text ---


def test_lines_that_are_commands_are_only_text(gitlab_ground: GitLabGround) -> None:
    opened(gitlab_ground, RequestText("T", COMMANDS))
    forge = gitlab_ground.forge()
    forge.comment(1, "diff", COMMANDS)
    forge.update(1, body=COMMANDS)
    (request,) = gitlab_ground.project.merge_requests
    assert (request.state, request.assignees, request.labels) == ("opened", [], [])
    assert forge.get(1).body.strip() == COMMANDS.strip()  # as it was given: nothing to update for ever
    writes = len(gitlab_ground.server.writes())
    forge.open(BRANCH, "main", RequestText("T", COMMANDS))
    forge.comment(1, "diff", COMMANDS)
    assert len(gitlab_ground.server.writes()) == writes


def test_a_long_title_is_cut(gitlab_ground: GitLabGround) -> None:
    opened(gitlab_ground, RequestText("x" * 300, "B"))
    assert gitlab_ground.forge().get(1).title == "x" * 255


def test_a_draft_stays_one(gitlab_ground: GitLabGround) -> None:
    opened(gitlab_ground, RequestText("T", "B", draft=True))
    forge = gitlab_ground.forge()
    assert (forge.get(1).title, forge.get(1).draft) == ("T", True)
    assert forge.open(BRANCH, "main", RequestText("New", "B")).draft
    assert gitlab_ground.project.merge_requests[0].title == "Draft: New"


def test_topics_have_a_comment_each(gitlab_ground: GitLabGround) -> None:
    opened(gitlab_ground)
    forge = gitlab_ground.forge()
    for topic, body in (("a", "one"), ("b", "two"), ("a", "three"), ("a -->", "x")):
        forge.comment(1, topic, body)
    notes = [note.body for note in gitlab_ground.project.merge_requests[0].notes if not note.system]
    assert [note.partition("\n\n")[2] for note in notes] == ["three", "two", "x"]


# --- people ---


def test_people_are_added_to_those_that_there_are(gitlab_ground: GitLabGround) -> None:
    opened(gitlab_ground, RequestText("T", "B", assignees=("ada",), reviewers=("ADA",)))
    again = gitlab_ground.forge().open(BRANCH, "main", RequestText("T", "B", assignees=("bob",), reviewers=("ada",)))
    assert (set(again.assignees), again.reviewers) == ({"ada", "bob"}, ("ada",))


def test_a_request_from_a_fork_is_not_ours(gitlab_ground: GitLabGround) -> None:
    from gitops_actions.forge.gitlab.requests import own

    document = {"iid": 1, "state": "opened", "source_project_id": 7, "target_project_id": 7}
    assert own([document, {**document, "iid": 2, "source_project_id": 8}], "open") == [document]


# --- merging ---


def test_a_project_that_only_fast_forwards(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.project.merge_method = "ff"
    head = opened(gitlab_ground)
    gitlab_ground.commit("main", {"other": b"1"})
    forge = gitlab_ground.forge()
    with pytest.raises(MergeConflict, match="behind main"):
        forge.merge(1, expected_head=head, method="merge", author=AUTHOR)
    merged = forge.merge(1, expected_head=head, method="rebase", author=AUTHOR)
    assert gitlab_ground.branches() == {"main": merged.merge_commit}
    assert gitlab_ground.files(str(merged.merge_commit))["other"] == b"1"


def test_a_merge_train_takes_it(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.project.merge_pipelines_enabled = gitlab_ground.project.merge_trains_enabled = True
    head = opened(gitlab_ground)
    forge = gitlab_ground.forge()
    request = forge.request_auto_merge(1, expected_head=head, method=None, author=AUTHOR)
    assert (request.state, request.auto_merge) == ("open", True)
    again = forge.request_auto_merge(1, expected_head=head, method=None, author=AUTHOR)
    assert again.auto_merge or again.state == "merged"


def test_what_is_missing_is_told(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.project.approvals_required = 1
    head = opened(gitlab_ground)
    forge = gitlab_ground.forge()
    with pytest.raises(NotAllowed, match="not_approved"):
        forge.merge(1, expected_head=head, method="merge", author=AUTHOR)
    assert forge.request_auto_merge(1, expected_head=head, method="merge", author=AUTHOR).auto_merge


def test_who_may_not_merge_is_told(gitlab_ground: GitLabGround) -> None:
    head = opened(gitlab_ground)
    gitlab_ground.token = gitlab_ground.server.add_token("ada")
    with pytest.raises(NotAllowed, match="may not merge !1"):
        gitlab_ground.forge().merge(1, expected_head=head, method="merge", author=AUTHOR)


# --- statuses and sources ---


def test_statuses_of_jobs_and_of_the_api_are_one_list(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.project.ci = ("test",)
    head = opened(gitlab_ground)
    forge = gitlab_ground.forge()
    for state in ("pending", "pending", "failure", "error"):
        forge.set_status(head, CommitStatus("gitops/dev", state, f"now {state}"))
    found = {one.context: one.state for one in forge.statuses(head)}
    assert found == {"test": "pending", "gitops/dev": "failure"}


# --- tokens and permissions ---


def test_a_jobs_own_token_is_told_to_be_too_little(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.commit(BRANCH, {"web": b"1"})
    gitlab_ground.token = gitlab_ground.server.add_token("robot", kind="job", project=gitlab_ground.project)
    forge = gitlab_ground.forge()
    assert forge.store is not None
    for call in (forge.find, lambda: forge.open(BRANCH, "main", TEXT), forge.store.default_branch):
        with pytest.raises(NotAllowed, match="CI_JOB_TOKEN") as caught:
            call()
        assert "GITOPS_TOKEN" in (caught.value.hint or "")
        assert gitlab_ground.token not in str(caught.value)


def test_a_token_that_is_not_good_is_told(gitlab_ground: GitLabGround) -> None:
    server = gitlab_ground.server
    expired = server.add_token("robot", expires_at=date(2020, 1, 1))
    for token, words in (
        (expired, "expired"),
        ("glpat-unknown", "401"),
        (server.add_token("robot", scopes=("read_api",)), "403"),
    ):
        gitlab_ground.token = token
        gitlab_ground.commit(BRANCH, {"web": token.encode()})
        with pytest.raises(NotAllowed, match=words) as caught:
            gitlab_ground.forge().open(BRANCH, "main", TEXT)
        assert token not in str(caught.value)


@pytest.mark.parametrize("what", ["absent", "invisible", "moved"])
def test_a_project_that_is_not_there(gitlab_ground: GitLabGround, what: str) -> None:
    server, project = gitlab_ground.server, gitlab_ground.project
    if what == "invisible":
        server.add_user("eve")
        gitlab_ground.token = server.add_token("eve")
    ground = copy.copy(gitlab_ground)
    if what != "invisible":
        ground.project = copy.copy(project)
        ground.project.path = "acme/old"
    if what == "moved":
        server.move_project(project, "acme/old")
        server.move_project(project, "acme/new")
    forge = ground.forge()
    assert forge.store is not None
    if what == "moved":
        assert forge.find() == ()
        return
    for call in (forge.find, forge.store.default_branch, forge.store.branches):
        with pytest.raises(UsageError, match="not visible"):
            call()


def test_a_status_that_the_words_have_is_said_once(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.server.fault(lambda request: "/merge_requests" in request.path, 403)
    with pytest.raises(NotAllowed, match="refuses: 403 Forbidden"):
        gitlab_ground.forge().find()


def test_a_protected_base_is_not_written(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.token = gitlab_ground.server.add_token("ada")  # a developer
    forge = gitlab_ground.forge()
    assert forge.store is not None
    tip = forge.store.snapshot("main", []).commit
    with pytest.raises(NotAllowed, match="not allowed to push"):
        forge.store.publish(
            "main", expected=tip, parent=tip, files=[FileChange("a", b"1")], message="m\n", author=AUTHOR
        )
    assert gitlab_ground.branches()["main"] == tip


def test_where_git_is_refused_a_branch_is_moved_by_the_api(gitlab_ground: GitLabGround) -> None:
    """A project may want signed commits only, an instance no git by HTTP."""
    old = gitlab_ground.commit(BRANCH, {"web": b"1"})
    base = gitlab_ground.commit("main", {"other": b"1"})
    server = gitlab_ground.server
    server.fault(lambda one: "git-receive-pack" in one.path, 403, times=99)
    store = gitlab_ground.forge().store
    assert store is not None
    files = [FileChange("web", b"2")]
    new = store.publish(BRANCH, expected=old, parent=base, files=files, message="m\n", author=AUTHOR)
    assert gitlab_ground.branches()[BRANCH] == new
    assert gitlab_ground.files(new) == {**gitlab_ground.files(base), "web": b"2"}
    theirs = gitlab_ground.commit(BRANCH, {"note": b"x"})
    with pytest.raises(LostRace):
        store.publish(BRANCH, expected=new, parent=base, files=files, message="m\n", author=AUTHOR)
    assert gitlab_ground.branches()[BRANCH] == theirs


# --- an instance where GraphQL does not answer ---


def test_everything_goes_by_rest_where_graphql_is_off(gitlab_ground: GitLabGround) -> None:
    gitlab_ground.server.fault(lambda one: one.path == "/api/graphql", 404, times=99)
    gitlab_ground.commit("main", {"apps/web/a.yaml": b"a", "binary": b"\x00\xff"})
    forge = gitlab_ground.forge()
    store = forge.store
    assert store is not None
    assert store.default_branch() == "main"
    snapshot = store.snapshot("main", ["apps/web/a.yaml", "binary", "apps/none", "none/none"])
    assert {path: file.content for path, file in snapshot.files.items()} == {
        "apps/web/a.yaml": b"a",
        "binary": b"\x00\xff",
    }
    with pytest.raises(UsageError, match="no branch"):
        store.snapshot("elsewhere", [])
    with pytest.raises(UsageError, match="no commit"):
        store.snapshot("1" * 40, [])
    forge.expect("main", BRANCH, ["binary"])
    new = store.publish(
        BRANCH, expected=None, parent=snapshot.commit, files=[FileChange("binary", b"2")], message="m\n", author=AUTHOR
    )
    assert forge.open(BRANCH, "main", TEXT).head_sha == new


def test_nothing_of_what_goes_wrong_is_a_crash(gitlab_ground: GitLabGround) -> None:
    for status in (400, 403, 404, 409, 422, 500, 503):
        gitlab_ground.server.fault(lambda _: True, status, times=200)
        forge = gitlab_ground.forge(budget=1)
        for call in (
            lambda: forge.find(branch=BRANCH),  # noqa: B023
            lambda: forge.open(BRANCH, "main", TEXT),  # noqa: B023
            lambda: forge.close(1),  # noqa: B023
            lambda: forge.comment(1, "a", "b"),  # noqa: B023
            lambda: forge.merge(1, expected_head="0" * 40, method="merge", author=AUTHOR),  # noqa: B023
        ):
            with pytest.raises(GitOpsError):
                call()
        gitlab_ground.server.mend()


def test_roles_are_told(gitlab_ground: GitLabGround) -> None:
    assert (REPORTER, DEVELOPER, MAINTAINER) == (20, 30, 40)
    gitlab_ground.project.members[gitlab_ground.server.state.users[1].id] = REPORTER
    gitlab_ground.commit(BRANCH, {"web": b"1"})
    gitlab_ground.token = gitlab_ground.server.add_token("ada")
    with pytest.raises(NotAllowed) as caught:
        gitlab_ground.forge().open(BRANCH, "main", TEXT)
    assert "Developer" in (caught.value.hint or "")
