"""Open requests of ours that gitops.yaml has no use for any more: of an app or environment that is gone, or on the
branch that the app had before `group` changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gitops_actions.core import graph, messages, naming
from gitops_actions.core.planning import no_longer_due
from gitops_actions.core.targets import environments_of
from gitops_actions.model import Action, App, Commit, Config, Outcome, Plan, PullRequest


def suspects(config: Config, apps: Mapping[str, App], requests: Sequence[PullRequest]) -> list[PullRequest]:
    """The requests whose branches are named as ours are, for what is not there or goes by another branch."""
    wanted: set[str] = set()
    for name, environment in config.environments.items():
        if environment.group == "environment":
            wanted.add(naming.branch(name, None))
        else:
            wanted |= {naming.branch(name, app.name) for app in apps.values() if name in environments_of(config, app)}
    return [one for one in requests if naming.environment_of(one.branch) is not None and one.branch not in wanted]


def plan(
    config: Config, apps: Mapping[str, App], request: PullRequest, ahead: Sequence[Commit], only: str | None
) -> Plan:
    """What to do about a suspect, whose commits are ``ahead``. ``only``: the app that the run is about, if one is.

    A release that waits for its first environment is known to this request alone: the app's next `deploy` moves it.
    """
    environment = naming.environment_of(request.branch)
    named = tuple(sorted({app for commit in ahead for app in messages.releases(commit.message)}))
    nothing = Plan(
        Action.NOTHING, Outcome.UNCHANGED, environment, named, request.base,
        branch=request.branch, pull_request=request, head=request.head_sha,
    )  # fmt: skip
    if environment is None or request.state != "open" or (only is not None and named != (only,)):
        return nothing
    alone = named[0] if len(named) == 1 else None
    if request.branch not in (naming.branch(environment, None), naming.branch(environment, alone)):
        return nothing  # somebody's own name, given by --branch
    there = [apps[app] for app in named if app in apps and environment in environments_of(config, apps[app])]
    if any(not graph.sources(config, app, environment) for app in there):
        return nothing
    return no_longer_due(nothing, tuple(ahead), "gitops.yaml has no use for this request any more.")
