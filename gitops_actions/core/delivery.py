"""Releases of one or several apps for one environment, as a proposal: order, drafts, records, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gitops_actions import harmless
from gitops_actions.core import cells, deployments, judging, messages, naming, order, planning, records
from gitops_actions.core.cells import Draft
from gitops_actions.core.judging import Part, Rules
from gitops_actions.core.proposal import Proposal, Situation
from gitops_actions.core.wording import Delivered, Step
from gitops_actions.errors import EditRefused
from gitops_actions.model import (
    Action,
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
    Snapshot,
)


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
        verdict, finding = judging.judged(verb, part.app, environment, part.release, situation, rules)
        if finding is not None:
            findings.append(finding)
        if verdict is order.Order.OLDER and not wishes.allow_downgrade:
            older += part.asked
            continue
        due.append((part, judging.numbered(part, environment, situation, rules)))
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
        milestone=environment.milestone,
        draft=wishes.draft,
    )
    made = planning.plan(
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
    asked = {part.app.name: release for part, release in due if part.asked}
    brought = {name: release for name, release in bringing.items() if name in asked}
    return deployments.told(made, environment, brought, asked if verb == "Deploy" else {})


def _steps(
    due: Sequence[tuple[Part, Release]],
    bringing: Mapping[str, Release],
    environment: Environment,
    situation: Situation,
    rules: Rules,
) -> list[Step]:
    """What each app of a delivery goes from and to."""
    return [
        Step(part.app.name, release, judging.state(part.app, environment.name, situation.base, rules).release)
        for part, release in due
        if part.app.name in bringing
    ]


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
        there = judging.state(part.app, environment.name, snapshot, rules)
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
