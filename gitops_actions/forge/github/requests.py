"""Pull requests: found, opened once, brought up to date. Whatever write is in doubt, the request is looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.forge.github import queries
from gitops_actions.forge.github.failures import Doubt, Refusal
from gitops_actions.forge.github.queries import Reading
from gitops_actions.forge.github.view import View
from gitops_actions.forge.github.words import TITLE, line, lines
from gitops_actions.model import PullRequest, RequestText

State = Literal["open", "closed", "merged", "all"]
_STATES: Mapping[str, Literal["open", "closed", "merged"]] = {"OPEN": "open", "CLOSED": "closed", "MERGED": "merged"}


@dataclass(frozen=True, slots=True)
class Detailed:
    """A request with what only this folder needs. ``id`` is its node id; ``teams`` are asked for a review;
    ``queue``: its base has a merge queue."""

    request: PullRequest
    id: str
    teams: tuple[str, ...] = ()
    queue: bool = False


class Requests:
    """The requests of one repository, as of the view's last refresh."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._of_branch: dict[tuple[str, str], tuple[PullRequest, ...]] = {}
        self._generation: object = None

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
            found += _own(page["nodes"])
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
                self._kept()[branch, base] = _own(page["nodes"])

        reading.add(
            f"{alias}: pullRequests(headRefName: {head_name}, baseRefName: {base_name}, first: 30, "
            "orderBy: {field: CREATED_AT, direction: DESC}) "
            "{ nodes { ...RequestParts mergeable } pageInfo { hasNextPage } }",
            take,
            queries.REQUEST,
        )

    def detailed(self, number: int) -> Detailed:
        """A request as it is now. Raises UsageError when there is none, or it comes from a fork."""
        found = self._view.repository(queries.ONE_REQUEST, {"number": number})["pullRequest"]
        if found is None:
            raise UsageError(
                f"there is no pull request #{number} in {self._view.address.full_name}",
                hint="`gitops-actions pr list --state all` shows those that exist",
            )
        if found["isCrossRepository"]:
            raise UsageError(f"#{number} comes from a fork; it is none of ours", hint="see to it on GitHub")
        return _detailed(found)

    def _known(self, state: State, branch: str | None, base: str | None) -> tuple[PullRequest, ...] | None:
        """The answer, where it was read already."""
        if branch is not None and base is not None and (branch, base) in self._kept():
            return tuple(one for one in self._kept()[branch, base] if state in ("all", one.state))
        if state != "open" or not self._view.opened:
            return None
        nodes, complete = self._view.waiting
        if not complete:
            return None
        found = tuple(one for one in _own(nodes) if branch in (None, one.branch) and base in (None, one.base))
        return found if branch is None or not found else None  # of those of a branch, conflicts are to be told

    def _kept(self) -> dict[tuple[str, str], tuple[PullRequest, ...]]:
        """Forgotten together with the view."""
        if self._generation is not self._view.heads:
            self._generation = self._view.heads
            self._of_branch = {}
        return self._of_branch

    def _changed(self) -> None:
        """What was read of requests is out of date."""
        self._of_branch = {}
        self._view.waiting = (), False

    # --- writing ---

    def open(self, branch: str, base: str, text: RequestText) -> PullRequest:
        """See `Forge.open`."""
        known = [one for one in self._known("all", branch, base) or () if one.state == "open"]
        if known:
            there = self.detailed(known[0].number)
            if there.request.state == "open":
                return self._brought_up(there, text)
        title, body = line(text.title, TITLE), lines(text.body)
        given = {"title": title, "body": body, "draft": text.draft, "headRefName": branch, "baseRefName": base}
        self._view.open()
        for last in (False, True):
            try:
                made = self._view.client.mutate(queries.OPEN, {"input": {"repositoryId": self._view.id, **given}})
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
        self._added(made["createPullRequest"]["pullRequest"])
        return self._with_people(_detailed(made["createPullRequest"]["pullRequest"]), text)

    def _added(self, node: Mapping[str, Any]) -> None:
        """A request of ours joins what was read."""
        nodes, complete = self._view.waiting
        self._view.waiting = (node, *nodes), complete
        self._of_branch = {}

    def _brought_up(self, there: Detailed, text: RequestText) -> PullRequest:
        self.reword(there, title=text.title, body=text.body)
        there = replace(there, request=replace(there.request, title=line(text.title, TITLE), body=lines(text.body)))
        return self._with_people(there, text)

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

    def _with_people(self, there: Detailed, text: RequestText) -> PullRequest:
        """Ask the people first and set the labels last: labels tell the next run that all this was done."""
        request, path = there.request, f"{self._view.address.path}/issues/{there.request.number}"
        reviewers = [name for name in text.reviewers if name not in request.reviewers]
        teams = [name for name in text.team_reviewers if name not in there.teams]
        if reviewers or teams:
            asked = {"reviewers": reviewers, "team_reviewers": [name.rpartition("/")[2] for name in teams]}
            where = f"{self._view.address.path}/pulls/{request.number}/requested_reviewers"
            self._people(
                there,
                lambda: self._view.client.send("POST", where, asked),
                lambda now: set(reviewers) <= set(now.request.reviewers) and set(teams) <= set(now.teams),
                "ask for a review",
            )
            request = replace(request, reviewers=(*request.reviewers, *reviewers))
        assignees = [name for name in text.assignees if name not in request.assignees]
        if assignees:
            self._people(
                there,
                lambda: self._view.client.send("POST", f"{path}/assignees", {"assignees": assignees}),
                lambda now: set(assignees) <= set(now.request.assignees),
                "assign it",
            )
            request = replace(request, assignees=(*request.assignees, *assignees))
        return replace(request, labels=self.add_labels(there, text.labels))

    def add_labels(self, there: Detailed, names: Collection[str]) -> tuple[str, ...]:
        """Add labels, which GitHub makes where they are missing; all that are on then."""
        wanted = dict.fromkeys(made for name in names if (made := line(name, 50)))
        lacking = [name for name in wanted if name.lower() not in map(str.lower, there.request.labels)]
        if not lacking:
            return there.request.labels
        path = f"{self._view.address.path}/issues/{there.request.number}/labels"
        self._people(
            there,
            lambda: self._view.client.send("POST", path, {"labels": lacking}),
            lambda now: {name.lower() for name in lacking} <= {name.lower() for name in now.request.labels},
            "label it",
        )
        return (*there.request.labels, *lacking)

    def remove_labels(self, there: Detailed, names: Collection[str]) -> None:
        """Take labels off."""
        gone = {line(name).lower() for name in names}
        for name in [one for one in there.request.labels if one.lower() in gone]:
            path = f"{self._view.address.path}/issues/{there.request.number}/labels/{quote(name, safe='')}"
            try:
                self.settle(
                    there,
                    lambda path=path: self._view.client.send("DELETE", path),  # type: ignore[misc]
                    lambda now, name=name: name not in now.request.labels,  # type: ignore[misc]
                )
            except Refusal as refusal:
                if refusal.status != 404:  # somebody else took it off
                    raise

    def _people(
        self, there: Detailed, write: Callable[[], Any], reached: Callable[[Detailed], bool], what: str
    ) -> None:
        try:
            self.settle(there, write, reached)
        except Refusal as refusal:
            raise NotAllowed(
                f"#{there.request.number} is open, but GitHub does not {what}: {refusal.words}",
                hint="check the names in gitops.yaml and the options; people and teams need access to the repository",
            ) from None

    def settle(self, there: Detailed, write: Callable[[], Any], reached: Callable[[Detailed], bool]) -> None:
        """Write to a request; when the answer is lost, look whether it was done, and write once more if not."""
        self._changed()
        try:
            write()
        except Doubt:
            if reached(self.detailed(there.request.number)):
                return
            try:
                write()
            except Doubt:
                if not reached(self.detailed(there.request.number)):
                    raise


def _own(nodes: Sequence[Mapping[str, Any]]) -> tuple[PullRequest, ...]:
    return tuple(_detailed(node).request for node in nodes if node and not node["isCrossRepository"])


def _detailed(node: Mapping[str, Any]) -> Detailed:
    asked = [one["requestedReviewer"] or {} for one in (node["reviewRequests"] or {"nodes": ()})["nodes"]]
    state = _STATES[node["state"]]
    merge = node["mergeCommit"]
    request = PullRequest(
        number=node["number"],
        url=line(node["url"]),
        state=state,
        branch=node["headRefName"],
        base=node["baseRefName"],
        head_sha=node["headRefOid"],
        title=line(node["title"]),
        body=lines(node["body"]),
        labels=tuple(line(one["name"]) for one in (node["labels"] or {"nodes": ()})["nodes"]),
        assignees=tuple(one["login"] for one in node["assignees"]["nodes"]),
        reviewers=tuple(one["login"] for one in asked if one.get("__typename") == "User"),
        draft=node["isDraft"],
        auto_merge=state == "open" and bool(node["autoMergeRequest"] or node["mergeQueueEntry"]),
        conflicts=state == "open" and node.get("mergeable") == "CONFLICTING",
        merge_commit=merge["oid"] if merge and state == "merged" else None,
    )
    teams = tuple(one["slug"] for one in asked if one.get("__typename") == "Team")
    return Detailed(request, node["id"], teams, bool(node.get("isMergeQueueEnabled")))


def _not_opened(refusal: Refusal, branch: str, base: str) -> UsageError:
    words = refusal.words
    if "No commits between" in words or "sha can't be blank" in words or "ref must be a branch" in words:
        return UsageError(
            f"there is no request from {branch} to {base} to open: {words}",
            hint="both branches must exist, and the first must have something that the second lacks",
        )
    return refusal
