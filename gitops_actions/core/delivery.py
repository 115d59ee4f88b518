"""Releases of one or several apps for one environment, as a proposal: order, drafts, records, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_actions.core import cells, harmless, messages, naming, order, proposal, records
from gitops_actions.core.cells import Cell, Draft, Toolbox
from gitops_actions.core.proposal import Proposal, Situation, Wishes
from gitops_actions.core.wording import Delivered, Step, Wording
from gitops_actions.errors import EditRefused
from gitops_actions.model import (
    Action,
    App,
    Change,
    Commit,
    Environment,
    FileChange,
    Finding,
    Outcome,
    Plan,
    Record,
    Release,
    RequestText,
    Signature,
    Snapshot,
)


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


def environment_paths(environment: str, apps: Sequence[App], tools: Toolbox) -> list[str]:
    """All paths that matter for these apps in an environment."""
    return [path for app in apps for path in cells.paths(app, environment, tools)]


def plan(
    verb: str, environment: Environment, base: str, parts: Sequence[Part], situation: Situation, rules: Rules
) -> Plan:
    """What to do so that an environment gets these releases. ``verb`` is `Deploy` or `Promote`.

    Raises EditRefused, UsageError (a release lacks what an edit needs) and ForeignCommits.
    """
    wishes = rules.wishes
    due: list[tuple[Part, Release]] = []
    findings: list[Finding] = []
    older = 0
    for part in parts:
        if part.release is None:
            continue
        verdict, finding = _judged(verb, part.app, environment, part.release, situation, rules)
        if finding is not None:
            findings.append(finding)
        if verdict is order.Order.OLDER and not wishes.allow_downgrade:
            older += part.asked
            continue
        due.append((part, _numbered(part, environment, situation, rules)))
    deliver = wishes.deliver or environment.deliver
    shared = environment.group == "environment"
    branch = wishes.branch or naming.branch(environment.name, None if shared else parts[0].app.name)
    names = tuple(part.app.name for part in parts)
    # A promotion that is older has no business in an open request either: what is there for it is closed below.
    if older and not any(part.asked for part, _ in due) and (verb == "Deploy" or situation.open is None):
        return Plan(
            Action.NOTHING, Outcome.SUPERSEDED, environment.name, names, base, branch=branch,
            pull_request=situation.open, versions=_versions(parts), findings=tuple(findings),
        )  # fmt: skip

    def drafted(snapshot: Snapshot) -> Draft:
        return _draft(due, environment, snapshot, rules, adopt=deliver == "push")

    draft = drafted(situation.base)
    touched = {change.app for change in draft.changes} | _recorded(draft)
    bringing = {part.app.name: release for part, release in due if part.app.name in touched} or {
        part.app.name: release for part, release in due
    }
    versions = {name: release.version for name, release in bringing.items()}
    came_from = next((part.promoted_from for part, _ in due if part.promoted_from), None)
    told = Delivered(
        wording=rules.wording,
        verb=verb,
        environment=environment.name,
        versions=versions,
        subject=messages.subject(verb, versions, environment.name),
        changes=draft.changes,
        promoted_from=came_from,
        run=wishes.run,
        actor=wishes.actor,
        steps=lambda: _steps(due, bringing, environment, situation, rules),
    )
    title = harmless.plain(wishes.title, harmless.TITLE) if wishes.title else None
    text = RequestText(
        title="",
        body="",
        labels=tuple(dict.fromkeys(" ".join(label.split()) for label in (*environment.labels, *wishes.labels))),
        assignees=wishes.assignees,
        reviewers=(*environment.reviewers, *wishes.reviewers),
        team_reviewers=environment.team_reviewers,
        draft=wishes.draft,
    )
    return proposal.plan(
        Proposal(
            environment=environment.name,
            apps=names,
            base=base,
            branch=branch,
            deliver=deliver,
            draft=draft,
            redraft=drafted,
            agrees=_same_record,
            turned_away=lambda commit: _brings_all(commit, bringing),
            message=lambda: messages.commit_message(
                told.subject,
                bringing,
                environment.name,
                promoted_from=came_from,
                run=wishes.run,
                changelogs=told.changelogs(),
            ),
            text=lambda: replace(text, title=title or told.title()),
            titles=lambda: {title} if title else told.titles(),
            body=lambda: harmless.body(wishes.body) if wishes.body else told.body(),
            versions=versions or _versions(parts),
            auto_merge=environment.auto_merge if wishes.auto_merge is None else wishes.auto_merge,
            merge_method=wishes.merge_method or environment.merge_method,
            findings=tuple(findings),
        ),
        situation,
        wishes,
        rules.author,
    )


def state(app: App, environment: str, snapshot: Snapshot, rules: Rules) -> Cell:
    """The cell of an app, from its record or, where records are off, from trailers. Raises EditRefused when the
    record cannot be read: without it, nobody knows what is the newer release."""
    cell = cells.cell(
        app, environment, snapshot, rules.tools, rules.known.get((environment, app.name)), filed=rules.records
    )
    if cell.problem is not None:
        raise cell.problem
    return cell


def _steps(
    due: Sequence[tuple[Part, Release]],
    bringing: Mapping[str, Release],
    environment: Environment,
    situation: Situation,
    rules: Rules,
) -> list[Step]:
    """What each app of a delivery goes from and to."""
    return [
        Step(part.app.name, release, state(part.app, environment.name, situation.base, rules).release)
        for part, release in due
        if part.app.name in bringing
    ]


def _judged(
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


def _numbered(part: Part, environment: Environment, situation: Situation, rules: Rules) -> Release:
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


def _draft(
    due: Sequence[tuple[Part, Release]], environment: Environment, snapshot: Snapshot, rules: Rules, *, adopt: bool
) -> Draft:
    """The edits of all parts in the files of a snapshot, with their records.

    A record is written with every changed value. Where no value changes it is written when another release with the
    same values comes (a moved tag), or (``adopt``, a commit without a request) whenever it says something else.
    """
    files: dict[str, FileChange] = {}
    changes: list[Change] = []
    for part, release in due:
        one = cells.draft(part.app, environment.name, release, snapshot, rules.tools, files)
        files.update(one.files)
        changes.extend(one.changes)
        if not rules.records:
            continue
        there = state(part.app, environment.name, snapshot, rules)
        known = there.record is not None and release.same_as(there.record.release)
        moved = there.record is not None and not there.drift
        if one.changes or (not known and (adopt or moved)):
            path = records.path(environment.name, part.app.name)
            content = records.render(Record(part.app.name, environment.name, release, part.promoted_from))
            if path not in snapshot.files or snapshot.files[path].content != content:
                files[path] = FileChange(path, content)
    return Draft(files, tuple(changes))


def _recorded(draft: Draft) -> set[str | None]:
    """The apps whose record is in a draft."""
    return {
        path.rpartition("/")[2].removesuffix(".yaml") for path in draft.files if path.startswith(records.FOLDER + "/")
    }


def _same_record(path: str, there: bytes, wanted: bytes) -> bool:
    """Two records of the same release agree: another run of the same build is no reason for another commit."""
    if there == wanted or not path.startswith(records.FOLDER + "/"):
        return there == wanted
    try:
        one, other = records.read(there, path), records.read(wanted, path)
    except EditRefused:
        return False
    return one.release.same_as(other.release)


def _brings_all(commit: Commit, bringing: Mapping[str, Release]) -> bool:
    brought = messages.releases(commit.message)
    return bool(bringing) and all(
        name in brought and release.same_as(brought[name]) for name, release in bringing.items()
    )


def _versions(parts: Sequence[Part]) -> dict[str, str]:
    return {part.app.name: part.release.version for part in parts if part.release is not None}
