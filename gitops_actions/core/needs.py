"""What deliveries need of a config repo, as its policy says: the question that `doctor` answers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gitops_actions.core import deploy, graph, naming
from gitops_actions.core.targets import environments_of, unknown_app
from gitops_actions.errors import UsageError
from gitops_actions.model import App, Config, Environment
from gitops_actions.model.diagnosis import Inquiry, Need


def needs(
    config: Config, apps: Mapping[str, App], base: str, *, app: str | None, environments: Collection[str]
) -> list[Need]:
    """A need for each environment. `deploy` goes to those that it would go to with the same ``app`` and
    ``environments``; the others are those that `promote` goes to.

    Raises UsageError for names that there are not.
    """
    if app is not None and app not in apps:
        raise unknown_app(app, apps)
    for name in environments:
        graph.environment_called(config, name)
    chosen = [apps[app]] if app is not None else list(apps.values())
    deployed = _deployed(config, chosen, environments, named=app is not None)
    found = []
    for environment in config.environments.values():
        here = [one for one in chosen if environment.name in environments_of(config, one)]
        if environment.name in deployed or (not environments and (here or app is None)):
            found.append(_need(environment, here, base, deploys=environment.name in deployed))
    return found


def _deployed(config: Config, apps: Sequence[App], asked: Collection[str], *, named: bool) -> set[str]:
    if not apps:
        return set(asked) or {name for name in config.environments if not graph.before(config, name)}
    found: set[str] = set()
    for one in apps:
        own = environments_of(config, one)
        if named or not asked:
            found |= {entry.name for entry in deploy.entries(config, one, tuple(asked))} if own else set()
        else:
            found |= set(asked)
    return found


def _need(environment: Environment, apps: Sequence[App], base: str, *, deploys: bool) -> Need:
    if environment.repository is not None:
        raise UsageError(
            f"environment {environment.name} lives in {environment.repository}; look at that repository by itself",
            code="GA042",
            hint="give it as --config-repo",
        )
    requests = environment.deliver == "pull-request"
    branch = naming.branch(environment.name, apps[0].name if apps and environment.group == "app" else None)
    return Need(
        environment.name,
        deploys,
        environment.deliver,
        environment.branch or base,
        branch if requests else None,
        requests and environment.auto_merge,
        environment.merge_method,
        environment.labels if requests else (),
        environment.reviewers if requests else (),
        environment.team_reviewers if requests else (),
    )


def of_sets(base: str) -> Need:
    """What `deploy --set` needs, the only way in where there is no policy."""
    return Need(None, True, "pull-request", base, naming.set_branch(["values.yaml"]))


def inquiry(needs: Sequence[Need]) -> Inquiry:
    """What a forge is to be asked for these needs."""
    return Inquiry(
        bases=tuple(dict.fromkeys(need.base for need in needs)),
        branches=tuple(dict.fromkeys(need.branch for need in needs if need.branch is not None)),
        reviewers=tuple(dict.fromkeys(name for need in needs for name in need.reviewers)),
        teams=tuple(dict.fromkeys(name for need in needs for name in need.team_reviewers)),
        labels=tuple(dict.fromkeys(name for need in needs for name in need.labels)),
    )
