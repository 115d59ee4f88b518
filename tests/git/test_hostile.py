"""A config repo that wants to run something, an environment that wants to mislead, and where a token can be seen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.git.command import scrub
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.repository import Repository
from gitops_actions.git.store import GitStore
from gitops_actions.model import FileChange, Secret, Signature
from gitops_actions.testing import repos
from gitops_actions.testing.githttp import GitServer

ROBOT = Signature("Robot", "robot@example.com", 1)
TOKEN = "s3sam-0ffne-dich"


def story(url: str, temporary: Path, credentials: Credentials | None = None) -> str:
    """Everything that a run does with a store."""
    with Repository(url, credentials=credentials, temporary=temporary) as repository:
        store = GitStore(repository)
        tip = store.snapshot(store.default_branch(), list(store.names("main")), likely=["values"]).commit
        store.log("main", ["apps"])
        files = [FileChange("apps/values.yaml", b"tag: 2\r\n")]
        new = store.publish("side", expected=None, parent=tip, files=files, message="m\n", author=ROBOT)
        store.ahead("main", "side")
        if repository.local:
            repository.merge_tree("main", "side")
        store.refresh()
        assert store.snapshot("side", ["apps/values.yaml"]).files["apps/values.yaml"].content == b"tag: 2\r\n"
        return new


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, Path]:
    """A hostile config repo, and the file that appears when anything in it was run."""
    canary = tmp_path / "canary"
    run = f"touch {canary}; false"
    config = "".join(
        f'[{section}]\n\t{key} = "{run}"\n'
        for section, key in (
            ("core", "fsmonitor"),
            ("core", "sshCommand"),
            ("core", "pager"),
            ('filter "evil"', "clean"),
            ('filter "evil"', "smudge"),
            ('diff "evil"', "command"),
            ('merge "evil"', "driver"),
            ("diff", "external"),
        )
    )
    config += f'[core]\n\tbare = true\n\thooksPath = hooks\n[alias]\n\tcat-file = "!{run}"\n'
    hook = f"#!/bin/sh\n{run}\n"
    files: dict[str, str | bytes] = {
        "apps/values.yaml": b"tag: 1\r\n",
        ".gitattributes": "* text eol=lf filter=evil diff=evil merge=evil\n",
        "inner/HEAD": "ref: refs/heads/main\n",
        "inner/config": config,
        "inner/objects/x": "",
        "inner/refs/x": "",
        "inner/hooks/pre-push": hook,
        "hooks/pre-push": hook,
        "HEAD": "ref: refs/heads/main\n",
        "config": config,
        "-rf": "not an option",
        "--help": "neither",
        "yaml.py": f"open({str(canary)!r}, 'w')",
        "sitecustomize.py": f"open({str(canary)!r}, 'w')",
        "git.py": f"open({str(canary)!r}, 'w')",
        ".gitmodules": f'[submodule "m"]\n\tpath = m\n\turl = "ext::sh -c touch% {canary}"\n\tupdate = "!{run}"\n',
        "m": "1234567890123456789012345678901234567890",
        "link": "/etc/passwd",
        "up": "../../../outside",
    }
    modes = {"m": "160000", "link": "120000", "up": "120000", "hooks/pre-push": "100755"}
    return repos.bare(tmp_path / "served" / "config.git", files, modes=modes), canary


@pytest.mark.parametrize("over", ["path", "http"])
def test_nothing_of_a_hostile_repository_runs(
    over: str, trap: tuple[Path, Path], tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare, canary = trap
    checkout = tmp_path / "checkout"
    # Even when we are started inside such a tree.
    subprocess.run(["git", "clone", "-q", "-c", "core.symlinks=true", bare, checkout], check=True, capture_output=True)
    monkeypatch.chdir(checkout / "inner")
    with GitServer(tmp_path / "served") as server:
        story(str(bare) if over == "path" else f"{server.url}/config.git", temporary)
    assert not canary.exists()
    assert repos.show(bare, "side", "apps/values.yaml") == b"tag: 2\r\n"
    assert repos.git(bare, "diff", "--name-only", "main", "side") == "apps/values.yaml"


def test_links_are_told_not_followed(trap: tuple[Path, Path], temporary: Path) -> None:
    with Repository(str(trap[0]), temporary=temporary) as repository:
        files = repository.read("main", ["link", "up", "m", "link/x", "-rf", "--help"]).files
    assert {path: (file.mode, file.content) for path, file in files.items()} == {
        "link": ("120000", b"/etc/passwd"),
        "up": ("120000", b"../../../outside"),
        "m": ("160000", b""),
        "-rf": ("100644", b"not an option"),
        "--help": ("100644", b"neither"),
    }


def test_the_environment_does_not_mislead(
    bare: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = repos.bare(tmp_path / "victim.git", {"x": "1"})
    before = repos.git(victim, "for-each-ref")
    canary = tmp_path / "canary"
    hostile = {
        "GIT_DIR": str(victim),
        "GIT_OBJECT_DIRECTORY": str(victim / "objects"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": f"touch {canary}",
        "GIT_CONFIG_KEY_1": "remote.origin.url",
        "GIT_CONFIG_VALUE_1": str(victim),
        "GIT_CONFIG_PARAMETERS": f"'core.pager'='touch {canary}'",
        "GIT_TRACE": str(tmp_path / "trace"),
        "GIT_TRACE_CURL": str(tmp_path / "trace"),
        "GIT_EXTERNAL_DIFF": f"touch {canary}",
        "GIT_ASKPASS": f"touch {canary}",
        "GIT_PYTHON_GIT_EXECUTABLE": "/bin/false",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    scrub(os.environ)
    new = story(str(bare), temporary)
    assert repos.git(bare, "rev-parse", "side") == new
    assert repos.git(victim, "for-each-ref") == before
    assert not canary.exists()
    assert not (tmp_path / "trace").exists()


def test_the_configuration_of_the_machine_does_not_count(
    bare: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    hook = tmp_path / "hooks" / "pre-push"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {canary}\n")
    hook.chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hook.parent}\n[push]\n\tgpgSign = true\n[commit]\n\tgpgSign = true\n"
        f'[url "/nowhere"]\n\tinsteadOf = {bare}\n[log]\n\tdate = human\n\tshowSignature = true\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    story(str(bare), temporary)
    assert not canary.exists()


def test_a_token_is_nowhere(
    bare: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every git that is started, by us or by git, tells its arguments and copies the repository as it is then."""
    seen, real = tmp_path / "seen", shutil.which("git")
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(
        f"#!{sys.executable}\nimport json, os, subprocess, sys, tempfile\n"
        f"with open({str(seen)!r}, 'a') as log: log.write(json.dumps(sys.argv) + '\\n')\n"
        f"copy = tempfile.mkdtemp(dir={str(tmp_path)!r}, prefix='copy-')\n"
        # Another git may be at work there: files that vanish meanwhile are no failure.
        f"subprocess.call(['cp', '-r', {str(temporary)!r}, copy], stderr=subprocess.DEVNULL)\n"
        f"os.execv({real!r}, sys.argv)\n"
    )
    shim.chmod(0o755)
    secrets = (TOKEN, *Credentials(Secret(TOKEN)).texts())
    texts = []
    with GitServer(tmp_path / "served", token=TOKEN) as server, caplog.at_level(0):
        monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
        story(f"{server.url}/config.git", temporary, Credentials(Secret(TOKEN)))
        server.token = "another"
        for url in (f"{server.url}/config.git", f"{server.url}/none.git", "http://127.0.0.1:1/x.git"):
            with pytest.raises(GitOpsError) as error:
                story(url, temporary, Credentials(Secret(TOKEN)))
            texts += [str(error.value), repr(error.value), repr(error.value.__dict__)]
    arguments = [json.loads(line) for line in seen.read_text().splitlines()]
    assert {"fetch", "push", "ls-remote", "cat-file", "fast-import"} <= {word for line in arguments for word in line}
    copies = [path.read_bytes() for path in tmp_path.glob("copy-*/**/*") if path.is_file()]
    assert any(b"[remote" in copy for copy in copies)
    texts += [seen.read_text(), caplog.text, *(copy.decode("latin-1") for copy in copies)]
    for secret in secrets:
        assert not any(secret in text for text in texts)


def test_a_token_is_for_its_origin_only(bare: Path, tmp_path: Path, temporary: Path) -> None:
    assert (
        Credentials(Secret(TOKEN))
        .environment("https://a.example")["GIT_CONFIG_KEY_0"]
        .startswith("http.https://a.example/.")
    )
    with pytest.raises(UsageError):
        Repository(f"http://x:{TOKEN}@127.0.0.1:1/x", temporary=temporary)
