"""What one cycle of the agent did, as a value, as text, as JSON and as a commit status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gitops_actions.agent import tree
from gitops_actions.agent.drift import Drift
from gitops_actions.agent.target import AppState, Outcome
from gitops_actions.errors import DeploymentFailed, GitOpsError, PolicyRefused, Temporary
from gitops_actions.model import CommitStatus, Finding
from gitops_actions.protocols import Forge

# How many characters of a description GitHub takes: https://docs.github.com/en/rest/commits/statuses
DESCRIPTION = 140
DRIFTS = 20  # as many are listed for people
_DONE = {"mode": "mode changed", "missing": "removed"}


@dataclass(slots=True)
class Report:
    """What one cycle did. ``revision`` is the commit that it looked at; ``changed`` whether `current` was swapped;
    ``changed_apps`` are the apps with other files than before, or with drift that was put back."""

    environment: str
    outcome: Outcome = "unchanged"
    revision: str | None = None
    apps: tuple[AppState, ...] = ()
    changed_apps: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()
    changed: bool = False
    findings: tuple[Finding, ...] = ()
    error: GitOpsError | None = None

    def blame(self, error: GitOpsError | OSError) -> None:
        """The cycle ended with an error."""
        if isinstance(error, OSError):
            where = tree.shown(str(error.filename)) if error.filename else "the target"
            error = DeploymentFailed(
                f"cannot publish: {where}: {error.strerror}",
                code="GA506",
                hint="look at free space and rights of the target folder; the last good tree stays",
            )
        self.outcome = "refused" if isinstance(error, PolicyRefused) else "failed"
        self.error = error

    def status(self, now: int) -> CommitStatus | None:
        """The commit status `gitops/<environment>` that tells it; None when there is nothing to tell: no commit is
        known, or an outage that says nothing about the deployment."""
        if self.revision is None or isinstance(self.error, Temporary):
            return None
        if self.error is None:
            objects = sum(app.objects for app in self.apps)
            text = f"applied: {_count(len(self.apps), 'app')}, {_count(objects, 'object')}"
        else:
            place = self.error.findings()[0].place
            text = f"{self.outcome}: {place + ': ' if place else ''}{self.error.message}"
        text = tree.shown(text.partition("\n")[0])
        text = text if len(text) <= DESCRIPTION else text[: DESCRIPTION - 1] + "…"
        state: Literal["success", "failure"] = "success" if self.error is None else "failure"
        return CommitStatus(f"gitops/{self.environment}", state, text, time=now)


def text(report: Report) -> str:
    """The report for people."""
    revision = report.revision[:12] if report.revision else "no revision"
    lines = [f"{report.outcome}: {report.environment} at {revision}"]
    for app in report.apps:
        mark = " (changed)" if app.app in report.changed_apps else ""
        lines.append(f"  {app.app}: {_count(app.files, 'file')}{mark}")
    for one in report.drift[:DRIFTS]:
        kept = ", kept" if one.kind == "added" else ", put back" if report.changed else ""
        lines.append(f"  drift: {one.shown} ({_DONE.get(one.kind, one.kind)} by others{kept})")
    if len(report.drift) > DRIFTS:
        lines.append(f"  drift: and {len(report.drift) - DRIFTS} more")
    return "\n".join(lines)


def document(report: Report) -> dict[str, object]:
    """The report as the JSON of `agent run`."""
    findings = [*report.findings, *(report.error.findings() if report.error else ())]
    return {
        "schema_version": 1,
        "command": "agent run",
        "environment": report.environment,
        "revision": report.revision,
        "outcome": report.outcome,
        "changed": report.changed,
        "apps": [app_document(app) | {"changed": app.app in report.changed_apps} for app in report.apps],
        "drift": drift_document(report.drift),
        "findings": [
            {name: getattr(finding, name) for name in ("code", "severity", "message", "file", "line", "hint")}
            for finding in findings
        ],
    }


def app_document(app: AppState) -> dict[str, object]:
    return {"app": app.app, "render": app.method, "files": app.files, "objects": app.objects}


def drift_document(drift: Sequence[Drift]) -> list[dict[str, object]]:
    return [{"app": one.app, "path": one.shown, "kind": one.kind} for one in drift]


def set_status(forge: Forge, report: Report, now: int) -> None:
    """Set the commit status of a report, unless it is there already. That this fails is worth a warning only: what
    was deployed is deployed, and the next cycle tries again."""
    wanted = report.status(now)
    if wanted is None or report.revision is None or "statuses" not in forge.capabilities:
        return
    try:
        for status in forge.statuses(report.revision):
            if (status.context, status.state, status.description) == (wanted.context, wanted.state, wanted.description):
                return
        forge.set_status(report.revision, wanted)
    except GitOpsError as error:
        report.findings += (
            Finding("GA506", "warning", f"the status {wanted.context} was not set: {error.message}", hint=error.hint),
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
