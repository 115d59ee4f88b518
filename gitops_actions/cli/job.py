"""The run as its CI system sees it: what it tells us, what it is told, and what must not reach its log."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from gitops_actions import plugins
from gitops_actions.ci.masks import forms
from gitops_actions.ci.plain import Plain
from gitops_actions.cli.log import Log, Veil
from gitops_actions.model import Finding, Result
from gitops_actions.protocols import Runtime

# Commands whose findings are about files of the current folder.
_OF_THIS_FOLDER = ("edit", "generate", "init")
Value = TypeVar("Value")


class Job:
    """One run in a CI system, or in none. ``command`` is its verb, once it is known.

    A CI system that cannot be told something is a warning and never a failed delivery.
    """

    def __init__(self, runtime: Runtime, *, veil: Veil | None = None, logs: Sequence[Log] = (), user: str = "") -> None:
        self.command = ""
        self._runtime = runtime
        self._veil = veil or Veil()
        self._logs = logs
        self._users = (user,) if user else ()
        self._event: Mapping[str, str] | None = None
        self._problems: list[Finding] = []
        self._handed_on = False

    @classmethod
    def nowhere(cls, credentials: Sequence[str] = ()) -> Job:
        """A run that no CI system looks at. Its streams are left alone; what goes there is put through `veiled`."""
        job = cls(Plain({}, lambda _: None))
        job.hide(*credentials)
        return job

    @classmethod
    def begin(cls, environ: Mapping[str, str], credentials: Sequence[str]) -> Job:
        """The job that the environment tells of. If it tells of one, ``sys.stdout`` and ``sys.stderr`` hide the
        ``credentials`` from here on, and the CI system has been told to hide them, too."""
        kind, problems = _detected(environ)
        if kind is Plain:
            job = cls.nowhere()
        else:
            veil = Veil()
            logs = [Log(stream, veil, kind.obeyed) for stream in (sys.stdout, sys.stderr)]
            job = cls(kind(environ, logs[1].command), veil=veil, logs=logs, user=environ.get("GITOPS_USERNAME", ""))
            job.hide(*credentials)
            sys.stdout, sys.stderr = logs
        job._problems += problems
        return job

    def hide(self, *secrets: str) -> None:
        """Keep these out of the log, whatever form they have there."""
        hidden = list(dict.fromkeys(form for secret in secrets for form in forms(secret, self._users)))
        # To a file or a terminal nobody must write what is to be hidden.
        if self._logs and _is_pipe(self._logs[1].fileno()):
            for form in hidden:
                self._told("be told what to hide", lambda form=form: self._runtime.mask(form), None)  # type: ignore[misc]
        self._veil.add(hidden)

    def veiled(self, value: Value) -> Value:
        """A value without what is hidden, in all its texts."""
        return self._veil.within(value)

    def prints_json(self) -> None:
        """What goes to stdout is JSON."""
        for log in self._logs[:1]:
            log.json = True

    @property
    def event(self) -> Mapping[str, str]:
        """See `protocols.Runtime`."""
        if self._event is None:
            nothing: Mapping[str, str] = {}
            self._event = self._told("say what runs", self._runtime.event, nothing)
        return self._event

    def finding(self, finding: Finding, *, here: bool | None = None) -> bool:
        """Show a finding where the CI system shows findings; False: print it. ``here``: its file is one of the current
        folder; default: as the command is."""
        place = finding.place
        finding = replace(finding, file=_in_repository(finding.file) if here or self._is_local(here) else None)
        if finding.file is None:
            message = f"{place}: {finding.message}" if place else finding.message
            finding = replace(finding, message=message, line=None, column=None)
        finding = self._veil.within(finding)
        return self._told("show a finding", lambda: self._runtime.annotate(finding), False)

    def results(
        self, command: str, results: Sequence[Result], document: Mapping[str, object] | None = None
    ) -> Sequence[Finding]:
        """Hand results on to later steps, and to the summary; the findings are what could not be done. ``document``:
        what is printed as JSON, where it is not the one of these results."""
        if self._runtime.name == Plain.name:
            return self._all_problems()
        from gitops_actions.report import outputs

        results, document = self._veil.within((results, document))
        reporter = plugins.load("reporters", "markdown")()
        values = outputs.of_results(command, results, document)
        return self._hand_on(values, lambda: reporter.report(command, results))

    def judged(self, findings: Sequence[Finding], document: Mapping[str, object], code: int) -> Sequence[Finding]:
        """Hand on what a command that ends with ``code`` has found instead of results, or why it has none; see
        `results`. Results that have been handed on stay."""
        if self._runtime.name == Plain.name or self._handed_on:
            return self._all_problems()
        from gitops_actions.report import markdown, outputs

        findings, document = self._veil.within((findings, document))
        values = outputs.of_findings(document, code)
        return self._hand_on(values, lambda: markdown.judgement(self.command, findings))

    def group(self, title: str) -> AbstractContextManager[None]:
        """A fold in the log, on stderr."""
        return self._runtime.group(title)

    def finish(self) -> Sequence[Finding]:
        """The run is over; the findings are what could not be done."""
        self._told("be told that the run is over", self._runtime.finish, None)
        return self._all_problems()

    def close(self) -> None:
        """Give the streams back."""
        for log, name in zip(self._logs, ("stdout", "stderr"), strict=False):
            with suppress(OSError):
                log.rest()
            if getattr(sys, name) is log:
                setattr(sys, name, log.stream)

    def _is_local(self, here: bool | None) -> bool:
        return here is None and self.command in _OF_THIS_FOLDER

    def _hand_on(self, values: Mapping[str, Sequence[str]], markdown: Callable[[], str]) -> Sequence[Finding]:
        self._handed_on = True
        none: Sequence[str] = ()
        left_out = self._told("be given the outputs", lambda: self._runtime.output(values), none)
        if left_out:
            message = f"{', '.join(left_out)} cannot be an output for {self._runtime.name}: too long, or not plain text"
            self._problems.append(Finding("GA091", "warning", message, hint="take it from `--output json`"))
        self._told("be given the summary", lambda: self._runtime.summary(markdown()), False)
        return self._all_problems()

    def _told(self, what: str, call: Callable[[], Value], default: Value) -> Value:
        try:
            return call()
        except Exception as error:  # of a plugin: the delivery is done, or still has to be
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            self._problems.append(
                Finding("GA090", "warning", f"the runtime {self._runtime.name} could not {what}: {reason}")
            )
            return default

    def _all_problems(self) -> Sequence[Finding]:
        found, self._problems = tuple(self._problems), []
        return found


def _detected(environ: Mapping[str, str]) -> tuple[Any, list[Finding]]:
    """The class of the runtime that we are in, and those that could not be asked."""
    problems: list[Finding] = []
    for name in _candidates():
        try:
            kind = plugins.load("runtimes", name)
            if kind.detect(environ):
                return kind, problems
        except Exception as error:  # of a plugin
            message = f"the runtime {name} cannot be asked whether it runs us: {type(error).__name__}"
            problems.append(Finding("GA090", "warning", message, hint="mend or uninstall its package"))
    return Plain, problems


def _candidates() -> Iterator[str]:
    """The runtimes, those that cost nothing first."""
    built_in = [name for name in plugins.BUILT_IN["runtimes"] if name != Plain.name]
    yield from built_in
    yield from (name for name in plugins.names("runtimes") if name not in (*built_in, Plain.name))


def _is_pipe(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _in_repository(file: str | None) -> str | None:
    """A file of the current folder as its repository calls it; None for one that is elsewhere, or standard input."""
    if file is None or file == "-":
        return None
    path = Path(os.path.abspath(file))
    root = next((folder for folder in path.parents if (folder / ".git").exists()), Path.cwd())
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None
