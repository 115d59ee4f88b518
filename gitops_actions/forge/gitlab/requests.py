"""Merge requests: found, opened once, changed, closed.

Every write is one request. When its answer is lost, what is there now decides whether it is made again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from gitops_actions.errors import LostRace, UsageError
from gitops_actions.forge.gitlab import words
from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.failures import Doubt, Refused
from gitops_actions.model import RequestText
from gitops_actions.texts import undrafted

Document = Mapping[str, Any]
State = Literal["open", "closed", "merged", "all"]

_TRIES = 3
_LOOKS = 8  # at a request that GitLab has not checked yet: about six seconds
# https://docs.gitlab.com/api/merge_requests/#merge-status
UNSETTLED = frozenset({"preparing", "checking", "unchecked", "approvals_syncing"})
_TWIN = re.compile(r"already exists[^!]*!(\d+)")


class Requests:
    """The merge requests of a project, by its API's own documents."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._people: dict[str, int | None] = {}
        self._milestones: dict[str, int | None] = {}
        self._seen: Document | None = None  # the last one that was looked at: most often, it is the one to adopt

    def find(self, state: State, branch: str | None, base: str | None) -> list[Document]:
        """The project's own requests, newest first."""
        query = {"state": {"open": "opened"}.get(state, state), "order_by": "created_at", "sort": "desc"}
        query |= {"source_branch": branch} if branch is not None else {}
        query |= {"target_branch": base} if base is not None else {}
        try:
            found = list(self._client.pages("merge_requests", **query))
        except Refused as refused:
            raise self._client.absent() if refused.status == 404 else refused from None
        return own(found, state)

    def get(self, number: int) -> Document:
        """One request. Raises UsageError when there is none of that number."""
        try:
            document: Document = self._client.get(_path(number))
        except Refused as refused:
            raise self._unknown(number) if refused.status == 404 else refused from None
        self._seen = document
        return document

    def settled(self, number: int) -> Document:
        """A request when GitLab has found out whether it can be merged; as it is after a while, if it does not."""
        for tries in range(_LOOKS):
            document = self.get(number)
            if document["state"] != "opened" or document["detailed_merge_status"] not in UNSETTLED:
                break
            if not self._client.poll(tries):
                break
        return document

    def open(self, branch: str, base: str, text: RequestText) -> Document:
        """Open a request, or bring the one that there is up to the text, without the people whom nobody knows."""
        people = {
            "assignee_ids": [id for name in text.assignees if (id := self.user(name)) is not None],
            "reviewer_ids": [id for name in text.reviewers if (id := self.user(name)) is not None],
        }
        wanted = {
            "source_branch": branch,
            "target_branch": base,
            "title": words.title(text.title, draft=text.draft or undrafted(text.title) != text.title),
            "description": words.body(text.body),
            "remove_source_branch": True,
            **({"labels": ",".join(text.labels)} if text.labels else {}),
            **{name: ids for name, ids in people.items() if ids},
        }
        seen, self._seen = self._seen, None
        if seen is not None and _is(seen, branch, base):
            adopted = self._adopt(seen, text, people)
            if adopted["state"] == "opened":
                return adopted
        milestone = self.milestone(text.milestone) if text.milestone is not None else None
        wanted |= {"milestone_id": milestone} if milestone is not None else {}
        for tries in range(1, _TRIES + 1):
            try:
                made: Document = self._client.write("post", "merge_requests", wanted)
            except Doubt:
                there = self._open_one(branch, base, None)
                if there is None and tries < _TRIES:
                    continue
                if there is None:
                    raise
            except Refused as refused:
                if refused.status != 409:
                    raise self._unopened(branch, base, refused) from None
                there = self._open_one(branch, base, refused)
                if there is None:
                    continue
            else:
                return made
            return self._adopt(there, text, people)
        raise LostRace(f"the request for {branch} into {base} is opened and closed at the same time")

    def update(
        self, number: int, change: Callable[[Document], Mapping[str, Any]], seen: Document | None = None
    ) -> Document:
        """Change a request: ``change`` says what is to be sent for the request as it is; nothing for one that is as it
        should be. ``seen`` is what was just looked at."""
        for tries in range(1, _TRIES + 1):
            document = seen or self.get(number)
            body = change(document)
            if not body:
                return document
            try:
                made: Document = self._client.write("put", _path(number), body)
            except Doubt:
                if tries == _TRIES:
                    raise
                seen = None
                continue
            return made
        raise AssertionError("the last try returns or raises")

    def user(self, name: str) -> int | None:
        """The id of the user of this name; None when there is none."""
        if name not in self._people:
            found = (user for user in self._client.get("/users", username=name) if _same(user, name))
            self._people[name] = next((int(user["id"]) for user in found), None)
        return self._people[name]

    def milestone(self, title: str) -> int | None:
        """The id of the active milestone of this title, of the project or a group above it; None when there is none."""
        if title not in self._milestones:
            found = self._client.get("milestones", title=title, state="active", include_ancestors="true")
            self._milestones[title] = next((int(one["id"]) for one in found if one["title"] == title), None)
        return self._milestones[title]

    def _adopt(self, there: Document, text: RequestText, people: Mapping[str, list[int]]) -> Document:
        def change(document: Document) -> Mapping[str, Any]:
            title, description = words.title(text.title, draft=document["draft"]), words.body(text.body)
            body: dict[str, Any] = {}
            if document["title"] != title:
                body["title"] = title
            if (document["description"] or "") != description:
                body["description"] = description
            if missing := [label for label in text.labels if label not in document["labels"]]:
                body["add_labels"] = ",".join(missing)
            for name, field in (("assignee_ids", "assignees"), ("reviewer_ids", "reviewers")):
                now = [user["id"] for user in document[field]]
                if not set(people[name]) <= set(now):
                    body[name] = list(dict.fromkeys([*now, *people[name]]))
            return body

        return self.update(there["iid"], change, there)

    def _open_one(self, branch: str, base: str, refused: Refused | None) -> Document | None:
        """The open request for a branch and base. GitLab names the one that is in the way, which a list may not show
        yet."""
        found = self.find("open", branch, base)
        if found:
            return found[0]
        twin = _TWIN.search(refused.words) if refused is not None else None
        one = self.get(int(twin[1])) if twin else None
        return one if one is not None and _is(one, branch, base) else None

    def _unopened(self, branch: str, base: str, refused: Refused) -> Exception:
        if refused.status == 404:
            return self._client.absent()
        if refused.status in (400, 422):
            return UsageError(
                f"a request for {branch} into {base} is nothing that GitLab opens: {refused.words}",
                hint="both have to be branches of the project, and not the same",
            )
        return refused

    def _unknown(self, number: int) -> UsageError:
        return UsageError(
            f"there is no merge request !{number} in {self._client.address.web}",
            hint="`gitops-actions pr list --state all` shows those that exist",
        )


def own(found: Sequence[Document], state: State) -> list[Document]:
    """Those of a state, newest first. Those from forks are other people's, however their branch is called."""
    states = {"open": ("opened", "locked"), "closed": ("closed",), "merged": ("merged",)}
    kept = [one for one in found if state == "all" or one["state"] in states[state]]
    kept = [one for one in kept if one["source_project_id"] == one["target_project_id"]]
    return sorted(kept, key=lambda one: -int(one["iid"]))


def _path(number: int) -> str:
    return f"merge_requests/{number}"


def _is(document: Document, branch: str, base: str) -> bool:
    """Whether it is the open request for a branch and base."""
    places = document["source_branch"], document["target_branch"], document["state"]
    return places == (branch, base, "opened") and bool(own([document], "open"))


def _same(user: Document, name: str) -> bool:
    return str(user["username"]).lower() == name.lower()
