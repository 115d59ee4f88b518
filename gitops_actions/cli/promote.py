"""`promote`: every request that is due, from environment to environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from gitops_actions import apply as application
from gitops_actions.cli import deliver
from gitops_actions.cli.ancestry import SourceHistory, ancestry
from gitops_actions.cli.deliver import situation
from gitops_actions.cli.deploy import request_options, wanted
from gitops_actions.cli.options import RepositoryOptions, option, repository_options
from gitops_actions.cli.records import known_records
from gitops_actions.cli.session import Place, Session, open_session
from gitops_actions.cli.settings import Settings
from gitops_actions.cli.survey import all_apps, survey
from gitops_actions.core import graph, leftovers, naming, promote
from gitops_actions.core.cells import Cell, environment_paths
from gitops_actions.core.promote import Candidate
from gitops_actions.core.proposal import Wishes
from gitops_actions.core.targets import unknown_app
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import App, Environment, Plan, PullRequest, Result


@click.command("promote")
@option("--app", metavar="A", help="Only this app.")
@option("--from", "source", metavar="E", help="Only what comes from this environment.")
@option("--to", "target", metavar="E", help="Only into this environment.")
@option("--source-path", metavar="DIR", help="A checkout of the source, for the order of its commits; default: here.")
@request_options
@repository_options
@click.pass_obj
def command(
    settings: Settings,
    /,
    repository: RepositoryOptions,
    app: str | None,
    source: str | None,
    target: str | None,
    source_path: str | None,
    plan_only: bool,
    exit_code: bool,
    **rest: Any,
) -> None:
    """Open or update every pull request that is due, and close those that no longer are.

    An environment is due the release that the environments in its `after` have on their base branch.
    """
    event = settings.job.event
    wishes = wanted(rest, run=event.get("run"), actor=event.get("actor"))
    for what, name in (("app", app), ("environment", source), ("environment", target)):
        if name is not None:
            naming.checked(what, name)
    with open_session(settings, repository, likely=(app,) if app else ()) as session:
        if app is not None and app not in (apps := all_apps(session)):
            raise unknown_app(app, apps)
        history = ancestry(settings, source_path, session.forge)
        results: list[Result] = []
        for environment in promote.targets(session.config, source=source, target=target):
            run = _Run(session, environment.name, source, history, wishes)
            try:
                groups = run.groups(app)
            except GitOpsError as error:
                results.append(application.failed(error, environment.name, ()))
                continue
            results += [run.deliver(group, plan_only=plan_only) for group in groups]
        if source is None and target is None:
            results += _leftovers(session, app, plan_only=plan_only)
    deliver.finish(settings, "promote", results, exit_code=exit_code)


@dataclass(frozen=True, slots=True)
class _Run:
    """The promotions into one environment. Environments are taken one after the other, each looking anew: what an
    auto-merge has just brought into one is due in the next."""

    session: Session
    environment: str
    source: str | None
    history: SourceHistory
    wishes: Wishes

    def groups(self, only: str | None) -> list[list[str]]:
        """The apps of each request that is worth a look; of the one that is named, in any case."""
        apps = all_apps(self.session)
        place = self.session.place(self._target())
        requests = place.forge.find(state="open", base=place.branch) if place.forge is not None else ()
        found: list[list[str]] = []
        candidates, cells = self._look(list(apps.values()))
        for candidate in candidates:
            group = [part.app.name for part in candidate.parts]
            named = only is not None and only in group
            if named or (only is None and promote.worth_a_look(candidate, cells, requests)):
                found.append(group)
        return found

    def deliver(self, group: Sequence[str], *, plan_only: bool) -> Result:
        """The request of one group."""
        session = self.session

        def decide() -> tuple[Place, Plan]:
            place, apps = session.place(self._target()), all_apps(session)
            members = [apps[name] for name in group if name in apps]
            candidates, _ = self._look(members)
            if not candidates:
                raise UsageError(f"{', '.join(group)} in {self.environment}: gitops.yaml has changed meanwhile")
            known = known_records(session, place, self.environment, members)
            rules = session.rules(self.history, self.wishes, known)
            paths = environment_paths(self.environment, members, session.tools)
            there = situation(session, place, candidates[0].branch, paths)
            return place, promote.plan(candidates[0], place.branch, there, rules)

        try:
            return deliver.deliver(session, decide, self.environment, group, plan_only=plan_only)
        except UsageError as error:  # of this delivery only: the others are written, or still due
            return application.failed(error, self.environment, tuple(group))

    def _target(self) -> Environment:
        return graph.environment_called(self.session.config, self.environment)

    def _look(self, apps: Sequence[App]) -> tuple[list[Candidate], Mapping[tuple[str, str], Cell]]:
        config, environment = self.session.config, self._target()
        wanted: dict[str, Sequence[App]] = {**promote.origins(config, environment, apps)}
        wanted[environment.name] = apps
        cells = survey(self.session, wanted)
        return promote.candidates(config, environment, apps, cells, source=self.source), cells


def _leftovers(session: Session, only: str | None, *, plan_only: bool) -> list[Result]:
    """Close the requests that gitops.yaml has no use for any more."""
    forge = session.forge
    if forge is None:
        return []
    results: list[Result] = []
    for request in leftovers.suspects(session.config, all_apps(session), forge.find(state="open")):

        def decide(request: PullRequest = request) -> tuple[Place, Plan]:
            place = Place(session.store, forge, request.base)
            ahead = session.store.ahead(request.base, request.branch)
            now = forge.get(request.number)
            return place, leftovers.plan(session.config, all_apps(session), now, ahead, only)

        result = deliver.deliver(session, decide, naming.environment_of(request.branch), plan_only=plan_only)
        if result.changed or result.findings:
            results.append(result)
    return results
