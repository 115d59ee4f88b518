"""Commits and files of the remote, fetched when they are first needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from gitops_actions.errors import UsageError
from gitops_actions.git.command import Command
from gitops_actions.git.failures import no_branch, no_main
from gitops_actions.git.fetching import Fetching, ours
from gitops_actions.git.likely import likely_blobs
from gitops_actions.git.listing import Listing
from gitops_actions.git.objects import Entry, Object, Objects, tree_of
from gitops_actions.names import complaint_about_branch

# From so many paths on, it is cheaper to list everything than to look into the folders one by one.
_MANY = 500
ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Content:
    """``fetching`` is None for a repository on this machine: all that it has can be read."""

    def __init__(
        self, command: Command, objects: Objects, listing: Listing, fetching: Fetching | None, url: str
    ) -> None:
        self._command = command
        self._objects = objects
        self._listing = listing
        self._fetching = fetching
        self._url = url
        self._fetched_blobs = False
        self._listings: dict[str, Mapping[str, Entry]] = {}

    def head(self) -> str:
        """The full name of the branch that HEAD names. Raises UsageError when there is none."""
        fetched = None
        if self._fetching is not None and not self._listing.asked:
            self._listing.begin()
            if self._fetching.tips(["HEAD"]) is None:  # if not, the listing tells why
                fetched = self._objects.commit(ours("HEAD"))
        full = self._listing.head()
        if full is None and self._listing.refs():
            raise no_main(self.branches(), self._url)
        if full is None:
            raise no_branch("HEAD", (), self._url)
        if fetched is not None:
            self._listing.learn(full, fetched.id)
        return full

    def tip(self) -> str:
        """The commit that HEAD is at, be it on a branch or not. Raises UsageError for an empty repository."""
        at = self._listing.head() or self._listing.detached()
        if at is None and self._listing.refs():
            branches = ", ".join(self.branches()[:12]) or "no branch"
            raise UsageError(
                f"HEAD of {self._url} names no branch that is there", hint=f"name one with --ref; there is {branches}"
            )
        if at is None:
            raise no_branch("HEAD", (), self._url)
        return self.commit(at).id

    def branches(self) -> list[str]:
        """The short names of all branches."""
        start = "refs/heads/"
        return [ref.removeprefix(start) for ref in self._listing.refs() if ref.startswith(start)]

    def commit(self, name: str) -> Object:
        """The commit of a branch (short name), a full ref or an id. Raises UsageError when there is none."""
        if ID.fullmatch(name):
            return self._by_id(name)
        if complaint := complaint_about_branch(name.removeprefix("refs/")):
            raise UsageError(f"{name!r} {complaint}", hint="give a branch, a full ref or a full commit id")
        ref = full_name(name)
        known = self._listing.known(ref)
        found = self._objects.commit(known) if known else None
        if found is None and self._fetching is not None and (known or not self._listing.asked):
            problem = self._fetching.tips([ref])
            if problem and ref in self._listing.refs():
                raise problem
            found = None if problem else self._objects.commit(ours(ref))
            if found is not None:
                self._listing.learn(ref, found.id)
        if found is None:
            id = self._listing.refs().get(ref)
            if id is None:
                raise no_branch(name, self.branches(), self._url)
            found = self._by_id(id)
        return found

    def _by_id(self, id: str) -> Object:
        found = self._objects.commit(id)
        if found is None and self._fetching is not None:
            problem = self._fetching.tips([id])
            if problem is not None:
                raise problem
            found = self._objects.commit(id)
        if found is None:
            raise UsageError(f"there is no commit {id} in {self._url}", hint="give a branch or a full commit id")
        return found

    def locate(self, name: str) -> str:
        """The id of a branch, full ref or id, which need not be fetched. Raises UsageError when there is none."""
        if ID.fullmatch(name):
            return name
        return self._listing.refs().get(full_name(name)) or self.commit(name).id

    def find(self, commit: Object, paths: Collection[str]) -> Mapping[str, Entry]:
        """What a commit has at ``paths``, files and folders."""
        return self._objects.find(tree_of(commit), paths)

    def find_files(self, commit: Object, paths: Collection[str]) -> Mapping[str, Entry]:
        """What a commit has at ``paths``, folders left out."""
        tree = tree_of(commit)
        if tree in self._listings or len(paths) > _MANY:
            listing = self.listing(tree)
            return {path: listing[path] for path in paths if path in listing}
        return {path: entry for path, entry in self._objects.find(tree, paths).items() if not entry.is_tree}

    def listing(self, tree: str) -> Mapping[str, Entry]:
        """Every file below a tree by its path, in git's order: one process, instead of a look into each folder."""
        if tree not in self._listings:
            answer = self._command.run("ls-tree", "-r", "-z", tree)
            if answer.status:
                raise UsageError(f"git cannot list the files: {answer.words}", hint="run git fsck in the repository")
            found = {}
            for line in answer.output.decode("utf-8", "surrogateescape").split("\0")[:-1]:
                head, _, path = line.partition("\t")
                mode, _, id = head.split(" ")
                found[path] = Entry(mode, id)
            self._listings[tree] = found
        return self._listings[tree]

    def sizes(self, ids: Collection[str]) -> dict[str, int]:
        """The sizes of blobs by id, fetched where that is possible; those that are not there are left out."""
        found = self._objects.sizes(ids)
        missing = [id for id in ids if id not in found]
        if missing and self._fetching is not None:
            self._fetching.blobs(missing)
            found.update(self._objects.sizes(missing))
        return found

    def blobs(
        self, ids: Collection[str], *, beside: Object | None = None, likely: Collection[str] = ()
    ) -> dict[str, bytes]:
        """Contents by blob id. The first time that some have to be fetched, those of the commit ``beside`` whose path
        holds one of the words ``likely`` come along. Raises UsageError when one does not exist."""
        # A line that is no id could get no answer, or two, and each later one would be taken for that of another id.
        odd = next((id for id in ids if not ID.fullmatch(id)), None)
        if odd is not None:
            raise UsageError(f"{odd[:100]!r} is not the full id of a file's content", hint="take it from Commit.files")
        found = {blob.id: blob.content for blob in self._objects.get_all(dict.fromkeys(ids))}
        missing = [id for id in dict.fromkeys(ids) if id not in found]
        if missing and self._fetching is not None:
            more = []
            if likely and beside is not None and not self._fetched_blobs:
                more = likely_blobs(self._objects, tree_of(beside), likely)
            self._fetched_blobs = True
            self._fetching.blobs(dict.fromkeys([*missing, *more]))
            found.update((blob.id, blob.content) for blob in self._objects.get_all(missing))
        lost = next((id for id in missing if id not in found), None)
        if lost is not None:
            raise UsageError(f"there is no file content {lost} in {self._url}", hint="run git fsck in it")
        return found


def full_name(name: str) -> str:
    """The full name of a branch; a full name stays as it is."""
    return name if name.startswith("refs/") else f"refs/heads/{name}"
