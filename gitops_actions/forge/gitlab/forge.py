"""Merge requests and commit statuses of a GitLab project: gitlab.com or an instance of one's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from gitops_actions.errors import UsageError
from gitops_actions.forge.gitlab import deployments, statuses, words
from gitops_actions.forge.gitlab.address import address
from gitops_actions.forge.gitlab.client import Client
from gitops_actions.forge.gitlab.comments import comment
from gitops_actions.forge.gitlab.credentials import chosen
from gitops_actions.forge.gitlab.foresight import expect
from gitops_actions.forge.gitlab.merging import Merging
from gitops_actions.forge.gitlab.reading import Reading
from gitops_actions.forge.gitlab.requests import UNSETTLED, Document, Requests, own
from gitops_actions.forge.gitlab.sources import Sources
from gitops_actions.forge.gitlab.store import GitLabStore
from gitops_actions.forge.lacking import ignored, refused
from gitops_actions.forge.misreading import understood
from gitops_actions.model import (
    Changes,
    CommitStatus,
    Deployment,
    Finding,
    MergeMethod,
    PullRequest,
    RequestText,
    Signature,
)
from gitops_actions.protocols import Ancestry, Capability, Connection, Store

if TYPE_CHECKING:
    from gitops_actions.forge.gitlab.identity import Identity
    from gitops_actions.model.diagnosis import Facts, Inquiry, TokenFacts


def connect(connection: Connection) -> GitLabForge:
    """The forge of a repository on GitLab. Asks nothing yet. Raises UsageError for an address that is no project."""
    where = address(connection.url, connection.api_url)
    client = Client(where, chosen(connection.credentials), deadline=connection.deadline, detail=connection.detail)
    reading = Reading(client)
    return GitLabForge(client, reading, GitLabStore(client, reading, connection.git))


@understood(lambda forge: forge._client)
class GitLabForge:
    """A `gitops_actions.protocols.Forge`. Teams cannot review here: GitLab's reviewers are people."""

    name = "gitlab"
    capabilities: frozenset[Capability] = frozenset(
        {"auto-merge", "labels", "assignees", "reviewers", "milestone", "draft", "comments", "statuses", "deployments"}
    )

    def __init__(self, client: Client, reading: Reading, store: Store | None) -> None:
        self.store = store
        self._client = client
        self._reading = reading
        self._requests = Requests(client)
        self._merging = Merging(client, self._requests)
        self._sources = Sources(client)
        self._us: Identity | None = None

    def whoami(self) -> TokenFacts:
        """See `protocols.Diagnosing`."""
        return self._identity().facts

    def diagnose(self, inquiry: Inquiry) -> Facts:
        """See `protocols.Diagnosing`."""
        from gitops_actions.forge.gitlab import diagnosis  # `doctor` alone asks

        return diagnosis.facts(self._client, self._identity(), inquiry)

    def _identity(self) -> Identity:
        if self._us is None:
            from gitops_actions.forge.gitlab.identity import identity

            self._us = identity(self._client, self._client.credentials)
        return self._us

    def expect(self, base: str, branch: str, paths: Collection[str], milestone: str | None = None) -> None:  # noqa: ARG002
        """See `protocols.Foresight`. A milestone is looked for when a request is opened, which needs its number."""
        expect(self._client, self._reading, base, branch, paths)

    def find(
        self,
        *,
        state: Literal["open", "closed", "merged", "all"] = "open",
        branch: str | None = None,
        base: str | None = None,
    ) -> tuple[PullRequest, ...]:
        """See `Forge.find`."""
        if state == "open" and branch is not None and self._reading.gone(branch):
            return ()
        early = self._reading.requests.pop((branch or "", base or ""), None)
        if early is None:
            found = self._requests.find(state, branch, base)
        else:
            found = own(early, state)
        return tuple(words.shown(one, conflicts=branch is not None and self._conflicts(one)) for one in found)

    def get(self, number: int) -> PullRequest:
        """See `Forge.get`."""
        return words.shown(self._requests.get(number))

    def open(self, branch: str, base: str, text: RequestText) -> PullRequest:
        """See `Forge.open`; an adopted request gets the text, and keeps the labels and people that it has.

        Raises UsageError when a branch does not exist.
        """
        request = words.shown(self._requests.open(branch, base, text))
        request = replace(request, findings=tuple(self._left_out(request, text)))
        if text.milestone is not None and not request.milestone and self._requests.milestone(text.milestone) is None:
            return replace(request, milestone=None)
        return request

    def _left_out(self, request: PullRequest, text: RequestText) -> Iterator[Finding]:
        """Who is not asked or assigned. GitLab says nothing of those who have no access, or who are one too many for
        its plan (https://docs.gitlab.com/api/merge_requests/#create-mr)."""
        for what, names, there in (
            ("asked for a review", text.reviewers, request.reviewers),
            ("assigned", text.assignees, request.assignees),
        ):
            known = {name.lower() for name in there}
            for name in names:
                if self._requests.user(name) is None:
                    why = f"there is no user of this name on {self._client.address.root}"
                    yield refused(f"!{request.number}", f"{name} is not {what}", why)
                elif name.lower() not in known:
                    yield ignored(f"!{request.number}", f"{name} is not {what}")

    def update(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        add_labels: Collection[str] = (),
        remove_labels: Collection[str] = (),
    ) -> PullRequest:
        """See `Forge.update`."""

        def change(document: Document) -> Mapping[str, Any]:
            now = set(document["labels"])
            add, remove = [one for one in add_labels if one not in now], [one for one in remove_labels if one in now]
            wanted = {
                "title": None if title is None else words.title(title, draft=document["draft"]),
                "description": None if body is None else words.body(body),
            }
            sent = {name: text for name, text in wanted.items() if text is not None and text != document[name]}
            sent |= {"add_labels": ",".join(add)} if add else {}
            sent |= {"remove_labels": ",".join(remove)} if remove else {}
            return sent

        return words.shown(self._requests.update(number, change))

    def close(self, number: int, *, comment: str | None = None) -> PullRequest:
        """See `Forge.close`. The comment is written first: a request that is open is looked at again."""
        if comment and self._requests.get(number)["state"] == "opened":
            self.comment(number, "close", comment)
        close = {"state_event": "close"}
        return words.shown(self._requests.update(number, lambda one: close if one["state"] == "opened" else {}))

    def comment(self, number: int, topic: str, body: str) -> None:
        """See `Forge.comment`."""
        comment(self._client, number, topic, body)

    def merge(
        self,
        number: int,
        *,
        expected_head: str,
        method: MergeMethod,
        author: Signature,  # noqa: ARG002 (GitLab's own: the token's user)
    ) -> PullRequest:
        """See `Forge.merge`; a request that is merged already is returned as it is.

        Raises UsageError for a closed one, NotAllowed with GitLab's reason for one that lacks something.
        """
        return words.shown(self._merging.merge(number, expected_head, method))

    def request_auto_merge(
        self,
        number: int,
        *,
        expected_head: str,
        method: MergeMethod | None,
        author: Signature,  # noqa: ARG002
    ) -> PullRequest:
        """See `Forge.request_auto_merge`. Raises as `merge` does."""
        return words.shown(self._merging.automatically(number, expected_head, method))

    def statuses(self, commit: str) -> tuple[CommitStatus, ...]:
        """See `Forge.statuses`: those set by API, and GitLab's own jobs."""
        return statuses.of(self._client, commit)

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """See `Forge.set_status`. GitLab has one word for `failure` and `error`, and dates a status itself."""
        statuses.put(self._client, commit, status)

    def compare(self, repository: str, old: str, new: str) -> Ancestry | None:
        """See `Forge.compare`."""
        return self._sources.relation(repository, old, new)

    def changes(self, repository: str, old: str, new: str, *, limit: int) -> Changes | None:
        """See `Forge.changes`."""
        return self._sources.changes(repository, old, new, limit)

    def compare_url(self, repository: str, old: str, new: str) -> str | None:
        """See `Forge.compare_url`."""
        return self._sources.url(repository, old, new)

    def report_deployment(self, deployment: Deployment, *, once: bool = False) -> None:
        """See `Forge.report_deployment`. GitLab has no word for `queued`."""
        name = self._sources.name(deployment.repository)
        if name is None:
            raise UsageError(f"{deployment.repository} is not on this GitLab")
        deployments.report(self._client, name, deployment, once=once)

    def _conflicts(self, document: Document) -> bool:
        if document["state"] != "opened":
            return False
        if document["detailed_merge_status"] in UNSETTLED:  # GitLab checks when somebody looks
            document = self._requests.settled(document["iid"])
        return bool(document["has_conflicts"])
