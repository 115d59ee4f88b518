"""`demo`: the whole story on this machine, by real processes on real git."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from gitops_actions.cli.options import option
from gitops_actions.cli.settings import SIGNS, Settings
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.resources import templates
from gitops_actions.testing import repos

_PAUSE = 0.1  # seconds, for a person to see where one command ends


@click.command("demo")
@option("--keep", "folder", metavar="DIR", help="Where to build it; default: a new temporary folder.")
@option("--fast", is_flag=True, help="No pauses.")
@click.pass_obj
def command(settings: Settings, folder: str | None, fast: bool) -> None:
    """Play the whole story in a folder: two app repositories, a config repository, three environments.

    Everything stays there afterwards, to go on playing.
    """
    if shutil.which("git") is None:
        raise UsageError("git was not found", hint="install git 2.38 or newer, on the PATH")
    if folder is None:
        root = Path(tempfile.mkdtemp(prefix="gitops-demo-"))
    else:
        root = Path(folder).absolute()
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise UsageError(f"{root} exists and is not empty", code="GA060", hint="name a new folder with --keep")
        root.mkdir(parents=True, exist_ok=True)
    Stage(root, settings, pause=0 if fast else _PAUSE).play()


class Stage:
    """The folder that the story is played in."""

    def __init__(self, root: Path, settings: Settings, *, pause: float) -> None:
        self.root = root
        self.config = root / "config.git"
        self._settings = settings
        self._pause = pause
        # The story must not depend on what the person's own shell says to gitops-actions.
        # The story is the same in a CI system, and its commands are nobody's job there.
        kept = (item for item in settings.environ.items() if item[0] not in SIGNS)
        self._environ = {name: text for name, text in kept if not name.startswith("GITOPS_")}

    def play(self) -> None:
        """The story, from empty folders to a rollout in production."""
        self._build()
        self._first_release()
        self._newer_and_older()
        self._to_production()
        self._turned_away()
        self._drift()
        self._end()

    def _build(self) -> None:
        self.say("Two app repositories, and the config repository that says what runs where.")
        source = templates() / "demo"
        files = {
            path.relative_to(source / "config").as_posix(): path.read_bytes()
            for path in sorted((source / "config").rglob("*"))
            if path.is_file()
        }
        repos.bare(self.config, {})
        repos.commit(self.config, files, message="Three apps in three environments", time=self._settings.now - 3600)
        for app in ("web", "api"):
            folder = self.root / app
            folder.mkdir()
            repos.git(folder, "init", "--quiet", "--initial-branch=main", ".")
            for path in sorted((source / app).iterdir()):
                text = path.read_text(encoding="utf-8").replace("@config@", self.config.as_posix())
                (folder / path.name).write_text(text, encoding="utf-8")
            if app == "web":
                self.say("The pipelines of the apps are written from their gitops.yaml.")
                self.show("cat web/gitops.yaml", (folder / "gitops.yaml").read_text(encoding="utf-8"))
            self.run(app, "generate")
            self.build(app, "The first version")
        self.show("cat config.git/gitops.yaml", files["gitops.yaml"].decode())
        self.run(".", "validate", "--config-repo", "config.git")

    def _first_release(self) -> None:
        self.say("The pipeline of web has built 1.0.1. It tells the config repository: a commit, for dev takes them.")
        first = self.build("web", "Say hello")
        self._builds = {"1.0.1": first}
        self.deploy("web", "1.0.1", first, 1)
        self.show("git show main", repos.git(self.config, "show", "--format=%an: %s%n%n%b", "main"))
        self.say("The same again (a job that is run twice) changes nothing.")
        self.deploy("web", "1.0.1", first, 1)
        self.say("An agent applies dev to a folder. In a cluster this is Argo CD or Flux.")
        self.agent("dev")
        self.say("What is in dev is due in staging: a pull request.")
        self.run(".", "promote", "--config-repo", "config.git")

    def _newer_and_older(self) -> None:
        self.say("Before anybody merges it, web 1.0.2 is built. The same request is brought up to date.")
        second = self.build("web", "Say it louder")
        self.deploy("web", "1.0.2", second, 2)
        self.run(".", "promote", "--config-repo", "config.git")
        self.say("A late job of the older build is turned away: its commit comes before the one that is there.")
        self.deploy("web", "1.0.1", self._builds["1.0.1"], 1)
        self.run(".", "pr", "list", "--config-repo", "config.git")

    def _to_production(self) -> None:
        self.say("Somebody merges it. Staging gets it, and production is due.")
        self.run(".", "pr", "merge", "1", "--config-repo", "config.git")
        self.agent("staging")
        self.run(".", "promote", "--config-repo", "config.git")
        self.run(".", "pr", "view", "2", "--config-repo", "config.git")
        self.run(".", "pr", "merge", "2", "--config-repo", "config.git")
        self.agent("production")

    def _turned_away(self) -> None:
        self.say("The other apps: one by Helm values, one by a compose file.")
        third = self.build("api", "Count visitors")
        self.deploy("api", "2.0.1", third, 1)
        self.run(
            ".", "deploy", "--config-repo", "config.git", "--app", "proxy", "--image", "docker.io/library/caddy:2.10.2"
        )
        self.run(".", "promote", "--config-repo", "config.git", "--to", "staging")
        self.say("A person closes the request for api 2.0.1: it is not opened again. The next version is asked anew.")
        self.run(".", "pr", "close", "3", "--config-repo", "config.git", "--comment", "It counts me twice.")
        self.run(".", "promote", "--config-repo", "config.git", "--app", "api", "--to", "staging")
        fourth = self.build("api", "Count each visitor once")
        self.deploy("api", "2.0.2", fourth, 2)
        self.run(".", "promote", "--config-repo", "config.git", "--app", "api", "--to", "staging")

    def _drift(self) -> None:
        self.say("Somebody edits what runs in production by hand. The agent puts it back.")
        victim = self.root / "production" / "current" / "proxy" / "compose.yaml"
        victim.write_text(victim.read_text(encoding="utf-8").replace("2.10.0", "2.9.9"), encoding="utf-8")
        self.show("sed -i s/2.10.0/2.9.9/ production/current/proxy/compose.yaml", "")
        self.agent("production")

    def _end(self) -> None:
        self.say("What is where, and how it came there.")
        self.run(".", "status", "--config-repo", "config.git")
        self.run(".", "history", "--config-repo", "config.git", "--app", "web")
        self.say(
            f"All of it stays in {self.root}, to go on playing:\n"
            f"  config.git                  the config repository (git clone it, merge, edit)\n"
            f"  web, api                    the app repositories\n"
            f"  dev, staging, production    what the agents have applied, under current/\n"
            f"Try: cd {shlex.quote(str(self.root))} && {_own_command()} promote --config-repo config.git --plan\n"
            f"And when you have seen enough: rm -r {shlex.quote(str(self.root))}"
        )

    def build(self, app: str, message: str) -> str:
        """A new commit in an app repository; its id."""
        folder = self.root / app
        with (folder / "index.html").open("a", encoding="utf-8") as file:
            file.write(f"<p>{message}</p>\n")
        repos.git(folder, "add", "--all")
        repos.git(folder, "commit", "--quiet", "--message", message)
        return repos.git(folder, "rev-parse", "HEAD")

    def deploy(self, app: str, version: str, revision: str, sequence: int) -> None:
        """What the app's pipeline does at its end: the very job that was generated."""
        import yaml

        pipeline = yaml.safe_load((self.root / app / ".gitlab-ci.yml").read_text(encoding="utf-8"))
        # What the job before it hands over, and what GitLab says of itself.
        given = {
            "GITOPS_IMAGE": f"ghcr.io/acme/{app}:{version}",
            "GITOPS_REVISION": revision,
            "GITOPS_SEQUENCE": str(sequence),
        }
        self.show_command(app, [*(f"{name}={text}" for name, text in given.items())], *pipeline["deploy"]["script"])
        here = f"{Path(sys.executable).parent}{os.pathsep}{self._environ.get('PATH', '')}"
        script = "\n".join(pipeline["deploy"]["script"])
        self._run(app, ["sh", "-euc", script], {**self._environ, **given, "PATH": here})

    def agent(self, environment: str) -> None:
        """One cycle of the embedded agent."""
        where = ["--config-repo", "config.git", "-e", environment, "--target", environment]
        self.run(".", "agent", "run", *where, "--once")

    def run(self, folder: str, *arguments: str) -> None:
        """Run gitops-actions in one of the folders and show what it prints. Raises GitOpsError when it fails."""
        self.show_command(folder, ["gitops-actions", *arguments])
        self._run(folder, [sys.executable, "-P", "-m", "gitops_actions", *arguments], self._environ)

    def _run(self, folder: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        done = subprocess.run(
            command,
            cwd=self.root / folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        # Paths get short, URLs stay whole.
        self._print(re.sub(rf"(?<!/){re.escape(str(self.root))}/", "", done.stdout))
        if done.returncode != 0:
            raise GitOpsError(f"the demo stopped: this command ended with exit code {done.returncode}")

    def show(self, command: str, output: str) -> None:
        """Show a command of somebody else, and its output."""
        click.echo(click.style(f"$ {command}", bold=True))
        self._print(output)

    def show_command(self, folder: str, command: Sequence[str], *script: str) -> None:
        """``script``: what follows, as it is in a script of the shell."""
        place = "" if folder == "." else f"{folder} "
        click.echo(click.style(" ".join((f"{place}$ {shlex.join(command)}", *script)), bold=True))

    def say(self, text: str) -> None:
        """Tell the story."""
        click.echo()
        click.echo(click.style(text, fg="cyan"))
        time.sleep(self._pause)

    def _print(self, output: str) -> None:
        for line in output.splitlines():
            click.echo(f"  {line}" if line else "")
        time.sleep(self._pause)


def _own_command() -> str:
    """How the person can call us: by name, or, out of an environment that is not active, by path."""
    beside = Path(sys.executable).parent / "gitops-actions"
    found = shutil.which("gitops-actions")
    if found is not None or not beside.exists():
        return "gitops-actions"
    return shlex.quote(str(beside))
