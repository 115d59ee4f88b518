"""The exception tree. Every error a user can meet is one of these; nothing here prints.

::

    GitOpsError                 1   a bug, or the base of what follows
    ├── UsageError              2   usage, configuration or input is wrong; nothing was written
    │   └── ConfigInvalid       2   several such problems at once, each with its place
    ├── PolicyRefused           3   freeze, hold, closed gate, downgrade
    ├── NotAllowed              4   credentials, permission, protection
    ├── NeedsDecision           5   a person must decide
    │   ├── EditRefused         5   a place in a file is missing, ambiguous or not ours to edit
    │   ├── ForeignCommits      5   somebody else's commits are on the request's branch
    │   └── MergeConflict       5   a request cannot be merged as it stands
    ├── Temporary               6   running again is safe
    │   └── LostRace            6   the ref moved under us; planned again while the budget lasts
    ├── TimedOut                7   `wait` ran out of time
    ├── DeploymentFailed        8   what was delivered does not work
    └── DifferencesFound       10   `--check`, `--exit-code`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from gitops_actions.model import Finding  # its classes cost 20 ms, which `--help` can do without


class GitOpsError(Exception):
    """Base of all errors.

    Args:
        message: what is wrong, in one sentence, without the place.
        code: the finding code (``GA...``, listed in ``docs/findings.md``); default: the class's own.
        file: path of the file concerned, relative to its repository, or None.
        line: 1-based line in ``file``, or None.
        column: 1-based column in ``line``, or None.
        hint: what to do about it, one sentence, or None.
    """

    exit_code: ClassVar[int] = 1
    default_code: ClassVar[str] = "GA001"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint

    def findings(self) -> tuple[Finding, ...]:
        """The error as findings, for reports; usually one."""
        from gitops_actions.model import Finding

        return (
            Finding(
                code=self.code,
                severity="error",
                message=self.message,
                file=self.file,
                line=self.line,
                column=self.column,
                hint=self.hint,
            ),
        )

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings())


class UsageError(GitOpsError):
    """Usage, configuration or input is wrong; nothing was written."""

    exit_code = 2
    default_code = "GA002"


class ConfigInvalid(UsageError):
    """All problems of a configuration at once."""

    default_code = "GA010"

    def __init__(self, problems: Sequence[Finding]) -> None:
        super().__init__(f"{len(problems)} problem{'s' if len(problems) != 1 else ''} found")
        self.problems = tuple(problems)

    def findings(self) -> tuple[Finding, ...]:
        return self.problems


class PolicyRefused(GitOpsError):
    """A policy of the config repo forbids it: freeze, hold, closed gate, downgrade."""

    exit_code = 3
    default_code = "GA003"


class NotAllowed(GitOpsError):
    """Credentials, permission or protection forbid it."""

    exit_code = 4
    default_code = "GA004"


class NeedsDecision(GitOpsError):
    """A person must decide; the tool would have to guess."""

    exit_code = 5
    default_code = "GA005"


class EditRefused(NeedsDecision):
    """A place in a file is missing, ambiguous, or not ours to edit; the file is untouched."""

    default_code = "GA100"


class ForeignCommits(NeedsDecision):
    """The request's branch carries commits that are not ours."""

    default_code = "GA301"


class MergeConflict(NeedsDecision):
    """A request cannot be merged as it stands."""

    default_code = "GA302"


class Temporary(GitOpsError):
    """The remote gave out for now; running again is safe."""

    exit_code = 6
    default_code = "GA006"


class LostRace(Temporary):
    """The remote ref is not where we saw it: what was planned must be planned again."""

    default_code = "GA303"


class TimedOut(GitOpsError):
    """`wait` ran out of time."""

    exit_code = 7
    default_code = "GA007"


class DeploymentFailed(GitOpsError):
    """What was delivered does not work."""

    exit_code = 8
    default_code = "GA008"


class DifferencesFound(GitOpsError):
    """`--check` or `--exit-code` found differences."""

    exit_code = 10
    default_code = "GA009"
