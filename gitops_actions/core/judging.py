"""How a release stands to what an environment has, and to what waits for it in an open request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_actions.core import cells, messages, order
from gitops_actions.core.cells import Cell, Toolbox
from gitops_actions.core.proposal import Situation, Wishes
from gitops_actions.core.wording import Wording
from gitops_actions.model import App, Commit, Environment, Finding, Record, Release, Signature, Snapshot


@dataclass(frozen=True, slots=True)
class Part:
    """One app's share: the release it should have. ``release`` None: nothing is due, what it has is right."""

    app: App
    release: Release | None
    promoted_from: str | None = None
    asked: bool = True  # False: it only shares the request, and stays in it as it is


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every delivery of a run."""

    tools: Toolbox
    compare: order.Compare
    records: bool
    author: Signature
    wishes: Wishes
    wording: Wording
    known: Mapping[tuple[str, str], Record] = field(default_factory=dict)  # (environment, app), where records are off


def state(app: App, environment: str, snapshot: Snapshot, rules: Rules) -> Cell:
    """The cell of an app, from its record or, where records are off, from trailers. Raises EditRefused when the
    record cannot be read: without it, nobody knows what is the newer release."""
    cell = cells.cell(
        app, environment, snapshot, rules.tools, rules.known.get((environment, app.name)), filed=rules.records
    )
    if cell.problem is not None:
        raise cell.problem
    return cell


def judged(
    verb: str, app: App, environment: Environment, release: Release, situation: Situation, rules: Rules
) -> tuple[order.Order, Finding | None]:
    """How a release stands to the one that is there or, for a new one, waits in the open request; and what to say
    about it."""
    there = state(app, environment.name, situation.base, rules).release
    verdict = order.compare(release, there, rules.compare)
    where = f"in {environment.name}"
    if verdict.order is not order.Order.OLDER and verb == "Deploy":
        waiting = pending(app, situation)
        if waiting is not None:
            there, where = waiting, _where(app, situation)
            verdict = order.compare(release, there, rules.compare)
    if there is None or verdict.order in (order.Order.SAME, order.Order.NEWER):
        return verdict.order, None
    if verdict.order is order.Order.UNKNOWN:
        if verb != "Deploy":
            return verdict.order, None
        text = f"nothing tells whether {app.name} {release.version} is newer than {there.version} {where}"
        return verdict.order, Finding("GA314", "notice", text, hint="give --sequence, or --revision and a checkout")
    older = f"{app.name} {release.version} is older than {there.version} {where} ({verdict.by})"
    if rules.wishes.allow_downgrade:
        return verdict.order, Finding("GA311", "warning", f"{older}; going back, as --allow-downgrade says")
    hint = "to go back on purpose, use --allow-downgrade"
    return verdict.order, Finding("GA310", "notice", f"{older}; left as it is", hint=hint)


def numbered(part: Part, environment: Environment, situation: Situation, rules: Rules) -> Release:
    """The release with the number of the last numbered build, if it has none of its own: without it, one release by
    hand would let every late job of an older build through."""
    release = part.release
    assert release is not None  # noqa: S101 (only what is due comes here)
    if release.source.sequence is not None:
        return release
    record = state(part.app, environment.name, situation.base, rules).record
    known = [record.release if record is not None else None, pending(part.app, situation)]
    sources = [one.source for one in known if one is not None and one.source.repository == release.source.repository]
    numbers = [source.sequence for source in sources if source.sequence is not None]
    return replace(release, source=replace(release.source, sequence=max(numbers))) if numbers else release


def pending(app: App, situation: Situation) -> Release | None:
    """The release of an app that its open request would bring."""
    here = brought(app, () if situation.left else situation.ahead)
    return here or (brought(app, situation.former[1]) if situation.former is not None else None)


def brought(app: App, commits: Sequence[Commit]) -> Release | None:
    """The release of an app that commits (newest first) bring; the newest one that names it counts."""
    found = (messages.releases(commit.message) for commit in commits)
    return next((releases[app.name] for releases in found if app.name in releases), None)


def _where(app: App, situation: Situation) -> str:
    """Which request the pending release is in."""
    request = situation.open
    if situation.former is not None and not brought(app, () if situation.left else situation.ahead):
        request = situation.former[0]
    return f"in #{request.number}" if request is not None else "on the branch of its request"
