"""Merging now, or as soon as everything is green.

Which methods there are is a setting of the project (https://docs.gitlab.com/user/project/merge_requests/methods/): a
`merge` in a project that only fast-forwards makes no merge commit, a `squash` in one with merge commits is squashed
first and then merged, and `rebase` rebases the branch before it is merged.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gitops_actions.errors import GitOpsError, LostRace, MergeConflict, NotAllowed, Temporary, UsageError
from gitops_actions.forge.gitlab.client import Client, Doubt, Refused
from gitops_actions.forge.gitlab.requests import UNSETTLED, Document, Requests
from gitops_actions.forge.gitlab.words import shown
from gitops_actions.model import MergeMethod
from gitops_actions.texts import one_line

_LOOKS = 10
_TRAILER = re.compile(r"[A-Za-z][A-Za-z-]*: .*")


class Merging:
    """Merges the requests of a project."""

    def __init__(self, client: Client, requests: Requests) -> None:
        self._client = client
        self._requests = requests

    def merge(self, number: int, expected: str, method: MergeMethod | None) -> Document:
        """Merge now. One that is merged already is returned as it is.

        Raises MergeConflict, LostRace when the head is not ``expected``, UsageError for a closed one, NotAllowed with
        GitLab's reason when something else is missing.
        """
        refused: Refused | None = None
        for tries in range(_LOOKS):
            document, head = self._ready(number, expected, method)
            if document["state"] == "merged":
                return document
            if obstacle := self._obstacle(document, head):
                raise obstacle
            try:
                return self._merged(self._put(number, head, method, document))
            except Doubt:
                pass  # the next look tells
            except Refused as answer:
                refused = self._again(answer, number)
            if not self._client.poll(tries):
                break
        raise refused or Temporary(f"!{number} is still not merged", hint="run it again")

    def automatically(self, number: int, expected: str, method: MergeMethod | None) -> Document:
        """Merge when all that is required is there; at once, where nothing is.

        GitLab refuses to wait for nothing, with 405: exactly then, and when nothing stands in the way, it is merged
        here. In a project with merge trains it takes its place on the train.
        """
        for tries in range(_LOOKS):
            document, head = self._ready(number, expected, method)
            if document["state"] == "merged" or (document["merge_when_pipeline_succeeds"] and head == document["sha"]):
                return document
            if document["detailed_merge_status"] in ("conflict", "broken_status"):
                raise self._conflict(document)
            try:
                return self._merged(self._put(number, head, method, document, auto_merge=True))
            except Doubt:
                pass
            except Refused as answer:
                refused = self._again(answer, number)
                now = self._requests.settled(number)
                if now["detailed_merge_status"] == "mergeable" and now["sha"] == head:
                    return self.merge(number, head, method)
                if now["detailed_merge_status"] not in UNSETTLED and now["state"] == "opened":
                    raise self._obstacle(now, head) or refused from None
            if not self._client.poll(tries):
                break
        raise Temporary(f"!{number} could not be set to merge by itself", hint="run it again")

    def _ready(self, number: int, expected: str, method: MergeMethod | None) -> tuple[Document, str]:
        """The request when GitLab has checked it, and the head to merge: after a rebase another one."""
        document = self._requests.settled(number)
        if document["state"] == "merged":
            return document, expected
        if document["state"] == "closed":
            raise UsageError(f"!{number} is closed", hint="open a new request for the branch")
        if document["sha"] != expected:
            raise LostRace(
                f"!{number} is at {document['sha'][:12]}, not at {expected[:12]}",
                hint="look at what was pushed, then merge again",
            )
        if method == "rebase" and document["detailed_merge_status"] == "need_rebase":
            document = self._rebased(document)
        return document, str(document["sha"])

    def _rebased(self, document: Document) -> Document:
        number = document["iid"]
        with contextlib.suppress(Doubt):  # seen below
            self._client.write("put", f"merge_requests/{number}/rebase")
        for tries in range(_LOOKS):
            now: Document = self._client.get(f"merge_requests/{number}", include_rebase_in_progress="true")
            if not now.get("rebase_in_progress"):
                if now["merge_error"]:
                    raise MergeConflict(f"!{number} cannot be rebased: {one_line(now['merge_error'])}")
                if now["sha"] != document["sha"]:
                    return self._requests.settled(number)
            if not self._client.poll(tries):
                break
        raise Temporary(f"!{number} is still being rebased", hint="run it again")

    def _put(self, number: int, head: str, method: MergeMethod | None, document: Document, **more: Any) -> Document:
        body: dict[str, Any] = {"sha": head, "should_remove_source_branch": True, **more}
        if method is not None:
            body["squash"] = method == "squash"
        if method == "squash":
            message = self._squash_message(document)
            body |= {"squash_commit_message": message, "merge_commit_message": message}
        made: Document = self._client.write("put", f"merge_requests/{number}/merge", body)
        return made

    def _merged(self, document: Document) -> Document:
        """While GitLab merges, a request is locked; not for long."""
        tries = 0
        while document["state"] == "locked" and self._client.poll(tries):
            document, tries = self._requests.get(document["iid"]), tries + 1
        return document

    def _again(self, refused: Refused, number: int) -> Refused:
        """An answer that may change when GitLab has looked again. Raises what will not."""
        if (
            refused.status == 401
        ):  # so GitLab says it: https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request
            raise NotAllowed(
                f"the token may not merge !{number}",
                hint="its user needs a role that may merge into this branch; see Protected branches in the settings",
            )
        if refused.status == 409:
            raise LostRace(f"!{number} has another head now", hint="look at what was pushed, then merge again")
        if refused.status not in (405, 406, 422):
            raise refused
        return refused

    def _obstacle(self, document: Document, head: str) -> GitOpsError | None:
        """What keeps a request from being merged; None when nothing does, or GitLab does not know yet."""
        number, status = document["iid"], document["detailed_merge_status"]
        if document["sha"] != head:
            return LostRace(f"!{number} has another head now")
        if status in ("conflict", "broken_status"):
            return self._conflict(document)
        if status == "draft_status":
            return MergeConflict(f"!{number} is a draft", hint="mark it as ready when it is")
        if status == "need_rebase":
            return MergeConflict(
                f"!{number} is behind {document['target_branch']}, and this project merges only what is not",
                hint="rebase it, or say `merge-method: rebase`",
            )
        if status == "mergeable" or status in UNSETTLED:
            return None
        return NotAllowed(
            f"!{number} may not be merged yet: {one_line(status)}",
            hint="https://docs.gitlab.com/api/merge_requests/#merge-status says what that means",
        )

    def _conflict(self, document: Document) -> MergeConflict:
        base, branch = document["target_branch"], document["source_branch"]
        sides = [self._changed(base, document["sha"]), self._changed(document["sha"], base)]
        both = [path for path in sides[0] if path in sides[1]]
        where = f" in {', '.join(one_line(path) for path in both[:20])}" if both else ""
        return MergeConflict(
            f"!{document['iid']} conflicts with {base}{where}",
            hint=f"merge {base} into {branch} and solve it there, or close the request",
        )

    def _changed(self, old: str, new: str) -> list[str]:
        """The files that ``new`` has changed since it left ``old``."""
        try:
            found = self._client.get("repository/compare", **{"from": old, "to": new, "straight": "false"})
        except Refused:
            return []
        return list(dict.fromkeys(path for one in found["diffs"] for path in (one["old_path"], one["new_path"])))

    def _squash_message(self, document: Document) -> str:
        """One commit keeps its message; several get the title, with the trailers of our newest commit."""
        number, title = document["iid"], shown(document).title
        commits: Sequence[Mapping[str, Any]] = list(self._client.pages(f"merge_requests/{number}/commits"))
        if len(commits) == 1:
            subject, _, rest = commits[0]["message"].partition("\n")
            return f"{subject.rstrip() or _plain(title)} (!{number})\n{rest}"
        trailers = next((found for one in commits if (found := _trailers(one["message"]))), "")
        return f"{_plain(title)} (!{number})\n\n{trailers}".rstrip() + "\n"


def _plain(title: str) -> str:
    """The title in a message; one that reads like a trailer of ours would be taken for one."""
    return f'"{title}"' if title.startswith("Gitops-") else title


def _trailers(message: str) -> str:
    """The last paragraph of a message if it holds our trailers, else nothing."""
    last = re.split(r"\n\s*\n", message.strip())[-1]
    ours = any(text.startswith("Gitops-") for text in last.split("\n"))
    return last if ours and all(_TRAILER.fullmatch(text) for text in last.split("\n")) else ""
