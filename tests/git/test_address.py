from __future__ import annotations

from pathlib import Path

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.git.address import address


@pytest.mark.parametrize(
    ("text", "protocol", "origin"),
    [
        ("https://example.com/acme/deploy.git", "https", "https://example.com"),
        ("https://example.com:8443/x", "https", "https://example.com:8443"),
        ("HTTPS://Example.COM/x", "https", "https://example.com"),
        ("http://localhost:3000/x", "http", "http://localhost:3000"),
        ("http://127.0.0.1:1/x", "http", "http://127.0.0.1:1"),
        ("http://[::1]:1/x", "http", "http://[::1]:1"),
        ("ssh://git@example.com:22/x.git", "ssh", None),
        ("git@example.com:acme/deploy.git", "ssh", None),
        ("example.com:deploy", "ssh", None),
        ("example.com:a@b/c:d", "ssh", None),
    ],
)
def test_remotes(text: str, protocol: str, origin: str | None) -> None:
    found = address(text)
    assert (found.text, found.protocol, found.origin, found.path) == (text, protocol, origin, None)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/srv/a b.git", "/srv/a b.git"),
        ("file:///srv/a%20b.git", "/srv/a b.git"),
        ("file://localhost/srv/x", "/srv/x"),
        ("x.git", str(Path.cwd() / "x.git")),
        ("./-x", str(Path.cwd() / "-x")),
        ("./a:b", str(Path.cwd() / "a:b")),
    ],
)
def test_folders(text: str, path: str) -> None:
    assert address(text).path == Path(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-x",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c touch% /tmp/x",
        "fd::17",
        "persistent-https://example.com/x",
        "git://example.com/x",
        "ftp://example.com/x",
        "http://example.com/x",
        "http://127.0.0.1.example.com/x",
        "http://localhost@example.com/x",
        "https://",
        "https:///x",
        "https://example.com\\@evil/x",
        "https://example.com:port/x",
        "https://[::1/x",
        "https://pat:s3sam@example.com/x",
        "https://s3sam@example.com/x",
        "https://example.com/x?private_token=s3sam",
        "https://example.com/x#s3sam",
        "ssh://pat:s3sam@example.com/x",
        "pat:s3sam@example.com:x",
        "ssh://-oProxyCommand=touch/x",
        "ssh://git@-oProxyCommand=touch/x",
        "git@-oProxyCommand=touch:x",
        "example.com:-x",
        "ssh://example.com/-x",
        "file://example.com/x",
        "file:///srv/a#b",
        "file:///srv/a?b",
        "file:///srv/%00",
        "file:///srv/a%0Ab",
        "file:///srv/%FF",
        "/srv/a\nb",
        "/srv/a\x1b[31m",
        "https://example.com/\u202ex",
        "/srv/\ud800",
    ],
)
def test_what_git_must_not_be_given(text: str) -> None:
    with pytest.raises(UsageError) as error:
        address(text)
    assert error.value.hint
    assert "s3sam" not in str(error.value)


def test_a_folder_whose_name_git_could_not_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a\nb").mkdir()
    monkeypatch.chdir(tmp_path / "a\nb")
    with pytest.raises(UsageError, match="control characters"):
        address("x.git")


def test_an_url_without_its_scheme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"github\.com/acme/deploy does not exist") as error:
        address("github.com/acme/deploy")
    assert "https://github.com/acme/deploy" in (error.value.hint or "")
    for folder in ("./github.com/acme/deploy", "conf/deploy"):
        assert address(folder).path == tmp_path / folder
    (tmp_path / "github.com").mkdir()  # as some keep their checkouts
    assert address("github.com/acme/deploy").path == tmp_path / "github.com/acme/deploy"
