"""Titles and bodies of requests, from templates: ours in `templates/messages/`, or those of gitops.yaml.

A body is made only when a request is written, and so is a title of gitops.yaml's own: the renderer takes long to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from gitops_actions import harmless
from gitops_actions.core import changelog, messages
from gitops_actions.core.changelog import Changelog
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import (
    Change,
    Changes,
    Commit,
    Finding,
    Image,
    Messages,
    Release,
    Signature,
    Source,
    Template,
)

ROWS = 50  # values that a body shows


class Render(Protocol):
    """Fills a template. It may have to be loaded first."""

    def __call__(
        self,
        name: str,
        own: str | None,
        data: Mapping[str, Any],
        *,
        shown: Callable[[Any], str],
        filters: Mapping[str, Callable[[Any], str]],
    ) -> str:
        """The text of ``own``, or else of our template ``name``. Every value is written as ``shown`` says. Raises
        UsageError, without a place, for a template that is wrong."""
        ...


class History(Protocol):
    """What is known of source repositories; each question is asked once, when it comes up."""

    def changes(self, repository: str | None, old: str, new: str, limit: int) -> Changes | None:
        """The newest commits that ``new`` has and ``old`` lacks; None: not known."""
        ...

    def compare_url(self, repository: str | None, old: str, new: str) -> str | None:
        """Where a person sees them."""
        ...


@dataclass(frozen=True, slots=True)
class Wording:
    """What texts are made with."""

    render: Render
    history: History
    own: Messages = field(default_factory=Messages)


@dataclass(frozen=True, slots=True)
class Step:
    """A release of an app (None: values that were set), and the one that it takes the place of."""

    app: str | None
    release: Release
    previous: Release | None = None

    @property
    def revisions(self) -> tuple[str, str] | None:
        """The two commits of one source that it goes between, where they differ."""
        here, there = self.release.source, self.previous.source if self.previous is not None else Source()
        if here.revision is None or there.revision is None or here.repository != there.repository:
            return None
        return (there.revision, here.revision) if there.revision != here.revision else None


@dataclass(slots=True)
class Delivered:
    """What a text is about. ``steps`` and what follows from them are found out when they are first needed."""

    wording: Wording
    verb: str
    environment: str | None
    versions: Mapping[str, str]
    subject: str
    changes: Sequence[Change] = ()
    promoted_from: str | None = None
    run: str | None = None
    actor: str | None = None
    steps: Callable[[], Sequence[Step]] = field(default=lambda: ())
    _logs: list[tuple[Step, Changelog | None]] | None = field(default=None, init=False)

    def title(self) -> str:
        """The title of a request. Raises UsageError for a template of gitops.yaml that is wrong."""
        own = self.wording.own.title
        if own is None:  # what the template says, without loading the renderer
            return harmless.line(self.subject, harmless.TITLE)
        made = harmless.line(self._filled("title.j2", own, self._common()), harmless.TITLE)
        if not made:
            raise _wrong("title", own, UsageError("nothing comes out", hint="a request needs a title"))
        return made

    def titles(self) -> set[str]:
        """Every title that is right: a request that already brings the release is, whichever verb it came by."""
        verbs = ("Deploy", "Promote") if self.environment is not None else (self.verb,)
        return {self.by(verb).title() for verb in verbs}

    def by(self, verb: str) -> Delivered:
        """The same by another verb."""
        if self.environment is None or verb == self.verb:
            return self
        return replace(self, verb=verb, subject=messages.subject(verb, self.versions, self.environment))

    def body(self) -> str:
        """The body of a request. Raises UsageError for a template of gitops.yaml that is wrong."""
        data = {
            **self._common(),
            "run": harmless.url(self.run) or (harmless.code(self.run) if self.run else None),
            "actor": self.actor,
            "changes": [
                {"app": one.app, "file": one.file, "line": one.line, "path": one.path, "old": one.old, "new": one.new}
                for one in self.changes[:ROWS]
            ],
            "changes_left_out": max(0, len(self.changes) - ROWS),
            "releases": [self._told(step, log) for step, log in self.logs()],
        }
        return harmless.body(self._filled("body.md.j2", self.wording.own.body, data))

    def logs(self) -> list[tuple[Step, Changelog | None]]:
        """Each step with its changelog. All changelogs together have a bounded number of entries."""
        if self._logs is None:
            self._logs = []
            room = changelog.LIMIT
            for step in self.steps():
                span, log = step.revisions, None
                if span is not None and room:
                    found = self.wording.history.changes(step.release.source.repository, *span, changelog.LIMIT)
                    log = changelog.changelog(found, room)
                self._logs.append((step, log))
                room -= len(log.entries) if log is not None else 0
        return self._logs

    def changelogs(self) -> list[str]:
        """The changelogs as paragraphs of a commit message."""
        found: list[str] = []
        for step, log in self.logs():
            span = step.revisions
            if log is not None and span is not None:
                where = step.release.source.repository or step.app or "source"
                found.append(changelog.paragraph(f"{where} {span[0][:7]}..{span[1][:7]}", log))
        return found

    def _common(self) -> dict[str, Any]:
        return {
            "verb": self.verb,
            "subject": self.subject,
            "environment": self.environment,
            "apps": [{"name": app, "version": version} for app, version in self.versions.items()],
            "promoted_from": self.promoted_from,
        }

    def _told(self, step: Step, log: Changelog | None) -> dict[str, Any]:
        release, span, source = step.release, step.revisions, step.release.source
        link = self.wording.history.compare_url(source.repository, *span) if span is not None else None
        return {
            "app": step.app,
            "version": release.version,
            "previous": step.previous.version if step.previous is not None else None,
            "images": [image.reference for image in release.images],
            "repository": source.repository,
            "revision": source.revision,
            "sequence": source.sequence,
            "compare_url": harmless.url(link),
            "commits": [
                {
                    "revision": entry.revision[:7],
                    "subject": entry.subject,
                    "author": entry.author,
                    "request": entry.request,
                }
                for entry in (log.entries if log is not None else ())
            ],
            "left_out": log.left_out if log is not None else 0,
        }

    def _filled(self, name: str, own: Template | None, data: Mapping[str, Any]) -> str:
        title = name == "title.j2"
        shown = harmless.titled if title else harmless.shown
        filters = {} if title else {"code": harmless.code, "cell": harmless.cell}
        try:
            return self.wording.render(name, own.text if own else None, data, shown=shown, filters=filters)
        except UsageError as error:
            if own is None:
                raise
            raise _wrong("title" if title else "body", own, error) from None


def _wrong(key: str, own: Template, error: UsageError) -> UsageError:
    text = f"`messages.{key}` cannot be filled in: {error.message}"
    return UsageError(text, code="GA015", file=own.file, line=own.line, column=own.column, hint=error.hint)


def check(own: Messages, render: Render) -> list[Finding]:
    """What is wrong with the templates of gitops.yaml: they are filled in, once with everything that there can be, and
    once with as little as there can be."""
    findings: dict[Finding, None] = {}
    wording = Wording(render, _Sample(), own)
    for template, write in ((own.title, Delivered.title), (own.body, Delivered.body)):
        for sample in (_much(wording), _little(wording)) if template is not None else ():
            try:
                write(sample)
            except GitOpsError as error:
                findings.update(dict.fromkeys(error.findings()))
    return list(findings)


class _Sample:
    """A source of which everything is known."""

    def changes(self, repository: str | None, old: str, new: str, limit: int) -> Changes | None:  # noqa: ARG002
        who = Signature("Ada", "ada@example.com")
        return Changes((Commit(new, (old,), who, who, "Add a basket (#12)\n"),), limit)

    def compare_url(self, repository: str | None, old: str, new: str) -> str | None:
        return f"https://example.com/{repository}/compare/{old}...{new}"


def _much(wording: Wording) -> Delivered:
    old, new = (
        Release(version, (Image("web", "example.com/web", version),), Source("acme/web", digit * 40, 1))
        for version, digit in (("1.0.0", "1"), ("1.0.1", "2"))
    )
    return Delivered(
        wording,
        "Promote",
        "production",
        {"web": "1.0.1", "api": "1.0.1"},
        "Promote web 1.0.1, api 1.0.1 to production",
        [Change("web", "web.yaml", 1, "image.tag", "1.0.0", "1.0.1")] * (ROWS + 1),
        "staging",
        "https://example.com/runs/1",
        "ada",
        lambda: [Step("web", new, old), Step("api", new)],
    )


def _little(wording: Wording) -> Delivered:
    return Delivered(wording, "Deploy", "dev", {"web": "1"}, "Deploy web 1 to dev", steps=lambda: [Step("web", _ONE)])


_ONE = Release("1")
