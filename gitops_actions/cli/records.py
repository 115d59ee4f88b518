"""Where `records: false` leaves no release records, what commits say takes their place."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_actions.cli.session import Place, Session
from gitops_actions.core import messages, trailers
from gitops_actions.core.cells import paths
from gitops_actions.model import App, Record


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
    for commit in place.store.log(
        place.branch, [path for app in apps for path in paths(app, environment, session.tools)]
    ):
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
