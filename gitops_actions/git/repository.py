"""One remote repository, read and written without a work tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from gitops_actions.errors import NotAllowed, UsageError
from gitops_actions.git import layout
from gitops_actions.git.address import address
from gitops_actions.git.command import Command
from gitops_actions.git.content import ID, Content, full_name
from gitops_actions.git.credentials import Credentials
from gitops_actions.git.fetching import Fetching
from gitops_actions.git.folder import temporary_folder
from gitops_actions.git.history import History
from gitops_actions.git.listing import Listing
from gitops_actions.git.modifications import Modifications
from gitops_actions.git.objects import Objects, tree_of
from gitops_actions.git.push import push
from gitops_actions.git.writing import check_paths, check_places, places, write_commit
from gitops_actions.model import Commit, File, FileChange, RefUpdate, Signature, Snapshot

if TYPE_CHECKING:
    from gitops_actions.model.diagnosis import Receiving

# What a repository may be called: nothing that leads to another folder.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class Repository:
    """A remote repository, seen through a temporary bare one. Used in a ``with`` block, by one thread.

    A repository on this machine lends its objects: nothing is fetched. Of any other, the tips of the branches that
    are asked for are fetched without history and blobs, then the blobs that are read.

    Args:
        url: a path or an URL, see `gitops_actions.git.address`.
        credentials: for https; ssh has its own.
        temporary: the folder in which ours is made.

    Every method raises NotAllowed, UsageError or Temporary when the remote cannot be reached.
    """

    def __init__(self, url: str, *, credentials: Credentials | None = None, temporary: Path) -> None:
        self._address = address(url)
        self._credentials = credentials
        self._temporary = temporary
        self._exit = ExitStack()
        self._made = 0

    @property
    def url(self) -> str:
        """Where it is, without credentials."""
        return self._address.text

    @property
    def local(self) -> bool:
        """Whether it is on this machine (a path or ``file://``)."""
        return self._address.path is not None

    def __enter__(self) -> Repository:
        with ExitStack() as stack:
            folder, lock = stack.enter_context(temporary_folder(self._temporary))
            layout.prepare(folder, self._address)
            self._command = Command(folder, lock, credentials=self._credentials, origin=self._address.origin)
            self._objects = Objects(self._command)
            stack.callback(self._objects.close)
            self._listing = Listing(self._command, self.url)
            stack.callback(self._listing.forget)
            self._fetching = fetching = None if self.local else Fetching(self._command, self.url)
            if fetching is not None:
                stack.callback(fetching.close)
            self._content = Content(self._command, self._objects, self._listing, fetching, self.url)
            self._history = History(self._command, self._content, self._objects, self._listing, fetching)
            stack.callback(self._history.close)
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def beside(self, name: str) -> Repository | None:
        """The repository that ``name`` (`acme/web`) means where this one is: beside `/srv/acme/deploy.git` that is
        `/srv/acme/web.git`, as many folders up as the name is deep. None when there is none, or this one is not on this
        machine. It is closed together with this one."""
        here, depth = self._address.path, len(name.split("/"))
        if here is None or not _NAME.fullmatch(name) or depth > len(here.parents):
            return None
        for path in (here.parents[depth - 1] / f"{name}.git", here.parents[depth - 1] / name):
            if path.is_dir():
                try:
                    return self._exit.enter_context(Repository(str(path), temporary=self._temporary))
                except (NotAllowed, UsageError):  # a folder that is no repository, or not ours to read
                    return None
        return None

    def begin(self, branch: str) -> None:
        """Start to fetch a branch that will be read: the first read of it waits for less."""
        if self._fetching is not None:
            self._fetching.begin(full_name(branch))

    # --- refs ---------------------------------------------------------------------------------

    def refs(self, *prefixes: str) -> dict[str, str]:
        """Refs (full names) that start with one of ``prefixes``, or all, with their ids; remembered until
        `refresh`."""
        refs = self._listing.refs()
        return {ref: id for ref, id in refs.items() if not prefixes or ref.startswith(prefixes)}

    def head(self) -> str:
        """The branch that HEAD names. Raises UsageError when the repository is empty or HEAD names nothing."""
        return self._content.head().removeprefix("refs/heads/")

    def tip(self) -> str:
        """The commit that HEAD is at, also where it names no branch. Raises UsageError for an empty repository."""
        return self._content.tip()

    @property
    def shallow(self) -> bool:
        """Whether its history is cut off somewhere."""
        return (self._command.folder / "shallow").exists()

    def refresh(self) -> None:
        """Forget the refs: the next read asks the remote."""
        self._listing.forget()

    def resolve(self, name: str) -> str:
        """The commit of a branch, a full ref or a commit id. Raises UsageError when there is none, naming the
        branches that there are."""
        return self._content.commit(name).id

    # --- content ------------------------------------------------------------------------------

    def read(self, commit: str, paths: Collection[str], *, likely: Collection[str] = ()) -> Snapshot:
        """The files at ``paths``. When blobs have to be fetched for the first time, those whose path holds one of the
        words ``likely`` come along."""
        source = self._content.commit(commit)
        found = self._content.find_files(source, paths)
        ids = [entry.id for entry in found.values() if entry.is_blob]
        contents = self._content.blobs(ids, beside=source, likely=likely)
        files = {path: File(contents[entry.id] if entry.is_blob else b"", entry.mode) for path, entry in found.items()}
        return Snapshot(commit, source.id, files)

    def paths(self, commit: str, prefix: str = "") -> tuple[str, ...]:
        """The paths of all files below a folder ("" is the root), in git's order."""
        folder = prefix.rstrip("/")
        start = self._content.commit(commit)
        entry = self._content.find(start, [folder]).get(folder) if folder else None
        if folder and (entry is None or not entry.is_tree):
            return ()
        tree = entry.id if entry else tree_of(start)
        names = self._content.listing(tree)
        return tuple(f"{folder}/{name}" for name in names) if folder else tuple(names)

    def blobs(self, ids: Collection[str]) -> dict[str, bytes]:
        """Contents by blob id. Raises UsageError when one does not exist."""
        return self._content.blobs(ids)

    def sizes(self, ids: Collection[str]) -> dict[str, int]:
        """The sizes of blobs by id, without reading them; those that do not exist are left out."""
        return self._content.sizes(ids)

    def commit(
        self,
        *,
        parents: Sequence[str],
        files: Sequence[FileChange],
        message: str,
        author: Signature,
        committer: Signature | None = None,
        tree: str | None = None,
    ) -> str:
        """Make a commit, which is on no ref of the remote yet; the same arguments make the same commit.

        ``files`` are put over ``tree`` if given, else that of the first parent, else nothing. The message is kept byte
        by byte. Raises UsageError for paths that cannot be, EditRefused where a file would replace a folder or the
        other way round.
        """
        check_paths(files)
        known = {parent: self._content.commit(parent) for parent in parents}
        if tree is None and parents:
            tree = tree_of(known[parents[0]])
        if tree is not None:
            check_places(files, self._objects.find(tree, places(files)))
        self._made += 1
        return write_commit(
            self._command,
            f"refs/made/{self._made}",
            parents=[commit.id for commit in known.values()],
            tree=tree,
            files=files,
            message=message,
            author=author,
            committer=committer or author,
        )

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Move several refs of the remote by compare-and-swap, all or none.

        Raises LostRace when one is not at its ``old``, NotAllowed with the server's words when it refuses (after two
        pushes at most), Temporary when it cannot be reached. An answer that was lost is looked up.
        """
        push(self._command, self._listing, updates, self.url)

    def admitted(self) -> None:
        """Find out, without writing, whether the remote takes pushes at all with these credentials. Raises NotAllowed
        when it does not, Temporary when it cannot be reached."""
        from gitops_actions.git import rights  # `doctor` alone asks

        commit = self.commit(parents=[], files=[], message="Never sent\n", author=Signature("nobody", "nobody"))
        rights.check(self._command, commit, self.url)

    def receiving(self) -> Receiving:
        """What a repository on this machine does with a push. Raises UsageError for one that is not."""
        from gitops_actions.git import rights

        if self._address.path is None:
            raise UsageError(f"{self.url} is not on this machine")
        return rights.receiving(self._command, self._address.path)

    # --- history ------------------------------------------------------------------------------

    def log(self, name: str, prefixes: Collection[str] = (), *, limit: int | None = None) -> Sequence[Commit]:
        """Commits of a branch or commit along the first parents, newest first; with ``prefixes`` (files or folders,
        "" is everything), those that changed something there, with these files. The walk goes on while other things
        are done; it is waited for when the first commit is asked for."""
        return self._history.log(name, prefixes, limit)

    def modified(
        self, name: str, prefixes: Collection[str] = (), *, limit: int | None = None, since: int | None = None
    ) -> tuple[Modifications, Callable[[], int]]:
        """The files that the commits of a branch or commit changed in place, newest commit first, without merges; and
        what counts these commits. With ``prefixes``, only commits and files there; ``since`` in seconds since the
        epoch. Raises UsageError, when it is read, where git cannot read the history."""
        return self._history.modified(name, prefixes, limit, since)

    def ahead(self, base: str, head: str) -> tuple[Commit, ...]:
        """The commits of ``head`` that ``base`` does not have, newest first."""
        return tuple(self._history.ahead(base, head))

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor of two commits or branches, or None."""
        return self._history.merge_base(a, b)

    def is_ancestor(self, a: str, b: str) -> bool:
        """Whether ``b`` has ``a`` in its history; a commit has itself."""
        return self._history.is_ancestor(a, b)

    def merge_tree(self, ours: str, theirs: str) -> tuple[str | None, tuple[str, ...]]:
        """The tree of the merge of two commits, or None and the paths that conflict. Only for a repository on this
        machine: a merge reads more than is fetched of another one."""
        if not self.local:
            raise UsageError(f"{self.url} is not on this machine, so it is merged there", hint="merge on its forge")
        a, b = self._content.commit(ours), self._content.commit(theirs)
        if tree_of(a) == tree_of(b):
            return tree_of(a), ()
        answer = self._command.run("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", a.id, b.id)
        tree, *conflicts = answer.output.decode("utf-8", "surrogateescape").split("\0")
        if answer.status > 1 or not ID.fullmatch(tree):
            raise UsageError(
                f"git cannot merge {ours[:12]} and {theirs[:12]}: {answer.words}",
                hint="merging needs git 2.38 or newer, and commits with a common ancestor",
            )
        if answer.status:
            return None, tuple(dict.fromkeys(path for path in conflicts if path))
        return tree, ()
