"""`--set FILE:PATH=VALUE`: the smallest way in. No gitops.yaml, no record; order only by sequence, in trailers."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from gitops_actions import harmless
from gitops_actions.core import assignments, cells, messages, planning, trailers
from gitops_actions.core.cells import Draft, Toolbox
from gitops_actions.core.proposal import Proposal, Situation, Wishes
from gitops_actions.core.wording import Delivered, Step, Wording
from gitops_actions.errors import UsageError
from gitops_actions.model import (
    Action,
    App,
    Commit,
    EditSpec,
    Finding,
    Outcome,
    Plan,
    Release,
    RequestText,
    Signature,
    Snapshot,
    Source,
)
from gitops_actions.names import complaint_about_path

# By the extension of a file.
KINDS = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `FILE:PATH=VALUE`."""

    file: str
    path: str
    value: str

    def __str__(self) -> str:
        return f"{self.file}:{self.path}={self.value}"


def parse(text: str) -> Assignment:
    """An assignment. Raises UsageError. The file ends at the first colon."""
    file, colon, rest = text.partition(":")
    parts = assignments.split(rest)
    if not colon or parts is None:
        raise UsageError(
            f"{text[:200]!r} is not FILE:PATH=VALUE", code="GA050", hint="such as values.yaml:image.tag=1.2"
        )
    complaint = complaint_about_path(file)
    if complaint:
        raise UsageError(f"file {file[:200]!r} {complaint}", code="GA051")
    path, value = parts
    if not value.isprintable():
        raise UsageError(f"the value for {path[:200]!r} holds a control character or line end", code="GA052")
    kind = KINDS.get(posixpath.splitext(file)[1].lower())
    if kind is None:
        raise UsageError(f"what is {file[:200]!r}?", code="GA053", hint=f"--set knows {', '.join(KINDS)}")
    return Assignment(file, path, value)


def parse_all(texts: Sequence[str]) -> list[Assignment]:
    """Several assignments. Raises UsageError when one is none, or when two are for the same place."""
    found: dict[tuple[str, str], Assignment] = {}
    for text in texts:
        value = parse(text)
        if (value.file, value.path) in found:
            raise UsageError(f"--set gives {value.file}:{value.path} twice", code="GA054", hint="leave one of them out")
        found[value.file, value.path] = value
    return list(found.values())


def plan(
    base: str,
    branch: str,
    values: Sequence[Assignment],
    source: Source,
    situation: Situation,
    log: Sequence[Commit],
    tools: Toolbox,
    wishes: Wishes,
    wording: Wording,
    author: Signature,
) -> Plan:
    """What to do so that the files have these values. ``log``: the commits that changed them, newest first; needed
    only where the source has a sequence."""
    edits = tuple(EditSpec(_kind(value.file), value.file, path=value.path, value=value.value) for value in values)
    app = App(name="", edits=edits)
    release = Release(version="-", source=source)

    def drafted(snapshot: Snapshot) -> Draft:
        return cells.draft(app, None, release, snapshot, tools)

    newer = _newer(source, (*situation.ahead, *log)) if not wishes.allow_downgrade else None
    if newer is not None:
        note = Finding("GA310", "notice", f"build {source.sequence} is older than build {newer}, which set these files")
        return Plan(
            Action.NOTHING,
            Outcome.SUPERSEDED,
            None,
            (),
            base,
            branch=branch,
            pull_request=situation.open,
            findings=(note,),
        )
    draft = drafted(situation.base)
    told = Delivered(
        wording=wording,
        verb="Set",
        environment=None,
        versions={},
        subject=_subject(values),
        changes=draft.changes,
        run=wishes.run,
        actor=wishes.actor,
        steps=lambda: [Step(None, release)],
    )
    title = harmless.plain(wishes.title, harmless.TITLE) if wishes.title else told.title()
    marks = [(trailers.SET, _mark(value)) for value in values]
    message = [*marks, *messages.source_trailers(source), (trailers.RUN, wishes.run)]
    text = RequestText(
        title=title,
        body="",
        labels=wishes.labels,
        assignees=wishes.assignees,
        reviewers=wishes.reviewers,
        draft=wishes.draft,
    )
    return planning.plan(
        Proposal(
            environment=None,
            apps=(),
            base=base,
            branch=branch,
            deliver=wishes.deliver or "pull-request",
            draft=draft,
            redraft=drafted,
            turned_away=lambda commit: _same_marks(commit, values),
            message=lambda: f"{told.subject}\n\n{trailers.paragraph(message)}\n",
            text=lambda: text,
            titles=lambda: {title},
            body=lambda: harmless.body(wishes.body) if wishes.body else told.body(),
            auto_merge=bool(wishes.auto_merge),
            merge_method=wishes.merge_method,
        ),
        situation,
        wishes,
        author,
    )


def _newer(source: Source, commits: Sequence[Commit]) -> int | None:
    """The sequence of a later build of the same source among these commits of ours."""
    for commit in commits:
        values = trailers.trailers(commit.message)
        there = messages.source(values)
        if trailers.SET not in values or there.repository != source.repository or there.sequence is None:
            continue
        return there.sequence if source.sequence is not None and there.sequence > source.sequence else None
    return None


def _same_marks(commit: Commit, values: Sequence[Assignment]) -> bool:
    """Whether a commit of ours sets these values; a trailer has no blanks at its end."""
    marks = trailers.trailers(commit.message).get(trailers.SET, [])
    return sorted(marks) == sorted(_mark(value).rstrip() for value in values)


def _mark(value: Assignment) -> str:
    """A trailer's value: a commit message must not close an issue because a value says so."""
    return harmless.exact(str(value))


def _subject(values: Sequence[Assignment]) -> str:
    first = values[0]
    text = f"Set {first.path} to {first.value} in {first.file}"
    text = text if len(values) == 1 and len(text) <= 100 else f"Set {len(values)} values in {first.file}"
    return harmless.plain(text)


def _kind(file: str) -> str:
    return KINDS[posixpath.splitext(file)[1].lower()]
