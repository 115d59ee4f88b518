"""Results as named values for later steps of a workflow, or jobs of a pipeline (contract section 5, docs/ci.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from gitops_actions.model import Outcome, Result
from gitops_actions.report.json import document

NAMES = (
    "changed", "outcome", "pull-request-number", "pull-request-url", "pull-request-operation", "pull-request-head-sha",
    "pull-request-branch", "commit-sha", "environment", "version", "result",
)  # fmt: skip
_OPERATIONS = {
    Outcome.OPENED: "created",
    Outcome.UPDATED: "updated",
    Outcome.MERGED: "updated",
    Outcome.CLOSED: "closed",
}
# What a shell, an expression of a workflow, a variable of GitLab or HTML could take for more than text. All of it can
# only stand within strings.
_SPECIAL = re.compile(r"[^ !\"%()*+,./0-9:;=?@A-Z\[\\\]^_a-z{|}~-]")


def of_results(
    command: str, results: Sequence[Result], whole: Mapping[str, object] | None = None
) -> dict[str, Sequence[str]]:
    """The values of a run with results: of each name the texts that would do, the best first.

    Of several results, they are about the first one that changed something, else the first that failed, else the
    first; ``changed`` is about all, and ``result`` has all. ``whole``: the document to give as ``result``, where it is
    not that of these results.
    """
    changed = any(result.changed for result in results)
    one = next((result for result in results if result.changed), None)
    one = one or next((result for result in results if result.exit_code), None) or next(iter(results), None)
    request = one.pull_request if one is not None else None
    versions = set(one.versions.values()) if one is not None else set()
    documents = [whole] if whole is not None else _documents(command, results)
    values = {
        "changed": "true" if changed else "false",
        "outcome": str(one.outcome if one is not None else Outcome.UNCHANGED),
        "pull-request-number": str(request.number) if request is not None else "",
        "pull-request-url": request.url if request is not None else "",
        "pull-request-operation": _OPERATIONS.get(one.outcome, "none") if one is not None and request else "none",
        "pull-request-head-sha": request.head_sha if request is not None else "",
        "pull-request-branch": (one.branch or "") if one is not None else "",
        "commit-sha": (one.commit or "") if one is not None else "",
        "environment": (one.environment or "") if one is not None else "",
        "version": versions.pop() if len(versions) == 1 else "",
    }
    return {**{name: (text,) for name, text in values.items()}, "result": [sealed(each) for each in documents]}


def of_findings(whole: Mapping[str, object], code: int) -> dict[str, Sequence[str]]:
    """The values of a run that has findings instead of results, and ends with ``code``. ``whole``: the document that
    has them."""
    values = dict.fromkeys(NAMES, "")
    values["changed"] = "false"
    values["pull-request-operation"] = "none"
    known = {0: str(Outcome.UNCHANGED), 1: "", 5: str(Outcome.CONFLICT)}
    values["outcome"] = known.get(code, str(Outcome.REFUSED))
    return {**{name: (text,) for name, text in values.items()}, "result": (sealed(whole),)}


def sealed(whole: Mapping[str, object]) -> str:
    """A document as JSON on one line, in which everything that is not plain ASCII, or means something to a shell, is
    written as an escape."""
    return _SPECIAL.sub(_escaped, msgspec.json.encode(whole).decode())


def _documents(command: str, results: Sequence[Result]) -> list[Mapping[str, object]]:
    """All of it; without the diffs; and without the single changes."""
    return [document(command, results, without=without) for without in ((), ("diff",), ("diff", "changes"))]


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
