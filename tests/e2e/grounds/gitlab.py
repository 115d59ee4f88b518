"""A GitLab on loopback."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gitops_actions.forge.gitlab.forge import GitLabForge
from gitops_actions.model import MergeMethod
from gitops_actions.protocols import Capability
from gitops_actions.testing.gitlab import DEVELOPER, MAINTAINER, REPORTER, GitLab, MergeRequest
from gitops_actions.testing.lifecycle import Shown
from tests.e2e.grounds.served import Served

NAME = "acme/platform/deploy"


class GitLabGround(Served):
    """A project, its members, and a token of each."""

    capabilities: frozenset[Capability] = GitLabForge.capabilities

    def __init__(self, lab: GitLab, files: Mapping[str, str | bytes], transport: str) -> None:
        self.lab = lab
        # The Commits API knows `last_commit_id` of a file, and no head that is expected.
        self.swaps = transport == "git"
        members = {"robot": MAINTAINER, "alice": MAINTAINER, "bob": DEVELOPER, "carl": DEVELOPER}
        for name in members:
            lab.add_user(name)
        self.project = lab.add_project(NAME, files, members=members)
        super().__init__(lab, lab.api_url, lab.add_token("alice"), self.project.repository.path)
        self._requests = f"/projects/{self.project.id}/merge_requests"
        self.address = f"{lab.url}/{NAME}.git"
        self.environ: Mapping[str, str] = {
            "GITOPS_TOKEN": lab.add_token("robot"),
            "GITOPS_FORGE": "gitlab",
            "GITOPS_TRANSPORT": transport,
        }

    def requests(self) -> list[Shown]:
        self.lab.look()
        return [self._shown(one) for one in self.project.merge_requests]

    def _shown(self, one: MergeRequest) -> Shown:
        return Shown(
            number=one.iid,
            state="open" if one.state == "opened" else one.state,
            branch=one.source,
            base=one.target,
            head=one.head,
            title=one.title.removeprefix("Draft: "),
            body=one.description,
            labels=frozenset(one.labels),
            assignees=frozenset(user.username for user in one.assignees),
            reviewers=frozenset(user.username for user in one.reviewers),
            teams=frozenset(),
            draft=one.draft,
            auto_merge=one.auto_merge is not None,
            comments=tuple(note.body for note in one.notes if not note.system),
        )

    def statuses(self, commit: str) -> Mapping[str, str]:
        return {one.name: one.status for one in self.project.statuses if one.sha == commit and not one.retried}

    def edit(
        self, number: int, *, title: str | None = None, body: str | None = None, labels: Collection[str] = ()
    ) -> None:
        given = {"title": title, "description": body, "add_labels": ",".join(labels) or None}
        self._change(number, {name: text for name, text in given.items() if text is not None})

    def close(self, number: int) -> None:
        self._change(number, {"state_event": "close"})

    def reopen(self, number: int) -> None:
        self._change(number, {"state_event": "reopen"})

    def merge(self, number: int, method: MergeMethod) -> None:
        if method == "rebase":
            self.ask("PUT", f"{self._requests}/{number}/rebase")
        (request,) = [one for one in self.project.merge_requests if one.iid == number]
        request.pending.clear()  # by the time that a person comes, GitLab knows whether it can be merged
        self.ask("PUT", f"{self._requests}/{number}/merge", {"squash": method == "squash"})

    def _change(self, number: int, document: Mapping[str, str]) -> None:
        self.ask("PUT", f"{self._requests}/{number}", document)

    def protect(self, branch: str) -> None:
        for protection in self.project.protections:
            protection.push = 0 if protection.name == branch else protection.push

    def require(self, context: str) -> None:
        self.project.ci = (context,)
        self.project.only_allow_merge_if_pipeline_succeeds = True

    def succeed(self, commit: str, context: str) -> None:
        assert context in self.project.ci
        self.lab.finish(self.project, commit)

    def add_source(self, name: str) -> Path:
        return self.lab.add_project(name, members={"robot": REPORTER}).repository.path

    def forget_requests(self) -> None:
        self.lab.look()
        self.project.merge_requests.clear()


@contextmanager
def gitlab_ground(root: Path, files: Mapping[str, str | bytes], transport: str) -> Iterator[GitLabGround]:
    """A project of these files on an instance of one's own."""
    with GitLab(root, merge_checks=1) as lab:
        yield GitLabGround(lab, files, transport)
