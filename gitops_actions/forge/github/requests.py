"""Pull requests: found, opened once, brought up to date. Whatever write is in doubt, the request is looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from gitops_actions.errors import NotAllowed, Temporary, UsageError
from gitops_actions.forge.github import people, queries
from gitops_actions.forge.github.detailed import Detailed, detailed, own
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.queries import Reading
from gitops_actions.forge.github.view import View
from gitops_actions.forge.github.words import TITLE, line, lines
from gitops_actions.model import PullRequest, RequestText

State = Literal["open", "closed", "merged", "all"]
_PATIENCE = 5
# GitHub may for a moment not find what it has just made: https://github.com/peter-evans/create-pull-request/issues/4321
_NOT_YET = re.compile(r"Could not resolve to a node", re.IGNORECASE)


class Requests:
    """The requests of one repository, as of the view's last refresh."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._of_branch: dict[tuple[str, str], tuple[PullRequest, ...]] = {}
        self._generation: object = None
        self._seen: Detailed | None = None  # the last one that was looked at: most often, it is the one to bring up
        self._touched: set[str] = set()  # branches whose requests were changed since they were read
        self._there: set[int] = set()  # the numbers of requests that there are for sure

    # --- finding ---

    def find(self, state: State, branch: str | None, base: str | None) -> tuple[PullRequest, ...]:
        """See `Forge.find`. Requests from forks are never ours, whatever their branch is called."""
        known = self._known(state, branch, base)
        if known is not None:
            return known
        wanted = None if state == "all" else [state.upper()]
        variables = {"states": wanted, "branch": branch, "base": base, "merges": branch is not None, "after": None}
        found: list[PullRequest] = []
        while True:
            page = self._view.repository(queries.REQUESTS, variables)["pullRequests"]
            found += own(page["nodes"])
            if not page["pageInfo"]["hasNextPage"]:
                return tuple(found)
            variables["after"] = page["pageInfo"]["endCursor"]

    def want(self, reading: Reading, branch: str, base: str) -> None:
        """Add to a reading all requests of a branch, for `find`."""
        if (branch, base) in self._kept():
            return
        alias = reading.alias()
        head_name, base_name = reading.variable("String!", branch), reading.variable("String!", base)

        def take(repository: Mapping[str, Any]) -> None:
            page = repository[alias]
            if not page["pageInfo"]["hasNextPage"]:
                self._kept()[branch, base] = own(page["nodes"])

        reading.add(
            f"{alias}: pullRequests(headRefName: {head_name}, baseRefName: {base_name}, first: 30, "
            "orderBy: {field: CREATED_AT, direction: DESC}) "
            "{ nodes { ...RequestParts mergeable } pageInfo { hasNextPage } }",
            take,
            queries.REQUEST,
        )

    def detailed(self, number: int) -> Detailed:
        """A request as it is now. Raises UsageError when there is none, or it comes from a fork."""
        tries = 0
        while (found := self._view.repository(queries.ONE_REQUEST, {"number": number})["pullRequest"]) is None:
            tries += 1
            if number not in self._there:
                raise UsageError(
                    f"there is no pull request #{number} in {self._view.address.full_name}",
                    hint="`gitops-actions pr list --state all` shows those that exist",
                )
            if tries == _PATIENCE:
                raise Temporary(f"GitHub does not find #{number} any more", hint="run it again")
            self._view.client.pause(tries, f"GitHub does not find #{number} yet")
        if found["isCrossRepository"]:
            raise UsageError(f"#{number} comes from a fork; it is none of ours", hint="see to it on GitHub")
        self._there.add(number)
        self._kept()
        self._seen = detailed(found)
        return self._seen

    def _known(self, state: State, branch: str | None, base: str | None) -> tuple[PullRequest, ...] | None:
        """The answer, where it was read already."""
        kept = self._kept()
        if branch is not None and base is not None and (branch, base) in kept:
            return tuple(one for one in kept[branch, base] if state in ("all", one.state))
        if state != "open" or not self._view.opened or (self._touched and branch in (None, *self._touched)):
            return None
        nodes, complete = self._view.waiting
        if not complete:
            return None
        found = tuple(one for one in own(nodes) if branch in (None, one.branch) and base in (None, one.base))
        return found if branch is None or not found else None  # of those of a branch, conflicts are to be told

    def _kept(self) -> dict[tuple[str, str], tuple[PullRequest, ...]]:
        """What was read of branches' requests; forgotten together with the view, as is what was looked at."""
        if self._generation is not self._view.heads:
            self._generation = self._view.heads
            self._of_branch, self._touched, self._seen = {}, set(), None
        return self._of_branch

    def _changed(self, branch: str | None = None) -> None:
        """What was read of requests, or of those of a branch, is out of date."""
        self._kept()
        self._seen = None
        if branch is None:
            self._of_branch = {}
            self._view.waiting = (), False
        else:
            self._touched.add(branch)
            self._of_branch = {key: found for key, found in self._of_branch.items() if key[0] != branch}

    # --- writing ---

    def open(self, branch: str, base: str, text: RequestText) -> PullRequest:
        """See `Forge.open`."""
        there = self._expected(branch, base)
        if there is not None:
            return self._brought_up(there, text)
        self._view.open()
        given = {"input": self.wanted(branch, base, text)}
        for last in (False, True):
            try:
                made = self._view.client.mutate(queries.OPEN, given)
                break
            except (Doubt, Refusal, NotAllowed) as error:
                self._changed()
                found = self.find("open", branch, base)
                if found:  # somebody's, or ours of which the answer was lost
                    return self._brought_up(self.detailed(found[0].number), text)
                if isinstance(error, Refusal):
                    raise _not_opened(error, branch, base) from None
                if last or isinstance(error, NotAllowed):
                    raise
        return self.made(made, text)

    def _expected(self, branch: str, base: str) -> Detailed | None:
        """The open request of a branch that has been read of already; None when there is none, as far as we know."""
        self._kept()
        there, self._seen = self._seen, None
        if there is None or (there.request.branch, there.request.base) != (branch, base):
            known = [one for one in self._known("all", branch, base) or () if one.state == "open"]
            there = self.detailed(known[0].number) if known else None
        return there if there is not None and there.request.state == "open" else None

    def wanted(self, branch: str, base: str, text: RequestText) -> Mapping[str, Any]:
        """The input of `createPullRequest`; the view is open."""
        title, body = line(text.title, TITLE), lines(text.body)
        names = {"headRefName": branch, "baseRefName": base}
        return {"repositoryId": self._view.id, "title": title, "body": body, "draft": text.draft, **names}

    def made(self, data: Mapping[str, Any], text: RequestText) -> PullRequest:
        """A request that was just created, with its people and labels."""
        node = data["createPullRequest"]["pullRequest"]
        self._there.add(node["number"])
        nodes, complete = self._view.waiting
        self._view.waiting = (node, *nodes), complete
        self._of_branch = {}
        return people.brought(self._view, self.settle, detailed(node), text, new=True)

    def _brought_up(self, there: Detailed, text: RequestText) -> PullRequest:
        self.reword(there, title=text.title, body=text.body)
        there = replace(there, request=replace(there.request, title=line(text.title, TITLE), body=lines(text.body)))
        return people.brought(self._view, self.settle, there, text)

    def reword(self, there: Detailed, *, title: str | None, body: str | None) -> None:
        """Give a request another title and body, where they differ."""
        before = there.request
        wanted = {"title": line(title, TITLE) if title is not None else before.title}
        wanted["body"] = lines(body) if body is not None else before.body
        changes = {name: value for name, value in wanted.items() if value.strip() != getattr(before, name).strip()}
        if not changes:
            return

        def reached(now: Detailed) -> bool:
            return all(getattr(now.request, name).strip() == value.strip() for name, value in changes.items())

        self.settle(
            there,
            lambda: self._view.client.mutate(queries.UPDATE, {"input": {"pullRequestId": there.id, **changes}}),
            reached,
        )

    def close(self, there: Detailed) -> PullRequest:
        """Close a request that is open."""
        given = {"input": {"pullRequestId": there.id, "state": "CLOSED"}}
        self.settle(
            there,
            lambda: self._view.client.mutate(queries.UPDATE, given),
            lambda now: now.request.state != "open",
        )
        return self.detailed(there.request.number).request

    def settle(self, there: Detailed, write: Callable[[], Any], reached: Callable[[Detailed], bool]) -> None:
        """Write to a request; when the answer is lost, look whether it was done, and write once more if not."""
        self._changed(there.request.branch)
        try:
            self._patiently(write)
        except Doubt:
            if reached(self.detailed(there.request.number)):
                return
            try:
                self._patiently(write)
            except Doubt:
                if not reached(self.detailed(there.request.number)):
                    raise

    def _patiently(self, write: Callable[[], Any]) -> None:
        """Write to what may be so new that GitHub does not find it yet: then nothing was done."""
        for tries in range(1, _PATIENCE):
            try:
                write()
                return
            except Refusal as refusal:
                if not _NOT_YET.search(refusal.words):
                    raise
                self._view.client.pause(tries, f"GitHub refuses: {refusal.words}")
        write()


def _not_opened(refusal: Refusal, branch: str, base: str) -> UsageError:
    words = refusal.words
    if "No commits between" in words or "sha can't be blank" in words or "ref must be a branch" in words:
        return UsageError(
            f"there is no request from {branch} to {base} to open: {words}",
            hint="both branches must exist, and the first must have something that the second lacks",
        )
    return refusal
