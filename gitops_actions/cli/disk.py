"""Files of the person on this machine: read as git would see them, and replaced all or none."""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from gitops_actions.edit.refusals import NOT_TEXT, TOO_MUCH
from gitops_actions.edit.source import MAX_BYTES
from gitops_actions.errors import EditRefused, GitOpsError, NeedsDecision, NotAllowed, Temporary, UsageError
from gitops_actions.model import EXECUTABLE, REGULAR, SYMLINK, File
from gitops_actions.names import did_you_mean

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY)
# Not through a link that has just been put there, and without waiting for the other end of a pipe.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Original(NamedTuple):
    """A file as it was read. ``name`` is what it was called, ``state`` what the system says about it."""

    name: str
    file: File
    state: os.stat_result

    @property
    def identity(self) -> tuple[int, int]:
        """The same for two names of one file."""
        return self.state.st_dev, self.state.st_ino


def shown(name: str) -> str:
    """A file name as valid Unicode: on Unix it is bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def exists(name: str) -> bool:
    """Whether there is something of that name, be it a link that leads nowhere."""
    try:
        return os.path.lexists(name)
    except ValueError:  # a NUL
        return False


def is_folder(name: str) -> bool:
    """Whether it is a folder itself, not a link to one."""
    return exists(name) and stat.S_ISDIR(os.lstat(name).st_mode)


def read(name: str) -> Original:
    """A regular file, or a symbolic link as what it is.

    Raises UsageError when there is none, EditRefused when it is something else, lies behind a link or has more than
    10 MiB, NotAllowed when it must not be read.
    """
    try:
        _check_way(name)
        state = os.lstat(name)
        if stat.S_ISLNK(state.st_mode):
            return Original(name, File(b"", SYMLINK), state)
        _check_type(state)
        descriptor = os.open(name, _READ)
        with open(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            _check_type(state)
            content = file.read(MAX_BYTES + 1)
    except ValueError:
        raise _missing(name) from None
    except OSError as error:
        raise _missing(name) if error.errno in _NOT_THERE else failure("read", name, error) from None
    return Original(name, File(content, EXECUTABLE if state.st_mode & stat.S_IXUSR else REGULAR), state)


def check_writable(original: Original) -> None:
    """Raises NotAllowed for a file that is read-only, though a rename could replace it, and where its folder is, though
    root could write to it; NeedsDecision when other names of the file would keep the old text; Temporary when it has
    gone."""
    name, state = original.name, original.state
    if not exists(name):
        raise _changed(name)
    if not state.st_mode & 0o222 or not os.access(name, os.W_OK):
        hint = "make it writable first, if it is yours to change"
        raise NotAllowed("the file is read-only", code="GA059", file=shown(name), hint=hint)
    folder = os.path.dirname(name) or "."
    if not os.stat(folder).st_mode & 0o222 or not os.access(folder, os.W_OK | os.X_OK):
        message = f"the folder {shown(folder)!r} is read-only, and the new file is made in it"
        raise NotAllowed(message, code="GA059", file=shown(name), hint="make it writable first")
    if state.st_nlink > 1:
        raise NeedsDecision(
            f"the file has {state.st_nlink} names (hard links), and the others would keep the old text",
            code="GA062",
            file=shown(name),
            hint="make it a file of its own: copy it, and move the copy over it",
        )


def replace_all(files: Sequence[tuple[Original, bytes]]) -> None:
    """Give files new contents. All are written beside the old ones first, so that a full disk finds nothing done.

    Raises Temporary when a file has changed since it was read, or when it cannot be written now; NotAllowed.
    """
    staged: list[tuple[Original, str]] = []
    done = 0
    name = ""
    try:
        for original, content in files:
            name = original.name
            beside = os.path.join(os.path.dirname(name), f".gitops-{os.urandom(8).hex()}")
            staged.append((original, beside))
            _stage(original, content, beside)
        for original, _ in staged:
            _check_unchanged(original)
        for original, beside in staged:
            name = original.name
            _check_state(original)
            os.replace(beside, name)
            done += 1
    except OSError as error:
        raise failure("write", name, error, done) from None
    finally:
        for _, beside in staged[done:]:
            if os.path.lexists(beside):
                os.unlink(beside)


def failure(verb: str, name: str, error: OSError, done: int = 0) -> GitOpsError:
    """What the system says about a file of the person, as an error of ours."""
    message = f"cannot {verb} the file: {error.strerror}"
    before = f"; {done} files before it were written" if done else ""
    if error.errno in _FORBIDDEN:
        hint = f"check the permissions of the file and of the folders that it is in{before}"
        return NotAllowed(message, code="GA059", file=shown(name), hint=hint)
    hint = f"mend that, and run it again{before or '; nothing was written'}"
    return Temporary(message, code="GA058", file=shown(name), hint=hint)


def _check_way(name: str) -> None:
    """Refuse links among the folders below the current one: they come with a checkout, and lead anywhere. How a person
    gets to the current folder, or to one elsewhere, is the person's own business."""
    here = os.getcwd()
    way = name[len(here) + 1 :] if name.startswith(here + os.sep) else name
    if os.path.isabs(way):
        return
    parts = way.split(os.sep)
    for number in range(1, len(parts)):
        folder = os.path.join(here, *parts[:number])
        if parts[number - 1] not in ("", ".", "..") and os.path.islink(folder):
            message = f"{shown(os.sep.join(parts[:number]))!r} is a symbolic link"
            raise EditRefused(message, code=NOT_TEXT, hint="name the folder that the link points to")


def _check_type(state: os.stat_result) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise EditRefused("this is a folder", code=NOT_TEXT, hint="name the files in it")
    if not stat.S_ISREG(state.st_mode):
        message = "this is a device, a pipe or a socket"
        raise EditRefused(message, code=NOT_TEXT, hint="name a regular file; `-` is standard input")
    if state.st_size > MAX_BYTES:
        message = f"the file has {state.st_size} bytes, more than {MAX_BYTES}"
        raise EditRefused(message, code=TOO_MUCH, hint="put the value into a small file of its own")


def _missing(name: str) -> UsageError:
    hint = None
    folder, last = os.path.split(name)
    if glob.has_magic(name):
        hint = "the shell found no file for this pattern"
    elif os.path.isdir(folder or "."):
        try:
            hint = did_you_mean(last, [shown(each) for each in os.listdir(folder or ".")])
        except OSError:
            hint = None
    return UsageError("there is no such file", code="GA055", file=shown(name), hint=hint or "check the name")


def _stage(original: Original, content: bytes, beside: str) -> None:
    """A file beside the original that is like it, but for its content and time."""
    descriptor = os.open(beside, _WRITE, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        _dress(descriptor, original)
        os.fsync(descriptor)


def _dress(descriptor: int, original: Original) -> None:
    """Owner, mode and extended attributes (ACLs, labels) of the original, as far as we may."""
    state = original.state
    if hasattr(os, "fchown"):
        for owner in ((state.st_uid, -1), (-1, state.st_gid)):
            try:
                os.fchown(descriptor, *owner)
            except OSError:
                continue
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(state.st_mode))
    if hasattr(os, "listxattr"):
        try:
            for attribute in os.listxattr(original.name, follow_symlinks=False):
                os.setxattr(descriptor, attribute, os.getxattr(original.name, attribute, follow_symlinks=False))
        except OSError:
            return


def _check_unchanged(before: Original) -> None:
    try:
        now = read(before.name)
    except GitOpsError:
        raise _changed(before.name) from None
    if (before.identity, before.file) != (now.identity, now.file):
        raise _changed(before.name)


def _check_state(original: Original) -> None:
    """The last look, so close to the rename that reading everything again would only make it longer."""
    before, now = original.state, os.lstat(original.name)
    if (before.st_ino, before.st_size, before.st_mtime_ns) != (now.st_ino, now.st_size, now.st_mtime_ns):
        raise _changed(original.name)


def _changed(name: str) -> Temporary:
    message = "the file was changed while it was edited"
    return Temporary(message, code="GA057", file=shown(name), hint="run it again; the other change was kept")
