"""Merging now, and as soon as everything required is green."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from gitops_actions.errors import GitOpsError, LostRace, MergeConflict, NotAllowed, Temporary, UsageError
from gitops_actions.forge.github import queries, writing
from gitops_actions.forge.github.detailed import Detailed
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.requests import Requests
from gitops_actions.forge.github.view import View
from gitops_actions.forge.github.words import line
from gitops_actions.model import MergeMethod, PullRequest

_PATIENCE = 6
_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: \S.*")
# The exact answer to a wish for auto-merge where nothing is left to wait for.
_CLEAN = re.compile(r"is in clean status", re.IGNORECASE)
_MODIFIED = re.compile(r"head branch was modified|head sha|expected head", re.IGNORECASE)


def merge(view: View, requests: Requests, number: int, expected: str, method: MergeMethod) -> PullRequest:
    """See `Forge.merge`. Raises NotAllowed when the protection of the base forbids it."""
    there = _ready(view, requests, number, expected)
    if there.request.state == "merged":
        return there.request
    body: dict[str, Any] = {"sha": expected, "merge_method": method, **_message(view, there, method, "commit_")}
    path = f"{view.address.path}/pulls/{number}/merge"
    try:
        requests.settle(there, lambda: view.client.send("PUT", path, body), lambda now: now.request.state == "merged")
    except (Refusal, NotAllowed) as error:
        now = requests.detailed(number)
        if now.request.state != "merged":
            raise _not_merged(view, now, expected, error) from None
    with suppress(LostRace, Refusal, NotAllowed):  # somebody goes on with it, or GitHub deleted it already
        writing.delete(view, there.request.branch, expected)
    view.forget()
    return requests.detailed(number).request


def request_auto_merge(
    view: View, requests: Requests, number: int, expected: str, method: MergeMethod | None
) -> PullRequest:
    """See `Forge.request_auto_merge`. Raises NotAllowed where the repository does not allow it."""
    there = _ready(view, requests, number, expected)
    if there.request.state == "merged" or there.request.auto_merge:
        return there.request
    given = {
        "pullRequestId": there.id,
        "expectedHeadOid": expected,
        "mergeMethod": (method or "merge").upper(),
        **_message(view, there, method or "merge", ""),
    }
    try:
        requests.settle(
            there,
            lambda: view.client.mutate(queries.AUTO_MERGE, {"input": given}),
            lambda now: now.request.auto_merge or now.request.state == "merged",
        )
    except Refusal as refusal:
        if _CLEAN.search(refusal.words):
            if there.queue:
                return _enqueued(view, requests, there, expected)
            return merge(view, requests, number, expected, method or "merge")
        now = requests.detailed(number)
        if not (now.request.auto_merge or now.request.state == "merged"):
            raise _no_auto_merge(now, expected, refusal) from None
        return now.request
    return requests.detailed(number).request


def _enqueued(view: View, requests: Requests, there: Detailed, expected: str) -> PullRequest:
    given = {"pullRequestId": there.id, "expectedHeadOid": expected}
    try:
        requests.settle(
            there,
            lambda: view.client.mutate(queries.ENQUEUE, {"input": given}),
            lambda now: now.request.auto_merge or now.request.state == "merged",
        )
    except Refusal as refusal:
        now = requests.detailed(there.request.number)
        if not (now.request.auto_merge or now.request.state == "merged"):
            raise _no_auto_merge(now, expected, refusal) from None
    return requests.detailed(there.request.number).request


def _ready(view: View, requests: Requests, number: int, expected: str) -> Detailed:
    there = requests.detailed(number)
    for tries in range(1, _PATIENCE):  # GitHub finds out in the background, and refuses until it has
        if not there.pondering or there.request.head_sha != expected:
            break
        view.client.pause(tries, f"GitHub does not know yet whether #{number} can be merged")
        there = requests.detailed(number)
    request = there.request
    if request.state == "closed":
        raise UsageError(f"#{number} is closed; it cannot be merged", hint="open it again, or open a new one")
    if request.state == "open" and request.head_sha != expected:
        raise LostRace(f"the head of #{number} is {request.head_sha[:12]}, not {expected[:12]}")
    if request.state == "open" and request.draft:
        raise MergeConflict(f"#{number} is a draft", hint="mark it as ready for review first")
    return there


def _not_merged(view: View, now: Detailed, expected: str, error: Refusal | NotAllowed) -> GitOpsError:
    request = now.request
    words = error.words if isinstance(error, Refusal) else error.message
    if request.head_sha != expected:
        return LostRace(f"the head of #{request.number} is {request.head_sha[:12]}, not {expected[:12]}")
    if request.conflicts:
        files = ", ".join(_conflicts(view, request)) or "files that both change"
        return MergeConflict(
            f"#{request.number} conflicts with {request.base} in {files}",
            hint=f"merge {request.base} into {request.branch} and solve it there, or close the request",
        )
    if isinstance(error, NotAllowed):
        return error
    if "try the merge again" in words:
        return Temporary(f"#{request.number} is not merged yet: {words}", hint="run it again")
    return NotAllowed(
        f"#{request.number} is not merged: {words}", hint=f"see what the protection of {request.base} asks for"
    )


def _no_auto_merge(now: Detailed, expected: str, refusal: Refusal) -> GitOpsError:
    request, words = now.request, refusal.words
    if request.head_sha != expected or _MODIFIED.search(words):
        return LostRace(f"the head of #{request.number} is {request.head_sha[:12]}, not {expected[:12]}")
    hint = "see the request on GitHub"
    if "not allowed for this repository" in words:
        hint = "turn on 'Allow auto-merge' in the settings of the repository, or leave `auto-merge` out"
    elif "unstable status" in words:
        hint = "a check that is not required has not passed: require it in the protection of the base, or merge by hand"
    elif "merging is not allowed" in words or "Merge method" in words:
        hint = "give a `merge-method` that the repository allows"
    return NotAllowed(f"#{request.number} is not set to merge by itself: {words}", hint=hint)


def _conflicts(view: View, request: PullRequest) -> Sequence[str]:
    """The files that both sides have changed since they parted: GitHub does not say which of them conflict."""
    sides: list[set[str]] = []
    base = view.look(request.base)
    for ends in ((base, request.head_sha), (request.head_sha, base)):
        try:
            found = view.client.get(f"{view.address.path}/compare/{ends[0]}...{ends[1]}", per_page=1)
        except (Refusal, Doubt):
            return ()
        sides.append({line(one["filename"]) for one in found.get("files") or ()})
    return sorted(sides[0] & sides[1])[:20]


def _message(view: View, there: Detailed, method: MergeMethod, prefix: str) -> dict[str, str]:
    """What a squash of several commits says: GitHub would list their messages, and bury the trailers."""
    if method != "squash":
        return {}
    found = view.repository(queries.REQUEST_COMMITS, {"number": there.request.number})["pullRequest"]
    messages = [node["commit"]["message"] for node in found["commits"]["nodes"]]
    subject, body = there.request.title, ""
    if len(messages) == 1:
        subject, _, body = messages[0].partition("\n")
    else:
        body = next((trailers for message in reversed(messages) if (trailers := _trailers(message))), "")
        subject = f'"{subject}"' if subject.startswith("Gitops-") else subject
    names = ("title", "message") if prefix else ("commitHeadline", "commitBody")
    return {prefix + names[0]: f"{subject} (#{there.request.number})", prefix + names[1]: body.strip("\n")}


def _trailers(message: str) -> str:
    """The last paragraph of a message if it holds our trailers, else nothing."""
    last = re.split(r"\n\s*\n", message.strip())[-1]
    ours = any(text.startswith("Gitops-") for text in last.split("\n"))
    return last if ours and all(_TRAILER.fullmatch(text) for text in last.split("\n")) else ""
