"""GitLab CI/CD: folds in the log, and files that a job declares as its reports.

https://docs.gitlab.com/ci/variables/predefined_variables/, https://docs.gitlab.com/ci/variables/dotenv_variables/,
https://docs.gitlab.com/ci/testing/code_quality/, https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gitops_actions import texts
from gitops_actions.ci import files
from gitops_actions.model import Finding, Severity
from gitops_actions.names import complaint_about_branch

_DOTENV = "gitops.env"
# The file has to be smaller than this.
_SIZE = 5 * 1024
# GitLab takes a line as it is, but puts variables in for what follows a `$`; other readers of such files know quotes
# and escapes.
_PLAIN = re.compile(r"[^\s\x00-\x1f\x7f-\x9f$'\"`\\]*")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PROJECT = re.compile(r"[\w.-]+(/[\w.-]+)+", re.ASCII)
_ADDRESS = re.compile(r"https?://[\w.:~/%-]+", re.ASCII)
_LOGIN = re.compile(r"[\w.-]+", re.ASCII)
_SEVERITIES: Mapping[Severity, str] = {"error": "major", "warning": "minor", "notice": "info"}


class GitLabCI:
    """A job of a pipeline."""

    name = "gitlab"
    obeyed: re.Pattern[str] | None = (
        None  # a section, a colour: all of it needs control characters, and none is printed
    )

    def __init__(
        self, environ: Mapping[str, str], log: Callable[[str], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._environ = environ
        self._log = log
        self._clock = clock
        self._folds = 0
        self._findings: list[Finding] = []

    @staticmethod
    def detect(environ: Mapping[str, str]) -> bool:
        return environ.get("GITLAB_CI") == "true"

    def event(self) -> Mapping[str, str]:
        """See `protocols.Runtime`. ``revision`` is the head of a merge request, not the merge that GitLab makes to test
        it."""
        given = self._environ.get
        wanted = {
            "revision": (given("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or given("CI_COMMIT_SHA"), _SHA),
            "source": (given("CI_PROJECT_PATH"), _PROJECT),
            "sequence": (given("CI_PIPELINE_IID"), re.compile(r"[0-9]{1,18}")),
            "run": (given("CI_JOB_URL") or given("CI_PIPELINE_URL"), _ADDRESS),
            "actor": (given("GITLAB_USER_LOGIN"), _LOGIN),
            "debug": (given("CI_DEBUG_TRACE"), re.compile("true")),
        }
        found = {name: text for name, (text, form) in wanted.items() if text and form.fullmatch(text)}
        branch = given("CI_DEFAULT_BRANCH", "")
        return found if complaint_about_branch(branch) else {**found, "default_branch": branch}

    def mask(self, secret: str) -> None:
        """Nothing: a job cannot tell GitLab what to mask."""

    def output(self, values: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """See `protocols.Runtime`. A file of lines `GITOPS_NAME=value`, for `artifacts:reports:dotenv`; empty values
        are not in it."""
        room = _SIZE - 1
        lines: list[str] = []
        left_out: list[str] = []
        for name, choices in values.items():
            if not any(choices):
                continue  # it would hide what a later job has for a variable of that name
            key = "GITOPS_" + name.upper().replace("-", "_")
            for text in choices:
                line = f"{key}={_value(name, text)}\n"
                if _writable(name, text) and len(files.encoded(line)) <= room:
                    lines.append(line)
                    room -= len(files.encoded(line))
                    break
            else:
                left_out.append(name)
        files.replace(self._path(self._environ.get("GITOPS_DOTENV") or _DOTENV), "".join(lines))
        return left_out

    def annotate(self, finding: Finding) -> bool:
        """It is printed, and goes into the report of `finish` if it has a place."""
        if finding.file is not None:
            self._findings.append(finding)
        return False

    def summary(self, markdown: str) -> bool:  # noqa: ARG002
        """A job has none."""
        return False

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._folds += 1
        name = f"gitops_{self._folds}"
        text = texts.one_line(title)
        self._log(f"\x1b[0Ksection_start:{int(self._clock())}:{name}[collapsed=true]\r\x1b[0K{text}")
        try:
            yield
        finally:
            self._log(f"\x1b[0Ksection_end:{int(self._clock())}:{name}\r\x1b[0K")

    def finish(self) -> None:
        """Write the findings as a code quality report, where `GITOPS_CODE_QUALITY` names a file; also without any, so
        that GitLab sees that they are gone."""
        name = self._environ.get("GITOPS_CODE_QUALITY")
        if not name:
            return
        seen: dict[str, int] = {}
        report: list[object] = []
        for finding in self._findings:
            place = f"{finding.code}\0{finding.file}\0{finding.message}"
            seen[place] = seen.get(place, 0) + 1
            report.append(
                {
                    "description": texts.one_line(f"{finding.message} [{finding.code}]"),
                    "check_name": finding.code,
                    "fingerprint": hashlib.sha256(f"{place}\0{seen[place]}".encode()).hexdigest()[:32],
                    "severity": _SEVERITIES[finding.severity],
                    "location": {"path": finding.file, "lines": {"begin": finding.line or 1}},
                }
            )
        files.replace(self._path(name), json.dumps(report, indent=2) + "\n")

    def _path(self, name: str) -> Path:
        """Reports are named as seen from the folder of the project."""
        return Path(self._environ.get("CI_PROJECT_DIR") or ".") / name


def _value(name: str, text: str) -> str:
    # A blank in JSON outside of strings is none of ours, and inside of them it can be written so.
    return text.replace(" ", "\\u0020") if name == "result" else text


def _writable(name: str, text: str) -> bool:
    return name == "result" or _PLAIN.fullmatch(text) is not None
