"""A GitHub on loopback."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gitops_actions.forge.github.forge import GitHubForge
from gitops_actions.model import MergeMethod
from gitops_actions.protocols import Capability
from gitops_actions.testing.github import GitHub
from gitops_actions.testing.github.records import Request
from gitops_actions.testing.lifecycle import Shown
from tests.e2e.grounds.served import Served

NAME = "acme/deploy"


class GitHubGround(Served):
    """A repository, and people with tokens of their own."""

    capabilities: frozenset[Capability] = GitHubForge.capabilities
    swaps = True

    def __init__(self, hub: GitHub, files: Mapping[str, str | bytes], transport: str) -> None:
        self.hub = hub
        folder = hub.add_repository(NAME, files=files).objects.folder
        for name in ("alice", "bob", "carl"):
            hub.add_user(name)
        hub.add_team("acme", "sre")
        hub.add_token("ghp_robot")
        hub.add_token("ghp_person", login="alice", role="admin")
        super().__init__(hub, hub.api_url, "ghp_person", folder)
        self.address = f"{hub.url}/{NAME}"
        self.environ: Mapping[str, str] = {
            "GITOPS_TOKEN": "ghp_robot",
            "GITOPS_FORGE": "github",
            "GITOPS_API_URL": hub.api_url,
            "GITOPS_TRANSPORT": transport,
        }

    def requests(self) -> list[Shown]:
        return [self._shown(one) for one in self.hub.requests_of(NAME)]

    def _shown(self, one: Request) -> Shown:
        comments = self.hub.repository(NAME).comments.values()
        return Shown(
            number=one.number,
            state="merged" if one.merged else one.state,
            branch=one.head,
            base=one.base,
            head=one.head_sha,
            title=one.title,
            body=one.body or "",
            labels=frozenset(one.labels),
            assignees=frozenset(one.assignees),
            reviewers=frozenset(one.reviewers),
            teams=frozenset(one.teams),
            draft=one.draft,
            auto_merge=one.auto_merge is not None,
            comments=tuple(comment.body for comment in comments if comment.number == one.number),
        )

    def statuses(self, commit: str) -> Mapping[str, str]:
        return {one.context: one.state for one in self.hub.repository(NAME).statuses.get(commit, ())}

    def edit(
        self, number: int, *, title: str | None = None, body: str | None = None, labels: Collection[str] = ()
    ) -> None:
        texts = {name: text for name, text in (("title", title), ("body", body)) if text is not None}
        if texts:
            self.ask("PATCH", f"/repos/{NAME}/pulls/{number}", texts)
        if labels:
            self.ask("POST", f"/repos/{NAME}/issues/{number}/labels", {"labels": list(labels)})

    def close(self, number: int) -> None:
        self.ask("PATCH", f"/repos/{NAME}/pulls/{number}", {"state": "closed"})

    def reopen(self, number: int) -> None:
        self.ask("PATCH", f"/repos/{NAME}/pulls/{number}", {"state": "open"})

    def merge(self, number: int, method: MergeMethod) -> None:
        self.ask("PUT", f"/repos/{NAME}/pulls/{number}/merge", {"merge_method": method})

    def protect(self, branch: str) -> None:
        self.hub.protect(NAME, branch)

    def require(self, context: str) -> None:
        self.hub.protect(NAME, checks=(context,))

    def succeed(self, commit: str, context: str) -> None:
        self.hub.set_status(NAME, commit, context, "success")

    def add_source(self, name: str) -> Path:
        return self.hub.add_repository(name).objects.folder

    def forget_requests(self) -> None:
        self.hub.repository(NAME).requests.clear()


@contextmanager
def github_ground(root: Path, files: Mapping[str, str | bytes], transport: str) -> Iterator[GitHubGround]:
    """A repository of these files on an Enterprise Server."""
    with GitHub(root, enterprise=True) as hub:
        yield GitHubGround(hub, files, transport)
