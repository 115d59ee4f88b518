"""Which repository of which GitHub an URL means, and what is refused."""

from __future__ import annotations

import pytest

from gitops_actions.cli import hosts
from gitops_actions.errors import UsageError
from gitops_actions.forge.github.address import address
from gitops_actions.model import Secret

PUBLIC = "https://api.github.com"


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com/acme/deploy", PUBLIC),
        ("https://github.com/acme/deploy.git", PUBLIC),
        ("https://GitHub.com/acme/deploy/", PUBLIC),
        ("https://www.github.com/acme/deploy", PUBLIC),
        ("git@github.com:acme/deploy.git", PUBLIC),
        ("ssh://git@ssh.github.com:443/acme/deploy.git", PUBLIC),
        ("https://acme.ghe.com/acme/deploy", "https://api.acme.ghe.com"),
        ("https://github.acme.example/acme/deploy", "https://github.acme.example/api/v3"),
        ("https://code.acme.example:8443/acme/deploy", "https://code.acme.example:8443/api/v3"),
        ("git@code.acme.example:acme/deploy", "https://code.acme.example/api/v3"),
        ("ssh://git@code.acme.example:2222/acme/deploy", "https://code.acme.example/api/v3"),
        ("http://127.0.0.1:8080/acme/deploy", "http://127.0.0.1:8080/api/v3"),
        ("http://[::1]:8080/acme/deploy", "http://[::1]:8080/api/v3"),
    ],
)
def test_an_url_means_a_repository(url: str, api: str) -> None:
    found = address(url)
    assert (found.full_name, found.api) == ("acme/deploy", api)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme", "https://github.com/acme/deploy/tree/main", "https://github.com/", "https:///a/b",
        "https://github.com/../deploy", "https://github.com/acme/..", "https://github.com/ac me/deploy",
        "https://github.com/acme/%2e%2e", "https://github.com/acme/deploy?x=1", "https://github.com/acme/deploy#x",
        "https://u:s3sam@github.com/acme/deploy", "https://s3sam@github.com/acme/deploy", "http://github.com/acme/deploy",
        "http://github.acme.example/acme/deploy", "ftp://github.com/acme/deploy", "https://github.com:x/acme/deploy",
        "https://[::1/acme/deploy", "ssh://git:s3sam@github.com/acme/deploy", "acme/deploy", "",
        "https://github.com\\@evil.example/acme/deploy",
    ],
)  # fmt: skip
def test_other_urls_are_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        address(url)
    assert "s3sam" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "api",
    ["http://api.example/", "https://s3sam@api.example", "https://api.example?t=s3sam", "api.example", "file:///x", ""],
)
def test_an_api_url_is_checked_as_well(api: str) -> None:
    with pytest.raises(UsageError) as caught:
        address("https://github.com/acme/deploy", api)
    assert "s3sam" not in str(caught.value)


def test_an_api_url_counts() -> None:
    assert (
        address("https://code.example/acme/deploy", "https://api.code.example/v3/").api == "https://api.code.example/v3"
    )


@pytest.mark.parametrize(
    ("url", "api", "kind"),
    [
        ("https://github.com/acme/deploy", None, "github"),
        ("git@github.com:acme/deploy", None, "github"),
        ("https://github.acme.example/a/b", None, "github"),
        ("https://acme.ghe.com/a/b", None, "github"),
        ("https://gitlab.com/a/b", None, "gitlab"),
        ("https://gitlab.acme.example/a/b/c", None, "gitlab"),
        ("https://code.acme.example/a/b", None, ""),
        ("https://notgithub.com/a/b", None, ""),
        ("https://github.com.evil.example/a/b", None, "github"),  # as a host named github.*, with GITOPS_TOKEN only
        ("https://code.acme.example/a/b", "https://code.acme.example/api/v3", "github"),
        ("https://code.acme.example/a/b", "https://code.acme.example/api/v4/", "gitlab"),
        ("https://code.acme.example/a/b", "https://api.github.com", "github"),
        ("./config.git", None, ""),
        ("./config.git", "https://api.acme.example/", ""),
        ("https://github.com/acme/deploy", "https://[broken", "github"),
        ("file:///srv/config.git", None, ""),
        ("https://[broken/a/b", None, ""),
    ],
)
def test_the_address_tells_which_forge_it_is(url: str, api: str | None, kind: str) -> None:
    assert hosts.forge_of(url, api) == kind


def test_an_unknown_api_asks_and_says_how_to_tell() -> None:
    with pytest.raises(UsageError, match="GitLab or GitHub") as caught:
        hosts.forge_of("https://code.acme.example/a/b", "https://api.acme.example/")
    assert "--forge" in (caught.value.hint or "")
    assert "https://code.acme.example/api/v3/meta" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://code.acme.example:8443/a/b", "https://code.acme.example:8443"),
        ("http://127.0.0.1:8080/a/b", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/a/b", "http://[::1]:8080"),
        ("ssh://git@code.acme.example:2222/a/b", "https://code.acme.example"),
        ("git@code.acme.example:a/b", "https://code.acme.example"),
        ("git@[::1]:a/b", "https://[::1]"),
        ("https://code.acme.example:port/a/b", "https://code.acme.example"),
        ("https://c\u00f6de.example/a/b", "https://HOST"),
    ],
)
def test_where_to_look_at_an_unknown_host(url: str, root: str) -> None:
    hint = hosts.how_to_tell(url)
    assert f" {root}/api/v4/version " in hint
    assert f" {root}/api/v3/meta " in hint


ALL = {"GITOPS_TOKEN": "a", "GH_TOKEN": "b", "GITHUB_TOKEN": "c", "GITLAB_TOKEN": "d", "CI_JOB_TOKEN": "e"}


def shown(kind: str, host: str, environ: dict[str, str], *, named: bool = False) -> set[str]:
    return set(hosts.credentials_for(environ, kind, host, named=named))


def test_a_token_that_was_not_made_for_us_goes_to_its_own_hosts_only() -> None:
    assert shown("github", "github.com", ALL) == {"GITOPS_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"}
    assert shown("github", "github.evil.example", ALL) == {"GITOPS_TOKEN"}
    assert shown("github", "github.acme.example", ALL, named=True) == {"GITOPS_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"}
    home = {**ALL, "GITHUB_SERVER_URL": "https://github.acme.example", "CI_SERVER_HOST": "gitlab.acme.example"}
    assert shown("github", "github.acme.example", home) == {"GITOPS_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"}
    assert shown("gitlab", "gitlab.acme.example", home) == {"GITOPS_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"}
    assert shown("gitlab", "gitlab.com", ALL) == {"GITOPS_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"}
    assert shown("", "code.acme.example", ALL) == {"GITOPS_TOKEN"}


def test_git_is_shown_the_same_token() -> None:
    def make() -> Secret:
        return Secret("minted")

    def git(kind: str, environ: dict[str, str]) -> tuple[str, ...] | None:
        given = hosts.credentials_for(environ, kind, "", named=True)
        found = hosts.credentials_for_git(environ, given, kind, make)
        return found.texts()[:1] if found else None

    assert git("github", ALL) == ("a",)
    assert git("github", {"GITHUB_TOKEN": "c", "GH_TOKEN": "b"}) == ("b",)
    assert git("github", {"GITHUB_TOKEN": "c", "GITOPS_GITHUB_APP_ID": "1"}) == ("minted",)
    assert git("gitlab", {"CI_JOB_TOKEN": "e"}) == ("e",)
    assert git("github", {}) is None
    assert git("", {"GITHUB_TOKEN": "c"}) is None
