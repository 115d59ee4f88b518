"""Commits and how they stand to each other: one `git log` walk, and as little history as the question needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Answer, Command
from gitops_actions.git.content import Content
from gitops_actions.git.fetching import Fetching
from gitops_actions.git.listing import Listing
from gitops_actions.git.modifications import OPTIONS as RAW
from gitops_actions.git.modifications import Modifications
from gitops_actions.git.objects import Objects, parents_of
from gitops_actions.git.walk import OPTIONS, Walk
from gitops_actions.model import Commit


class History:
    """``fetching`` is None for a repository on this machine."""

    def __init__(
        self, command: Command, content: Content, objects: Objects, listing: Listing, fetching: Fetching | None
    ) -> None:
        self._command = command
        self._content = content
        self._objects = objects
        self._listing = listing
        self._fetching = fetching
        self._known: dict[tuple[str, str], Sequence[Commit]] = {}
        self._walks: list[Walk] = []

    def close(self) -> None:
        """Stop the walks that nobody has waited for."""
        for walk in self._walks:
            walk.stop()

    def log(self, name: str, prefixes: Collection[str], limit: int | None) -> Sequence[Commit]:
        """See `Repository.log`."""
        self._fetch(name)
        options = ["--first-parent"]
        if limit is not None:
            options.append(f"--max-count={limit}")
        if prefixes:
            options += ["--raw", "--no-abbrev", "--no-renames", "--root", "--diff-merges=first-parent"]
        return self._walk([self._content.commit(name).id], options, [] if "" in prefixes else prefixes)

    def modified(
        self, name: str, prefixes: Collection[str], limit: int | None, since: int | None
    ) -> tuple[Modifications, Callable[[], int]]:
        """See `Repository.modified`."""
        self._fetch(name)
        options = ["--no-merges", *(["--full-history"] if prefixes else [])]
        options += [f"--max-count={limit}"] if limit is not None else []
        options += [f"--since=@{since}"] if since is not None else []
        revision = f"{self._content.commit(name).id}\n".encode()
        start = partial(self._command.start, "--literal-pathspecs")

        def count() -> int:
            answer = start("rev-list", "--count", *options, "--stdin", "--", *prefixes).finish(revision)
            return int(answer.output) if not answer.status else 0

        running = start("log", *RAW, *options, "--stdin", "--", *prefixes)
        running.give(revision)
        return Modifications(running), count

    def ahead(self, base: str, head: str) -> Sequence[Commit]:
        """See `Repository.ahead`."""
        if self._fetching is not None and not self._fetching.complete:
            commits = self._ahead_fetched(self._fetching, base, head)
            if commits is not None:
                return commits
        self._fetch(base, head)
        return self._walk([self._content.commit(head).id, f"^{self._content.commit(base).id}"])

    def merge_base(self, a: str, b: str) -> str | None:
        """See `Repository.merge_base`."""
        return self._compare(a, b).output.decode().strip() or None

    def is_ancestor(self, a: str, b: str) -> bool:
        """See `Repository.is_ancestor`."""
        return a == b or self._compare(a, b, "--is-ancestor").status == 0

    def _compare(self, a: str, b: str, *options: str) -> Answer:
        self._fetch(a, b)
        answer = self._command.run("merge-base", *options, self._content.commit(a).id, self._content.commit(b).id)
        if answer.status > 1:
            raise UsageError(f"git cannot compare {a} and {b}: {answer.words}", hint="run git fsck")
        return answer

    def _fetch(self, *names: str) -> None:
        if self._fetching is None:
            return
        ids = [self._content.locate(name) for name in names]
        if not self._fetching.has_history(ids) or any(self._objects.get(id) is None for id in ids):
            refs = self._listing.refs()
            self._fetching.history(ids, {*refs, *refs.values(), *(("HEAD",) if self._listing.head() else ())})

    def _ahead_fetched(self, fetching: Fetching, base: str, head: str) -> Sequence[Commit] | None:
        """`ahead`, with nothing fetched but what it answers; None when that cannot be known this way."""
        start, end = self._content.locate(base), self._content.locate(head)
        if (start, end) in self._known:
            return self._known[start, end]
        refs = self._listing.refs().items()
        limit = next((ref for ref, id in refs if id == start and ref.startswith("refs/heads/")), None)
        if limit is None:
            return None  # a server excludes what a ref has, not what a commit has
        left = fetching.beyond(limit, end)
        if left is None:
            return None
        commits = [self._with_parents(commit) for commit in self._walk([end])] if left else []
        # A merge with one parent outside is cut from all its parents (get_shallow_commits_by_rev_list again).
        if any(len(commit.parents) > 1 for commit in commits):
            return None
        self._known[start, end] = commits
        return commits

    def _with_parents(self, commit: Commit) -> Commit:
        """With the parents that it names; git shows none where the history was cut."""
        found = self._objects.commit(commit.id)
        return replace(commit, parents=parents_of(found)) if found is not None else commit

    def _walk(self, revisions: Sequence[str], options: Sequence[str] = (), pathspecs: Collection[str] = ()) -> Walk:
        data = "".join(f"{revision}\n" for revision in revisions).encode()
        running = self._command.start("--literal-pathspecs", "log", *OPTIONS, *options, "--stdin", "--", *pathspecs)
        walk = Walk(running, data)
        self._walks.append(walk)
        return walk
