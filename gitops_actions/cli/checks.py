"""What `validate` checks beyond gitops.yaml itself: that every edit finds its place, and that records can be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from gitops_actions.core import records
from gitops_actions.core.cells import Toolbox, existing
from gitops_actions.core.targets import WILDCARD, environments_of, filled, found_apps, specs
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import App, Config, EditSpec, Environment, File, Finding, Image, Release, Snapshot, Source

_DIGEST = "sha256:" + "0" * 64


@dataclass(frozen=True, slots=True)
class Tree:
    """Where files of environments can be read: all names, and the files at some paths."""

    names: Collection[str]
    snapshot: Callable[[Collection[str]], Snapshot]


def check_environments(
    config: Config, tree_of: Callable[[Environment], Tree | Finding], tools: Toolbox
) -> Iterator[Finding]:
    """Findings about every edit of every app in every environment, and about the records there.

    ``tree_of`` gives the files of an environment, or says why they cannot be looked at.
    """
    seen: dict[int, Tree] = {}
    found: set[str] = set()
    wrong: set[tuple[int | None, int | None]] = set()
    for environment in config.environments.values():
        tree = tree_of(environment)
        if isinstance(tree, Finding):
            yield tree
            continue
        apps = found_apps(config, dict.fromkeys(config.environments, tree.names))
        here = [app for app in apps.values() if environment.name in environments_of(config, app)]
        found.update(apps)
        yield from check_edits(environment.name, here, tree, tools, wrong)
        if id(tree) not in seen:
            seen[id(tree)] = tree
            yield from _check_records(tree, config.environments, apps)
    if config.apps and not config.environments:
        yield _warning("GA070", "there are apps, but no environment that they could go to", "add `environments:`")
    if WILDCARD in config.apps and seen and found <= config.apps.keys():
        first = config.apps[WILDCARD].edits[0]
        message = f'the app "*" finds nothing: no path is like {first.file}'
        yield replace(_warning("GA071", message), line=first.line, column=first.column)


def check_edits(
    environment: str,
    apps: Collection[App],
    tree: Tree,
    tools: Toolbox,
    wrong: set[tuple[int | None, int | None]] | None = None,
) -> Iterator[Finding]:
    """Findings about the edits of these apps in one environment. ``wrong`` are the places in gitops.yaml of edits that
    are wrong in themselves, whatever the environment: each is told once and then added to it."""
    wrong = set() if wrong is None else wrong
    wanted = [(app, spec) for app in apps for spec in specs(app, environment)]
    paths = {path for _, spec in wanted for path in tools.editor(spec.kind).paths(spec)}
    snapshot = tree.snapshot(paths)
    for app, spec in wanted:
        path = None
        try:
            path = existing(spec, snapshot, tools)
            _try(app, environment, spec, snapshot.files[path], tools)
        except UsageError as error:
            place = (spec.line, spec.column)
            if place not in wrong:
                wrong.add(place)
                yield Finding(
                    error.code, "error", f"app {app.name}: {error.message}", "gitops.yaml", *place, error.hint
                )
        except GitOpsError as error:
            told = f"app {app.name} in {environment}: "
            yield from (replace(each, message=told + each.message, file=each.file or path) for each in error.findings())


def _try(app: App, environment: str, spec: EditSpec, file: File, tools: Toolbox) -> None:
    """Read the place, and edit it in memory where reading does not tell enough: whether a file has a place for the
    images of the app, or a place can be created. What would be written is thrown away."""
    text = tools.decode(file)
    editor = tools.editor(spec.kind)
    if spec.on_missing == "error":
        editor.read(text, spec)
        if spec.value is not None or not app.images:
            return  # a made-up value may be one that the file's own pattern rightly refuses
    images = tuple(Image(name, name, "0.0.0", _DIGEST) for name in app.images)
    release = Release("0.0.0", images, Source("source", "0" * 40, 0))
    editor.edit(text, filled(spec, release, app.name, environment), release)


def _check_records(tree: Tree, environments: Mapping[str, object], apps: Mapping[str, App]) -> Iterator[Finding]:
    paths = [name for name in tree.names if name.startswith(records.FOLDER + "/")]
    for path, file in tree.snapshot(paths).files.items():
        environment, _, name = path.removeprefix(records.FOLDER + "/").partition("/")
        app = name.removesuffix(".yaml")
        if records.path(environment, app) != path or "/" in app:
            yield _warning("GA072", "this is not a release record", "remove it from this folder", path)
            continue
        try:
            records.read(file.content, path)
        except GitOpsError as error:
            yield from error.findings()
            continue
        for what, known, word in (("environment", environments, environment), ("app", apps, app)):
            if word not in known:
                message = f"this is the record of {what} {word}, which gitops.yaml does not have"
                yield _warning("GA074", message, "delete it, or add it to gitops.yaml", path)


def _warning(code: str, message: str, hint: str | None = None, file: str = "gitops.yaml") -> Finding:
    return Finding(code, "warning", message, file, hint=hint)
