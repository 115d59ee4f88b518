"""Pull requests, commit statuses and the content of a repository on GitHub."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from gitops_actions.errors import UsageError
from gitops_actions.forge.github import comments, deployments, merging, milestones, people, queries, statuses, writing
from gitops_actions.forge.github.address import address
from gitops_actions.forge.github.client import Client
from gitops_actions.forge.github.credentials import Credentials
from gitops_actions.forge.github.objects import Wanted
from gitops_actions.forge.github.queries import Reading
from gitops_actions.forge.github.requests import Requests
from gitops_actions.forge.github.sources import Sources, web
from gitops_actions.forge.github.store import GitHubStore
from gitops_actions.forge.github.view import View
from gitops_actions.forge.misreading import understood
from gitops_actions.model import (
    Changes,
    CommitStatus,
    Deployment,
    FileChange,
    MergeMethod,
    PullRequest,
    RequestText,
    Secret,
    Signature,
)
from gitops_actions.protocols import Ancestry, Capability, Connection, Store

if TYPE_CHECKING:
    from gitops_actions.forge.github.identity import Identity
    from gitops_actions.model.diagnosis import Facts, Inquiry, TokenFacts


def connect(connection: Connection) -> GitHubForge:
    """The forge of a repository on GitHub. Nothing is asked yet."""
    where = address(connection.url, connection.api_url)
    credentials = Credentials(connection.credentials, where, connection.hide)
    client = Client(where, credentials, deadline=connection.deadline, detail=connection.detail)
    return GitHubForge(View(client, where), connection.git)


@understood(lambda forge: forge._view.client)
class GitHubForge:
    """A `gitops_actions.protocols.Forge` by the API of GitHub.

    Args:
        view: what was read of the repository, shared with the store.
        git: the repository by git, for what the store cannot ask the API.
    """

    name = "github"
    capabilities: frozenset[Capability] = frozenset(get_args(Capability))
    store: Store | None

    def __init__(self, view: View, git: Store) -> None:
        self._view = view
        self._requests = Requests(view)
        self._sources = Sources(view.client, view.address.api)
        self.store = GitHubStore(view, git)
        self._us: Identity | None = None

    def token(self) -> Secret:
        """See `protocols.Minting`."""
        return Secret(self._view.client.token())

    def whoami(self) -> TokenFacts:
        """See `protocols.Diagnosing`."""
        return self._identity().facts

    def diagnose(self, inquiry: Inquiry) -> Facts:
        """See `protocols.Diagnosing`."""
        from gitops_actions.forge.github import diagnosis  # `doctor` alone asks

        return diagnosis.facts(self._view, self._identity(), inquiry)

    def _identity(self) -> Identity:
        if self._us is None:
            from gitops_actions.forge.github.identity import identity

            self._us = identity(self._view.client, self._view.address.full_name)
        return self._us

    def expect(self, base: str, branch: str, paths: Collection[str], milestone: str | None = None) -> None:
        """See `protocols.Foresight`."""
        view, reading = self._view, Reading()
        for ref in (base, branch):
            known, head = view.known_head(ref)
            if not known or head is not None:
                view.want(reading, ref, head, list(paths)[:100])
        known, head = view.known_head(branch)
        if not known or (head is not None and (view.heads.get(base), head) not in view.commits_ahead):
            view.want_ahead(reading, base, branch)
        self._requests.want(reading, branch, base)
        if milestone is not None:
            milestones.want(view, reading, milestone)
        if reading:
            view.ask(reading)

    def find(
        self,
        *,
        state: Literal["open", "closed", "merged", "all"] = "open",
        branch: str | None = None,
        base: str | None = None,
    ) -> tuple[PullRequest, ...]:
        """See `Forge.find`."""
        return self._requests.find(state, branch, base)

    def get(self, number: int) -> PullRequest:
        """See `Forge.get`."""
        return self._requests.detailed(number).request

    def open(self, branch: str, base: str, text: RequestText) -> PullRequest:
        """See `Forge.open`. Raises NotAllowed when people cannot be asked or labels set; the request is open then."""
        return self._requests.open(branch, base, text)

    def propose(
        self, branch: str, base: str, *, parent: str, files: Sequence[FileChange], message: str, text: RequestText
    ) -> tuple[str, PullRequest]:
        """See `protocols.Proposing`."""
        self._view.open()
        made: list[Mapping[str, Any]] = []
        variables = {"request": self._requests.wanted(branch, base, text)}
        alongside = writing.Alongside(queries.PROPOSE, variables, made.append)
        wanted = Wanted(branch, None, parent, tuple(files), message)
        head = writing.publish(self._view, wanted, alongside)
        return head, self._requests.made(made[0], text) if made else self.open(branch, base, text)

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
        there = self._requests.detailed(number)
        self._requests.reword(there, title=title, body=body)
        people.add_labels(self._view, self._requests.settle, there, add_labels)
        people.remove_labels(self._view, self._requests.settle, there, remove_labels)
        return self._requests.detailed(number).request

    def close(self, number: int, *, comment: str | None = None) -> PullRequest:
        """See `Forge.close`."""
        there = self._requests.detailed(number)
        if there.request.state != "open":
            return there.request
        if comment:  # first: a run that ends here is repeated, and finds the comment
            self.comment(number, "close", comment)
        return self._requests.close(there)

    def comment(self, number: int, topic: str, body: str) -> None:
        """See `Forge.comment`."""
        comments.comment(self._view, number, topic, body)

    def merge(self, number: int, *, expected_head: str, method: MergeMethod, author: Signature) -> PullRequest:  # noqa: ARG002
        """See `Forge.merge`; the author is the owner of the token."""
        return merging.merge(self._view, self._requests, number, expected_head, method)

    def request_auto_merge(
        self,
        number: int,
        *,
        expected_head: str,
        method: MergeMethod | None,
        author: Signature,  # noqa: ARG002 (it is the owner of the token)
    ) -> PullRequest:
        """See `Forge.request_auto_merge`."""
        return merging.request_auto_merge(self._view, self._requests, number, expected_head, method)

    def statuses(self, commit: str) -> tuple[CommitStatus, ...]:
        """See `Forge.statuses`: check runs are among them."""
        return statuses.of(self._view, commit)

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """See `Forge.set_status`."""
        statuses.set_status(self._view, commit, status)

    def compare(self, repository: str, old: str, new: str) -> Ancestry | None:
        """See `Forge.compare`: any repository on this GitHub that the token reaches."""
        return self._sources.relation(repository, old, new)

    def changes(self, repository: str, old: str, new: str, *, limit: int) -> Changes | None:
        """See `Forge.changes`."""
        return self._sources.changes(repository, old, new, limit)

    def compare_url(self, repository: str, old: str, new: str) -> str | None:
        """See `Forge.compare_url`."""
        return self._sources.url(repository, old, new)

    def report_deployment(self, deployment: Deployment, *, once: bool = False) -> None:
        """See `Forge.report_deployment`."""
        view, name = self._view, self._sources.name(deployment.repository)
        if name is None:
            raise UsageError(f"{deployment.repository} is not on this GitHub")
        url = deployment.url
        if url is None and deployment.commit is not None:
            url = f"{web(view.address.api)}/{view.address.full_name}/commit/{deployment.commit}"
        deployments.report(view.client, name, deployment, url, once=once)
