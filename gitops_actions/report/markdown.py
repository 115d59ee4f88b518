"""Results as Markdown: for the summary of a job, and for whoever wants to paste them somewhere.

What comes from outside is code in it, see `harmless`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gitops_actions import harmless, texts
from gitops_actions.model import Finding, PullRequest, Result
from gitops_actions.report.text import WORDS

# GitHub shows no summary of more than a MiB, and nobody reads one.
_ROOM = 900_000
_ROWS = 500
_OPEN = 100  # lines of a diff that are shown without a click


class Markdown:
    """Tables of the deliveries, of the values they change and of the findings, and the diff."""

    def report(self, command: str, results: Sequence[Result]) -> str:
        parts = [f"### gitops-actions {command}"]
        if results:
            parts.append(_table(("app", "environment", "outcome", "where"), [_row(result) for result in results]))
        else:
            parts.append("Nothing is due." if command == "promote" else "Nothing to do.")
        changes = [(change.file, change.path, change.old, change.new) for each in results for change in each.changes]
        if changes:
            parts.append(_table(("file", "value", "before", "after"), [[*map(harmless.cell, row)] for row in changes]))
        findings = [finding for result in results for finding in result.findings]
        if findings:
            parts.append(_findings(findings))
        text = "".join(f"{part}\n\n" for part in parts)
        diff = "".join(result.diff for result in results)
        return text + _diff(texts.lines(diff), _ROOM - len(text.encode("utf-8", "replace"))) if diff else text


def judgement(command: str, findings: Sequence[Finding]) -> str:
    """What a command has found, or why it has no result."""
    return f"### gitops-actions {command}\n\n{_findings(findings) if findings else 'Everything is fine.'}\n\n"


def _row(result: Result) -> list[str]:
    apps = [f"{app} {result.versions[app]}" if app in result.versions else app for app in result.apps]
    if result.pull_request is not None:
        where = _link(result.pull_request)
    elif result.commit is not None:
        where = f"{harmless.cell(result.commit[:12])} on {harmless.cell(result.base)}"
    else:
        where = harmless.cell(result.branch or result.base)
    return [", ".join(map(harmless.cell, apps)) or "-", harmless.cell(result.environment), WORDS[result.outcome], where]


def _link(request: PullRequest) -> str:
    safe = len(request.url) <= 500 and harmless.URL.fullmatch(request.url)
    return f"[#{request.number}]({request.url})" if safe else f"#{request.number}"


def _findings(findings: Sequence[Finding]) -> str:
    return _table(
        ("severity", "code", "place", "message", "what to do"),
        [
            [each.severity, each.code, *map(harmless.cell, (each.place, each.message, each.hint))]
            for each in findings
        ],
    )  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows[:_ROWS])]
    more = len(rows) - _ROWS
    return "\n".join(lines) + (f"\n\nand {more} more" if more > 0 else "")


def _diff(text: str, room: int) -> str:
    """A diff as far as there is room, in whole lines; it says how many are missing."""
    # A line of the diff must not end the block that it is in.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    lines = list(_fitting(text.split("\n"), room - 2 * len(fence) - 200))
    left_out = len(text.rstrip("\n").split("\n")) - len(lines)
    cut = f"Cut here: {left_out} more lines.\n\n" if left_out > 0 else ""
    shown = " open" if len(lines) <= _OPEN else ""
    return f"<details{shown}><summary>Diff</summary>\n\n{fence}diff\n{''.join(lines)}{fence}\n\n</details>\n\n{cut}"


def _fitting(lines: Sequence[str], room: int) -> Iterator[str]:
    for line in lines[:-1] if lines[-1] == "" else lines:
        room -= len(line.encode("utf-8", "replace")) + 1
        if room < 0:
            return
        yield f"{line}\n"
