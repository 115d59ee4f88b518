"""Tokens and GitHub Apps: which is taken, what each may do, and that none is told to anybody."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from gitops_actions.errors import GitOpsError, NotAllowed, UsageError
from gitops_actions.model import CommitStatus
from gitops_actions.testing import repos
from gitops_actions.testing.forgehttp import Answer, Recorded
from gitops_actions.testing.github import GitHub
from tests.forge.hub import BRANCH, NAME, TEXT, TOKEN, Place

READ = {"contents": "read", "pull_requests": "read"}
WRITE = {"contents": "write", "pull_requests": "write", "issues": "write", "statuses": "write"}


def anything(_request: Recorded) -> bool:
    return True


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
    assert caught.value.hint == f"give the token, for the repository {NAME}, Contents: Read and write"
    assert BRANCH not in repos.git(place.repo, "for-each-ref")


def test_what_a_token_lacks_is_told_where_github_tells_it(place: Place) -> None:
    asked = {"X-Accepted-GitHub-Permissions": "statuses=write,contents=read; contents=write"}
    for headers, need in (
        (asked, "Commit statuses: Read and write and Contents: Read-only"),
        ({}, "Contents and Pull requests: Read and write (for labels also Issues, for statuses Commit statuses)"),
    ):
        commit = repos.git(place.repo, "rev-parse", "main")
        place.hub.fault(1, Answer.of(403, {"message": "Resource not accessible"}, headers))
        with pytest.raises(NotAllowed, match="not accessible") as caught:
            place.forge().set_status(commit, CommitStatus("gitops/dev", "success"))
        assert caught.value.hint == f"give the token, for the repository {NAME}, {need}"


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
