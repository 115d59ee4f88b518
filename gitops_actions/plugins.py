"""What can be plugged in: one lazy table of what is built in; entry points for names that the table does not know.

A name is looked up, never a module path: configuration comes from repositories, and must not choose what is imported
next to a token.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from gitops_actions.errors import UsageError
from gitops_actions.names import did_you_mean
from gitops_actions.protocols import Editor

Group = Literal["editors", "forges", "stores", "reporters", "runtimes", "agents"]

# group -> name -> module:attribute; a test imports each.
BUILT_IN: Mapping[Group, Mapping[str, str]] = {
    "editors": {
        "kustomize": "gitops_actions.edit.kustomize:Kustomize",
        "helm": "gitops_actions.edit.helm:HelmValues",
        "manifest": "gitops_actions.edit.manifest:Manifest",
        "chart": "gitops_actions.edit.chart:Chart",
        "argocd": "gitops_actions.edit.argocd:ArgoCD",
        "flux": "gitops_actions.edit.flux:Flux",
        "marker": "gitops_actions.edit.marker:Marker",
        "yaml": "gitops_actions.edit.yaml:YamlValue",
        "json": "gitops_actions.edit.json:JsonValue",
        "toml": "gitops_actions.edit.toml:TomlValue",
        "text": "gitops_actions.edit.text:TextPattern",
    },
    "stores": {"git": "gitops_actions.git.store:GitStore"},
    "forges": {
        "local": "gitops_actions.forge.local.forge:connect",
        "github": "gitops_actions.forge.github.forge:connect",
        "gitlab": "gitops_actions.forge.gitlab.forge:connect",
    },
    "runtimes": {
        "github": "gitops_actions.ci.github:GitHubActions",
        "gitlab": "gitops_actions.ci.gitlab:GitLabCI",
        "none": "gitops_actions.ci.plain:Plain",
    },
    "reporters": {
        "text": "gitops_actions.report.text:Text",
        "json": "gitops_actions.report.json:Json",
        "markdown": "gitops_actions.report.markdown:Markdown",
    },
    "agents": {"embedded": "gitops_actions.agent.embedded:Embedded"},
}


def names(group: Group) -> tuple[str, ...]:
    """All names of a group, built in and installed."""
    return tuple(dict.fromkeys((*BUILT_IN[group], *(point.name for point in _installed(group)))))


def load(group: Group, name: str) -> Any:
    """The class (or factory) of a name. Raises UsageError when there is none of that name."""
    if name in BUILT_IN[group]:
        module, _, attribute = BUILT_IN[group][name].partition(":")
        return getattr(importlib.import_module(module), attribute)
    for point in _installed(group):
        if point.name == name:
            return point.load()
    raise UsageError(
        f"no {group[:-1]} {name!r} is installed (known: {', '.join(names(group))})",
        code="GA027",
        hint=did_you_mean(name, names(group)) or "see gitops-actions plugins",
    )


def installed_templates() -> Mapping[str, Any]:
    """The sets of templates that installed packages bring: entry points by the names of the sets. Each names a package
    whose folder is the set."""
    return {point.name: point for point in _installed("templates")}


class Editors(Mapping[str, Editor]):
    """All editors by kind, each imported when it is first asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Editor] = {}
        self._others: frozenset[str] | None = None

    def __getitem__(self, kind: str) -> Editor:
        if kind not in self._loaded:
            try:
                self._loaded[kind] = load("editors", kind)()
            except UsageError:
                raise KeyError(kind) from None
        return self._loaded[kind]

    def __contains__(self, kind: object) -> bool:
        # Without importing it, and with one search for entry points at most, which costs more than all the rest.
        if kind in BUILT_IN["editors"]:
            return True
        if self._others is None:
            self._others = frozenset(point.name for point in _installed("editors"))
        return kind in self._others

    def __iter__(self) -> Iterator[str]:
        return iter(names("editors"))

    def __len__(self) -> int:
        return len(names("editors"))


def _installed(group: str) -> Any:
    from importlib.metadata import entry_points

    return entry_points(group=f"gitops_actions.{group}")
