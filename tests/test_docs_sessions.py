"""The output that README and the guides show is real: their sessions are run and compared.

Every block of the kind `console` is run: lines that start with `$ ` are commands, what follows is their output. The
blocks of a page are one session, from top to bottom, in one folder. A block under `<!-- file: PATH -->` is written to
that file first. `UPDATE_DOCS=1` writes what really came out into the page instead of comparing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitops_actions.testing import repos
from gitops_actions.testing.github import GitHub
from gitops_actions.testing.runner import Step

ROOT = Path(__file__).parent.parent
PAGES = [
    "README.md",
    "docs/getting-started.md",
    "docs/editing.md",
    "docs/pipelines.md",
    "docs/ci.md",
    "docs/doctor.md",
]
HOME = "/home/you/shop"  # what pages call the folder
NOW = 1_790_000_000
BLOCK = re.compile(
    r"(?:<!-- file: (?P<file>\S+) -->\n+)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Shell:
    """A person at a terminal, in an empty folder, with nothing but git and gitops-actions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "shop"
        self.folder.mkdir()
        self.environ = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self._now = NOW
        self._names = {str(self.folder): HOME}
        for role in ("AUTHOR", "COMMITTER"):
            self.environ |= {f"GIT_{role}_NAME": "You", f"GIT_{role}_EMAIL": "you@example.com"}

    def run(self, command: str) -> str:
        """What a command prints, to stdout and stderr. A minute passes before each."""
        self._now += 60
        dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{self._now} +0000")
        for real, shown in self._names.items():
            command = command.replace(shown, real)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environ | dates | {"SOURCE_DATE_EPOCH": str(self._now)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        code = f"[exit {done.returncode}]\n" if done.returncode else ""
        said = done.stdout
        for real, shown in self._names.items():
            said = said.replace(real, shown)
        return said + code

    def call(self, real: str, shown: str, **environ: str) -> None:
        """What pages call a server, and what has to be in the environment for it."""
        self._names[real] = shown
        self.environ |= environ

    def write(self, path: str, text: str) -> None:
        """Write a file, with its folders."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def play(self, page: str) -> str:
        """The page with the output that its commands really have."""

        def played(match: re.Match[str]) -> str:
            if match["file"]:
                self.write(match["file"], match["text"])
            if match["kind"] != "console":
                return match[0]
            commands = [line for line in match["text"].splitlines() if line.startswith("$ ")]
            output = "".join(f"{line}\n{self.run(line[2:])}" for line in commands)
            return f"```console\n{output}```"

        return BLOCK.sub(played, page)


def alike(text: str) -> list[str]:
    """The lines of a text without commit ids, which change with every word of a message, and without seconds: the
    agent's clock runs while it works."""
    text = re.sub(r"\b[0-9a-f]{7,40}\b", "<id>", text)
    return re.sub(r"(T\d\d:\d\d):\d\dZ", r"\1Z", text).splitlines()


@contextmanager
def begun(name: str, shell: Shell) -> Iterator[None]:
    """What a page takes for granted: a config repo with the policy that README shows, for that about CI systems in a
    step of GitHub Actions; for the page about `doctor`, one on a GitHub with the policy that this page shows."""
    text = (ROOT / (name if name == "docs/doctor.md" else "README.md")).read_text(encoding="utf-8")
    policy = re.search(r"^```yaml\n(version: 1\n.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert policy is not None
    overlay = "resources: [../../base]\nimages:\n  - name: ghcr.io/acme/web\n    newTag: 1.4.1\n"
    places = [f"apps/web/overlays/{environment}/kustomization.yaml" for environment in ("dev", "staging", "production")]
    files = {"gitops.yaml": policy[1], **dict.fromkeys(places, overlay)}
    if name in ("README.md", "docs/ci.md"):
        repos.bare(shell.folder / "config.git", files)
    if name == "docs/ci.md":
        shell.environ |= Step(shell.folder.parent / "step").environ | {"GITOPS_CONFIG_REPO": "config.git"}
    if name != "docs/doctor.md":
        yield
        return
    with GitHub(shell.folder.parent / "hub", clock=lambda: NOW) as hub:
        hub.add_repository("acme/deploy", files=files, allow_auto_merge=False)
        hub.protect("acme/deploy", approvals=1, checks=("validate",), ruleset=True)
        hub.add_user("alice")
        permissions = {"contents": "write", "pull_requests": "write"}
        hub.add_token("github_pat_x", login="acme-robot", permissions=permissions, expires=NOW + 6 * 86400)
        environ = {"GITOPS_FORGE": "github", "GITOPS_API_URL": hub.api_url, "GITOPS_TOKEN": "github_pat_x"}
        shell.call(hub.url, "https://github.com", **environ)
        yield


@pytest.mark.parametrize("name", PAGES)
def test_sessions_are_real(name: str, tmp_path: Path) -> None:
    page = ROOT / name
    text = page.read_text(encoding="utf-8")
    shell = Shell(tmp_path)
    with begun(name, shell):
        played = shell.play(text)
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(played, encoding="utf-8")
        return
    assert "```console" in text
    assert alike(played) == alike(text)
