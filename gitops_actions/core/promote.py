"""What is due from environment to environment: level-triggered, for all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gitops_actions.core import delivery, graph, naming
from gitops_actions.core.cells import Cell
from gitops_actions.core.judging import Part, Rules
from gitops_actions.core.proposal import Situation
from gitops_actions.core.targets import environments_of
from gitops_actions.errors import UsageError
from gitops_actions.model import Action, App, Config, Environment, Finding, Outcome, Plan, PullRequest, Release


@dataclass(frozen=True, slots=True)
class Candidate:
    """The apps of one request (one app, or all of a grouped environment) and what they should have."""

    environment: Environment
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def branch(self) -> str:
        """The branch of the request."""
        shared = self.environment.group == "environment"
        return naming.branch(self.environment.name, None if shared else self.parts[0].app.name)


def targets(config: Config, *, source: str | None = None, target: str | None = None) -> list[Environment]:
    """The environments that may be promoted to, each behind those before it.

    Raises UsageError for environments that do not exist or do not fit together.
    """
    for name in (source, target):
        if name is not None:
            graph.environment_called(config, name)
    if source and target and source not in graph.before(config, target):
        raise UsageError(f"{target} does not come after {source}", code="GA038", hint="see `after:` in gitops.yaml")
    if source is not None and not any(source in graph.before(config, name) for name in config.environments):
        raise UsageError(f"nothing comes after {source}", code="GA038", hint="see `after:` in gitops.yaml")
    if target is not None and not config.environments[target].after:
        raise UsageError(f"{target} comes after nothing: releases enter there", code="GA038", hint="use deploy")
    environments = [config.environments[name] for name in graph.ordered(config)]
    return [one for one in environments if one.after and target in (None, one.name)]


def candidates(
    config: Config,
    environment: Environment,
    apps: Collection[App],
    cells: Mapping[tuple[str, str], Cell],
    *,
    source: str | None = None,
) -> list[Candidate]:
    """Every request that may be due into an environment for these apps; ``cells`` are by (environment, app), of this
    environment and of `origins`."""
    found: list[tuple[Part, tuple[Finding, ...]]] = []
    came = source is None
    for app in apps:
        origins = graph.sources(config, app, environment.name)
        if environment.name in environments_of(config, app) and origins:
            came = came or source in origins
            if environment.group == "environment" or source is None or source in origins:
                found.append(_part(app, environment, origins, cells))
    if environment.group == "app":
        return [Candidate(environment, (part,), notes) for part, notes in found]
    notes = tuple(note for _, some in found for note in some)
    return [Candidate(environment, tuple(part for part, _ in found), notes)] if found and came else []


def origins(config: Config, environment: Environment, apps: Collection[App]) -> dict[str, list[App]]:
    """The environments that these apps come from, each with the apps concerned."""
    found: dict[str, list[App]] = {}
    for app in apps:
        for name in graph.sources(config, app, environment.name):
            found.setdefault(name, []).append(app)
    return found


def worth_a_look(
    candidate: Candidate, cells: Mapping[tuple[str, str], Cell], requests: Collection[PullRequest]
) -> bool:
    """Whether there is anything to say: a release that differs, one that waits, or a request that may have lost its
    purpose."""
    if candidate.findings or any(request.branch == candidate.branch for request in requests):
        return True
    return any(
        part.release is not None and not _has(cells[candidate.environment.name, part.app.name], part.release)
        for part in candidate.parts
    )


def plan(candidate: Candidate, base: str, situation: Situation, rules: Rules) -> Plan:
    """What to do for one candidate."""
    names = tuple(part.app.name for part in candidate.parts)
    due = any(part.release is not None for part in candidate.parts)
    if candidate.findings and not due:
        # What is open stays open: it is not known yet whether it is still wanted.
        return Plan(
            Action.NOTHING,
            Outcome.WAITING,
            candidate.environment.name,
            names,
            base,
            branch=candidate.branch,
            pull_request=situation.open,
            findings=candidate.findings,
        )
    return delivery.plan("Promote", candidate.environment, base, candidate.parts, situation, rules)


def _has(cell: Cell, release: Release) -> bool:
    return cell.release is not None and not cell.drift and release.same_as(cell.release)


def _part(
    app: App, environment: Environment, origins: Sequence[str], cells: Mapping[tuple[str, str], Cell]
) -> tuple[Part, tuple[Finding, ...]]:
    """What an app should have: the release that all environments before it have, if they agree."""
    problems = [cells[origin, app.name].problem for origin in origins]
    unreadable = tuple(finding for problem in problems if problem is not None for finding in problem.findings())
    if unreadable:
        return Part(app, None), unreadable
    releases = [(origin, cells[origin, app.name].release) for origin in origins]
    known = [(origin, release) for origin, release in releases if release is not None]
    if not known or len(known) < len(releases):
        return Part(app, None), ()
    first = known[0][1]
    if all(release.same_as(first) for _, release in known):
        return Part(app, first, promoted_from=known[0][0]), ()
    versions = ", ".join(f"{origin} has {release.version}" for origin, release in known)
    note = Finding("GA312", "notice", f"{app.name} waits for {environment.name}: {versions}; they must agree")
    return Part(app, None), (note,)
