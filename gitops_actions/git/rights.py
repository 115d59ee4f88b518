"""Whether the remote would take a push, found out without making one."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from gitops_actions.git.command import Command
from gitops_actions.git.failures import failure
from gitops_actions.git.layout import git_folder, unreadable
from gitops_actions.model.diagnosis import Receiving

# Those that can refuse a push: https://git-scm.com/docs/githooks
_HOOKS = ("pre-receive", "update", "proc-receive", "reference-transaction")
_TRUE = ("true", "yes", "on", "1")


def check(command: Command, commit: str, url: str) -> None:
    """Ask the remote to receive, and send nothing: servers let in only those who may write. What they say to a certain
    branch is not found out. Raises NotAllowed, UsageError or Temporary, as a push would."""
    ref = "refs/heads/gitops/_doctor"
    answer = command.run("push", "--dry-run", "--no-verify", "origin", f"{commit}:{ref}", network=True)
    if answer.status:
        raise failure(answer, url)


def receiving(command: Command, path: Path) -> Receiving:
    """What a repository on this machine does with a push. Raises NotAllowed or UsageError when it cannot be read."""
    try:
        folder = git_folder(path)
        set_here = _settings(command, folder)
        places = [folder, folder / "objects", folder / "refs", folder / "refs" / "heads"]
        closed = [place for place in places if place.exists() and not os.access(place, os.W_OK | os.X_OK)]
        hooks = Path(folder, set_here.get("core.hookspath", "hooks"))
        return Receiving(
            closed=str(closed[0]) if closed else None,
            taken=_checked_out(folder, set_here),
            hooks=tuple(name for name in _HOOKS if os.access(hooks / name, os.X_OK)),
            forces=not _is_true(set_here.get("receive.denynonfastforwards", "false")),
            deletes=not _is_true(set_here.get("receive.denydeletes", "false")),
            merges=_version(command) >= (2, 38),  # which brought `git merge-tree --write-tree`
        )
    except OSError as error:
        raise unreadable(path, error) from None


def _settings(command: Command, folder: Path) -> dict[str, str]:
    """What the repository's own configuration says; git, when it receives, is shown no other."""
    listed = command.run("config", "--file", str(folder / "config"), "--includes", "--null", "--list")
    pairs = (entry.partition("\n") for entry in listed.output.decode("utf-8", "replace").split("\0") if entry)
    return {name.lower(): value if equals else "true" for name, equals, value in pairs}


def _version(command: Command) -> tuple[int, ...]:
    numbers = re.findall(r"\d+", command.run("version").output.decode("utf-8", "replace"))
    return tuple(int(number) for number in numbers[:2])


def _is_true(value: str) -> bool:
    return value.lower() in _TRUE


def _checked_out(folder: Path, set_here: Mapping[str, str]) -> frozenset[str]:
    """The branches of its work trees, unless it is set to take pushes to them all the same
    (https://git-scm.com/docs/git-config#Documentation/git-config.txt-receivedenyCurrentBranch)."""
    choice = set_here.get("receive.denycurrentbranch", "refuse")
    if choice.lower() != "refuse" and not _is_true(choice):
        return frozenset()
    heads = [*folder.glob("worktrees/*/HEAD")]
    if not _is_true(set_here.get("core.bare", "false" if folder.name == ".git" else "true")):
        heads.append(folder / "HEAD")
    found = (re.fullmatch(r"ref: refs/heads/(.+)\n?", head.read_text("utf-8", "surrogateescape")) for head in heads)
    return frozenset(match[1] for match in found if match)
