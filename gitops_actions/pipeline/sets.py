"""Sets of templates: a folder with `set.yaml` and `*.j2` files, understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from gitops_actions import __version__
from gitops_actions.errors import UsageError
from gitops_actions.names import complaint_about_name, complaint_about_path, did_you_mean
from gitops_actions.pipeline import parameters, structure
from gitops_actions.pipeline.sandbox import source
from gitops_actions.resources import templates

# Where each platform looks for pipelines; nothing else is ever written.
PLACES: Mapping[str, re.Pattern[str]] = {
    "github": re.compile(r"\.github/workflows/[^/]+\.ya?ml"),
    "gitlab": re.compile(r"\.gitlab-ci\.yml|\.gitlab/ci/[^/]+\.yml"),
}
# Names that every template has beside its parameters.
RESERVED = ("pipeline", "config_repo", "app", "uses")
_KEYS = ("name", "description", "version", "requires", "parameters", "include", "files")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_PARAMETER = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a set writes: which template makes it, and its path, with `{name}` for the pipeline's name."""

    template: str
    path: str


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """A set of templates. ``origin`` says where it was found, for people; ``templates`` are the texts by their paths in
    the set; ``place`` stands before those paths where they are files of the repository."""

    name: str
    description: str
    version: str
    origin: str
    parameters: Mapping[str, Any]
    files: Mapping[str, tuple[Output, ...]]
    templates: Mapping[str, str] = field(repr=False)
    place: str = ""


def read(name: str, files: Mapping[str, str], origin: str, place: str = "") -> TemplateSet:
    """The set in a folder, whose files are given by their paths in it.

    Raises UsageError (GA553) that says what is wrong with it.
    """
    try:
        return replace(_read(name, files, origin), place=place)
    except UsageError as error:
        hint = error.hint if error.hint and error.code != "GA555" else "docs/pipelines.md says what a set is"
        message = f"the set {name} ({origin}): {error.message}"
        file = f"{place or f'{name}/'}set.yaml"
        raise UsageError(message, code="GA553", file=file, line=error.line, hint=hint) from None


def _read(name: str, files: Mapping[str, str], origin: str) -> TemplateSet:
    if complaint := complaint_about_name(name):
        raise UsageError(f"its name {complaint}")
    if "set.yaml" not in files:
        raise UsageError("has no set.yaml")
    document = _document(files["set.yaml"])
    for key in document:
        if key not in _KEYS:
            raise UsageError(f"there is no key {key!r} in a set.yaml", hint=did_you_mean(str(key), _KEYS))
    texts = {key: document.get(key, "") for key in ("name", "description", "version", "requires")}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise UsageError(f"`{key}` must be a text in quotes")
    if texts["name"] != name:
        raise UsageError(f"its folder is called {name}, and `name` says {texts['name']!r}")
    if not texts["description"]:
        raise UsageError("needs a `description`")
    if not _VERSION.fullmatch(texts["version"]):
        raise UsageError('needs a `version` in quotes, such as "1.2"')
    _check_requires(texts["requires"])
    schema = document.get("parameters") or {"type": "object", "additionalProperties": False, "properties": {}}
    _include(schema, document.get("include", []))
    parameters.check_schema(schema)
    if schema["type"] != "object":
        raise UsageError("parameters: `type` must be object")
    for parameter in schema.get("properties", {}):
        if not _PARAMETER.fullmatch(parameter) or parameter.replace("-", "_") in RESERVED:
            raise UsageError(f"parameters: {parameter!r} cannot be the name of a parameter")
    return TemplateSet(
        name, texts["description"], texts["version"], origin, schema, _files(document, files), dict(files)
    )


def _document(text: str) -> dict[str, Any]:
    """set.yaml as plain data, with no key twice."""
    structure.read(text, what="set.yaml")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 (a safe loader)


def _include(schema: Any, names: Any) -> None:
    """Add the groups of parameters that a set shares with others."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not isinstance(names, list):
        raise UsageError("`include` is a list of groups of parameters, beside `parameters` with `properties`")
    for name in names:
        place = f"pipelines/common/parameters/{name}.yaml"
        if not isinstance(name, str) or complaint_about_name(name) or not (templates() / place).is_file():
            raise UsageError(f"include: there is no group of parameters {name!r}")
        for key, value in yaml.safe_load(source(place)).items():
            properties.setdefault(key, value)


def _check_requires(text: str) -> None:
    if not text:
        return
    if not _VERSION.fullmatch(text):
        raise UsageError('`requires` is the least version of gitops-actions, in quotes, such as "0.1"')
    least, here = ([int(part) for part in version.split(".")] for version in (text, __version__))
    if here < least:
        raise UsageError(f"needs gitops-actions {text}, and this is {__version__}", hint="install a newer one")


def _files(document: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, tuple[Output, ...]]:
    wanted = document.get("files")
    if not isinstance(wanted, dict) or not wanted:
        raise UsageError(f"needs `files`, by platform: {', '.join(PLACES)}")
    found: dict[str, tuple[Output, ...]] = {}
    for platform, entries in wanted.items():
        if platform not in PLACES:
            raise UsageError(f"files: there is no platform {platform!r}", hint=did_you_mean(str(platform), PLACES))
        if not isinstance(entries, dict) or not entries:
            raise UsageError(f"files.{platform}: must be a mapping of paths to templates")
        outputs = []
        for path, template in entries.items():
            if not isinstance(template, str) or template not in files:
                raise UsageError(f"files.{platform}: there is no template {template!r}")
            if complaint := complaint_about_path(str(path).replace("{name}", "x")):
                raise UsageError(f"files.{platform}: the path {path!r} {complaint}")
            if not PLACES[platform].fullmatch(str(path)):
                raise UsageError(f"files.{platform}: {path!r} is not where {platform} looks for pipelines")
            outputs.append(Output(str(template), str(path)))
        found[platform] = tuple(outputs)
    return found
