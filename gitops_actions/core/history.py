"""Who brought which release where, when, by which request: read off the base branch's own commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops_actions.core import messages, records, trailers
from gitops_actions.core.status import place_of
from gitops_actions.errors import EditRefused
from gitops_actions.model import Commit, PullRequest, Record


@dataclass(frozen=True, slots=True)
class Entry:
    """One release that reached an environment. ``time``: seconds since the epoch; ``came_from``: the environment it
    was promoted from; ``kind``: deploy, promote or remove."""

    app: str
    environment: str
    version: str | None
    previous: str | None
    kind: str
    time: int
    commit: str
    pull_request: int | None
    author: str
    came_from: str | None
    run: str | None


def from_records(
    log: Sequence[Commit],
    blobs: Mapping[str, bytes],
    brought: Mapping[str, Sequence[Commit]],
    merged: Iterable[PullRequest],
) -> list[Entry]:
    """Entries from commits that changed records, newest first.

    ``blobs`` are the records by blob id, ``brought`` the commits that a merge commit brought (by its id), ``merged``
    the merged requests.
    """
    numbers = {request.merge_commit: request.number for request in merged if request.merge_commit}
    found: list[Entry] = []
    last: dict[tuple[str, str], str | None] = {}
    for commit in reversed(log):
        for path, blob in sorted(commit.files.items()):
            place = place_of(path)
            if place is None:
                continue
            record = _record(blobs, blob, path)
            version = record.release.version if record else None
            origin = record.promoted_from if record else None
            source = _ours(commit, brought.get(commit.id, ()), place[1])
            found.append(
                Entry(
                    app=place[1],
                    environment=place[0],
                    version=version,
                    previous=last.get(place),
                    kind="remove" if record is None else "promote" if origin else "deploy",
                    time=commit.committer.time,
                    commit=commit.id,
                    pull_request=numbers.get(commit.id),
                    author=source.author.name,
                    came_from=origin,
                    run=_first(source, trailers.RUN),
                )
            )
            last[place] = version
    return found[::-1]


def from_trailers(log: Sequence[Commit], environments: Iterable[str], merged: Iterable[PullRequest]) -> list[Entry]:
    """Entries where records are off: from commits of ours on the first-parent line (squashed or pushed)."""
    numbers = {request.merge_commit: request.number for request in merged if request.merge_commit}
    wanted = set(environments)
    found: list[Entry] = []
    last: dict[tuple[str, str], str] = {}
    for commit in reversed(log):
        environment = _first(commit, trailers.ENVIRONMENT)
        if environment is None or environment not in wanted:
            continue
        origin = _first(commit, trailers.FROM)
        for app, release in messages.releases(commit.message).items():
            place = (environment, app)
            found.append(
                Entry(
                    app=app,
                    environment=environment,
                    version=release.version,
                    previous=last.get(place),
                    kind="promote" if origin else "deploy",
                    time=commit.committer.time,
                    commit=commit.id,
                    pull_request=numbers.get(commit.id),
                    author=commit.author.name,
                    came_from=origin,
                    run=_first(commit, trailers.RUN),
                )
            )
            last[place] = release.version
    return found[::-1]


def _record(blobs: Mapping[str, bytes], blob: str | None, path: str) -> Record | None:
    try:
        return records.read(blobs[blob], path) if blob is not None else None
    except EditRefused:
        return None


def _ours(commit: Commit, brought: Sequence[Commit], app: str) -> Commit:
    """The commit that made the release: behind a merge commit, the one of ours that it merged."""
    return next((one for one in brought if app in messages.releases(one.message)), commit)


def _first(commit: Commit, name: str) -> str | None:
    return trailers.trailers(commit.message).get(name, [None])[0]
