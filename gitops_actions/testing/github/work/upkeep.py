"""Requests follow git: what pushes, merges and the merge queue make of them."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_actions.testing.forgegit import RefMoved
from gitops_actions.testing.github import merging
from gitops_actions.testing.github.records import Request
from gitops_actions.testing.github.repository import Repository
from gitops_actions.testing.github.state import Refusal, World


class Upkeep:
    """What all work rests on. Who calls holds the lock; each operation leaves the requests up to date."""

    def __init__(self, world: World) -> None:
        self.world = world

    def follow(self, repository: Repository) -> None:
        """Bring the requests up to what happened to their branches, and merge what waits for nothing any more.

        A request is merged when its base got the commits of its head, and closed when its head was reset to
        something that the base had already, or was deleted.
        """
        while True:
            refs = repository.objects.refs("refs/heads/")
            if refs != repository.seen:
                before, repository.seen = repository.seen, refs
                for request in list(repository.requests.values()):
                    if request.state == "open":
                        self._follow(repository, request, before, refs)
            if not self._settle(repository):
                return

    def _follow(
        self, repository: Repository, request: Request, before: Mapping[str, str], refs: Mapping[str, str]
    ) -> None:
        now = self.world.clock()
        head, base = refs.get(f"refs/heads/{request.head}"), refs.get(f"refs/heads/{request.base}")
        if head is None or base is None:
            self._closed(request, now)
            return
        if (head, base) == (request.head_sha, request.base_sha):
            return
        old_base = before.get(f"refs/heads/{request.base}", request.base_sha)
        moved = head != request.head_sha
        request.base_sha = base
        if moved:
            request.head_sha = head
            repository.objects.keep(f"refs/pull/{request.number}/head", head)
            request.updated = now
            request.events.append("pushed")
        if repository.objects.is_ancestor(head, base):
            if repository.objects.is_ancestor(head, old_base):
                self._closed(request, now)
                return
            request.state = "closed"
            request.merged = request.closed = request.updated = now
            request.merge_commit = base
            request.auto_merge = None
            request.events.append("merged")

    def _closed(self, request: Request, now: float) -> None:
        request.state = "closed"
        request.closed = request.updated = now
        request.auto_merge = None
        request.queued = None
        request.events.append("closed")

    def _settle(self, repository: Repository) -> bool:
        """Merge one request whose auto-merge can happen now."""
        for request in repository.requests.values():
            wanted = request.auto_merge
            if request.state != "open" or wanted is None or request.draft:
                continue
            protection = repository.protection(request.base)
            if protection is not None and protection.queue:
                ready = merging.conflict_free(repository, request) and not merging.blockers(repository, request, None)
                if ready and request.queued is None:  # "merge when ready" puts it into the queue
                    request.queued, request.queued_by = self.world.clock(), wanted.by
                    request.auto_merge = None
                    request.events.append("queued")
                    return True
                continue
            if merging.merge_state(repository, request) not in ("clean", "unstable"):
                continue
            try:
                merging.merge(
                    self.world,
                    repository,
                    request,
                    by=wanted.by,
                    method=wanted.method,
                    title=wanted.title,
                    message=wanted.message,
                )
            except RefMoved:
                return True  # a push was faster: look again
            except Refusal:
                request.auto_merge = None
                request.events.append("auto_merge_disabled")
            return True
        return False

    def run_queue(self, repository: Repository) -> list[int]:
        """Let the merge queue merge what is in it and waits for nothing, in order; the numbers of what it merged."""
        merged = []
        waiting = [one for one in repository.requests.values() if one.queued is not None and one.state == "open"]
        for request in sorted(waiting, key=lambda one: one.queued or 0.0):
            try:
                merging.merge(self.world, repository, request, by=request.queued_by or request.author, from_queue=True)
                merged.append(request.number)
            except Refusal:
                request.queued = None
            self.follow(repository)
        return merged
