"""`status`: apps x environments."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gitops_actions.cli.options import RepositoryOptions, option, repository_options
from gitops_actions.cli.session import Session, open_session
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.survey import all_apps, begun, survey
from gitops_actions.cli.tables import table, when
from gitops_actions.core import graph, naming, records, status
from gitops_actions.core.cells import Cell
from gitops_actions.core.status import Standing
from gitops_actions.core.targets import environments_of, unknown_app
from gitops_actions.model import App, Commit, PullRequest


@click.command("status")
@option("--app", metavar="A", help="Only this app.")
@option("-e", "--environment", metavar="ENV", help="Only this environment.")
@option("--format", "form", type=click.Choice(["table", "json"]), help="Default: table, or as --output says.")
@repository_options
@click.pass_obj
def command(
    settings: Settings, repository: RepositoryOptions, app: str | None, environment: str | None, form: str | None
) -> None:
    """Show which version of every app is in which environment, since when, what waits, and what has drifted."""
    for what, name in (("app", app), ("environment", environment)):
        if name is not None:
            naming.checked(what, name)
    with open_session(settings, repository) as session:
        rows = standings(session, app=app, environment=environment)
    document = {"schema_version": 1, "command": "status", "cells": [_cell(row) for row in rows]}
    chosen = settings if form is None else settings.as_output("json" if form == "json" else "text")
    chosen.result(_table(rows, settings.now), document)
    for row in rows:
        if row.problem is not None:
            settings.finding(row.problem)


def standings(session: Session, *, app: str | None = None, environment: str | None = None) -> list[Standing]:
    """The rows of the table. Raises UsageError for names that do not exist."""
    config = session.config
    if environment is not None:
        graph.environment_called(config, environment, looking=True)
    apps = all_apps(session)
    if app is not None and app not in apps:
        raise unknown_app(app, apps, looking=True)
    chosen = [one for one in apps.values() if app in (None, one.name)]
    wanted: dict[str, list[App]] = {}
    branches: dict[str, set[str]] = {}
    there = begun(session, environment)
    for name in config.environments:
        if name not in there:
            continue
        wanted[name] = [one for one in chosen if name in environments_of(config, one)]
        branches.setdefault(session.place(config.environments[name]).branch, set()).add(name)
    logs: list[tuple[Sequence[Commit], set[str]]] = []
    requests: list[PullRequest] = []
    for branch, names in branches.items():
        place = session.place(config.environments[min(names)])
        if config.records:
            logs.append((place.store.log(branch, [records.FOLDER]), names))
        if place.forge is not None:
            requests += place.forge.find(state="open", base=branch)
    nothing = {
        (name, one.name): Cell(one, name, None, None)
        for name in config.environments
        if name not in there
        for one in chosen
    }
    cells = nothing | survey(session, wanted)
    since = {place: time for log, names in logs for place, time in status.since(log, names).items()}
    rows = status.standings(config, chosen, cells, since, requests)
    return [row for row in rows if environment in (None, row.environment)]


def _cell(row: Standing) -> dict[str, object]:
    request = row.pull_request
    drift = [
        {"file": one.file, "line": one.line, "path": one.path, "recorded": one.recorded, "found": one.found}
        for one in row.drift
    ]
    return {
        "app": row.app,
        "environment": row.environment,
        "version": row.version,
        "images": list(row.images),
        "revision": row.revision,
        "since": when(row.since),
        "pull_request": None
        if request is None
        else {"number": request.number, "url": request.url, "title": request.title},
        "drift": drift or None,
        "behind": row.behind,
        "hold": None,
    }


def _table(rows: list[Standing], now: int) -> str:
    if not rows:
        return "There is no app yet."
    lines = [["APP", "ENVIRONMENT", "VERSION", "SINCE", "WAITING", "NOTES"]]
    for row in rows:
        waiting = f"#{row.pull_request.number} {row.pull_request.title}" if row.pull_request else ""
        notes = [f"behind: {row.behind}"] if row.behind else []
        notes += [f"drift: {one.path} is {one.found}, recorded {one.recorded}" for one in row.drift]
        notes += ["record unreadable"] if row.problem else []
        lines.append([row.app, row.environment, row.version or "-", _ago(row.since, now), waiting, "; ".join(notes)])
    return table(lines)


def _ago(time: int | None, now: int) -> str:
    if time is None:
        return "-"
    seconds = max(0, now - time)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
