"""`pr`: the requests that gitops-actions manages, on any forge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast, get_args

import click

from gitops_actions import apply as application
from gitops_actions.cli.options import RepositoryOptions, option, repository_options
from gitops_actions.cli.requests import Row, listed, page, row_of
from gitops_actions.cli.session import Session, open_session
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.survey import all_apps
from gitops_actions.core import deployments
from gitops_actions.core.graph import environment_called
from gitops_actions.core.targets import unknown_app
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import MergeMethod, Outcome, PullRequest, Result
from gitops_actions.protocols import Forge


class RequestNumber(click.ParamType[int]):
    """A number as people write it: `2`, or `#2`."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"#?0*([1-9][0-9]{0,17})", str(value).strip(), re.ASCII)
        if match is None:
            self.fail(f"{str(value)[:80]!r}: a request is a number such as 2", param, ctx)
        return int(match[1])


State = Literal["open", "closed", "merged", "all"]


@click.group("pr")
def command() -> None:
    """List, view, merge and close the requests."""


@command.command("list")
@option("--state", type=click.Choice(get_args(State)), default="open", show_default=True, help="In which state.")
@option("-e", "--environment", metavar="ENV", help="Only those for this environment.")
@option("--app", metavar="NAME", help="Only those that bring this app.")
@repository_options
@click.pass_obj
def list_requests(
    settings: Settings, repository: RepositoryOptions, state: str, environment: str | None, app: str | None
) -> None:
    """List requests, newest first."""
    with open_session(settings, repository) as session:
        rows = [row_of(session, request) for request in _forge(session).find(state=cast(State, state))]
        rows = [row for row in rows if row.managed]
        # Requests outlive what the policy says: only where none has the name, it has to be one of the policy's.
        if environment is not None and all(row.environment != environment for row in rows):
            environment_called(session.config, environment, looking=True)
        if app is not None and all(app not in row.versions for row in rows):
            _check_app(session, app)
        rows = [row for row in rows if environment in (None, row.environment) and (app is None or app in row.versions)]
        if not rows:
            settings.note("no pull requests" if state == "all" else f"no {state} pull requests")
        _print(settings, "list", listed(rows), rows)


@command.command("view")
@click.argument("number", type=RequestNumber())
@repository_options
@click.pass_obj
def view_request(settings: Settings, repository: RepositoryOptions, number: int) -> None:
    """Show one request."""
    with open_session(settings, repository) as session:
        row = row_of(session, _forge(session).get(number))
        _print(settings, "view", page(row), [row])


@command.command("merge")
@click.argument("number", type=RequestNumber())
@option(
    "--merge-method",
    type=click.Choice(get_args(MergeMethod)),
    help="Default: as the environment of the request says, else merge.",
)
@repository_options
@click.pass_obj
def merge_request(
    settings: Settings, repository: RepositoryOptions, number: int, merge_method: MergeMethod | None
) -> None:
    """Merge a request and delete its branch."""
    with open_session(settings, repository) as session:
        forge = _forge(session)
        row = row_of(session, forge.get(number))
        if row.request.state == "merged":
            settings.note(f"#{number} was merged already")
            merged = row.request
        else:
            method = merge_method or _configured(session, row)
            merged = forge.merge(number, expected_head=row.request.head_sha, method=method, author=session.author)
            _report(session, forge, row, merged)
        outcome = Outcome.UNCHANGED if row.request.state == "merged" else Outcome.MERGED
        text = f"#{number} is merged into {merged.base} as {(merged.merge_commit or '')[:12]}"
        _done(settings, "merge", text, replace(row, request=merged), outcome)


@command.command("close")
@click.argument("number", type=RequestNumber())
@option("--comment", metavar="TEXT", help="Why.")
@repository_options
@click.pass_obj
def close_request(settings: Settings, repository: RepositoryOptions, number: int, comment: str | None) -> None:
    """Close a request and turn its release away."""
    with open_session(settings, repository) as session:
        forge = _forge(session)
        row = row_of(session, forge.get(number))
        if row.request.state == "merged":
            raise UsageError(f"#{number} cannot be closed: it is merged", hint="to go back, deploy an older release")
        if row.request.state == "closed":
            settings.note(f"#{number} was closed already")
        closed = forge.close(number, comment=comment)
        outcome = Outcome.CLOSED if row.request.state == "open" else Outcome.UNCHANGED
        _done(settings, "close", f"#{number} is closed", replace(row, request=closed), outcome)


def _forge(session: Session) -> Forge:
    if session.forge is None:
        hint = session.which_forge or "say which one with --forge"
        raise UsageError("this config repo has no forge, so it has no requests", hint=hint)
    return session.forge


def _check_app(session: Session, app: str) -> None:
    """Raises UsageError when there is no such app."""
    apps = all_apps(session)
    if app not in apps:
        raise unknown_app(app, apps, looking=True)


def _report(session: Session, forge: Forge, row: Row, merged: PullRequest) -> None:
    """Tell the sources that what they wait for is on its way, where the environment wants that."""
    try:
        environment = session.config.environments.get(row.environment) if row.environment is not None else None
    except GitOpsError as error:  # the request is merged all the same
        session.settings.detail(error.message)
        return
    if environment is None or not environment.deployments or merged.state != "merged":
        return
    told = (replace(one, state="in_progress", url=merged.url) for one in deployments.of(environment.name, row.releases))
    for finding in application.report(told, forge):
        session.settings.finding(finding)


def _configured(session: Session, row: Row) -> MergeMethod:
    """The merge method of a request's environment; without one no policy has to be read."""
    if row.environment is None:
        return "merge"
    environment = session.config.environments.get(row.environment)
    return (environment.merge_method if environment else None) or "merge"


def _done(settings: Settings, verb: str, text: str, row: Row, outcome: Outcome) -> None:
    """Hand on and print what became of a request."""
    request = row.request
    result = Result(
        environment=row.environment,
        apps=tuple(row.versions),
        outcome=outcome,
        changed=outcome is not Outcome.UNCHANGED,
        base=request.base,
        branch=request.branch,
        commit=request.merge_commit,
        pull_request=request,
        versions=row.versions,
    )
    settings.hand_on(f"pr {verb}", [result], _document(verb, [row]))
    _print(settings, verb, text, [row])


def _document(verb: str, rows: Sequence[Row]) -> dict[str, object]:
    return {"schema_version": 1, "command": f"pr {verb}", "pull_requests": [row.document() for row in rows]}


def _print(settings: Settings, verb: str, text: str, rows: Sequence[Row]) -> None:
    settings.result(text, _document(verb, rows))
