"""`pipeline:` of a gitops.yaml to the files that it asks for. Pure: what is on the disk does not matter here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gitops_actions.errors import ConfigInvalid, UsageError
from gitops_actions.model import ConfigRepo, Finding, Pipeline
from gitops_actions.pipeline import github, gitlab, header, pins
from gitops_actions.pipeline.parameters import fill
from gitops_actions.pipeline.rendering import given, render
from gitops_actions.pipeline.sets import Output, TemplateSet
from gitops_actions.resources import templates

_CHECKS: Mapping[str, Callable[[str], None]] = {"github": github.check, "gitlab": gitlab.check}
_GITHUB = re.compile(r"https?://[^/]+/(?P<owner>[A-Za-z0-9-]+)/(?P<name>[A-Za-z0-9._-]+?)(?:\.git)?/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What templates know beside the values that they are given. ``action`` and ``tool_image`` are those of this
    release, ``version`` is what a comment says of the action."""

    config_repo: ConfigRepo | None = None
    app: str | None = None
    action: str = ""
    version: str = ""
    tool_image: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A file as it has to be. ``path`` has `/` and starts at the root of the repository."""

    path: str
    text: str
    pipeline: str
    set: str
    platform: str


def write(
    pipelines: Sequence[Pipeline], sets: Callable[[str], TemplateSet], around: Surroundings, *, child: bool = False
) -> list[Written]:
    """All files of the pipelines, in order.

    Args:
        sets: finds a set by its name; raises UsageError when there is none.
        child: for GitLab, a pipeline that another one starts.

    Raises ConfigInvalid with everything that is wrong with the values, each at its place in gitops.yaml; UsageError for
    a set that does not do what it should.
    """
    found: list[Written] = []
    problems: list[Finding] = []
    on_gitlab = [pipeline for pipeline in pipelines if "gitlab" in pipeline.platforms]
    for pipeline in pipelines:
        template_set = _found(sets, pipeline)
        if child and [output.path for output in template_set.files.get("gitlab", ())] != [gitlab.ROOT]:
            message = f"a child pipeline is one file, and the set {pipeline.use} has more, or none for GitLab"
            line, column = pipeline.place("set")
            hint = "use another set, or the set itself without `dynamic`"
            raise UsageError(message, code="GA563", file=pipeline.file, line=line, column=column, hint=hint)
        wrong = list(_problems(pipeline, template_set, around))
        problems += wrong
        for platform in () if wrong else pipeline.platforms:
            role = _Role(platform, part=platform == "gitlab" and len(on_gitlab) > 1, child=child)
            found += _files(pipeline, template_set, role, around)
    if problems:
        raise ConfigInvalid(sorted(problems, key=lambda finding: (finding.line or 0, finding.column or 0)))
    if len(on_gitlab) > 1:
        found.append(_root([gitlab.part(pipeline.name) for pipeline in on_gitlab]))
    _check_paths(found)
    return found


def _found(sets: Callable[[str], TemplateSet], pipeline: Pipeline) -> TemplateSet:
    try:
        return sets(pipeline.use)
    except UsageError as error:
        if error.file is None:
            error.file, (error.line, error.column) = pipeline.file, pipeline.place("use")
        raise


@dataclass(frozen=True, slots=True)
class _Role:
    """A platform; whether the file is one of several that GitLab's root includes, and whether it is started by another
    pipeline."""

    platform: str
    part: bool
    child: bool


def _problems(pipeline: Pipeline, template_set: TemplateSet, around: Surroundings) -> Iterable[Finding]:
    """What is wrong with the platforms and values of a pipeline."""
    if pipeline.values.get("credentials") == "app" and _home(around.config_repo)["owner"] is None:
        message = "`credentials: app` needs a config repo on GitHub, whose owner and name the App is asked for"
        hint = 'write `config-repo: {url: "https://github.com/OWNER/NAME"}`, or use a token'
        yield _finding(pipeline, message, ("credentials",), hint)
    for platform in pipeline.platforms:
        if platform not in template_set.files:
            known = ", ".join(template_set.files)
            message = f"the set {template_set.name} is not for {platform}; it is for {known}"
            yield _finding(pipeline, message, (), None)
    for wrong in fill(template_set.parameters, pipeline.values)[1]:
        where = ".".join(str(step) for step in wrong.path)
        message = f"`{where}` {wrong.message}" if where else f"`with` {wrong.message}"
        message += f" (set {template_set.name})"
        yield _finding(pipeline, message, wrong.path, wrong.hint)


def _finding(pipeline: Pipeline, message: str, path: tuple[str | int, ...], hint: str | None) -> Finding:
    line, column = pipeline.place(*path)
    return Finding("GA552", "error", message, pipeline.file, line, column, hint)


def _files(pipeline: Pipeline, template_set: TemplateSet, role: _Role, around: Surroundings) -> Iterable[Written]:
    values, _ = fill(template_set.parameters, pipeline.values)
    data = {**_parameters(template_set, values), **_context(pipeline, role, around)}
    texts = {**_common(), **template_set.templates}
    for output in template_set.files[role.platform]:
        try:
            body = render(output.template, texts, data, expands=role.platform == "gitlab")
            _CHECKS[role.platform](body)
        except UsageError as error:
            error.message = f"the set {template_set.name} ({template_set.origin}): {error.message}"
            own = template_set.place if (error.file or output.template) in template_set.templates else ""
            error.file = own + (error.file or f"{output.template}, as it comes out")
            raise
        stated = {"use": pipeline.use, "with": pipeline.values, "action": pipeline.action, "image": pipeline.tool_image}
        home = around.config_repo and (around.config_repo.url, around.config_repo.base)
        text = header.stamped(
            body,
            set_name=template_set.name,
            version=template_set.version,
            inputs={**stated, "name": pipeline.name, "config-repo": home, "app": around.app, "part": role.part},
        )
        yield Written(_path(output, pipeline, role), text, pipeline.name, template_set.name, role.platform)


def _parameters(template_set: TemplateSet, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as templates call them; one that is not given is none."""
    names = template_set.parameters.get("properties", {})
    return {name.replace("-", "_"): given(values.get(name)) for name in names}


def _context(pipeline: Pipeline, role: _Role, around: Surroundings) -> dict[str, Any]:
    own = f"{pipeline.action} # as gitops.yaml has it" if pipeline.action else f"{around.action} # {around.version}"
    return {
        "pipeline": {
            "name": given(pipeline.name),
            "prefix": given(f"{pipeline.name}:" if role.part else ""),
            "part": role.part,
            "child": role.child,
            "tool_image": given(pipeline.tool_image) or around.tool_image,
        },
        "config_repo": _home(around.config_repo),
        "app": given(around.app),
        "uses": {**pins.uses(), "gitops_actions": own},
    }


def _home(home: ConfigRepo | None) -> dict[str, Any]:
    """The config repo as templates see it; owner and name where it is one of GitHub's form."""
    match = _GITHUB.fullmatch(home.url) if home else None
    return {
        "url": given(home.url) if home else None,
        "owner": given(match["owner"]) if match else None,
        "name": given(match["name"]) if match else None,
    }


def _path(output: Output, pipeline: Pipeline, role: _Role) -> str:
    if role.part and output.path == gitlab.ROOT:
        return gitlab.part(pipeline.name)
    return output.path.replace("{name}", pipeline.name)


def _root(parts: Sequence[str]) -> Written:
    data = {"pipeline": {"part": False, "child": False}, "parts": given(parts)}
    body = render("common/gitlab/root.yml.j2", _common(), data, expands=True)
    text = header.stamped(body, set_name="root", version="1", inputs={"parts": list(parts)})
    return Written(gitlab.ROOT, text, "", "root", "gitlab")


def _check_paths(files: Sequence[Written]) -> None:
    seen: dict[str, str] = {}
    for file in files:
        if file.path.lower() in seen:
            message = f"the pipelines {seen[file.path.lower()]} and {file.pipeline} both write {file.path}"
            raise UsageError(message, code="GA561", hint="give one of them another `name`")
        seen[file.path.lower()] = file.pipeline


@cache
def _common() -> dict[str, str]:
    """Pieces that every set may include, as `common/...`."""
    return folder(templates() / "pipelines" / "common", "common/")


def folder(root: Path, prefix: str = "") -> dict[str, str]:
    """The texts of a folder of ours or of an installed package, by their paths in it."""
    names = (path for path in root.rglob("*") if path.suffix in (".j2", ".yaml") and path.is_file())
    return {prefix + path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in names}
