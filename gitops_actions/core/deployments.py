"""Which releases of a delivery their source repositories are to be told about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gitops_actions.model import Action, Deployment, Environment, Finding, Outcome, Plan, Release


def told(plan: Plan, environment: Environment, brought: Mapping[str, Release], due: Mapping[str, Release]) -> Plan:
    """The plan with its deployments, where the environment wants them.

    ``brought`` are the releases by app whose places change; ``due`` those of a plan that finds them there already: a
    run that was killed may not have told of them.
    """
    releases: Mapping[str, Release] = {}
    if plan.action in (Action.COMMIT, Action.REQUEST):
        releases = brought
    elif plan.action is Action.NOTHING and plan.outcome is Outcome.UNCHANGED:
        releases = due
    if not environment.deployments or not releases:
        return plan
    unknown = sorted(name for name, release in releases.items() if not _is_known(release))
    notes = tuple(
        Finding(
            "GA318",
            "notice",
            f"no source is told of {name} {releases[name].version} in {environment.name}: its repository or its "
            "revision is not known",
            hint="give --revision, and `source:` of the app or --source",
        )
        for name in unknown
    )
    return replace(plan, deployments=of(environment.name, releases), findings=(*plan.findings, *notes))


def of(environment: str, releases: Mapping[str, Release]) -> tuple[Deployment, ...]:
    """A deployment of each release (by app) whose source is known."""
    return tuple(
        Deployment(release.source.repository, release.source.revision, environment, name, release.version)
        for name, release in releases.items()
        if release.source.repository is not None and release.source.revision is not None
    )


def _is_known(release: Release) -> bool:
    return None not in (release.source.repository, release.source.revision)
