"""The graph of environments; `config` has made sure that it has no cycle."""

from __future__ import annotations

from graphlib import TopologicalSorter

from gitops_actions.core.targets import environments_of
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Config, Environment
from gitops_actions.names import did_you_mean


def before(config: Config, name: str) -> set[str]:
    """Every environment on a way to this one."""
    found: set[str] = set()
    waiting = list(config.environments[name].after)
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting.extend(config.environments[here].after)
    return found


def ordered(config: Config) -> list[str]:
    """All environments, each behind those it comes after, else as they are listed."""
    listed = list(config.environments)
    sorter = TopologicalSorter({name: config.environments[name].after for name in listed})
    sorter.prepare()
    result: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=listed.index)
        result.extend(ready)
        sorter.done(*ready)
    return result


def sources(config: Config, app: App, name: str) -> list[str]:
    """Where an app comes from: for each `after`, the nearest environment at or before it that the app has."""
    own = set(environments_of(config, app))
    found: list[str] = []
    for previous in config.environments[name].after:
        for source in [previous] if previous in own else sources(config, app, previous):
            if source not in found:
                found.append(source)
    return found


def environment_called(config: Config, name: str, *, looking: bool = False) -> Environment:
    """One environment. Raises UsageError when there is none of that name. ``looking``: whoever gives the name wants to
    look at what there is, and to add nothing."""
    if name not in config.environments:
        known = ", ".join(config.environments) or "none"
        mend = f"give one of these: {known}" if looking and config.environments else "add it under `environments:`"
        hint = did_you_mean(name, config.environments) or mend
        raise UsageError(f"there is no environment {name!r} (known: {known})", code="GA037", hint=hint)
    return config.environments[name]
