"""Runs of one command in this process, as `main` would end them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import click
from click.testing import CliRunner

from gitops_actions.cli.settings import Settings
from gitops_actions.errors import GitOpsError


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to."""

    code: int
    out: bytes
    errors: str

    @property
    def text(self) -> str:
        """What went to stdout."""
        return self.out.decode()

    @property
    def document(self) -> Any:
        """The JSON that went to stdout."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of one command."""

    command: click.Command

    def __call__(
        self,
        *arguments: str,
        output: Literal["text", "json"] = "text",
        stdin: bytes = b"",
        environ: Mapping[str, str] | None = None,
        verbosity: int = 0,
    ) -> Done:
        settings = Settings(output, verbosity, dict(environ or {}), 0)
        result = CliRunner(env=environ).invoke(self.command, arguments, obj=settings, input=stdin)
        error = result.exception
        if isinstance(error, GitOpsError):
            said = "".join(f"{finding.severity}: {finding} [{finding.code}]\n" for finding in error.findings())
            return Done(error.exit_code, result.stdout_bytes, result.stderr + said)
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return Done(result.exit_code, result.stdout_bytes, result.stderr)
