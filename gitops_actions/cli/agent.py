"""`agent run` and `agent status`: the embedded agent, for one machine and a folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import click

from gitops_actions.agent.drift import compare
from gitops_actions.agent.embedded import Embedded, Way
from gitops_actions.agent.render import AppFolder, Mode
from gitops_actions.agent.report import DRIFTS, Report, app_document, document, drift_document, text
from gitops_actions.agent.target import Target
from gitops_actions.agent.tree import Inventory, shown
from gitops_actions.cli.options import Duration, RepositoryOptions, option, repository_options
from gitops_actions.cli.session import Session, open_session
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.stopping import stop_signal
from gitops_actions.cli.tables import when
from gitops_actions.core import naming
from gitops_actions.core.cells import Toolbox
from gitops_actions.core.graph import environment_called
from gitops_actions.core.targets import WILDCARD, environments_of, folder, found_apps, specs
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import App, Environment

INTERVAL = 30


def _not_empty(context: click.Context, parameter: click.Parameter, value: str) -> Path:
    """Path("") would be the current folder, and an empty text is a variable of the shell that is not set."""
    if not value:
        raise click.BadParameter("it is empty", context, parameter)
    return Path(value)


target_option = option(
    "--target",
    required=True,
    metavar="DIR",
    type=click.Path(),
    callback=_not_empty,
    help="The folder that holds `current`.",
)


@click.group("agent")
def command() -> None:
    """Apply an environment to a folder on this machine."""


@command.command("run")
@option("-e", "--environment", required=True, metavar="ENV", help="The environment to apply.")
@target_option
@option("--once", is_flag=True, help="One cycle; its outcome is the exit code.")
@option("--interval", type=Duration(least=1), metavar="TIME", help="Time between cycles.  [default: 30s]")
@option(
    "--render",
    type=click.Choice(["auto", "none", "kustomize", "helm"]),
    default="auto",
    show_default=True,
    help="How to make manifests of a folder; auto: by what the folder is and what is installed.",
)
@option("--on-change", metavar="COMMAND", help="Run by the shell after each change, at most 10 minutes.")
@option("--confirm-prune", metavar="HASH", help="Let go exactly the objects that a refusal has named with this hash.")
@repository_options
@click.pass_obj
def run(
    settings: Settings,
    repository: RepositoryOptions,
    environment: str,
    target: Path,
    once: bool,
    interval: int | None,
    render: Mode,
    on_change: str | None,
    confirm_prune: str | None,
) -> None:
    """Publish each app of an environment as DIR/current/APP/..., and keep it so.

    `current` is a link that is swapped: readers see the old tree or the new one. What others changed under it is put
    back, what they added stays. The last good tree stays when rendering or fetching fails, when nothing would be left,
    or when more than half and more than three objects would go.

    The --on-change command finds GITOPS_ENVIRONMENT, GITOPS_REVISION, GITOPS_TARGET (the path of `current`) and
    GITOPS_APPS (the changed ones) in its environment, and no tokens. If it fails it is run again in the next cycle.

    With --output json each cycle is one document; without --once, one per line. Exit codes with --once: 0 applied or
    unchanged, 3 refused, 5 what others added cannot be carried over, 6 fetching failed or another agent works on the
    target, 8 rendering, publishing or the --on-change command failed. SIGTERM and SIGINT end the agent after the cycle;
    a second one at once.
    """
    naming.checked("environment", environment)
    if once and interval is not None:
        raise click.UsageError("--once and --interval exclude each other.")
    started = time.monotonic()

    def now() -> int:
        return settings.now + int(time.monotonic() - started)

    here = Target(Path(os.path.abspath(target)))
    way = Way(settings.environ, render, on_change, confirm_prune)
    said: set[str] = set()
    agent: Embedded | None = None
    with stop_signal() as stop, ExitStack() as claim:

        def claimed() -> Embedded:
            nonlocal agent
            if agent is None:
                with _usable(here):
                    claim.enter_context(here.claimed())
                    agent = Embedded(here, environment, way, now)
            return agent

        while True:
            report = _cycle(settings, repository, environment, here, claimed)
            said = _say(settings, report, said, lines=not once)
            number = stop(0 if once else INTERVAL if interval is None else interval)
            if number is not None:
                raise SystemExit(128 + number)
            if once:
                if report.error is not None:  # told already, so it is not raised
                    raise SystemExit(report.error.exit_code)
                return


@command.command("status")
@target_option
@click.pass_obj
def status(settings: Settings, target: Path) -> None:
    """Show what is published in a target, and how it differs from that now.

    The exit code is 0 whatever the health is, and 2 when no agent has worked on the target.
    """
    here = Target(target)
    with _usable(here):
        state = here.state()
        published = here.published()
        drift = compare(here.content(published), here.inventory(published) or Inventory()) if published else ()
    if state is None:
        raise UsageError(
            f"no agent has worked on {target}", code="GA508", hint="start one with `gitops-actions agent run`"
        )
    healthy = state.outcome in ("applied", "unchanged")
    answer = {
        "schema_version": 1,
        "command": "agent status",
        "environment": state.environment,
        "revision": state.revision,
        "health": "healthy" if healthy else "degraded",
        "outcome": state.outcome,
        "message": state.message or None,
        "applied": when(state.applied),
        "checked": when(state.checked),
        "apps": [app_document(app) for app in state.apps],
        "drift": drift_document(drift),
    }
    lines = [
        f"{state.environment} at {state.revision or 'no revision yet'}, applied {when(state.applied) or 'never'}",
        f"{answer['health']}: last cycle {state.outcome} at {when(state.checked)}",
        *(f"  {line}" for line in state.message.splitlines()),
        *(f"{app.app}: {app.files} file{'' if app.files == 1 else 's'}" for app in state.apps),
        *(f"drift: {one.shown} ({one.kind})" for one in drift[:DRIFTS]),
    ]
    if len(drift) > DRIFTS:
        lines.append(f"drift: and {len(drift) - DRIFTS} more")
    settings.result("\n".join(shown(line) for line in lines), answer)


def _cycle(
    settings: Settings, repository: RepositoryOptions, name: str, target: Target, claimed: Callable[[], Embedded]
) -> Report:
    """One cycle, with the policy as it is now. The target is claimed only when there is something to do: a mistyped
    environment or address leaves nothing behind."""
    session: Session | None = None
    with ExitStack() as opened:
        try:
            if repository.transport == "auto":  # whole folders are read: one fetch, however many files
                repository = repository._replace(transport="git")
            session = opened.enter_context(open_session(settings, repository))
            environment = environment_called(session.config, name)
            place = session.place(environment)
            apps = _apps(session, environment)
            place.store.snapshot(place.branch, ())  # raises when there is no such branch
        except GitOpsError as error:
            report = Report(name)
            report.blame(error)
            if session is not None:
                with suppress(GitOpsError):
                    report.revision = session.store.snapshot(session.base, ()).commit
            with _usable(target):
                state = target.state()
            if state is not None and state.environment == name:  # else the name may be the very thing that is wrong
                claimed().failed(report, session.forge if session else None)
            return report
        return claimed().cycle(place.store, place.forge, place.branch, apps)


def _apps(session: Session, environment: Environment) -> tuple[AppFolder, ...]:
    """Found on the branch of this environment alone: what is wrong with another one does not concern the agent."""
    place = session.place(environment)
    names = place.store.names(place.branch) if WILDCARD in session.config.apps else ()
    apps = found_apps(session.config, {environment.name: names})
    return tuple(
        _app_folder(app, environment.name, session.tools)
        for name, app in sorted(apps.items())
        if environment.name in environments_of(session.config, app)
    )


def _app_folder(app: App, environment: str, tools: Toolbox) -> AppFolder:
    place = folder(app, environment, lambda spec: tools.editor(spec.kind).paths(spec))
    values = tuple(dict.fromkeys(spec.file for spec in specs(app, environment) if spec.kind == "helm"))
    return AppFolder(app.name, "" if place == "." else place, values)


def _say(settings: Settings, report: Report, said: set[str], *, lines: bool) -> set[str]:
    """Tell what a cycle did. In a loop, text is silent as long as nothing happens, and findings of the cycle before
    (``said``) are not said again. Answers the findings of this one."""
    findings = [*report.findings, *(report.error.findings() if report.error else ())]
    for finding in findings:
        if str(finding) not in said:
            settings.finding(finding)
    if settings.output == "json":
        if lines:
            settings.print(json.dumps(document(report), ensure_ascii=False))
        else:
            settings.result("", document(report))
    elif not lines or report.outcome == "applied":
        settings.print(text(report))
    return {str(finding) for finding in findings}


@contextmanager
def _usable(target: Target) -> Iterator[None]:
    """What the system says about the target folder, as an error of ours."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the target cannot be used: {shown(str(error.filename or target.folder))}: {error.strerror}",
            code="GA505",
            hint="give the agent's user the right to work there, or use another --target",
        ) from error
