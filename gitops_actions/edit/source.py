"""From the bytes of a file to text that an editor may touch, or a refusal."""

from __future__ import annotations

import re

from gitops_actions.edit.refusals import NOT_TEXT, TOO_MUCH
from gitops_actions.errors import EditRefused
from gitops_actions.model import SUBMODULE, SYMLINK, File

MAX_BYTES = 10 * 1024 * 1024
BOM = "\ufeff"

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md; the second is what its first versions wrote.
_LFS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
# https://git-scm.com/docs/git-merge#_how_conflicts_are_presented
_CONFLICT = tuple(re.compile(marker, re.MULTILINE) for marker in ("^<{7} ", r"^={7}\r?$", "^>{7} "))
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def text_of(file: File) -> str:
    """The text of a file, with its line ends and byte order mark as they are.

    Raises EditRefused for a symbolic link, a submodule, a Git LFS pointer, a binary file, text that is not UTF-8,
    and more than 10 MiB.
    """
    content = file.content
    if file.mode == SYMLINK:
        raise _refused("this is a symbolic link", "name the file that the link points to")
    if file.mode == SUBMODULE:
        raise _refused("this is a submodule", "edit the file in the submodule's own repository")
    if len(content) > MAX_BYTES:
        raise EditRefused(
            f"the file has {len(content)} bytes, more than {MAX_BYTES}",
            code=TOO_MUCH,
            hint="put the value into a small file of its own",
        )
    if content.startswith(_LFS):
        raise _refused("this is a Git LFS pointer, not the file", "keep the file in git itself: git lfs untrack")
    if content.startswith(_UTF16):
        raise _refused("this is UTF-16 text", "save the file as UTF-8")
    if b"\0" in content:
        raise _refused("this is a binary file", "name a text file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EditRefused(
            f"this is not UTF-8 text (byte {error.start})", code=NOT_TEXT, line=line, hint="save the file as UTF-8"
        ) from None


def _refused(message: str, hint: str) -> EditRefused:
    return EditRefused(message, code=NOT_TEXT, hint=hint)


def conflict(text: str) -> str | None:
    """The hint for a text that cannot be read because git has left a conflict in it; None where it has not."""
    begin = end = 0
    for marker in _CONFLICT:
        found = marker.search(text, end)
        if found is None:
            return None
        begin, end = begin if end else found.start(), found.end()
    return f"resolve the conflict first: it begins on line {text.count(chr(10), 0, begin) + 1}"


def without_bom(text: str) -> tuple[str, str]:
    """The byte order mark (or nothing) and the rest.

    libyaml's marks are one too small after a mark that it reads itself, and ``^`` does not match behind one.
    """
    return (BOM, text[1:]) if text.startswith(BOM) else ("", text)
