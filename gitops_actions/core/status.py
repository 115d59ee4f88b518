"""Apps x environments: which version is where, since when, and what waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gitops_actions.core import graph, naming, records
from gitops_actions.core.cells import Cell, Drift
from gitops_actions.core.targets import environments_of
from gitops_actions.model import App, Commit, Config, Finding, PullRequest


@dataclass(frozen=True, slots=True)
class Standing:
    """One cell of the table. ``since``: seconds since the epoch; ``behind``: the version that waits in an
    environment before this one; ``images`` are full references."""

    app: str
    environment: str
    version: str | None
    images: tuple[str, ...] = ()
    revision: str | None = None
    since: int | None = None
    pull_request: PullRequest | None = None
    drift: tuple[Drift, ...] = ()
    behind: str | None = None
    problem: Finding | None = None


def standings(
    config: Config,
    apps: Collection[App],
    cells: Mapping[tuple[str, str], Cell],
    since: Mapping[tuple[str, str], int],
    requests: Collection[PullRequest],
) -> list[Standing]:
    """A row per app and environment, in the order of the apps and of the graph."""
    by_branch = {request.branch: request for request in requests}
    order = graph.ordered(config)
    found: list[Standing] = []
    for app in apps:
        own = set(environments_of(config, app))
        for name in order:
            if name not in own:
                continue
            cell = cells[name, app.name]
            release = cell.release
            shared = config.environments[name].group == "environment"
            found.append(
                Standing(
                    app=app.name,
                    environment=name,
                    version=release.version if release else None,
                    images=tuple(image.reference for image in release.images) if release else (),
                    revision=release.source.revision if release else None,
                    since=since.get((name, app.name)),
                    pull_request=by_branch.get(naming.branch(name, None if shared else app.name)),
                    drift=cell.drift,
                    behind=_behind(config, app, name, cells),
                    problem=cell.problem.findings()[0] if cell.problem else None,
                )
            )
    return found


def since(log: Sequence[Commit], environments: Collection[str]) -> dict[tuple[str, str], int]:
    """When each record was last written, by (environment, app); ``log`` newest first, with files."""
    found: dict[tuple[str, str], int] = {}
    for commit in log:
        for path in commit.files:
            place = place_of(path)
            if place is not None and place[0] in environments:
                found.setdefault(place, commit.committer.time)
    return found


def place_of(path: str) -> tuple[str, str] | None:
    """(environment, app) of a record's path; None for another path."""
    folder, _, name = path.rpartition("/")
    parent, _, environment = folder.rpartition("/")
    return (environment, name[:-5]) if parent == records.FOLDER and name.endswith(".yaml") else None


def _behind(config: Config, app: App, name: str, cells: Mapping[tuple[str, str], Cell]) -> str | None:
    mine = cells[name, app.name].release
    for source in graph.sources(config, app, name):
        theirs = cells[source, app.name].release
        if theirs is not None and (mine is None or not theirs.same_as(mine)):
            return theirs.version
    return None
