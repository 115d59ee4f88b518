"""Results for programs (contract section 5, and docs/results.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from gitops_actions.model import Finding, Result


class Json:
    """One JSON document."""

    def report(self, command: str, results: Sequence[Result]) -> str:
        return msgspec.json.format(msgspec.json.encode(document(command, results)), indent=2).decode()


def document(command: str, results: Sequence[Result], *, without: Collection[str] = ()) -> dict[str, object]:
    """The document. Fields of results that are left out are null."""
    made = [_result(result) | dict.fromkeys(without) for result in results]
    return {"schema_version": 1, "command": command, "results": made}


def _result(result: Result) -> dict[str, object]:
    request = result.pull_request
    return {
        "environment": result.environment,
        "apps": list(result.apps),
        "versions": dict(result.versions),
        "outcome": str(result.outcome),
        "changed": result.changed,
        "base": result.base,
        "branch": result.branch,
        "commit": result.commit,
        "pull_request": None
        if request is None
        else {"number": request.number, "url": request.url, "state": request.state, "head_sha": request.head_sha},
        "changes": [
            {"app": c.app, "file": c.file, "line": c.line, "path": c.path, "old": c.old, "new": c.new}
            for c in result.changes
        ],
        "findings": [finding_document(finding) for finding in result.findings],
        "diff": result.diff,
    }


def finding_document(finding: Finding) -> dict[str, object]:
    """One finding as it stands in every document."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "hint": finding.hint,
    }
