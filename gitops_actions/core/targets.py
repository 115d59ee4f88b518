"""From configuration to places: which apps there are, where each one lives, which files carry it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gitops_actions.errors import UsageError
from gitops_actions.model import App, Config, EditSpec, Release
from gitops_actions.names import complaint_about_name, did_you_mean

WILDCARD = "*"
# By what a person gives the value of a placeholder.
_OPTIONS = {
    "image": "--image",
    "tag": "--image NAME:TAG",
    "digest": "--image NAME:TAG@DIGEST",
    "revision": "--revision SHA",
    "short_revision": "--revision SHA",
    "app": "--app NAME",
    "environment": "the environment by its name: without a gitops.yaml there is none",
}
_VALUE = re.compile(r"\{(version|image|tag|digest|revision|short_revision|app|environment)\}")


def found_apps(config: Config, names: Mapping[str, Collection[str]]) -> dict[str, App]:
    """All apps: those listed, and those that `"*"` finds among ``names`` (by environment, the file paths where it
    lives; other environments are taken to have no file).

    A found app has the environments in which a file of every edit exists.
    """
    apps = {name: _named(app, name, app.environments) for name, app in config.apps.items() if name != WILDCARD}
    pattern = config.apps.get(WILDCARD)
    if pattern is None:
        return apps
    places: dict[str, set[str]] = {}
    for paths, environments in _shared(names, _environments(config, pattern)):
        found = [_apps_in(paths, edit.file, environments) for edit in pattern.edits]
        for environment, name in set.intersection(*found) if found else ():
            places.setdefault(name, set()).add(environment)
    for name in sorted(places):
        if name not in apps and complaint_about_name(name) is None:
            apps[name] = _named(pattern, name, tuple(e for e in config.environments if e in places[name]))
    return apps


def unknown_app(name: str, apps: Collection[str], *, looking: bool = False) -> UsageError:
    """What to raise for an app that is none of those that there are. ``looking``: see `graph.environment_called`."""
    names = ", ".join(sorted(apps))
    known = f"known: {names}" if apps else "there are none"
    mend = f"give one of these: {names}" if looking and apps else "add it under `apps:`"
    return UsageError(
        f"there is no app {name!r} in gitops.yaml of the config repo ({known})",
        code="GA020",
        hint=did_you_mean(name, apps) or mend,
    )


def environments_of(config: Config, app: App) -> tuple[str, ...]:
    """The environments that an app has, in the order of the configuration."""
    return _environments(config, app)


def specs(app: App, environment: str) -> tuple[EditSpec, ...]:
    """The edits of an app with {app} and {environment} filled in, except in values."""
    # Not by `replace`, which costs three times as much: `status` comes by here for every cell.
    return tuple(
        EditSpec(
            edit.kind,
            _placed(edit.file, app.name, environment),
            edit.path and _placed(edit.path, app.name, environment),
            edit.value,
            edit.pattern and _placed(edit.pattern, re.escape(app.name), re.escape(environment)),
            edit.document and _placed(edit.document, app.name, environment),
            edit.on_missing,
            edit.options and _options(edit.options, app.name, environment),
            edit.line,
            edit.column,
        )
        for edit in app.edits
    )


def folder(app: App, environment: str, files: Callable[[EditSpec], Sequence[str]]) -> str:
    """What the agent applies: the app's `path`, else the folder of its first edit. ``files`` are those that an edit may
    concern, as its editor tells: a path alone does not say whether it is a folder (`my.app`) or a file (`.env`)."""
    if app.path is not None:
        return _placed(app.path, app.name, environment).rstrip("/")
    return posixpath.dirname(files(specs(app, environment)[0])[0])


def filled(spec: EditSpec, release: Release, app: str | None, environment: str | None) -> EditSpec:
    """The edit with its value made from a release. Raises UsageError when the release lacks what it needs."""
    if spec.value is None:
        return spec
    image = release.images[0] if release.images else None
    revision = release.source.revision
    values = {
        "version": release.version,
        "image": image.reference if image else None,
        "tag": image.tag if image else None,
        "digest": image.digest if image else None,
        "revision": revision,
        "short_revision": revision[:7] if revision else None,
        "app": app,
        "environment": environment,
    }

    def value(match: re.Match[str]) -> str:
        text = values[match[1]]
        if text is None:
            there = f"release {release.version} of {app} has" if app is not None else "the options give"
            message = f"the edit of {spec.file} writes {match[0]}, and {there} none"
            raise UsageError(message, code="GA021", hint=f"give {_OPTIONS[match[1]]}")
        return text

    return replace(spec, value=_VALUE.sub(value, spec.value))


def _environments(config: Config, app: App) -> tuple[str, ...]:
    if not app.environments:
        return tuple(config.environments)
    return tuple(name for name in config.environments if name in app.environments)


def _options(options: Mapping[str, Any], app: str, environment: str) -> dict[str, Any]:
    return {
        key: _placed(value, app, environment) if isinstance(value, str) else value for key, value in options.items()
    }


def _placed(text: str, app: str, environment: str) -> str:
    return text.replace("{app}", app).replace("{environment}", environment)


def _named(pattern: App, name: str, environments: tuple[str, ...]) -> App:
    def put(text: str) -> str:
        return text.replace("{app}", name)

    return App(
        name=name,
        images=tuple(put(image) for image in pattern.images),
        source=pattern.source and put(pattern.source),
        environments=environments,
        path=pattern.path,
        edits=pattern.edits,
    )


def _shared(
    names: Mapping[str, Collection[str]], environments: Collection[str]
) -> list[tuple[Collection[str], list[str]]]:
    """The environments that live among the same files, so that these are looked through once."""
    found: dict[int, tuple[Collection[str], list[str]]] = {}
    for environment in environments:
        paths = names.get(environment, ())
        found.setdefault(id(paths), (paths, []))[1].append(environment)
    return list(found.values())


def _apps_in(paths: Collection[str], template: str, environments: Collection[str]) -> set[tuple[str, str]]:
    """The (environment, app) for which a file at the template, or below it, exists."""
    text = re.escape(template.rstrip("/"))
    groups = {"app": "[^/]+", "environment": "|".join(re.escape(name) for name in environments)}
    for name, pattern in groups.items():
        first, *rest = text.split(re.escape(f"{{{name}}}"))
        text = first + (f"(?P<{name}>{pattern})" + f"(?P={name})".join(rest) if rest else "")
    expression = re.compile(text + "(?:/.*)?", re.DOTALL)
    matches = [match for path in paths if (match := expression.fullmatch(path))]
    if "environment" in expression.groupindex:
        return {(match["environment"], match["app"]) for match in matches}
    return {(environment, match["app"]) for match in matches for environment in environments}
