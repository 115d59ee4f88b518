"""The embedded agent, cycle by cycle: make the target what the config repo says, or keep what is there and say why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gitops_actions.agent.drift import Drift, carry, compare
from gitops_actions.agent.objects import check_losses
from gitops_actions.agent.program import run_command, without_secrets
from gitops_actions.agent.render import AppFolder, Mode, Rendered, found_tools, render
from gitops_actions.agent.report import Report, set_status
from gitops_actions.agent.target import CURRENT, AppState, State, Target
from gitops_actions.agent.tree import Inventory, inventory_of
from gitops_actions.errors import GitOpsError, UsageError
from gitops_actions.model import File, Finding
from gitops_actions.protocols import Forge, Store


@dataclass(frozen=True, slots=True)
class Way:
    """How to apply: how to render, what to run after a change, which losses a person has confirmed, and the
    process environment."""

    environ: Mapping[str, str] = field(repr=False)
    mode: Mode = "auto"
    on_change: str | None = None
    confirmed: str | None = None


class Embedded:
    """The agent of one environment on one claimed target (`Target.claimed`). ``now``: seconds since the epoch, UTC.

    A target belongs to the environment that was first published in it. Raises UsageError when that is another one.
    """

    def __init__(self, target: Target, environment: str, way: Way, now: Callable[[], int]) -> None:
        owner = target.owner()
        if owner not in (None, environment):
            raise UsageError(
                f"this target belongs to environment {owner}, not {environment}",
                code="GA505",
                hint="use another --target; a folder serves one environment",
            )
        self._target = target
        self._environment = environment
        self._way = way
        self._now = now

    def cycle(self, store: Store, forge: Forge | None, branch: str, apps: Sequence[AppFolder]) -> Report:
        """Make the target what the apps are on a branch, and set the commit status of its tip.

        What goes wrong is in the report; the last good tree stays.
        """
        report = Report(self._environment)
        try:
            report.revision = store.snapshot(branch, ()).commit
            self._apply(store, branch, apps, report)
        except (GitOpsError, OSError) as error:
            report.blame(error)
        self._conclude(report)
        if forge is not None:
            set_status(forge, report, self._now())
        return report

    def failed(self, report: Report, forge: Forge | None) -> None:
        """Remember, and tell the commit, that a cycle could not even begin: the config repo or its policy could not be
        read."""
        self._conclude(report)
        if forge is not None:
            set_status(forge, report, self._now())

    def _apply(self, store: Store, branch: str, apps: Sequence[AppFolder], report: Report) -> None:
        target, way = self._target, self._way
        state = self._state()
        linked = target.published()
        published = linked or state.tree
        report.apps = state.apps
        report.findings += _leftovers(target.sweep({state.tree, state.previous}))
        known = target.inventory(published) if published else None
        old = known or Inventory()
        if published:
            report.drift = compare(target.content(published), old, unlock=True)
            if linked is None:
                report.drift = (Drift("missing", ""), *report.drift)
            if known is None:
                report.findings += (_unknown(),)
        whole = linked is not None and known is not None and all(one.kind == "added" for one in report.drift)

        tools = found_tools(way.environ)
        inputs = _fingerprint(report.revision, branch, apps, way.mode, tools.kustomize, tools.helm)
        if not whole or published != state.tree or inputs != state.inputs:
            with target.scratch() as scratch:
                rendered, findings = render(store, branch, apps, way.mode, tools, scratch)
            report.findings += findings
            files = {f"{name}/{path}": file for name, app in rendered.items() for path, file in app.files.items()}
            objects = tuple(sorted(text for app in rendered.values() for text in app.objects))
            new = inventory_of(files, objects, self._environment)
            if new.id != old.id or known is None:
                check_losses(old.objects, new.objects, way.confirmed)
            if new.id != old.id or not whole:
                report.changed_apps = _changed(old, new, report.drift) or tuple(sorted(rendered))
                if way.on_change is not None:
                    # Before the swap: killed right after it, the next cycle still knows that the command is due.
                    state = replace(state, pending=tuple(sorted({*state.pending, *report.changed_apps})))
                    target.remember(state)
                name = self._swap(published, old, new, files, report)
                state = replace(state, tree=name, previous=published, applied=self._now())
            elif published != state.tree:  # killed between the swap and `remember`
                state = replace(state, tree=published, previous=state.tree, applied=self._now())
            report.apps = tuple(_app_state(name, app) for name, app in sorted(rendered.items()))
            state = replace(state, revision=report.revision, inputs=inputs, apps=report.apps)
            target.remember(state)

        if state.pending and way.on_change is not None:
            self._run_on_change(way.on_change, state)
            report.outcome = "applied"
        if state.pending:
            target.remember(replace(state, pending=()))

    def _swap(
        self, published: str | None, old: Inventory, new: Inventory, files: Mapping[str, File], report: Report
    ) -> str:
        """Build the new tree, carry over what persons added, and let `current` point to it. Answers its name."""
        target = self._target
        name = target.build(new, files)
        lost: tuple[Drift, ...] = ()
        if published:
            lost = carry(target.content(published), target.content(name), old)
        target.publish(name)
        report.changed, report.outcome = True, "applied"
        if published:
            lost += carry(target.content(published), target.content(name), old)  # added while the new tree was made
        report.drift += tuple(dict.fromkeys(lost))
        report.findings += _leftovers(target.sweep({published}))
        return name

    def _run_on_change(self, command: str, state: State) -> None:
        folder = self._target.folder
        environ = without_secrets(self._way.environ) | {
            "GITOPS_ENVIRONMENT": self._environment,
            "GITOPS_REVISION": state.revision or "",
            "GITOPS_TARGET": str(folder / CURRENT),
            "GITOPS_APPS": " ".join(state.pending),
        }
        run_command(command, folder=folder, environ=environ)

    def _conclude(self, report: Report) -> None:
        """Remember how the cycle ended."""
        message = str(report.error) if report.error else ""
        try:
            state = replace(self._state(), outcome=report.outcome, checked=self._now(), message=message)
            self._target.remember(state)
        except OSError as error:
            report.blame(error)

    def _state(self) -> State:
        state = self._target.state()
        if state is None or state.environment != self._environment:  # of one that never published anything
            state = State(self._environment, "unchanged", self._now())
        return state


def _app_state(name: str, app: Rendered) -> AppState:
    return AppState(name, app.method, len(app.files), len(app.objects))


def _changed(old: Inventory, new: Inventory, drift: Sequence[Drift]) -> tuple[str, ...]:
    """The apps with a file that is new, gone, different, or was put back."""
    paths = {path for path in old.files.keys() | new.files.keys() if old.files.get(path) != new.files.get(path)}
    apps = {path.partition("/")[0] for path in paths}
    apps.update(one.app for one in drift if one.app is not None and one.kind != "added")
    return tuple(sorted(apps))


def _fingerprint(*parts: object) -> str:
    """Changes with everything that a rendering depends on, so that the same is not rendered every cycle."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _leftovers(names: Sequence[str]) -> tuple[Finding, ...]:
    return tuple(
        Finding("GA506", "warning", f"the old tree {name} could not be removed", hint="remove it by hand")
        for name in names
    )


def _unknown() -> Finding:
    return Finding(
        "GA506",
        "warning",
        "it is not known any more which files of `current` the agent made: none of them is pruned",
        hint="remove by hand what is not wanted any more",
    )
