"""Runs in this process: of one command, or of a whole command line."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import click
from click.testing import CliRunner

from gitops_actions.cli import main
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


def played(arguments: Sequence[str], *, cwd: Path, environ: Mapping[str, str]) -> Done:
    """What a command line comes to in a folder and an environment."""
    out, errors = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with patch.dict(os.environ, environ, clear=True), chdir(cwd), redirect_stdout(out), redirect_stderr(errors):
        code = main.run(arguments)
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return Done(code, out.buffer.getvalue(), errors.getvalue())
