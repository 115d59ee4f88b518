"""What is waited for, what is repeated, and what GitHub's answers mean."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from gitops_actions.errors import GitOpsError, LostRace, MergeConflict, NotAllowed, Temporary, UsageError
from gitops_actions.forge.github.forge import GitHubForge
from gitops_actions.model import CommitStatus, FileChange, RequestText
from gitops_actions.testing import repos
from gitops_actions.testing.forge import AUTHOR
from gitops_actions.testing.forgehttp import Answer, Recorded
from gitops_actions.testing.github import GitHub
from tests.forge.hub import TOKEN, connected

NAME = "acme/config"
BRANCH = "gitops/dev/web"
READ = {"contents": "read", "pull_requests": "read"}
WRITE = {"contents": "write", "pull_requests": "write", "issues": "write", "statuses": "write"}
TEXT = RequestText("Deploy web 1.1 to dev", "Body\n")


class Place:
    """A repository on a GitHub, and forges on it."""

    def __init__(self, hub: GitHub, stack: ExitStack, temporary: Path) -> None:
        self.hub, self._stack, self._temporary = hub, stack, temporary
        self.said: list[str] = []
        self.repo = hub.add_repository(NAME, files={"gitops.yaml": "version: 1\n"}).objects.folder

    def forge(self, environ: dict[str, str] | None = None, budget: float = 20, name: str = NAME) -> GitHubForge:
        deadline = time.monotonic() + budget
        made = connected(self.hub, name, self._temporary, environ=environ, deadline=deadline, detail=self.said.append)
        return self._stack.enter_context(made)

    def publish(self, forge: GitHubForge) -> str:
        assert forge.store is not None
        tip = forge.store.snapshot("main", []).commit
        files = [FileChange("a", b"1")]
        return forge.store.publish(BRANCH, expected=None, parent=tip, files=files, message="m\n", author=AUTHOR)

    def open(self) -> int:
        forge = self.forge()
        self.publish(forge)
        return forge.open(BRANCH, "main", TEXT).number


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        hub = stack.enter_context(GitHub(tmp_path / "served"))
        hub.add_token(TOKEN)
        yield Place(hub, stack, tmp_path)


def anything(_request: Recorded) -> bool:
    return True


# --- what GitHub does not find yet ---


def test_a_request_that_is_not_found_yet_is_waited_for(place: Place) -> None:
    """As in https://github.com/peter-evans/create-pull-request/issues/4321."""
    message = "Could not resolve to a node with the global id of 'PR_kwDOOCYeos7H8Z48'."
    error = {"resource": "Label", "code": "unprocessable", "field": "data", "message": message}
    refusal = Answer.of(422, {"message": "Validation Failed", "errors": [error]})
    place.hub.fault(lambda request: request.path.endswith("/labels"), refusal, times=2)
    forge = place.forge()
    head = place.publish(forge)
    request = forge.open(BRANCH, "main", RequestText("Title", "Body", labels=("dev",)))
    nobody = Answer.of(200, {"data": {"repository": {"pullRequest": None}}})
    place.hub.fault(lambda request: request.operation == "OneRequest", nobody, times=2)
    assert forge.get(request.number).head_sha == head
    (there,) = place.hub.requests_of(NAME)
    assert there.labels == ["dev"]


def test_a_request_that_is_never_found_is_temporary(place: Place) -> None:
    forge = place.forge(budget=30)
    place.publish(forge)
    number = forge.open(BRANCH, "main", TEXT).number
    del place.hub.repository(NAME).requests[number]
    with pytest.raises(Temporary, match="does not find #1"):
        forge.get(number)
    with pytest.raises(UsageError, match="no pull request #2"):
        forge.get(2)


# --- rate limits ---


def test_a_rate_limit_is_waited_for_and_then_the_write_is_made(place: Place) -> None:
    forge = place.forge()
    assert forge.find() == ()
    place.hub.fault(1, place.hub.secondary_limit(1))
    began = time.monotonic()
    place.publish(forge)
    assert time.monotonic() - began >= 1
    assert BRANCH in repos.git(place.repo, "for-each-ref")


@pytest.mark.parametrize("graphql", [True, False])
def test_a_primary_limit_is_waited_for(place: Place, graphql: bool) -> None:
    place.hub.fault(anything, place.hub.primary_limit(1, graphql=graphql))
    assert place.forge().find() == ()
    assert len(place.hub.requests) == 2


@pytest.mark.parametrize("seconds", [300, None])
def test_a_wait_beyond_the_budget_ends_at_once_with_the_time(place: Place, seconds: float | None) -> None:
    place.hub.fault(anything, place.hub.secondary_limit(seconds))
    began = time.monotonic()
    with pytest.raises(Temporary, match=r"wait for (300|60) s, until \d\d:\d\d:\d\d UTC") as caught:
        place.forge().find()
    assert time.monotonic() - began < 5
    assert caught.value.exit_code == 6
    assert "--budget" in (caught.value.hint or "")


# --- what fails, and how it is said ---


@pytest.mark.stress
@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_server_that_is_silent_at_the_end_of_the_budget_is_not_waited_for(place: Place, kind: str) -> None:
    number = place.open()
    forge = place.forge(budget=12)
    forge.get(number)
    time.sleep(6.5)
    place.hub.fault(lambda request: request.write is (kind == "write"), "delay", seconds=9, times=3)
    if kind == "read":
        with pytest.raises(Temporary):
            forge.get(number)
    else:  # after five seconds it was looked at, and done
        began = time.monotonic()
        assert forge.update(number, title="New").title == "New"
        assert time.monotonic() - began < 9


def test_a_server_that_stays_broken_is_temporary(place: Place) -> None:
    place.hub.fault(anything, 502, times=9)
    with pytest.raises(Temporary):
        place.forge().find()
    assert len(place.hub.requests) == 5


def test_a_host_that_does_not_answer_is_temporary(place: Place) -> None:
    forge = place.forge()
    place.hub._server.server_close()
    place.hub._server.shutdown()
    with pytest.raises(Temporary, match="cannot be reached"):
        forge.find()


def test_no_token_says_which_to_set(place: Place) -> None:
    with pytest.raises(NotAllowed, match="no token") as caught:
        place.forge({}).find()
    assert "GITOPS_TOKEN" in (caught.value.hint or "")
    assert place.hub.requests == []


def test_a_token_that_is_not_taken(place: Place) -> None:
    with pytest.raises(NotAllowed, match="does not take GH_TOKEN: Bad credentials"):
        place.forge({"GH_TOKEN": "ghp_other"}).find()
    assert len(place.hub.requests) == 1


def test_the_order_of_tokens(place: Place) -> None:
    place.forge({"GITOPS_TOKEN": TOKEN, "GH_TOKEN": "x-other", "GITHUB_TOKEN": "y-other"}).find()
    place.forge({"GH_TOKEN": TOKEN, "GITHUB_TOKEN": "y-other"}).find()
    place.forge({"GITHUB_TOKEN": TOKEN}).find()


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ünicode"])
def test_an_odd_token_is_refused_without_repeating_it(place: Place, token: str) -> None:
    with pytest.raises(UsageError) as caught:
        place.forge({"GITHUB_TOKEN": token})
    assert token not in str(caught.value)


def test_a_repository_that_is_not_visible_names_both_reasons(place: Place) -> None:
    for name in ("acme/nothing", "nobody/config"):
        with pytest.raises(UsageError, match=f"no repository {name} on GitHub, or it is not visible"):
            place.forge(name=name).find()
    place.hub.add_token("ghs_ours", kind="actions", permissions=WRITE, repositories=["acme/web"])
    with pytest.raises(UsageError) as caught:
        place.forge({"GITHUB_TOKEN": "ghs_ours"}).find()
    assert "create-github-app-token" in (caught.value.hint or "")


def test_a_token_that_may_only_read(place: Place) -> None:
    place.hub.add_token("github_pat_r", permissions=READ)
    forge = place.forge({"GITOPS_TOKEN": "github_pat_r"})
    with pytest.raises(NotAllowed, match="not accessible") as caught:
        place.publish(forge)
    assert "contents" in (caught.value.hint or "")
    assert BRANCH not in repos.git(place.repo, "for-each-ref")


def test_a_token_that_may_not_see_requests_reads_and_sets_statuses(place: Place) -> None:
    place.hub.add_token("github_pat_a", permissions={"contents": "read", "statuses": "write"})
    forge = place.forge({"GITOPS_TOKEN": "github_pat_a"})
    assert forge.store is not None
    commit = forge.store.snapshot("main", ["gitops.yaml"]).commit
    forge.set_status(commit, CommitStatus("gitops/dev", "success"))
    with pytest.raises(NotAllowed):
        forge.find()


def test_actions_may_not_open_requests(place: Place) -> None:
    place.hub.add_token("ghs_ours", kind="actions", permissions=WRITE, repositories=[NAME])
    forge = place.forge({"GITHUB_TOKEN": "ghs_ours"})
    place.publish(forge)
    with pytest.raises(NotAllowed, match="not permitted") as caught:
        forge.open(BRANCH, "main", TEXT)
    assert "Allow GitHub Actions to create" in (caught.value.hint or "")


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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("write", [True, False])
def test_no_token_follows_a_redirect_to_another_place(place: Place, tmp_path: Path, status: int, write: bool) -> None:
    with GitHub(tmp_path / "other") as other:
        forge = place.forge()
        forge.find()
        away = Answer(status, {"Location": f"{other.url}/graphql".replace("127.0.0.1", "localhost")})
        place.hub.fault(lambda request: request.write is write, away)
        with pytest.raises(UsageError, match="redirects"):
            place.publish(forge) if write else forge.get(1)
        assert other.requests == []


def test_a_page_of_another_place_is_not_asked_for(place: Place, tmp_path: Path) -> None:
    forge = place.forge()
    assert forge.store is not None
    tip = repos.git(place.repo, "rev-parse", "main")
    new = repos.commit(place.repo, {"x": "1"}, message="One", branch="side", start="main")
    with GitHub(tmp_path / "other") as other:
        page = Answer.of(200, {"commits": []}, {"Link": f'<{other.url}/repos/acme/config/compare/x>; rel="next"'})
        place.hub.fault(lambda request: "/compare/" in request.path, page)
        with pytest.raises(UsageError, match="redirects"):
            forge.store.ahead(tip, new)
        assert other.requests == []


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
    with pytest.raises(NotAllowed, match="#1 is open, but GitHub does not ask for a review"):
        forge.open(BRANCH, "main", RequestText("T", "", reviewers=("nobody-here",)))
    assert [one.number for one in place.forge().find()] == [1]


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


def test_what_github_does_not_know_yet_is_waited_for(place: Place) -> None:
    number = place.open()
    place.hub.settings(NAME).unknown_mergeability = 2
    head = repos.git(place.repo, "rev-parse", BRANCH)
    assert place.forge().request_auto_merge(number, expected_head=head, method=None, author=AUTHOR).state == "merged"


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


# --- GitHub Apps ---


def test_an_app_mints_a_token_for_the_config_repo_alone(place: Place) -> None:
    private, public = keys()
    place.hub.add_repository("acme/secret", files={"a": "1"})
    place.hub.add_app("gitops", id=7, client_id="Iv1.x", key=public, permissions=WRITE, owner="acme")
    for number in ("7", "Iv1.x"):
        environ = {"GITOPS_GITHUB_APP_ID": number, "GITOPS_GITHUB_APP_PRIVATE_KEY": private, "GITHUB_TOKEN": "x-other"}
        forge = place.forge(environ)
        assert forge.find() == ()
        minted = place.hub.world.tokens[forge.token().reveal()]
        assert minted.repositories == frozenset({NAME})
        place.hub.fault(anything, Answer.of(403, {"message": f"not with {forge.token().reveal()}"}))
        with pytest.raises(NotAllowed, match=r"not with \*\*\*"):
            forge.get(1)
    assert place.publish(forge)
    assert "gitops[bot]" in repos.git(place.repo, "log", "-1", "--format=%an", BRANCH)


def test_what_is_wrong_with_an_app_is_said(place: Place) -> None:
    private, public = keys()
    for environ, words in (
        ({"GITOPS_GITHUB_APP_ID": "7"}, "both"),
        ({"GITOPS_GITHUB_APP_PRIVATE_KEY": private}, "both"),
        ({"GITOPS_GITHUB_APP_ID": "a b", "GITOPS_GITHUB_APP_PRIVATE_KEY": private}, "client id"),
        ({"GITOPS_GITHUB_APP_ID": "7", "GITOPS_GITHUB_APP_PRIVATE_KEY": "s3sam"}, "PEM"),
    ):
        with pytest.raises(UsageError, match=words) as caught:
            place.forge(environ)
        assert "s3sam" not in str(caught.value)
    broken = "-----BEGIN PRIVATE KEY-----\nczNzYW0=\n-----END PRIVATE KEY-----"
    with pytest.raises(UsageError, match="cannot be read"):
        place.forge({"GITOPS_GITHUB_APP_ID": "7", "GITOPS_GITHUB_APP_PRIVATE_KEY": broken}).find()
    place.hub.add_app("gitops", id=7, key=public, permissions=WRITE)
    with pytest.raises(NotAllowed, match="gets no token for acme/config"):
        place.forge({"GITOPS_GITHUB_APP_ID": "7", "GITOPS_GITHUB_APP_PRIVATE_KEY": private}).find()


def keys() -> tuple[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


# --- secrets ---


@pytest.mark.parametrize("status", [None, 401, 403, 404, 422, 500, 502])
def test_the_token_is_in_no_word_of_ours(place: Place, status: int | None) -> None:
    echo = Answer.of(status or 200, {"message": f"no: {TOKEN} {quote(TOKEN)}"})
    if status is not None:
        place.hub.fault(anything, echo, times=9)
    else:
        broken = {"errors": [{"type": "FORBIDDEN", "message": f"not with {TOKEN}"}]}
        place.hub.fault(anything, Answer.of(200, broken), times=2)
    words = ""
    try:
        place.forge().find()
    except GitOpsError as error:
        words = f"{error!r} {error} {error.__cause__!r}"
    assert words
    forms = (TOKEN, base64.b64encode(TOKEN.encode()).decode(), quote(TOKEN, safe=""))
    for form in forms:
        assert form not in words + "".join(place.said)
    assert TOKEN not in "".join(request.path + request.body.decode() for request in place.hub.requests)


def test_only_answers_are_misread(place: Place) -> None:
    forge = place.forge()
    with pytest.raises(TypeError, match="number"):
        forge.get()  # type: ignore[call-arg]
    place.hub.fault(lambda _: True, Answer.of(200, {"data": {"repository": {"pullRequest": {"number": 1}}}}))
    with pytest.raises(Temporary, match=r"the answer to POST /graphql \(OneRequest\) .*: it has no 'isCross"):
        forge.get(1)
