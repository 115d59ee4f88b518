"""What every GitLab pipeline that is written has to be, whoever wrote its template.

The keywords are those of https://docs.gitlab.com/ci/yaml/, less what this tool has no use for.
"""

from __future__ import annotations

import re
from typing import Any

from gitops_actions.errors import UsageError
from gitops_actions.pipeline import structure

ROOT = ".gitlab-ci.yml"
_GLOBAL = {"default", "include", "stages", "variables", "workflow"}
_JOB = {
    "after_script", "allow_failure", "artifacts", "before_script", "cache", "coverage", "dast_configuration",
    "dependencies", "environment", "extends", "id_tokens", "image", "inherit", "interruptible", "manual_confirmation",
    "needs", "parallel", "release", "resource_group", "retry", "rules", "script", "secrets", "services", "stage",
    "tags", "timeout", "trigger", "variables", "when", "hooks",
}  # fmt: skip
_STEPS = ("script", "before_script", "after_script")
_IMAGE = re.compile(r".+(?::[\w][\w.-]*|@sha256:[0-9a-f]{64})|\$\w+", re.ASCII)


def part(name: str) -> str:
    """Where one of several pipelines is."""
    return f".gitlab/ci/{name}.yml"


def check(text: str) -> None:
    """Raises UsageError (GA557), with the line, for a pipeline that breaks a rule."""
    tree = structure.read(text)
    _check_includes(tree.get("include", []), ("local",))
    jobs = {name: job for name, job in tree.items() if name not in _GLOBAL}
    if not jobs and "include" not in tree:
        raise _broken("the pipeline has no job, and GitLab refuses such ones", None)
    for name, job in jobs.items():
        _check_job(name, job)


def _check_includes(includes: Any, kinds: tuple[str, ...]) -> None:
    """Raises UsageError for what is included from elsewhere: it could be another text tomorrow."""
    for include in includes if isinstance(includes, list) else [includes]:
        if not isinstance(include, dict) or not any(kind in include for kind in kinds):
            listed = " or ".join(f"`{kind}`" for kind in kinds)
            raise _broken(f"only files of the repository are included: {listed}", _line(include))


def _check_job(name: str, job: Any) -> None:
    if not isinstance(job, dict):
        raise _broken(f"the job {name} is not a mapping", _line(job))
    for key, value in job.items():
        if key not in _JOB:
            raise _broken(f"the job {name} has the key {key!r}, which is not known here", _line(value))
    if not name.startswith(".") and not job.keys() & {"script", "trigger", "extends"}:
        raise _broken(f"the job {name} has neither `script` nor `trigger`", _line(job))
    if "script" in job and "timeout" not in job:
        raise _broken(f"the job {name} has no `timeout`", _line(job))
    trigger = job.get("trigger")
    if isinstance(trigger, dict) and "include" in trigger:
        _check_includes(trigger["include"], ("local", "artifact"))
    for key in _STEPS:
        for _, leaf in structure.leaves(job.get(key, [])):
            if "$[[" in leaf.text:
                raise _broken(f"the job {name} has `$[[` in `{key}`; hand it over by `variables`", leaf.line)
    image = structure.plain(job.get("image", {}))
    called = image.get("name") if isinstance(image, dict) else image
    if called is not None and not _IMAGE.fullmatch(str(called)):
        raise _broken(f"the image of the job {name} has neither tag nor digest", _line(job["image"]))


def _line(tree: Any) -> int | None:
    return next((leaf.line for _, leaf in structure.leaves(tree)), None)


def _broken(message: str, line: int | None) -> UsageError:
    return UsageError(message, code="GA557", line=line, hint="mend the template: docs/pipelines.md has the rules")
