"""Which project an address means, and which token is shown to it."""

from __future__ import annotations

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.forge.gitlab.address import Address, address
from gitops_actions.forge.gitlab.credentials import chosen
from gitops_actions.model import Secret


@pytest.mark.parametrize(
    ("url", "api_url", "expected"),
    [
        ("https://gitlab.com/acme/deploy", None, Address("https://gitlab.com", "acme/deploy")),
        ("https://gitlab.com/acme/deploy.git", None, Address("https://gitlab.com", "acme/deploy")),
        ("https://gitlab.com/a/b/c.d/e/", None, Address("https://gitlab.com", "a/b/c.d/e")),
        ("https://git.example.com:8443/a/b", None, Address("https://git.example.com:8443", "a/b")),
        ("http://127.0.0.1:8080/a/b.git", None, Address("http://127.0.0.1:8080", "a/b")),
        ("git@gitlab.com:acme/sub/deploy.git", None, Address("https://gitlab.com", "acme/sub/deploy")),
        ("ssh://git@gitlab.example.com:2222/a/b.git", None, Address("https://gitlab.example.com", "a/b")),
        (
            "https://example.com/gitlab/a/b.git",
            "https://example.com/gitlab/api/v4",
            Address("https://example.com/gitlab", "a/b"),
        ),
        ("git@ssh.example.com:a/b", "https://git.example.com/api/v4/", Address("https://git.example.com", "a/b")),
        ("https://gitlab.com/gitlab/a", "https://gitlab.com/api/v4", Address("https://gitlab.com", "gitlab/a")),
    ],
)
def test_the_project_of_an_address(url: str, api_url: str | None, expected: Address) -> None:
    assert address(url, api_url) == expected


@pytest.mark.parametrize(
    ("url", "api_url"),
    [
        ("https://me:s3cret@gitlab.com/a/b", None),
        ("https://s3cret@gitlab.com/a/b", None),
        ("https://gitlab.com/a/b?private_token=s3cret", None),
        ("http://gitlab.com/a/b", None),
        ("https://gitlab.com/deploy", None),
        ("https://gitlab.com/a/b/-/merge_requests", None),
        ("https://gitlab.com/a/../b", None),
        ("https://gitlab.com/a%2f..%2fb/", None),
        ("/srv/config.git", None),
        ("file:///srv/config.git", None),
        ("https://gitlab.com:port/a/b", None),
        ("https://gitlab.com/a/b", "https://gitlab.com"),
        ("https://gitlab.com/a/b", "http://gitlab.com/api/v4"),
        ("https://gitlab.com/a/b", "https://me:s3cret@gitlab.com/api/v4"),
        ("https://gitlab.com/a/b", "ssh://gitlab.com/api/v4"),
    ],
)
def test_an_address_that_is_no_project_is_refused_without_its_secret(url: str, api_url: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        address(url, api_url)
    assert "s3cret" not in str(caught.value)


def test_the_token_of_the_person_comes_first() -> None:
    names = ("CI_JOB_TOKEN", "GITLAB_TOKEN", "GITOPS_TOKEN")
    held: dict[str, Secret] = {}
    assert chosen(held) is None
    for name in names:
        held[name] = Secret(f"t-{name}")
        found = chosen(held)
        assert found is not None
        assert (found.variable, found.token.reveal(), found.job) == (name, f"t-{name}", name == "CI_JOB_TOKEN")
    job = chosen({"GITOPS_TOKEN": Secret("glcbt-64_x")})
    assert job is not None
    assert job.job


def test_a_token_is_part_of_a_header() -> None:
    with pytest.raises(UsageError) as caught:
        chosen({"GITLAB_TOKEN": Secret("s3cret\r\nX: y")})
    assert "s3cret" not in str(caught.value)
    assert "GITLAB_TOKEN" in str(caught.value)
