"""Results for people."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_actions import texts
from gitops_actions.model import Change, Outcome, Result

WORDS = {
    Outcome.UNCHANGED: "unchanged",
    Outcome.PLANNED: "would change",
    Outcome.COMMITTED: "committed",
    Outcome.OPENED: "opened",
    Outcome.UPDATED: "updated",
    Outcome.CLOSED: "closed",
    Outcome.MERGED: "merged",
    Outcome.SUPERSEDED: "superseded: a newer release is there",
    Outcome.SKIPPED_CLOSED: "left alone: a person closed its request",
    Outcome.WAITING: "waiting",
    Outcome.REFUSED: "refused",
    Outcome.CONFLICT: "a person must decide",
}


class Text:
    """A line for each delivery, the values it changes, and the diff of what is only planned."""

    def report(self, command: str, results: Sequence[Result]) -> str:
        if not results:
            return "Nothing is due." if command == "promote" else "Nothing to do."
        lines: list[str] = []
        for result in results:
            lines.append(_line(result))
            lines += [f"  {change_line(change)}" for change in result.changes]
            if result.outcome is Outcome.PLANNED and result.diff:
                lines += ["", *result.diff.splitlines(), ""]
        return "\n".join(texts.lines(line) for line in lines)


def change_line(change: Change) -> str:
    """A value that differs, on one line."""
    old = "(new)" if change.old is None else change.old
    return texts.one_line(f"{change.file}:{change.line}  {change.path}  {old} -> {change.new}")


def _line(result: Result) -> str:
    what = ", ".join(f"{app} {result.versions[app]}" if app in result.versions else app for app in result.apps)
    subject = " in ".join(part for part in (what, result.environment) if part) or "values"
    parts = [f"{subject}: {WORDS[result.outcome]}"]
    if result.pull_request is not None:
        parts.append(f"#{result.pull_request.number} {result.pull_request.url}")
    elif result.commit is not None:
        parts.append(f"{result.commit[:7]} on {result.base}")
    elif result.outcome is Outcome.PLANNED:
        parts.append(f"on {result.branch or result.base}")
    return "  ".join(parts)
