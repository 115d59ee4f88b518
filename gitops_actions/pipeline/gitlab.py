"""What every GitLab pipeline that is written has to be, whoever wrote its template.

The keywords are those of https://docs.gitlab.com/ci/yaml/, less what this tool has no use for.
"""

from __future__ import annotations

import re
from typing import Any

from gitops_actions.pipeline import structure
from gitops_actions.pipeline.structure import broken, line

ROOT = ".gitlab-ci.yml"
_GLOBAL = {"default", "include", "stages", "variables", "workflow"}
_JOB = {
    "after_script", "allow_failure", "artifacts", "before_script", "cache", "coverage", "dast_configuration",
    "dependencies", "environment", "extends", "id_tokens", "image", "inherit", "interruptible", "manual_confirmation",
    "identity", "inputs", "needs", "pages", "parallel", "publish", "release", "resource_group", "retry", "rules",
    "script", "secrets", "services", "stage", "start_in", "tags", "timeout", "trigger", "variables", "when", "hooks",
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
    _check_images("`default`", tree.get("default", {}))
    jobs = {name: job for name, job in tree.items() if name not in _GLOBAL}
    if not jobs and "include" not in tree:
        raise broken("the pipeline has no job, and GitLab refuses such ones", None)
    for name, job in jobs.items():
        _check_job(name, job)


def _check_includes(includes: Any, kinds: tuple[str, ...]) -> None:
    """Raises UsageError for what is included from elsewhere: it could be another text tomorrow."""
    for include in includes if isinstance(includes, list) else [includes]:
        if not isinstance(include, dict) or not any(kind in include for kind in kinds):
            listed = " or ".join(f"`{kind}`" for kind in kinds)
            raise broken(f"only files of the repository are included: {listed}", line(include))


def _check_job(name: str, job: Any) -> None:
    if not isinstance(job, dict):
        raise broken(f"the job {name} is not a mapping", line(job))
    for key, value in job.items():
        if key not in _JOB:
            raise broken(f"the job {name} has the key {key!r}, which is not known here", line(value))
    if not name.startswith(".") and not job.keys() & {"script", "trigger", "extends"}:
        raise broken(f"the job {name} has neither `script` nor `trigger`", line(job))
    if "script" in job and "timeout" not in job:
        raise broken(f"the job {name} has no `timeout`", line(job))
    trigger = job.get("trigger")
    if isinstance(trigger, dict) and "include" in trigger:
        _check_includes(trigger["include"], ("local", "artifact"))
    for key in _STEPS:
        for _, leaf in structure.leaves(job.get(key, [])):
            if "$[[" in leaf.text:
                raise broken(f"the job {name} has `$[[` in `{key}`; hand it over by `variables`", leaf.line)
    _check_images(f"the job {name}", job)


def _check_images(what: str, holder: Any) -> None:
    """Raises UsageError for an image, or one of a service, that could be another tomorrow."""
    if not isinstance(holder, dict):
        raise broken(f"{what} is not a mapping", line(holder))
    services = holder.get("services", [])
    for image in (holder.get("image"), *(services if isinstance(services, list) else [services])):
        called = image.get("name") if isinstance(image, dict) else image
        if called is not None and not _IMAGE.fullmatch(getattr(called, "text", "")):
            raise broken(f"an image of {what} has neither tag nor digest", line(called))
