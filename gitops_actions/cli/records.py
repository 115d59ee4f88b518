"""Where `records: false` leaves no release records, what commits say takes their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gitops_actions.cli.session import Place, Session
from gitops_actions.core import messages, trailers
from gitops_actions.core.cells import paths
from gitops_actions.model import App, Commit, Record
from gitops_actions.protocols import Store


def told(store: Store, log: Iterable[Commit]) -> Iterator[Commit]:
    """The commits of a log, and behind each merge those that it brought: ours are among them."""
    for commit in log:
        yield commit
        if len(commit.parents) > 1:
            yield from store.ahead(commit.parents[0], commit.parents[1])


def known_records(
    session: Session, place: Place, environment: str, apps: Sequence[App]
) -> dict[tuple[str, str], Record]:
    """The releases that the newest commits of ours brought, by (environment, app); empty where records are on.

    It walks the history of the files concerned until every app is found: what doing without records costs.
    """
    if session.config.records:
        return {}
    missing = {app.name for app in apps}
    found: dict[tuple[str, str], Record] = {}
    files = [path for app in apps for path in paths(app, environment, session.tools)]
    for commit in told(place.store, place.store.log(place.branch, files)):
        values = trailers.trailers(commit.message)
        if values.get(trailers.ENVIRONMENT) != [environment]:
            continue
        for name, release in messages.releases(commit.message).items():
            if name in missing:
                missing.discard(name)
                origin = values.get(trailers.FROM, [None])[0]
                found[environment, name] = Record(name, environment, release, origin)
        if not missing:
            break
    return found
