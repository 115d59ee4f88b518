"""Why an edit is refused: one code per reason (docs/findings.md says what to do about each)."""

from __future__ import annotations

from typing import Protocol

from gitops_actions.errors import EditRefused

MISSING = "GA101"
AMBIGUOUS = "GA102"
DUPLICATE = "GA103"
INHERITED = "GA104"  # the value stands elsewhere: alias, merge key, what an agent fills in
SHARED = "GA105"  # the value is read elsewhere too (anchor), or has a type of its own (tag)
NOT_A_VALUE = "GA106"  # a mapping, a list, a block of lines, a range, nothing
ENCRYPTED = "GA107"
NOT_YAML = NOT_JSON = NOT_TOML = "GA108"
TOO_MUCH = "GA109"
NOT_TEXT = "GA110"  # symbolic link, submodule, LFS pointer, binary, not UTF-8
STALE = "GA111"  # the file would keep a digest or tag of another build
OTHER_IMAGE = "GA112"
NOT_READ_BACK = "GA113"
CANNOT_CREATE = "GA114"

LACKING = "GA021"  # UsageErrors: the release has not what the edit writes
BAD_PATH = "GA120"  # gitops.yaml or the command line is wrong, not the file
BAD_SPEC = "GA121"


class Mark(Protocol):
    """A place as PyYAML gives it, or `marks`; all count from 0."""

    @property
    def index(self) -> int: ...

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


def refusal(code: str, message: str, mark: Mark | None, hint: str | None = None) -> EditRefused:
    """The error, with the place in the numbers that people use."""
    line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
    return EditRefused(message, code=code, line=line, column=column, hint=hint)


def quoted(text: str) -> str:
    """A text from outside, safe and short enough for a message."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
