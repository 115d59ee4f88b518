"""Commits and branches by the API, each moved by compare-and-swap.

Whatever a write was answered: when it was not plainly done, the branch is looked at, and what is there decides.
"""

from __future__ import annotations

import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gitops_actions.errors import GitOpsError, LostRace, NotAllowed
from gitops_actions.forge.github import objects, queries
from gitops_actions.forge.github.failures import Doubt, Refusal, hint_about_rules
from gitops_actions.forge.github.objects import Wanted
from gitops_actions.forge.github.places import check_paths, check_places
from gitops_actions.forge.github.queries import Reading
from gitops_actions.forge.github.view import HEADS, TEMPORARY, View

_NOWHERE = "0" * 40
_STALE = 3600  # seconds after which a branch of ours that was left behind by a crash is nobody's


@dataclass(frozen=True, slots=True)
class Alongside:
    """``document`` does more than `queries.PUBLISH_NEW`; ``take`` is given its data."""

    document: str
    variables: Mapping[str, Any]
    take: Callable[[Mapping[str, Any]], None]


def publish(view: View, wanted: Wanted, alongside: Alongside | None = None) -> str:
    """See `Store.publish`. ``alongside``: what is also to be done by the document that makes a new branch; when that
    goes wrong, its answer is not looked at."""
    check_paths(wanted.files)
    view.load(wanted.parent, ())
    reading = Reading()
    view.want(reading, "", wanted.parent, [file.path for file in wanted.files])
    if reading:
        view.ask(reading)
    check_places(view, wanted)
    view.open()
    head = _new_commit(view, wanted, alongside)
    view.moved(wanted.branch, head)
    return head


def delete(view: View, branch: str, expected: str) -> None:
    """See `Store.delete`."""
    view.open()
    if view.look(branch) is None:
        return
    for last in (False, True):
        try:
            _move(view, (branch, expected, None))
            break
        except (Doubt, Refusal) as error:
            there = view.look(branch)
            if there is None:
                break
            if there != expected:
                raise LostRace(f"{branch} is at {there[:12]}, not at {expected[:12]}") from None
            if isinstance(error, Refusal):
                raise NotAllowed(f"{branch} is not deleted: {error.words}") from None
            if last:
                raise
    view.moved(branch, None)


def _new_commit(view: View, wanted: Wanted, alongside: Alongside | None) -> str:
    if objects.is_needed(view, wanted):
        commit = objects.commit(view, wanted)
        return _settled(view, wanted, lambda: _place(view, wanted, commit))
    if wanted.expected is None:
        return _settled(view, wanted, lambda: _mutation(view, wanted, wanted.branch, new=True, alongside=alongside))
    if wanted.expected == wanted.parent:
        return _settled(view, wanted, lambda: _mutation(view, wanted, wanted.branch, new=False))
    if view.look(wanted.branch) != wanted.expected:
        raise _lost(view, wanted)
    # The branch of a request must never be at its base, where GitHub would close the request. So the commit is made
    # on a branch of its own, and the branch of the request then moved to it.
    temporary = f"{TEMPORARY}{int(time.time())}-{secrets.token_hex(4)}"
    beside = Wanted(temporary, None, wanted.parent, wanted.files, wanted.message)
    commit = _settled(view, beside, lambda: _mutation(view, beside, temporary, new=True))
    try:
        return _settled(view, wanted, lambda: _place(view, wanted, commit, (temporary, commit, None)))
    except LostRace:
        with suppress(GitOpsError):  # if it stays, a later run takes it away
            _move(view, (temporary, commit, None))
        raise
    finally:
        _sweep(view)


def _sweep(view: View) -> None:
    """Delete what runs that were cut off have left."""
    leftovers = [(name, oid, None) for name, oid in view.temporary.items() if _is_stale(name)]
    view.temporary = {}
    if leftovers:
        with suppress(GitOpsError):
            _move(view, *leftovers)


def _settled(view: View, wanted: Wanted, write: Callable[[], str]) -> str:
    """Write, and when it is not plain that it was done, look at the branch: ours is done, elsewhere is a lost race,
    unmoved is refused, or after a lost answer written once more. Raises as `Store.publish` does."""
    try:
        return write()
    except (Doubt, Refusal, NotAllowed) as error:
        done = _looked(view, wanted, error)
    if done is not None:
        return done
    if wanted.expected is None and view.heads.get(wanted.branch) == wanted.parent:
        # Half of it was done: the branch is there, the commit is not.
        onward = replace(wanted, expected=wanted.parent)
        return _settled(view, onward, lambda: _mutation(view, onward, onward.branch, new=False))
    try:
        return write()
    except (Doubt, Refusal, NotAllowed) as error:
        done = _looked(view, wanted, error)
        if done is None:
            raise
        return done


def _looked(view: View, wanted: Wanted, error: Doubt | Refusal | NotAllowed) -> str | None:
    """What became of a write that was answered so: the commit when it was done, None when it was not and may be done
    again. Raises LostRace when somebody else wrote, NotAllowed when GitHub refuses."""
    there = view.look(wanted.branch)
    if there is not None and there != wanted.expected and _is_ours(view, wanted, there):
        return there
    started = wanted.expected is None and there == wanted.parent
    if there != wanted.expected and not started:
        raise _lost(view, wanted) from None
    if isinstance(error, Refusal) and not started:
        raise NotAllowed(
            f"GitHub does not take the commit to {wanted.branch}: {error.words}", hint=hint_about_rules(error.words)
        ) from None
    if isinstance(error, NotAllowed):
        raise error
    return None


def _lost(view: View, wanted: Wanted) -> LostRace:
    there = view.heads.get(wanted.branch)
    found = f"is at {there[:12]}" if there else "does not exist"
    expected = f"at {wanted.expected[:12]}" if wanted.expected else "absent"
    return LostRace(f"{wanted.branch} {found} and not {expected}: somebody else was faster")


def _is_ours(view: View, wanted: Wanted, commit: str) -> bool:
    """Whether a commit is what was asked for: same parent, message and files."""
    found: dict[str, Any] = {}
    reading = Reading()
    reading.add(
        f"commit: object(oid: {reading.variable('GitObjectID!', commit)}) {{ ...CommitParts }}",
        lambda repository: found.update(repository["commit"] or {}),
        queries.COMMIT,
    )
    view.want(reading, "", commit, [change.path for change in wanted.files])
    view.ask(reading)
    if [parent["oid"] for parent in found["parents"]["nodes"]] != [wanted.parent]:
        return False
    if found["message"].strip() != "\n\n".join(part for part in _message(wanted.message).values() if part).strip():
        return False
    for change in wanted.files:
        entry = view.entries.get((commit, change.path))
        if change.content is None:
            if entry is not None:
                return False
        elif entry is None or entry.oid != objects.oid(change):
            return False
    return True


# --- the ways to write ---


def _mutation(view: View, wanted: Wanted, branch: str, *, new: bool, alongside: Alongside | None = None) -> str:
    """A commit that GitHub makes and signs, on a branch that is made first where it is ``new``."""
    additions = [
        {"path": change.path, "contents": b64encode(change.content).decode()}
        for change in wanted.files
        if change.content is not None
    ]
    deletions = [
        {"path": change.path}
        for change in wanted.files
        if change.content is None and view.entries.get((wanted.parent, change.path)) is not None
    ]
    variables: dict[str, Any] = {
        "commit": {
            "branch": {"repositoryNameWithOwner": view.address.full_name, "branchName": branch},
            "expectedHeadOid": wanted.parent,
            "fileChanges": {"additions": additions, "deletions": deletions},
            "message": _message(wanted.message),
        }
    }
    if new:
        variables["branch"] = {"repositoryId": view.id, "name": HEADS + branch, "oid": wanted.parent}
    document = queries.PUBLISH_NEW if new else queries.PUBLISH
    if alongside is not None:
        document, more = alongside.document, alongside.variables
        variables |= more
    data = view.client.mutate(document, variables)
    made = (data.get("createCommitOnBranch") or {}).get("commit")
    if made is None:
        raise Doubt("GitHub did not tell the commit that it made", hint="run it again")
    if alongside is not None:
        alongside.take(data)
    return str(made["oid"])


def _place(view: View, wanted: Wanted, commit: str, *others: tuple[str, str, str | None]) -> str:
    """Move the branch to a commit that there is already."""
    _move(view, (wanted.branch, wanted.expected, commit), *others)
    return commit


def _move(view: View, *moves: tuple[str, str | None, str | None]) -> None:
    """(branch, before, after), all at once or none
    (https://docs.github.com/en/graphql/reference/mutations#updaterefs)."""
    updates = [
        {"name": HEADS + branch, "beforeOid": before or _NOWHERE, "afterOid": after or _NOWHERE, "force": True}
        for branch, before, after in moves
    ]
    view.client.mutate(queries.MOVE, {"input": {"repositoryId": view.id, "refUpdates": updates}})


def _message(message: str) -> dict[str, str]:
    headline, _, body = message.partition("\n")
    return {"headline": headline, "body": body.strip("\n")}


def _is_stale(name: str) -> bool:
    made = name.removeprefix(TEMPORARY).partition("-")[0]
    return made.isdecimal() and int(made) < time.time() - _STALE
