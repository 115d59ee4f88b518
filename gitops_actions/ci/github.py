"""GitHub Actions: workflow commands in the log, and the files that the runner reads after the step.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands,
https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gitops_actions import texts
from gitops_actions.ci import files
from gitops_actions.model import Finding, Severity
from gitops_actions.names import complaint_about_branch

# The web page of a run shows no more: https://docs.github.com/en/rest/checks/runs.
_ANNOTATIONS = 10
_MESSAGE = 4000
# One output may have 1 MB, but whoever hands it to a program does so in the environment, and there Linux ends a text at
# 128 KiB (MAX_ARG_STRLEN in execve(2)).
_OUTPUT = 120_000
# Of one step; a summary that is longer is not shown at all.
_SUMMARY = 1_000_000
_EVENT = 30_000_000

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_SERVER = re.compile(r"https?://[\w.:-]+(/[\w.-]+)*", re.ASCII)
_LOGIN = re.compile(r"[\w.-]+(\[bot\])?", re.ASCII)
_COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "notice": "notice"}


class GitHubActions:
    """A step of a job of a workflow."""

    name = "github"
    # A command begins a line after white space, or is `##[...]` anywhere; the runner compares as people read, so
    # characters without width count for nothing (`ActionCommand.cs` of https://github.com/actions/runner).
    obeyed = re.compile(r"^[^!-~\n]*:(?=[^!-~\n]*:)|#[^!-~\n]*#(?=[^!-~\n]*\[)", re.MULTILINE)

    def __init__(self, environ: Mapping[str, str], log: Callable[[str], None]) -> None:
        self._environ = environ
        self._log = log
        self._annotations: Counter[str] = Counter()

    @staticmethod
    def detect(environ: Mapping[str, str]) -> bool:
        return environ.get("GITHUB_ACTIONS") == "true"

    def event(self) -> Mapping[str, str]:
        """See `protocols.Runtime`. ``revision`` is the commit that people know: the head of a pull request, not the
        merge that GitHub makes to test it; and the commit of the run that a `workflow_run` comes after."""
        given = self._environ.get
        server, repository = given("GITHUB_SERVER_URL", ""), given("GITHUB_REPOSITORY", "")
        run, attempt = given("GITHUB_RUN_ID", ""), given("GITHUB_RUN_ATTEMPT", "1")
        found: dict[str, str] = {"revision": self._revision()}
        if _REPOSITORY.fullmatch(repository):
            found["source"] = repository
            if _SERVER.fullmatch(server) and run.isdecimal():
                again = f"/attempts/{attempt}" if attempt.isdecimal() and attempt != "1" else ""
                found["run"] = f"{server}/{repository}/actions/runs/{run}{again}"
        number = given("GITHUB_RUN_NUMBER", "")
        found["sequence"] = number if re.fullmatch(r"[0-9]{1,18}", number) else ""
        actor = given("GITHUB_TRIGGERING_ACTOR", "") or given("GITHUB_ACTOR", "")
        found["actor"] = actor if _LOGIN.fullmatch(actor) else ""
        branch = self._told("repository", "default_branch")
        found["default_branch"] = "" if complaint_about_branch(branch) else branch
        found["debug"] = "1" if given("RUNNER_DEBUG") == "1" else ""
        return {name: text for name, text in found.items() if text}

    def mask(self, secret: str) -> None:
        self._command("add-mask", secret)

    def output(self, values: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """See `protocols.Runtime`. Every value stands between two lines that nobody can guess, so none can end early
        and be read as another output."""
        lines: list[str] = []
        left_out: list[str] = []
        for name, choices in values.items():
            value = next((text for text in choices if len(files.encoded(text)) <= _OUTPUT), None)
            if value is None:
                left_out.append(name)
                continue
            mark = f"end-{secrets.token_hex(16)}"
            lines += [f"{name}<<{mark}", value, mark]
        path = self._environ.get("GITHUB_OUTPUT", "")
        if path and lines:
            files.append(Path(path), "\n".join(lines) + "\n")
        return left_out

    def annotate(self, finding: Finding) -> bool:
        kind = _COMMANDS[finding.severity]
        if self._annotations[kind] >= _ANNOTATIONS:
            return False
        self._annotations[kind] += 1
        places = {"file": finding.file, "line": finding.line, "col": finding.column} if finding.file else {}
        text = texts.lines(f"{finding} [{finding.code}]")
        if len(text) > _MESSAGE:
            text = text[: _MESSAGE - 3] + "..."
        self._command(kind, text, **places, title=f"gitops-actions {finding.code}")
        return True

    def summary(self, markdown: str) -> bool:
        name = self._environ.get("GITHUB_STEP_SUMMARY", "")
        if not name:
            return False
        path = Path(name)
        if path.stat().st_size + len(files.encoded(markdown)) > _SUMMARY:
            return False
        files.append(path, markdown)
        return True

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._command("group", texts.one_line(title))
        try:
            yield
        finally:
            self._command("endgroup", "")

    def finish(self) -> None:
        """Everything has been written."""

    def _command(self, name: str, data: str, **properties: object) -> None:
        given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
        self._log(f"::{name}{' ' if given else ''}{given}::{_data(data)}")

    def _revision(self) -> str:
        sha = self._environ.get("GITHUB_SHA", "")
        if self._environ.get("GITHUB_EVENT_NAME") == "workflow_run":
            sha = self._told("workflow_run", "head_sha") or sha
        elif re.fullmatch(r"refs/pull/[0-9]+/merge", self._environ.get("GITHUB_REF", "")):
            sha = self._told("pull_request", "head", "sha")  # the merge is in no history
        return sha if _SHA.fullmatch(sha) else ""

    def _told(self, *keys: str) -> str:
        """A text of the document that tells what has happened; empty when it does not say."""
        try:
            with open(self._environ.get("GITHUB_EVENT_PATH", ""), "rb") as file:
                found: Any = json.loads(file.read(_EVENT))
        except (OSError, ValueError, RecursionError):
            return ""
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, str) else ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
