"""`history`: who brought which release where, when, by which request."""

from __future__ import annotations

import click

from gitops_actions.cli.options import RepositoryOptions, option, repository_options
from gitops_actions.cli.session import Place, Session, open_session
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.survey import all_apps, begun
from gitops_actions.cli.tables import table, when
from gitops_actions.core import graph, history, naming, records
from gitops_actions.core.cells import paths
from gitops_actions.core.history import Entry
from gitops_actions.core.targets import environments_of, unknown_app
from gitops_actions.model import App, Environment, PullRequest


@click.command("history")
@option("--app", metavar="A", help="Only this app.")
@option("-e", "--environment", metavar="ENV", help="Only this environment.")
@option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many entries.")
@repository_options
@click.pass_obj
def command(
    settings: Settings, repository: RepositoryOptions, app: str | None, environment: str | None, limit: int
) -> None:
    """Show who brought which release where, when, and by which request; newest first."""
    for what, name in (("app", app), ("environment", environment)):
        if name is not None:
            naming.checked(what, name)
    with open_session(settings, repository) as session:
        entries = _entries(session, app, environment, limit)
    document = {"schema_version": 1, "command": "history", "entries": [_document(entry) for entry in entries]}
    settings.result(_table(entries), document)


def _entries(session: Session, app: str | None, environment: str | None, limit: int) -> list[Entry]:
    config = session.config
    if environment is not None:
        graph.environment_called(config, environment, looking=True)
    found: list[Entry] = []
    apps = all_apps(session)
    if app is not None and app not in apps:
        raise unknown_app(app, apps, looking=True)
    there = begun(session, environment)
    for name, one in config.environments.items():
        if name not in there or environment not in (None, name):
            continue
        chosen = [each for each in apps.values() if app in (None, each.name) and name in environments_of(config, each)]
        if chosen:
            found += _of_environment(session, one, chosen, limit)
    found.sort(key=lambda entry: entry.time, reverse=True)
    return found[:limit]


def _of_environment(session: Session, environment: Environment, apps: list[App], limit: int) -> list[Entry]:
    place = session.place(environment)
    merged = place.forge.find(state="merged", base=place.branch) if place.forge is not None else ()
    if not session.config.records:
        files = [path for app in apps for path in paths(app, environment.name, session.tools)]
        entries = history.from_trailers(place.store.log(place.branch, files), [environment.name], merged)
        return [entry for entry in entries if entry.app in {app.name for app in apps}][:limit]
    return _from_records(place, environment.name, apps, merged, limit)


def _from_records(
    place: Place, environment: str, apps: list[App], merged: tuple[PullRequest, ...], limit: int
) -> list[Entry]:
    files = [records.path(environment, app.name) for app in apps]
    # One more than asked for tells what the oldest one replaced.
    log = place.store.log(place.branch, files, limit=limit + len(apps))
    ids = {blob for commit in log for blob in commit.files.values() if blob is not None}
    brought = {commit.id: place.store.ahead(commit.parents[0], commit.id) for commit in log if len(commit.parents) > 1}
    return history.from_records(log, place.store.blobs(ids), brought, merged)[:limit]


def _document(entry: Entry) -> dict[str, object]:
    return {
        "app": entry.app,
        "environment": entry.environment,
        "version": entry.version,
        "previous": entry.previous,
        "kind": entry.kind,
        "time": when(entry.time),
        "commit": entry.commit,
        "pull_request": entry.pull_request,
        "author": entry.author,
        "from": entry.came_from,
        "run": entry.run,
    }


def _table(entries: list[Entry]) -> str:
    if not entries:
        return "Nothing has been released yet."
    rows = [["TIME", "APP", "ENVIRONMENT", "VERSION", "BEFORE", "HOW", "REQUEST", "COMMIT", "AUTHOR"]]
    for entry in entries:
        how = (
            f"promoted from {entry.came_from}" if entry.came_from else {"deploy": "deployed"}.get(entry.kind, "removed")
        )
        request = f"#{entry.pull_request}" if entry.pull_request else ""
        rows.append(
            [when(entry.time) or "", entry.app, entry.environment, entry.version or "-", entry.previous or "-", how,
             request, entry.commit[:7], entry.author]
        )  # fmt: skip
    return table(rows)
