"""From the files of a config repo to the files that an app is: as they are, or by `kustomize` or `helm`."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gitops_actions.agent.objects import objects_in
from gitops_actions.agent.program import output_of, search_path
from gitops_actions.errors import DeploymentFailed, UsageError
from gitops_actions.model import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, File, Finding
from gitops_actions.names import complaint_about_name, complaint_about_path
from gitops_actions.protocols import Store

Method = Literal["none", "kustomize", "helm"]
Mode = Literal["auto", "none", "kustomize", "helm"]

MANIFESTS = "manifests.yaml"
CHART = "Chart.yaml"
# https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_INSTALL = "install it, or say --render none"
# At the root of a branch these are gitops-actions' own, no part of an app.
OURS = ("gitops.yaml", ".gitops/")


@dataclass(frozen=True, slots=True)
class AppFolder:
    """An app as the agent sees it: the folder in the config repo (``""``: the root), Helm values files beside it."""

    name: str
    folder: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs that can render, as found on PATH, and the environment they are found in."""

    kustomize: tuple[str, ...] | None
    helm: tuple[str, ...] | None
    environ: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What an app came to: its files, by path below the app's folder, and the objects in them."""

    method: Method
    files: Mapping[str, File]
    objects: tuple[str, ...]


def found_tools(environ: Mapping[str, str]) -> Tools:
    """Look for `kustomize`, else `kubectl`, and for `helm` on the PATH of ``environ``."""
    path = search_path(environ)
    kustomize, kubectl, helm = (shutil.which(name, path=path) for name in ("kustomize", "kubectl", "helm"))
    build = (kustomize, "build") if kustomize else (kubectl, "kustomize") if kubectl else None
    return Tools(build, (helm,) if helm else None, environ)


def render(
    store: Store, branch: str, apps: Sequence[AppFolder], mode: Mode, tools: Tools, scratch: Path
) -> tuple[dict[str, Rendered], tuple[Finding, ...]]:
    """Render every app of a branch, with the empty folder ``scratch`` to work in. Answers the apps by name, and what
    a person should know.

    Raises DeploymentFailed when an app has no files, when a program fails, when a file is not to be published
    (a symbolic link, a submodule, broken YAML); UsageError for a name or folder that is no name or folder.
    """
    listed: dict[str, tuple[str, ...]] = {}
    methods: dict[str, Method] = {}
    findings: list[Finding] = []
    for app in apps:
        _check(app)
        listed[app.name] = _listed(store, branch, app)
        methods[app.name], finding = _method(app, listed[app.name], mode, tools)
        findings.extend(finding)
    built = any(method != "none" for method in methods.values())
    paths = store.names(branch) if built else [path for names in listed.values() for path in names]
    files = store.snapshot(branch, paths).files
    rendered: dict[str, Rendered] = {}
    export, home = scratch / "export", scratch / "home"
    if built:
        home.mkdir()
        _export(export, files)
    for app in apps:
        method = methods[app.name]
        if method == "none":
            published = _as_they_are(app, {path: files[path] for path in listed[app.name]})
        else:
            output = output_of(_build(app, method, export, tools), folder=export, home=home, environ=tools.environ)
            published = {MANIFESTS: File(output)}
        rendered[app.name] = Rendered(method, published, _objects(app, method, published))
    return rendered, tuple(findings)


def _check(app: AppFolder) -> None:
    if complaint := complaint_about_name(app.name):
        raise UsageError(f"app name {app.name!r} {complaint}", code="GA505", hint="rename the app in gitops.yaml")
    for path in (app.folder, *app.values):
        if path and (complaint := complaint_about_path(path)):
            raise UsageError(f"{path!r} of app {app.name} {complaint}", code="GA505", hint="mend it in gitops.yaml")


def _listed(store: Store, branch: str, app: AppFolder) -> tuple[str, ...]:
    names = store.names(branch, app.folder)
    if app.folder == "":
        names = tuple(name for name in names if not name.startswith(OURS))
    if not names:
        raise DeploymentFailed(
            f"app {app.name} has no files: there is nothing below {app.folder or 'the root'} on {branch}",
            code="GA502",
            hint="to take the app away, remove it from `apps:` in gitops.yaml; else mend its `path`",
        )
    for name in names:
        if complaint := complaint_about_path(name):
            raise DeploymentFailed(f"file name {name!r} {complaint}", code="GA502", hint="rename the file")
    return names


def _method(app: AppFolder, names: Collection[str], mode: Mode, tools: Tools) -> tuple[Method, tuple[Finding, ...]]:
    beside = {_below(app, name) for name in names}
    kustomization, chart = not beside.isdisjoint(KUSTOMIZATIONS), CHART in beside
    if mode == "kustomize" and tools.kustomize is None:
        raise UsageError(
            "neither kustomize nor kubectl is on the PATH", code="GA507", hint="install it, or --render none"
        )
    if mode == "helm" and tools.helm is None:
        raise UsageError("helm is not on the PATH", code="GA507", hint=_INSTALL)
    if mode != "auto":
        return mode, ()
    if kustomization and tools.kustomize:
        return "kustomize", ()
    if chart and tools.helm:
        return "helm", ()
    if not kustomization and not chart:
        return "none", ()
    what, program = ("kustomization", "kustomize") if kustomization else ("Helm chart", "helm")
    return "none", (
        Finding(
            "GA507",
            "notice",
            f"app {app.name} is a {what} and {program} is not installed here: its files are published as they are",
            hint=f"install {program}, or say --render none",
        ),
    )


def _export(export: Path, files: Mapping[str, File]) -> None:
    """Write the files of the branch for a program to read. Symbolic links and submodules stay out: a link may lead
    anywhere on this machine, and helm follows it."""
    export.mkdir()
    for path, file in files.items():
        if file.mode in (REGULAR, EXECUTABLE) and complaint_about_path(path) is None:
            place = export / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.content)


def _build(app: AppFolder, method: Method, export: Path, tools: Tools) -> list[str]:
    folder = str(export / app.folder)  # absolute: a folder called `-x` is no option
    if method == "kustomize" and tools.kustomize is not None:
        return [*tools.kustomize, folder]
    values = [part for path in app.values for part in ("-f", str(export / path))]
    return [*(tools.helm or ()), "template", app.name, folder, *values, "--include-crds"]


def _as_they_are(app: AppFolder, files: Mapping[str, File]) -> dict[str, File]:
    published = {}
    for path, file in files.items():
        if what := _pointer(file):
            raise DeploymentFailed(
                f"{what} is not published: what it stands for is not part of app {app.name}",
                code="GA502",
                file=path,
                hint="put the file itself there, or give the app a `path` without it",
            )
        published[_below(app, path)] = file
    return published


def _pointer(file: File) -> str | None:
    """What a file is when it only stands for another one."""
    if file.mode in (SYMLINK, SUBMODULE):
        return "a symbolic link" if file.mode == SYMLINK else "a submodule"
    # https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    return "a Git LFS pointer" if file.content.startswith(b"version https://git-lfs.github.com/spec/") else None


def _below(app: AppFolder, path: str) -> str:
    return path.removeprefix(f"{app.folder}/") if app.folder else path


def _objects(app: AppFolder, method: Method, files: Mapping[str, File]) -> tuple[str, ...]:
    """The objects of an app: those in its YAML, and every file that holds none. Raises DeploymentFailed."""
    charts = {posixpath.dirname(path) for path in files if posixpath.basename(path) == CHART}
    found: set[str] = set()
    for path, file in files.items():
        objects: tuple[str, ...] = ()
        if path.lower().endswith((".yaml", ".yml")) and not _is_template(path, charts):
            shown = posixpath.join(app.folder, path) if method == "none" else f"{method} of {app.name}"
            objects = objects_in(shown, file.content)
        found.update(objects)
        if not objects and method == "none":
            found.add(f"file {app.name}/{path}")
    return tuple(sorted(found))


def _is_template(path: str, charts: Collection[str]) -> bool:
    """Whether a file is a template of a Helm chart, which is YAML only once Helm has been over it."""
    parts = path.split("/")
    return any(part == "templates" and "/".join(parts[:at]) in charts for at, part in enumerate(parts))
