"""Requests on their way into their base: merged now, when they can be, or by the queue."""

from __future__ import annotations

from typing import Any

from gitops_actions.testing.forgegit import RefMoved
from gitops_actions.testing.github import merging
from gitops_actions.testing.github.access import need
from gitops_actions.testing.github.records import AutoMerge, Request, Token
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal, machine, person
from gitops_actions.testing.github.work.refs import Refs


class Merges(Refs):
    """Work on merges."""

    def merge(self, token: Token | None, repository: Repository, request: Request, **how: Any) -> str:
        """Merge a request now; returns the commit. Raises Refusal."""
        need(token, repository, "contents", "write")
        assert token is not None
        try:
            commit = merging.merge(self.world, repository, request, by=token.account, **how)
        except RefMoved:
            raise Refusal(409, "Base branch was modified. Review and try the merge again.") from None
        self.follow(repository)
        return commit

    def update_branch(
        self, token: Token | None, repository: Repository, request: Request, *, expected: str | None
    ) -> None:
        """Merge the base into the head. Raises Refusal."""
        need(token, repository, "contents", "write")
        assert token is not None
        if expected is not None and expected != request.head_sha:
            raise Refusal(422, f"expected head sha didn't match current head ref {request.head_sha}.")
        if repository.objects.is_ancestor(request.base_sha, request.head_sha):
            raise Refusal(422, "There are no new commits on the base branch.")
        tree = repository.objects.merged_tree(request.head_sha, request.base_sha)
        if tree is None:
            raise Refusal(422, "merge conflict between base and head")
        now = self.world.clock()
        message = f"Merge branch '{request.base}' into {request.head}"
        made = repository.objects.write_commit(
            tree, [request.head_sha, request.base_sha], message, person(token.account, now), machine(now), signed=True
        )
        self.update_refs(token, repository, [(f"refs/heads/{request.head}", made, request.head_sha, False)])

    def enable_auto_merge(
        self,
        token: Token | None,
        repository: Repository,
        request: Request,
        *,
        method: str,
        expected: str | None,
        title: str | None,
        message: str | None,
    ) -> None:
        """Merge as soon as everything required is there. Raises Refusal, also when nothing is left to wait for."""
        need(token, repository, "contents", "write")
        need(token, repository, "pull_requests", "write")
        assert token is not None
        if request.state != "open":
            raise Refusal(422, "Pull request Pull request is closed")
        if not repository.settings.allow_auto_merge:
            raise Refusal(422, "Pull request Auto merge is not allowed for this repository")
        if expected is not None and expected != request.head_sha:
            raise Refusal(422, "Head branch was modified. Review and try the merge again.")
        protection = repository.protection(request.base)
        queued = protection is not None and protection.queue  # which merges as it likes
        if not queued and not getattr(
            repository.settings,
            {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}[method],
        ):
            raise Refusal(422, f"Merge method {method} merging is not allowed on this repository")
        state = merging.merge_state(repository, request)
        if state in ("clean", "unstable", "draft"):
            word = "draft" if state == "draft" else state
            raise Refusal(422, f"Pull request Pull request is in {word} status")
        request.auto_merge = AutoMerge(token.account, method, self.world.clock(), title, message)
        request.events.append("auto_merge_enabled")
        self.follow(repository)

    def disable_auto_merge(self, token: Token | None, repository: Repository, request: Request) -> None:
        """Take auto-merge back. Raises Refusal."""
        need(token, repository, "pull_requests", "write")
        if request.auto_merge is None:
            raise Refusal(422, "Can't disable auto-merge for this pull request")
        request.auto_merge = None
        request.events.append("auto_merge_disabled")

    def enqueue(self, token: Token | None, repository: Repository, request: Request, *, expected: str | None) -> None:
        """Put a request into the merge queue of its base. Raises Refusal."""
        need(token, repository, "contents", "write")
        assert token is not None
        protection = repository.protection(request.base)
        if protection is None or not protection.queue:
            raise Refusal(422, "Merge queue is not enabled for this branch")
        if request.state != "open" or request.draft:
            raise Refusal(422, "Pull request is not in a state that can be added to the merge queue")
        if expected is not None and expected != request.head_sha:
            raise Refusal(422, "Head branch was modified. Review and try the merge again.")
        if request.queued is not None:
            raise Refusal(422, "Pull request is already in the queue")
        request.queued, request.queued_by = self.world.clock(), token.account
        request.events.append("queued")
