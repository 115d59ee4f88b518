"""Making a commit without a work tree, by one `git fast-import`.

It needs the trees of the parent and no blobs, so it works in a shallow, blobless repository; chosen over
`hash-object`, `mktree` for each folder and `commit-tree`, it is one process instead of at least four.
See https://git-scm.com/docs/git-fast-import for the stream.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.git.command import Command
from gitops_actions.git.objects import Entry
from gitops_actions.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, FileChange, Signature

_NOT_IN_PERSON = re.compile(r"[<>\x00-\x1f\x7f]")


def write_commit(
    command: Command,
    ref: str,
    *,
    parents: Sequence[str],
    tree: str | None,
    files: Sequence[FileChange],
    message: str,
    author: Signature,
    committer: Signature,
) -> str:
    """Make the commit with ``files`` put over ``tree`` (None: nothing) and return its id. ``ref`` is one of ours that
    keeps it. Raises UsageError for what git cannot store."""
    if "\0" in message:
        raise UsageError("the commit message holds a NUL character, which git cuts messages at", hint="take it out")
    stream = _stream(ref, parents, tree, files, message, (author, committer))
    answer = command.run("fast-import", "--quiet", "--force", "--date-format=raw", data=b"".join(stream))
    if answer.status:
        raise UsageError(f"git cannot make the commit: {answer.words}", hint="this may be a bug; please report it")
    return answer.output.decode().strip()


def check_paths(files: Sequence[FileChange]) -> None:
    """Raise UsageError for paths and modes that no commit may have, when a path comes twice, or is that of a file and
    of a folder."""
    seen: set[str] = set()
    written = {change.path for change in files if change.content is not None}
    both = written.intersection(path[:end] for path in written for end, char in enumerate(path) if char == "/")
    for change in files:
        parts = change.path.split("/")
        if "\0" in change.path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
            raise UsageError(f"{change.path!r} cannot be a path in a repository", hint="give a plain relative path")
        if change.path in seen:
            raise UsageError(
                f"{change.path!r} is to be written twice in one commit", hint="this is a bug of the caller"
            )
        if change.path in both:  # fast-import would keep the one that comes last
            raise UsageError(
                f"{change.path!r} is to be a file and a folder in one commit", hint="give one of them another path"
            )
        if change.mode not in (REGULAR, EXECUTABLE, SYMLINK, SUBMODULE):
            raise UsageError(f"{change.mode!r} is not the mode of a file", hint="use 100644 or 100755")
        seen.add(change.path)


def places(files: Collection[FileChange]) -> set[str]:
    """The paths of ``files`` and of all folders they are in."""
    result: set[str] = set()
    for change in files:
        parts = change.path.split("/")
        result.update("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    return result


def check_places(files: Collection[FileChange], present: Mapping[str, Entry]) -> None:
    """Raise EditRefused where a file would replace a folder, or a folder a file: fast-import would do it, and what was
    there would be gone."""
    for change in files:
        parts = change.path.split("/")
        here = present.get(change.path)
        if here is not None and here.is_tree:
            raise EditRefused(f"{change.path} is a folder", file=change.path, hint="give the path of a file in it")
        for end in range(1, len(parts)):
            above = present.get(folder := "/".join(parts[:end]))
            if above is not None and not above.is_tree:
                raise EditRefused(f"{folder} is not a folder", file=change.path, hint="give the path of a real file")


def _stream(
    ref: str,
    parents: Sequence[str],
    tree: str | None,
    files: Sequence[FileChange],
    message: str,
    people: tuple[Signature, Signature],
) -> Iterator[bytes]:
    yield f"commit {ref}\nmark :1\n".encode()
    for role, person in zip(("author", "committer"), people, strict=True):
        yield f"{role} {_clean(person.name)} <{_clean(person.mail)}> {person.time} +0000\n".encode("utf-8", "replace")
    yield from _data(message.encode("utf-8", "replace"))
    for number, parent in enumerate(parents):
        yield f"{'merge' if number else 'from'} {parent}\n".encode()
    if tree is not None:
        yield f'M 040000 {tree} ""\n'.encode()
    for change in files:
        path = change.path.encode("utf-8", "surrogateescape")
        quoted = b'"%s"' % path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
        if change.content is None:
            yield b"D %s\n" % quoted
        elif change.mode == SUBMODULE:
            yield b"M %s %s %s\n" % (SUBMODULE.encode(), change.content, quoted)
        else:
            yield b"M %s inline %s\n" % (change.mode.encode(), quoted)
            yield from _data(change.content)
    yield b"\nget-mark :1\n"


def _data(content: bytes) -> Iterator[bytes]:
    yield b"data %d\n" % len(content)
    yield content
    yield b"\n"


def _clean(text: str) -> str:
    return _NOT_IN_PERSON.sub(" ", text).strip()
