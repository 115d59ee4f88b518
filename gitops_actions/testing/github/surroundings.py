"""What happens to a GitHub by other ways than its API."""

from __future__ import annotations

from abc import ABC
from typing import Any

from gitops_actions.testing.github.instance import Instance
from gitops_actions.testing.github.records import CheckRun, Review, Token
from gitops_actions.testing.github.repository import Protection


class Surroundings(Instance, ABC):
    """What people and machines do to a GitHub: they approve, protect, report, rename."""

    def protect(self, full_name: str, branch: str = "main", protection: Protection | None = None, **rules: Any) -> None:
        """Protect a branch; ``rules`` are fields of `Protection`."""
        with self.lock:
            self.repository(full_name).protections[branch] = protection or Protection(**rules)

    def unprotect(self, full_name: str, branch: str = "main") -> None:
        """Take the protection away; what waited for it goes on."""
        with self.lock:
            self.repository(full_name).protections.pop(branch, None)
            self.repository(full_name)

    def approve(self, full_name: str, number: int, login: str = "reviewer") -> None:
        """Let somebody approve a request."""
        account = self.add_user(login)
        with self.lock:
            repository = self.repository(full_name)
            request = repository.requests[number]
            self.work.review(repository, request, Review(next(self.world.ids), account, "APPROVED", request.head_sha))

    def plan(self, full_name: str, number: int, title: str | None) -> None:
        """Let somebody give a request the milestone of this title, or take it away."""
        token = Token(self.add_user("planner"), "user", None, None, "write")
        with self.lock:
            repository = self.repository(full_name)
            milestones = repository.milestones.values()
            chosen = next(one.number for one in milestones if one.title == title) if title is not None else None
            self.work.plan(token, repository, repository.requests[number], chosen)

    def set_status(self, full_name: str, sha: str, context: str, state: str, description: str | None = None) -> None:
        """Set a commit status as some CI system would."""
        token = Token(self.add_user("ci"), "user", None, None, "write")
        with self.lock:
            self.work.set_status(
                token, self.repository(full_name), sha, state=state, context=context, description=description
            )

    def set_check(self, full_name: str, sha: str, name: str, conclusion: str | None, *, app: str = "ci") -> None:
        """Add a check run as some App would; without a conclusion it is in progress."""
        made = next((one for one in self.world.apps.values() if one.slug == app), None) or self.add_app(app)
        with self.lock:
            repository = self.repository(full_name)
            now = self.world.clock()
            status = "completed" if conclusion else "in_progress"
            run = CheckRun(
                next(self.world.ids), name, sha, status, conclusion, None, None, None, None, made, now,
                now if conclusion else None,
            )  # fmt: skip
            repository.checks[run.id] = run
            self.work.follow(repository)

    def rename_repository(self, full_name: str, new: str) -> None:
        """Give a repository another full name of the same owner: the old one is answered with a redirect."""
        with self.lock:
            repository = self.repository(full_name)
            repository.name = new.partition("/")[2]
            self.world.repositories[new.lower()] = repository
            self.world.moved[full_name.lower()] = self.world.repositories.pop(full_name.lower())

    def rename_branch(self, full_name: str, old: str, new: str) -> None:
        """Rename a branch; requests into it follow, and HEAD when it is the default."""
        with self.lock:
            repository = self.repository(full_name)
            objects = repository.objects
            tip = objects.refs()[f"refs/heads/{old}"]
            objects.update_refs([(f"refs/heads/{new}", tip, "0" * 40)])
            for request in repository.requests.values():
                request.base = new if request.base == old else request.base
                request.head = new if request.head == old else request.head
            if objects.head() == old:
                objects.git("symbolic-ref", "HEAD", f"refs/heads/{new}")
            objects.update_refs([(f"refs/heads/{old}", "0" * 40, tip)])
            self.work.follow(repository)

    def run_queue(self, full_name: str) -> list[int]:
        """Let the merge queue of a repository go on; the numbers of what it merged."""
        with self.lock:
            return self.work.run_queue(self.repository(full_name))
