"""A job of a pipeline of GitLab: what GitLab makes of its log, and of the files that it declares as its reports.

After `app/services/ci/parse_dotenv_artifact_service.rb` and `lib/gitlab/regex.rb` of
https://gitlab.com/gitlab-org/gitlab, with variables put in as its runner does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOTENV = 5 * 1024
_SECTION = re.compile(r"section_(start|end):(\d+):([a-zA-Z0-9_.-]+)(\[(?:\w+=\w+)(?:, ?\w+=\w+)*\])?\r\x1b\[0K")
_VARIABLE = re.compile(r"\$\$|\$(\w+)|\$\{(\w+)\}", re.ASCII)


class Malformed(Exception):
    """A report that GitLab does not take."""


@dataclass
class Job:
    """A job whose project is checked out in ``folder``. ``environ`` is for its process, and holds more than that of no
    CI system. After `read`: ``log`` are the lines that people see, ``sections`` what begins or ends, with its name."""

    folder: Path
    event: Mapping[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    sections: list[tuple[str, str]] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """The variables that GitLab sets."""
        return {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_PROJECT_DIR": str(self.folder),
            "CI_PROJECT_PATH": "acme/web",
            "CI_COMMIT_SHA": "c0ffee" + "0" * 34,
            "CI_PIPELINE_IID": "7",
            "CI_JOB_URL": "https://gitlab.com/acme/web/-/jobs/99",
            "GITLAB_USER_LOGIN": "alice",
            **self.event,
        }

    def read(self, stream: str) -> None:
        """Take what a process wrote to stdout or stderr."""
        self.sections += [(kind, name) for kind, _, name, _ in _SECTION.findall(stream)]
        self.log += _SECTION.sub("", stream).removesuffix("\n").split("\n")

    def variables(self, name: str = "gitops.env", known: Mapping[str, str] | None = None) -> dict[str, str]:
        """What later jobs find in their environment, of a dotenv report. ``known``: the variables that they have
        besides. Raises Malformed, and OSError when there is no report."""
        content = (self.folder / name).read_bytes()
        if len(content) >= DOTENV:
            raise Malformed(f"{len(content)} bytes")
        found: dict[str, str] = {}
        for line in content.decode("utf-8", "replace").splitlines():
            match = re.match(r"(.*?)=(.*)$", line)
            if match is None or not re.fullmatch(r"\s*\w+\s*", match[1], re.ASCII):
                raise Malformed(f"not KEY=VALUE: {line!r}")
            found[match[1].strip()] = _filled(match[2].strip(), known or {})
        return found

    def findings(self, name: str) -> list[tuple[str, str, int]]:
        """Path, code and line of what a code quality report shows. Raises Malformed for one that lacks what GitLab
        wants."""
        report: list[dict[str, Any]] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        wanted = {"description", "check_name", "fingerprint", "severity", "location"}
        marks = [each.get("fingerprint") for each in report]
        grades = ("info", "minor", "major", "critical", "blocker")
        if any(each.keys() < wanted or each["severity"] not in grades for each in report):
            raise Malformed("a finding lacks something")
        if len(set(marks)) < len(marks):
            raise Malformed("two findings have the same fingerprint")
        return [(each["location"]["path"], each["check_name"], each["location"]["lines"]["begin"]) for each in report]


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known.get(found[1] or found[2] or "", "") if found[0] != "$$" else "$", text)
