"""Commits and how they stand to each other: one `git log` walk, and as little history as the question needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Answer, Command
from gitops_actions.git.content import Content
from gitops_actions.git.fetching import Fetching
from gitops_actions.git.listing import Listing
from gitops_actions.git.objects import Objects, parents_of
from gitops_actions.model import Commit, Signature

# Each record starts with an empty field: paths are never empty, and the number of fields that follow is fixed.
_FIELDS = ("%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B")
_OPTIONS = (
    "-z",
    "--format=" + "".join(f"%x00{field}" for field in _FIELDS),
    "--no-show-signature",
    "--no-color",
    "--encoding=UTF-8",
)


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
        self._known: dict[tuple[str, str], list[Commit]] = {}

    def log(self, name: str, prefixes: Collection[str], limit: int | None) -> list[Commit]:
        """See `Repository.log`."""
        self._fetch(name)
        options = ["--first-parent"]
        if limit is not None:
            options.append(f"--max-count={limit}")
        if prefixes:
            options += ["--raw", "--no-abbrev", "--no-renames", "--root", "--diff-merges=first-parent"]
        return self._walk([self._content.commit(name).id], options, [] if "" in prefixes else prefixes)

    def ahead(self, base: str, head: str) -> list[Commit]:
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
        if not self._fetching.complete or any(self._objects.get(id) is None for id in ids):
            self._fetching.history(ids)

    def _ahead_fetched(self, fetching: Fetching, base: str, head: str) -> list[Commit] | None:
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

    def _walk(
        self, revisions: Sequence[str], options: Sequence[str] = (), pathspecs: Collection[str] = ()
    ) -> list[Commit]:
        answer = self._command.run(
            "--literal-pathspecs", "log", *_OPTIONS, *options, "--stdin", "--", *pathspecs,
            data="".join(f"{revision}\n" for revision in revisions).encode(),
        )  # fmt: skip
        if answer.status:
            raise UsageError(f"git cannot read the history: {answer.words}", hint="run git fsck in the repository")
        return _parse(answer.output)


def _parse(output: bytes) -> list[Commit]:
    fields = output.split(b"\0")
    commits = []
    at = 0
    while at + len(_FIELDS) < len(fields):
        id, parents, *people, message = (_text(field) for field in fields[at + 1 : at + 1 + len(_FIELDS)])
        at += 1 + len(_FIELDS)
        files: dict[str, str | None] = {}
        while at < len(fields) and fields[at].lstrip(b"\n").startswith(b":"):
            _, _, _, blob, status = fields[at].split()
            files[fields[at + 1].decode("utf-8", "surrogateescape")] = None if status == b"D" else blob.decode()
            at += 2
        author, committer = (Signature(name, mail, _time(when)) for name, mail, when in (people[:3], people[3:]))
        commits.append(Commit(id, tuple(parents.split()), author, committer, message, files))
    return commits


def _text(field: bytes) -> str:
    return field.decode("utf-8", "replace")


def _time(text: str) -> int:
    return int(text) if text.isdecimal() else 0  # git shows nothing for a date that it cannot read
