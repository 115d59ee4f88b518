"""`pr`: the requests that gitops-actions manages, on any forge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import click

from gitops_actions import apply as application
from gitops_actions.cli.options import RepositoryOptions, option, repository_options
from gitops_actions.cli.session import Session, open_session
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.survey import all_apps
from gitops_actions.cli.tables import table
from gitops_actions.core import deployments, messages, naming, trailers
from gitops_actions.core.graph import environment_called
from gitops_actions.core.targets import unknown_app
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import MergeMethod, Outcome, PullRequest, Release, Result
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
_TITLE_WIDTH = 60


@dataclass(frozen=True, slots=True)
class _Row:
    """A request and what its commits say: the environment and the release of each app."""

    request: PullRequest
    environment: str | None
    releases: dict[str, Release]
    managed: bool

    @property
    def versions(self) -> dict[str, str]:
        """By app."""
        return {app: release.version for app, release in self.releases.items()}

    def document(self) -> dict[str, object]:
        """As in section 5 of the contract."""
        request = self.request
        return {
            "number": request.number,
            "url": request.url,
            "title": request.title,
            "state": request.state,
            "branch": request.branch,
            "base": request.base,
            "head_sha": request.head_sha,
            "environment": self.environment,
            "apps": list(self.versions),
            "versions": self.versions,
            "labels": list(request.labels),
            "draft": request.draft,
            "auto_merge": request.auto_merge,
        }


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
        rows = [_row(session, request) for request in _forge(session).find(state=cast(State, state))]
        rows = [row for row in rows if row.managed]
        # Requests outlive what the policy says: only where none has the name, it has to be one of the policy's.
        if environment is not None and all(row.environment != environment for row in rows):
            environment_called(session.config, environment)
        if app is not None and all(app not in row.versions for row in rows):
            _check_app(session, app)
        rows = [row for row in rows if environment in (None, row.environment) and (app is None or app in row.versions)]
        if not rows:
            settings.note("no pull requests" if state == "all" else f"no {state} pull requests")
        _print(settings, "list", _table(rows), rows)


@command.command("view")
@click.argument("number", type=RequestNumber())
@repository_options
@click.pass_obj
def view_request(settings: Settings, repository: RepositoryOptions, number: int) -> None:
    """Show one request."""
    with open_session(settings, repository) as session:
        row = _row(session, _forge(session).get(number))
        _print(settings, "view", _page(row), [row])


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
        row = _row(session, forge.get(number))
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
        row = _row(session, forge.get(number))
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
        raise unknown_app(app, apps)


def _row(session: Session, request: PullRequest) -> _Row:
    """A request with what its newest commit of ours says about each app. The base has the commits of a merged one, so
    of those that are not open only the head is read."""
    if request.state == "open":
        commits = session.store.ahead(request.base, request.head_sha)
    else:
        commits = tuple(session.store.log(request.head_sha, limit=1))
    environment: str | None = None
    releases: dict[str, Release] = {}
    managed = request.branch.startswith(naming.PREFIX)
    for commit in commits:
        found = trailers.trailers(commit.message)
        managed = managed or trailers.ENVIRONMENT in found or trailers.SET in found
        environment = environment or next(iter(found.get(trailers.ENVIRONMENT, ())), None)
        for app, release in messages.releases(commit.message).items():
            releases.setdefault(app, release)
    return _Row(request, environment, releases, managed)


def _report(session: Session, forge: Forge, row: _Row, merged: PullRequest) -> None:
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


def _configured(session: Session, row: _Row) -> MergeMethod:
    """The merge method of a request's environment; without one no policy has to be read."""
    if row.environment is None:
        return "merge"
    environment = session.config.environments.get(row.environment)
    return (environment.merge_method if environment else None) or "merge"


def _done(settings: Settings, verb: str, text: str, row: _Row, outcome: Outcome) -> None:
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


def _document(verb: str, rows: Sequence[_Row]) -> dict[str, object]:
    return {"schema_version": 1, "command": f"pr {verb}", "pull_requests": [row.document() for row in rows]}


def _print(settings: Settings, verb: str, text: str, rows: Sequence[_Row]) -> None:
    settings.result(text, _document(verb, rows))


def _table(rows: Sequence[_Row]) -> str:
    """A line for each; empty without any."""
    if not rows:
        return ""
    cells = [("NUMBER", "TITLE", "BRANCH", "ENVIRONMENT", "STATE")]
    for row in rows:
        request, title = row.request, row.request.title
        if len(title) > _TITLE_WIDTH:
            title = title[: _TITLE_WIDTH - 3] + "..."
        cells.append((f"#{request.number}", title, request.branch, row.environment or "", _state(request)))
    return table(cells)


def _page(row: _Row) -> str:
    request = row.request
    facts = [
        ("state", _state(request)),
        ("branch", f"{request.branch} into {request.base}"),
        ("environment", row.environment or ""),
        ("apps", ", ".join(f"{app} {version}" for app, version in row.versions.items())),
        ("labels", ", ".join(request.labels)),
        ("milestone", request.milestone or ""),
        ("assignees", ", ".join(request.assignees)),
        ("reviewers", ", ".join(request.reviewers)),
        ("head", request.head_sha),
        ("merged as", request.merge_commit or ""),
        ("url", request.url),
    ]
    page = [_plain(f"{request.title} #{request.number}")]
    page += [f"{name + ':':<13}{_plain(value)}" for name, value in facts if value]
    if request.body.strip():
        page += ["", *(_plain(line) for line in request.body.strip().split("\n"))]
    return "\n".join(page)


def _state(request: PullRequest) -> str:
    if request.state != "open":
        return request.state
    return "open" + ", draft" * request.draft + ", auto-merge" * request.auto_merge


def _plain(text: str) -> str:
    """Text from outside for a terminal, which would obey what it cannot show."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
