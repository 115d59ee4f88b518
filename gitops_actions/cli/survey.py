"""What is where: the cells of environments, read in as few steps as possible."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gitops_actions.cli.records import known_records
from gitops_actions.cli.session import Session
from gitops_actions.core import cells
from gitops_actions.core.cells import Cell, environment_paths
from gitops_actions.core.targets import WILDCARD, environments_of, found_apps
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Finding


def all_apps(session: Session) -> dict[str, App]:
    """The apps that the policy lists, and those that `"*"` finds."""
    if session.apps is None:
        session.apps = found_apps(session.config, names_by_environment(session))
    return session.apps


def names_by_environment(session: Session) -> dict[str, Collection[str]]:
    """The files where each environment lives; only `"*"` needs them."""
    if WILDCARD not in session.config.apps:
        return {}
    found: dict[str, Collection[str]] = {}
    by_branch: dict[str, Collection[str]] = {}
    for name, environment in session.config.environments.items():
        place = session.place(environment)
        if place.branch not in by_branch:
            try:
                by_branch[place.branch] = place.store.names(place.branch)
            except UsageError:  # no such branch yet: nothing is found there, and whoever goes there is told
                by_branch[place.branch] = ()
        found[name] = by_branch[place.branch]
    return found


def begun(session: Session, asked: str | None) -> set[str]:
    """The environments that have their branch already. Of the others it is said that nothing is there, unless one
    environment is asked for; raises UsageError when that one has none."""
    found: set[str] = set()
    errors: dict[str, UsageError | None] = {}
    for name, environment in session.config.environments.items():
        place = session.place(environment)
        if place.branch not in errors:
            try:
                place.store.snapshot(place.branch, ())
                errors[place.branch] = None
            except UsageError as error:
                errors[place.branch] = error
        problem = errors[place.branch]
        if problem is None:
            found.add(name)
        elif asked == name:
            raise problem
        elif asked is None:
            message = f"environment {name} is empty: {problem.message}"
            hint = "push it, or mend `branch:` of the environment in gitops.yaml"
            session.settings.finding(Finding(problem.code, "notice", message, hint=hint))
    return found


def survey(session: Session, wanted: Mapping[str, Collection[App]]) -> dict[tuple[str, str], Cell]:
    """The cells of these apps by environment: one read for all environments on a branch."""
    config, found = session.config, {}
    by_branch: dict[str, list[str]] = {}
    for name in wanted:
        by_branch.setdefault(session.place(config.environments[name]).branch, []).append(name)
    for names in by_branch.values():
        place = session.place(config.environments[names[0]])
        here = {name: [app for app in wanted[name] if name in environments_of(config, app)] for name in names}
        paths = [path for name in names for path in environment_paths(name, here[name], session.tools)]
        snapshot = place.store.snapshot(place.branch, paths, likely=session.likely)
        for name in names:
            known = known_records(session, place, name, here[name])
            for app in here[name]:
                found[name, app.name] = cells.cell(
                    app, name, snapshot, session.tools, known.get((name, app.name)), filed=config.records
                )
    return found
