"""The pipelines that a gitops.yaml asks for: their files, or all that is wrong with them."""

from __future__ import annotations

from dataclasses import replace

from gitops_actions.cli.connection import FILE
from gitops_actions.cli.own import Own
from gitops_actions.cli.templates import Library
from gitops_actions.errors import UsageError
from gitops_actions.model import Config, Finding, Pipeline
from gitops_actions.pipeline.writing import Surroundings, Written, write

_DYNAMIC = "dynamic"
_ANY = Own(f"owner/repository@{'0' * 40}", "v0", "image:0", False)


def pipelines_of(config: Config, library: Library, this: Own) -> list[Written]:
    """The files of all pipelines.

    Raises ConfigInvalid, UsageError for what is wrong with one, or with what a job of the set dynamic would make.
    """
    for pipeline in config.pipelines:
        if pipeline.use == _DYNAMIC and isinstance(pipeline.values.get("set"), str):
            child_of(config, pipeline.name, library, this)
    return write(config.pipelines, library.find, _around(config, this))


def child_of(config: Config, name: str, library: Library, this: Own) -> list[Written]:
    """The file of the child pipeline that a pipeline starts."""
    return write([_child(config, name)], library.find, _around(config, this), child=True)


def findings(config: Config, library: Library) -> list[Finding]:
    """What is wrong with the pipelines, for `validate`; nothing is written, so no commit need be known."""
    try:
        pipelines_of(config, library, _ANY)
    except UsageError as error:
        return [replace(finding, file=finding.file or FILE) for finding in error.findings()]
    return []


def _around(config: Config, this: Own) -> Surroundings:
    return Surroundings(config.config_repo, config.app, this.action, this.version, this.image)


def _child(config: Config, name: str) -> Pipeline:
    """The pipeline that another one, which is called ``name``, starts: its `set` and `with` are values of that one."""
    parent = next((each for each in config.pipelines if each.name == name), None)
    if parent is None or not isinstance(parent.values.get("set"), str):
        hint = "it is the name of a pipeline whose `with` has `set` and `with`, such as one of the set dynamic"
        raise UsageError(f"there is no pipeline {name!r} with a child pipeline", code="GA563", file=FILE, hint=hint)
    if parent.values["set"] == _DYNAMIC:
        hint = "name the set that the child pipeline is to be made from"
        message = "a pipeline of the set dynamic cannot start another one of it"
        raise UsageError(message, code="GA563", file=FILE, line=parent.place("set")[0], hint=hint)
    inner = parent.values.get("with")
    places = {path[1:]: where for path, where in parent.places.items() if path[:1] == ("with",)}
    return Pipeline(
        name, parent.values["set"], ("gitlab",), inner if isinstance(inner, dict) else {}, parent.action,
        parent.tool_image, parent.file, {(): parent.places[("set",)], **places},
    )  # fmt: skip
