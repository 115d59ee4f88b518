"""What every workflow that is written has to be, whoever wrote its template.

The rules are GitHub's (https://docs.github.com/en/actions/reference/security/secure-use) and those of
https://docs.zizmor.sh/audits/: least permissions, pinned actions, no credentials left behind, an end to every job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitops_actions.pipeline import structure
from gitops_actions.pipeline.structure import Leaf, broken, line

_TOP = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
_JOB = {
    "name", "needs", "permissions", "if", "runs-on", "environment", "concurrency", "outputs", "env", "defaults",
    "steps", "timeout-minutes", "strategy", "continue-on-error", "container", "services", "uses", "with", "secrets",
}  # fmt: skip
_STEP = {
    "id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env", "continue-on-error",
    "timeout-minutes",
}  # fmt: skip
_DANGEROUS = ("pull_request_target", "workflow_run")
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}|docker://[^@\s]+@sha256:[0-9a-f]{64}|\./[\w./-]*", re.ASCII)


def check(text: str) -> None:
    """Raises UsageError (GA557), with the line, for a workflow that breaks a rule."""
    tree = structure.read(text)
    _known(tree, _TOP, "a workflow")
    for key in ("on", "permissions", "jobs"):
        if key not in tree:
            raise broken(f"the workflow has no `{key}`", None)
    for event in _names(tree["on"]):
        if event in _DANGEROUS:
            raise broken(f"`{event}` runs with secrets for code of others", line(tree["on"]))
    if any(level == "write" for level in _levels(tree["permissions"])):
        raise broken("the workflow lets every job write; say it in the job that does", line(tree["permissions"]))
    if not isinstance(tree["jobs"], dict) or not tree["jobs"]:
        raise broken("the workflow has no job", line(tree["jobs"]))
    lines = text.splitlines()
    for name, job in tree["jobs"].items():
        _check_job(name, job, lines)


def _check_job(name: str, job: Any, lines: list[str]) -> None:
    _known(job, _JOB, f"the job {name}")
    if "permissions" not in job:
        raise broken(f"the job {name} does not say its `permissions`", line(job))
    if "write-all" in _levels(job["permissions"]):
        raise broken(f"the job {name} may do everything; say what it needs", line(job["permissions"]))
    if "uses" in job:
        _check_uses(job["uses"], lines)
        return
    for key in ("runs-on", "timeout-minutes", "steps"):
        if key not in job:
            raise broken(f"the job {name} has no `{key}`", line(job))
    for step in job["steps"] if isinstance(job["steps"], list) else ():
        _known(step, _STEP, f"a step of {name}")
        if ("uses" in step) == ("run" in step):
            raise broken(f"a step of {name} needs either `uses` or `run`", line(step))
        for key, program in _programs(step):
            if "${{" in getattr(program, "text", ""):
                raise broken(f"a step of {name} has `${{{{` in `{key}`; hand it over by `env`", line(program))
        if "uses" in step:
            _check_uses(step["uses"], lines)
            kept = structure.plain(step.get("with", {})).get("persist-credentials")
            if step["uses"].text.lower().startswith("actions/checkout@") and kept != "false":
                raise broken(f"a checkout of {name} lacks `persist-credentials: false`", line(step))


def _programs(step: Any) -> Iterator[tuple[str, Any]]:
    """What a step runs: its own script, its shell, and the script of such as actions/github-script."""
    given = step.get("with")
    yield from ((key, step[key]) for key in ("run", "shell") if key in step)
    yield from ((key, given[key]) for key in ("script",) if isinstance(given, dict) and key in given)


def _levels(permissions: Any) -> list[str]:
    """What `permissions` grants: its levels, or the word that stands for all of them."""
    found = [leaf.text for _, leaf in structure.leaves(permissions)]
    return ["write", *found] if "write-all" in found else found


def _check_uses(uses: Any, lines: list[str]) -> None:
    text = getattr(uses, "text", "")
    if not _PINNED.fullmatch(text):
        raise broken(f"`uses: {text[:80]}` is not pinned to a full commit", line(uses))
    if "@" in text and "#" not in lines[uses.line - 1]:
        raise broken(f"`uses: {text[:80]}` does not say its version in a comment", line(uses))


def _known(mapping: Any, keys: set[str], what: str) -> None:
    if not isinstance(mapping, dict):
        raise broken(f"{what} is not a mapping", line(mapping))
    for key, value in mapping.items():
        if key not in keys:
            raise broken(f"{what} has the key {key!r}, which GitHub does not know", line(value))


def _names(events: Any) -> Iterator[str]:
    if isinstance(events, Leaf):
        yield events.text
    elif isinstance(events, dict):
        yield from events
    else:
        yield from (each.text for each in events if isinstance(each, Leaf))
