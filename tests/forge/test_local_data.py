"""The data of a request: everything comes back, and nothing that is not ours is taken for ours."""

from __future__ import annotations

import json

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.forge.local.data import Request, decode, encode, number_of

HEAD = "a" * 40
FULL = Request(
    number=7,
    branch="gitops/dev/web",
    base="main",
    head=HEAD,
    title="Deploy web 1.1 to dev",
    body="Ünï\n\ncode\n",
    state="merged",
    merge_commit="b" * 40,
    draft=True,
    labels=("dev", "x"),
    assignees=("ada",),
    reviewers=("bob",),
    team_reviewers=("sre",),
    comments={"diff": "one\ntwo"},
)


def test_everything_comes_back() -> None:
    assert decode(encode(FULL), 7) == FULL
    assert encode(decode(encode(FULL), 7)) == encode(FULL)


def test_the_file_can_be_read_by_a_person() -> None:
    text = encode(FULL).decode()
    assert '\n  "title": "Deploy web 1.1 to dev",\n' in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("two\nlines", "two lines"),
        ("a\r\nGitops-App: evil", "a Gitops-App: evil"),
        ("nul\x00 bell\x07", "nul bell"),
        ("\x1b[31mred\x9b0m", "[31mred 0m"),
        ("turned \u202earound\u2028here", "turned around here"),
        ("not utf-8: \udcff", "not utf-8: ?"),
        ("  many   blanks ", "many blanks"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
    ],
)
def test_a_title_is_one_harmless_line(given: str, kept: str) -> None:
    request = Request(1, "b", "main", HEAD, given, given, labels=(given, ""), comments={given: "x\x00"})
    assert (request.title, request.labels) == (kept, (kept,))
    assert request.comments == {kept: "x"}
    assert decode(encode(request), 1) == request


def test_a_body_keeps_its_lines() -> None:
    assert Request(1, "b", "main", HEAD, "T", "a\r\n\tb\x1bc\x00\n").body == "a\n\tbc\n"


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("requests/1.json", 1),
        ("requests/120.json", 120),
        ("requests/0.json", None),
        ("requests/01.json", None),
        ("requests/1.json/x", None),
        ("requests/1.json\n", None),
        ("other/1.json", None),
    ],
)
def test_only_our_file_names_are_requests(path: str, number: int | None) -> None:
    assert number_of(path) == number


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("number", 8, "it says that it is 8"),
        ("number", True, "'number' is True"),
        ("branch", "--upload-pack=x", "starts with '-'"),
        ("base", "a..b", "holds '..'"),
        ("head", "main", "not a commit id"),
        ("merge_commit", "--all", "not a commit id"),
        ("state", "reopened", "'state' is 'reopened'"),
        ("state", ["open"], "'state' is"),
        ("labels", "dev", "'labels' is 'dev'"),
        ("labels", [1], "'labels' is [1]"),
        ("comments", {"a": 1}, "'comments' is"),
        ("draft", "yes", "'draft' is 'yes'"),
        ("title", None, "'title' is None"),
        ("surprise", 1, "and no others"),
    ],
)
def test_data_that_is_not_as_we_write_it_is_refused_with_its_place(field: str, value: object, complaint: str) -> None:
    values = json.loads(encode(FULL)) | {field: value}
    with pytest.raises(UsageError) as caught:
        decode(json.dumps(values).encode(), 7)
    assert complaint in caught.value.message
    assert caught.value.file == "requests/7.json"


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, b'{"number": NaN}'])
def test_what_is_no_request_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        decode(content, 7)
