from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Command, scrub
from gitops_actions.git.credentials import from_environment
from gitops_actions.lock import Lock


def test_only_how_to_reach_a_server_is_left() -> None:
    kept = {
        "GIT_SSH_COMMAND": "ssh -i key",
        "GIT_SSL_CAINFO": "ca.pem",
        "GIT_EXEC_PATH": "/opt/git",
        "GITOPS_TOKEN": "x",
        "GITHUB_SHA": "x",
        "PATH": "/bin",
    }
    hostile = ("GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG"
               " GIT_CONFIG_GLOBAL GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_PARAMETERS GIT_TRACE GIT_TRACE_CURL"
               " GIT_TRACE2_EVENT GIT_CURL_VERBOSE GIT_ASKPASS GIT_SSH GIT_PROXY_COMMAND GIT_EXTERNAL_DIFF GIT_PAGER"
               " GIT_EDITOR GIT_TEMPLATE_DIR GIT_NAMESPACE GIT_SSL_NO_VERIFY GIT_REDIRECT_STDOUT GIT_AUTHOR_NAME"
               " GIT_PYTHON_GIT_EXECUTABLE GIT_PYTHON_TRACE GIT_ALLOW_PROTOCOL GIT_SHALLOW_FILE")  # fmt: skip
    environ = kept | dict.fromkeys(hostile.split(), "x")
    scrub(environ)
    assert environ == kept


def test_a_token_becomes_a_header_for_one_origin() -> None:
    credentials = from_environment({"GITOPS_TOKEN": " s3sam\n"})
    assert credentials is not None
    header = base64.b64encode(b"x-access-token:s3sam").decode()
    assert credentials.environment("https://example.com") == {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.https://example.com/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {header}",
    }
    assert credentials.environment(None) == {}
    assert "s3sam" not in repr(credentials)
    assert header not in repr(credentials)


def test_the_user_of_a_token() -> None:
    assert from_environment({}) is None
    assert from_environment({"GITOPS_TOKEN": " "}) is None
    credentials = from_environment({"GITOPS_TOKEN": "t", "GITOPS_USERNAME": "oauth2"})
    assert credentials is not None
    assert credentials.username == "oauth2"


@pytest.mark.parametrize(
    "environ",
    [
        {"GITOPS_TOKEN": "s3\r\nX-Evil: sam"},
        {"GITOPS_TOKEN": "s3 sam"},
        {"GITOPS_TOKEN": "s3säm"},
        {"GITOPS_TOKEN": "s3sam", "GITOPS_USERNAME": "a:b"},
        {"GITOPS_TOKEN": "s3sam", "GITOPS_USERNAME": "a\nb"},
    ],
)
def test_what_cannot_be_in_a_header_is_refused_and_not_shown(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError) as error:
        from_environment(environ)
    assert "s3" not in str(error.value)


def test_words_are_harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = from_environment({"GITOPS_TOKEN": "s3sam"})
    assert credentials is not None
    encoded = credentials.texts()[1]
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(
        f"#!{sys.executable}\nimport sys\nif 'version' in sys.argv: sys.exit(print('git version 2.47.0'))\n"
        "sys.stderr.buffer.write(b'Counting 1%\\rCounting 2%\\nremote: \\x1b[31mNo\\x1b[0m '"
        "b'\\x1b]0;title\\x07deploys\\xff \\xe2\\x80\\xaehere\\n'"
        f"b'remote: s3sam and {encoded}\\nremote: s3\\x1b[0msam and s3\\x07sam\\nremote:   \\n')\nsys.exit(1)\n"
    )
    git.chmod(0o755)
    lock = Lock(tmp_path / "lock")
    monkeypatch.setenv("PATH", str(git.parent))
    answer = Command(tmp_path, lock, credentials=credentials, origin="https://example.com").run("push", network=True)
    assert answer.status == 1
    assert answer.words == "No deploys� here\n*** and ***\n*** and ***"
    assert "Counting 2%" in answer.errors


def test_only_network_commands_get_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = from_environment({"GITOPS_TOKEN": "s3sam"})
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text('#!/bin/sh\n[ "$1" = version ] && echo git version 2.47.0 || env\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:/usr/bin:/bin")
    command = Command(tmp_path, Lock(tmp_path / "lock"), credentials=credentials, origin="https://example.com")
    assert b"Authorization" not in command.run("cat-file").output
    assert b"Authorization" in command.run("fetch", network=True).output
