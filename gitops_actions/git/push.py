"""Moving refs of the remote by compare-and-swap, and finding out what came of it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from gitops_actions.errors import LostRace, NotAllowed, Temporary, UsageError
from gitops_actions.git.command import Answer, Command
from gitops_actions.git.content import ID
from gitops_actions.git.failures import failure
from gitops_actions.git.listing import Listing
from gitops_actions.model import RefUpdate
from gitops_actions.names import complaint_about_branch

_PAUSE = 0.25
# Two writers in the same instant: the one that holds the lock may fail as well, so that nothing moves.
_BUSY = re.compile(r"\.lock'?: File exists")


def push(command: Command, listing: Listing, updates: Sequence[RefUpdate], url: str) -> None:
    """Move all refs, or none. Raises LostRace, NotAllowed with the server's words, Temporary.

    The texts that git has for a lost race are many and change; a lost answer has none. So after a push that failed
    the refs decide: where we wanted them, it arrived; elsewhere, somebody was faster; unmoved, it is tried once more.
    """
    if not updates:
        return
    for update in updates:
        ids = [id for id in (update.old, update.new) if id is not None]
        if complaint_about_branch(update.ref.removeprefix("refs/")) or not all(ID.fullmatch(id) for id in ids):
            raise UsageError(f"{update.ref!r} or its ids cannot be pushed", hint="give a full ref and full commit ids")
    for last in (False, True):
        answer = _push(command, updates)
        if not answer.status or _arrived(listing, updates, url):
            for update in updates:
                listing.learn(update.ref, update.new)
            return
        if not last:
            time.sleep(_PAUSE)
    names = ", ".join(_short(update.ref) for update in updates)
    if not _answered(answer):
        raise failure(answer, url)
    if _BUSY.search(answer.errors):
        raise LostRace(f"others write to {names} in {url} at this moment", hint="run it again")
    told = _refusal_here(Path(url), updates, answer) if os.path.isabs(url) else None
    raise told or NotAllowed(
        f"{url} refuses the push to {names}: {answer.words}",
        hint="the server's rules or hooks, a branch protection or missing permissions forbid it; its words say which",
    )


def _refusal_here(path: Path, updates: Sequence[RefUpdate], answer: Answer) -> NotAllowed | None:
    """Why a repository on this machine turned a push down, seen by its shape; None where that does not tell."""
    folder = path if path.name == ".git" else path / ".git"
    try:
        head = (folder / "HEAD").read_text("utf-8", "replace").strip().removeprefix("ref: ")
        # https://git-scm.com/docs/git-config#Documentation/git-config.txt-receivedenyCurrentBranch
        chosen = "denycurrentbranch" in (folder / "config").read_text("utf-8", "replace").lower()
    except OSError:  # a bare one
        folder, head, chosen = path, "", True
    if not chosen and any(update.ref == head for update in updates):
        return NotAllowed(
            f"{folder.parent} is a work tree with {_short(head)} checked out; git refuses pushes to it",
            hint=f"use a bare repository: git clone --bare {folder.parent} {folder.parent}.git",
        )
    places = [folder, folder / "objects", folder / "refs"]
    # A linked work tree has none of these; then git's words are all there is.
    if not all(os.access(place, os.W_OK | os.X_OK) for place in places if place.exists()):
        names = ", ".join(_short(update.ref) for update in updates)
        return NotAllowed(
            f"{path} refuses the push to {names}: {answer.words}", hint="you may not write to this folder"
        )
    return None


def _push(command: Command, updates: Sequence[RefUpdate]) -> Answer:
    # The lease always names the commit: without it, git takes what it last fetched, which a shallow repository
    # does not have ("stale info").
    leases = [f"--force-with-lease={update.ref}:{update.old or ''}" for update in updates]
    changes = [f"{update.new or ''}:{update.ref}" for update in updates]
    atomic = ("--atomic",) if len(updates) > 1 else ()
    return command.run(
        "push", "--porcelain", "--no-verify", "--recurse-submodules=no", *atomic, *leases, "origin", *changes,
        network=True,
    )  # fmt: skip


def _arrived(listing: Listing, updates: Sequence[RefUpdate], url: str) -> bool:
    """Whether the refs are where we wanted them. Raises LostRace when one is at neither end."""
    listing.forget()
    try:
        refs = listing.refs()
    except Temporary as error:
        raise Temporary(
            f"whether the push to {url} arrived is not known: {error.message}",
            hint="run it again: what has arrived is seen and not done twice",
        ) from None
    for update in updates:
        now = refs.get(update.ref)
        if now not in (update.old, update.new):
            place = f"at {now[:12]}" if now else "gone"
            raise LostRace(f"{_short(update.ref)} was moved by somebody else (it is {place})", hint="run it again")
    return all(refs.get(update.ref) == update.new for update in updates)


def _answered(answer: Answer) -> bool:
    """Whether there is a line of `git push --porcelain` about a ref that was turned down."""
    return any(line.startswith(b"!\t") for line in answer.output.splitlines())


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/")
