"""What every command is given: how to answer, the environment and the time. Read once, in `main`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from gitops_actions.cli import streams
from gitops_actions.errors import Temporary

if TYPE_CHECKING:
    from gitops_actions.cli.job import Job
    from gitops_actions.model import Finding, Result

# A GitHub App: its id (or client id), and its private key.
APP = ("GITOPS_GITHUB_APP_ID", "GITOPS_GITHUB_APP_PRIVATE_KEY")
# Kept from every child process.
TOKENS = ("GITOPS_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "GITOPS_GITHUB_APP_PRIVATE_KEY")

# One of these is set wherever a CI system runs us. Without any, looking for one would cost more than all the rest.
SIGNS = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL", "BUILD_ID", "BUILD_NUMBER")


def _nowhere() -> Job:
    from gitops_actions.cli.job import Job

    return Job.nowhere()


@dataclass(frozen=True, slots=True)
class Settings:
    """``verbosity``: -1 quiet, 0 normal, 1 and more verbose. ``now``: seconds since the epoch, UTC."""

    output: Literal["text", "json"]
    verbosity: int
    environ: Mapping[str, str]
    now: int
    job: Job = field(default_factory=_nowhere, repr=False)

    def as_output(self, output: Literal["text", "json"]) -> Settings:
        """The same settings with another form of the result."""
        return replace(self, output=output)

    def result(self, text: str, document: Mapping[str, object], *, only: bool = False) -> None:
        """Print the one result of the command to stdout: the text, or the document as JSON; ``only``: see `print`."""
        if self.output == "json":
            text = pretty(self.job.veiled(document))
        self.print(text, only=only)

    def failure(self, document: Mapping[str, object]) -> None:
        """Print why the command failed, if the result is a document. That nobody gets it does not change the end."""
        if self.output == "json":
            try:
                self.result("", document, only=True)
            except Temporary as error:
                for finding in error.findings():
                    self.finding(finding)

    def print(self, text: str, *, only: bool = False) -> None:
        """Print to stdout; ``only``: that is all that the command was to do.

        Raises Temporary when that cannot be written; SystemExit when its reader has gone.
        """
        if text := self.job.veiled(text):
            self.write(text if text.endswith("\n") else text + "\n", only=only)

    def write(self, content: str | bytes, *, only: bool = False) -> None:
        """Write to stdout: a text, or exactly these bytes. Raises as `print` does."""
        try:
            if isinstance(content, str):
                sys.stdout.write(content)
            else:
                sys.stdout.buffer.write(content)
            sys.stdout.flush()
        except OSError as error:
            raise streams.lost(error, only=only) from None

    def note(self, message: str) -> None:
        """Say something to the person, on stderr."""
        if self.verbosity >= 0:
            sys.stderr.write(self.job.veiled(message) + "\n")
            sys.stderr.flush()

    def detail(self, message: str) -> None:
        """Say something that only helps when looking closely (`-v`), on stderr."""
        if self.verbosity > 0:
            sys.stderr.write(self.job.veiled(message) + "\n")
            sys.stderr.flush()

    def fold(self, title: str) -> AbstractContextManager[None]:
        """A fold for what `detail` says."""
        return self.job.group(title) if self.verbosity > 0 else nullcontext()

    def finding(self, finding: Finding) -> None:
        """Say a finding, on stderr; errors are said even when quiet."""
        if (self.verbosity >= 0 or finding.severity == "error") and not self.job.finding(finding):
            say(self.job.veiled(finding))

    def hand_on(self, command: str, results: Sequence[Result], document: Mapping[str, object] | None = None) -> None:
        """Hand results on to the CI system that runs us, before they are printed: what takes the printed ones may be
        gone. ``document``: see `Job.results`."""
        for problem in self.job.results(command, results, document):
            self.finding(problem)


def say(finding: Finding) -> None:
    """Write a finding to stderr."""
    sys.stderr.write(f"{finding.severity}: {finding} [{finding.code}]\n")
    sys.stderr.flush()


def pretty(document: object) -> str:
    """A document as indented JSON. Not by `json`, whose encoder is python as soon as it indents."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
