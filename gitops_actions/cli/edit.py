"""`edit`: the editors on files of this machine, as `yq -i` is used."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import click

from gitops_actions import texts
from gitops_actions.cli import colours, disk
from gitops_actions.cli.instructions import Instructions, Options
from gitops_actions.cli.options import option
from gitops_actions.cli.settings import Settings
from gitops_actions.core import diffs
from gitops_actions.edit.refusals import MISSING
from gitops_actions.edit.source import MAX_BYTES, text_of
from gitops_actions.errors import EditRefused, GitOpsError, UsageError
from gitops_actions.model import Change, Edited, File, Finding
from gitops_actions.report.text import change_line

STREAM = "-"
# Which of several failures the exit code speaks of: what will not mend itself goes first, as with deliveries.
_WORST = (1, 2, 4, 5, 3, 6)


@dataclass(frozen=True, slots=True)
class _Decision:
    """What becomes of a file. ``original`` None: it comes from standard input."""

    name: str
    original: disk.Original | None
    old: str
    edited: Edited

    @property
    def changed(self) -> bool:
        return self.edited.text != self.old


@click.command("edit")
@click.argument("kind", metavar="KIND")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@option("--image", "images", multiple=True, metavar="REF", help="[NAME=]REPOSITORY[:TAG][@DIGEST]")
@option("--set", "sets", multiple=True, metavar="PATH=VALUE", help="A value; a number or boolean stays one.")
@option("--set-string", "set_strings", multiple=True, metavar="PATH=VALUE", help="A value that is always a string.")
@option("--set-json", "set_jsons", multiple=True, metavar="PATH=JSON", help="A value that is any JSON scalar.")
@option("--path", metavar="P", help="The place, for kinds that take one.")
@option("--value", metavar="V", help="The value, with {version} {tag} {image} ... as in gitops.yaml.")
@option("--pattern", metavar="REGEX", help="Kind text: its group `value` is replaced.")
@option("--document", metavar="N|SELECTOR", help="Which document: 0, or kind=Deployment,metadata.name=web.")
@option("--create", is_flag=True, help="Add what is not there yet.")
@option("--version", metavar="V", help="Default: the tag of the first image, else the revision.")
@option("--revision", metavar="SHA", help="The commit that was built.")
@option("--app", metavar="NAME", help="For {app}, and for kinds that know apps.")
@option("--option", "options", multiple=True, metavar="KEY=VALUE", help="A key that only this kind has.")
@option("--skip-missing", is_flag=True, help="Leave files alone that lack the place, as long as one has it.")
@option("--diff", is_flag=True, help="Print a unified diff; write nothing.")
@option("--check", is_flag=True, help="Write nothing; exit 10 when something would change.")
@click.pass_context
def command(
    context: click.Context,
    /,
    kind: str,
    files: tuple[str, ...],
    skip_missing: bool,
    diff: bool,
    check: bool,
    **rest: Any,
) -> None:
    """Change values in files on this machine: only the bytes of the values, or nothing at all.

    \b
    gitops-actions edit kustomize apps/web --image ghcr.io/acme/web:1.4.2
    gitops-actions edit yaml values.yaml --set image.tag=1.4.2 --set replicas=3
    gitops-actions edit text main.tf --pattern 'ref=(?P<value>\\w+)' --value v1.4.2

    Everything is decided for all files first; if one is refused, none is written. FILE may be - for standard input:
    the edited text goes to standard output.
    """
    settings: Settings = context.obj
    instructions = Instructions(kind, Options(**rest, spoken=_spoken(context)), files[0])
    if STREAM in files and len(set(files)) > 1:
        raise UsageError("- stands for standard input, and cannot be among other files", code="GA002")
    decisions, skipped, refusals = _decide(dict.fromkeys(files), instructions, skip_missing=skip_missing)
    changed = [decision for decision in decisions if decision.changed]
    writing = not diff and not check
    for decision in changed if writing else ():
        if decision.original is not None:
            try:
                disk.check_writable(decision.original)
            except GitOpsError as error:
                refusals.append(error)
    if refusals:
        _refuse(settings, refusals)
    if writing:
        disk.replace_all([(d.original, d.edited.text.encode()) for d in changed if d.original is not None])
    _answer(settings, decisions, skipped, diff=diff, check=check)
    if check and changed:
        context.exit(10)


def _spoken(context: click.Context) -> frozenset[str]:
    """The options that stand on the command line, by their long names."""
    return frozenset(
        max(one.opts, key=len)
        for one in context.command.params
        if one.name and context.get_parameter_source(one.name) is click.core.ParameterSource.COMMANDLINE
    )


def _decide(
    names: Iterable[str], instructions: Instructions, *, skip_missing: bool
) -> tuple[list[_Decision], list[EditRefused], list[GitOpsError]]:
    """What becomes of each file, which ones lack the place and may, and what is wrong with the others.

    Raises UsageError when the options are not what the kind needs.
    """
    decisions: list[_Decision] = []
    missing: list[EditRefused] = []
    refusals: list[GitOpsError] = []
    met: set[tuple[int, int]] = set()
    for given in names:
        name = given
        try:
            name, original, text = _open(given, instructions)
            if original is not None and original.identity in met:
                continue
            if original is not None:
                met.add(original.identity)
        except GitOpsError as error:
            error.file = error.file or disk.shown(name)
            refusals.append(error)
            continue
        try:
            edited = instructions.edit(text, name)
        except EditRefused as error:
            error.file = disk.shown(name)
            (missing if error.code == MISSING else refusals).append(error)
        else:
            decisions.append(_Decision(disk.shown(name), original, text, edited))
    if not (skip_missing and decisions):
        return decisions, [], [*refusals, *missing]
    return decisions, missing, refusals


def _open(given: str, instructions: Instructions) -> tuple[str, disk.Original | None, str]:
    """The name of the file that is meant, the file, and its text."""
    if given == STREAM:
        return given, None, text_of(File(_from_stdin()))
    if not given:
        raise UsageError("the name of a file is empty", code="GA055", hint="check the variable that it comes from")
    name = given
    if not disk.exists(given) or disk.is_folder(given):
        # Of a root folder, nothing would be left when its last slash goes.
        candidates = instructions.paths(given if given.strip("/") else "/.")
        name = next((each for each in candidates if disk.exists(each)), candidates[0] if len(candidates) == 1 else "")
        if not name:
            raise UsageError(
                f"there is no {' or '.join(disk.shown(each) for each in candidates)}",
                code="GA055",
                hint="name the file, or its folder",
            )
    try:
        original = disk.read(name)
        return name, original, text_of(original.file)
    except GitOpsError as error:
        error.file = disk.shown(name)
        raise


def _from_stdin() -> bytes:
    try:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"standard input cannot be read: {error.strerror}"
        raise UsageError(message, code="GA002", hint="give the text by a pipe or from a file: < FILE") from None


def _refuse(settings: Settings, refusals: Sequence[GitOpsError]) -> NoReturn:
    """Say all that is wrong, and end; nothing was written."""
    findings = [finding for error in refusals for finding in error.findings()]
    code = next(code for code in _WORST if code in {error.exit_code for error in refusals})
    for finding in findings:
        settings.finding(replace(finding, file=texts.one_line(finding.file or "")))
    document = _document(findings, exit_code=code)
    for problem in settings.job.judged(findings, document, code):
        settings.finding(problem)
    settings.failure(document)
    raise SystemExit(code)


def _answer(
    settings: Settings, decisions: Sequence[_Decision], skipped: Sequence[EditRefused], *, diff: bool, check: bool
) -> None:
    """Say what has become of the files: the diff or the text of standard input where that is asked for, else the values
    that differ."""
    notices = [replace(finding, severity="notice") for error in skipped for finding in error.findings()]
    only = decisions[0].original is None or diff or check
    streaming = only and not diff and not check
    difference = "".join(diffs.unified(d.name.lstrip("/"), d.old, d.edited.text) for d in decisions) if diff else None
    if settings.output == "json":
        files = [_file(decision, with_text=streaming) for decision in decisions]
        settings.result("", _document(notices, files=files, diff=difference), only=only)
        return
    for notice in notices:
        settings.detail(f"left alone: {replace(notice, file=texts.one_line(notice.file or ''), hint=None)}")
    lines = [line for decision in decisions for line in _lines(decision)]
    if difference is not None:
        settings.print(_printable(difference, colour=colours.wanted(settings.environ)), only=only)
        lines = [line for decision in decisions if not decision.changed for line in _lines(decision)]
    elif streaming:
        settings.write(decisions[0].edited.text.encode(), only=only)
    else:
        settings.print("\n".join(lines), only=only)
        return
    for line in lines:
        settings.note(line)


def _lines(decision: _Decision) -> list[str]:
    if not decision.changed:
        return [f"{texts.one_line(decision.name)}: unchanged"]
    changes = decision.edited.changes
    return [change_line(Change(None, decision.name, c.line, c.path, c.old, c.new)) for c in changes]


def _printable(difference: str, *, colour: bool) -> str:
    """A diff without what could fool a terminal; a carriage return at the end of a line is part of its end."""
    shown: list[str] = []
    for line in difference.split("\n"):
        text = texts.lines(line)
        shown.append((colours.coloured(text) if colour else text) + ("\r" if line.endswith("\r") else ""))
    return "\n".join(shown)


def _file(decision: _Decision, *, with_text: bool) -> dict[str, object]:
    changes = [{"path": c.path, "line": c.line, "old": c.old, "new": c.new} for c in decision.edited.changes]
    text = {"text": decision.edited.text} if with_text else {}
    return {"file": decision.name, "changes": changes, **text}


def _document(findings: Sequence[Finding], **fields: object) -> dict[str, object]:
    from gitops_actions.report.json import finding_document

    documents = [finding_document(finding) for finding in findings]
    return {"schema_version": 1, "command": "edit", **fields, "findings": documents}
