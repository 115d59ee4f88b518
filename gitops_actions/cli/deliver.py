"""From a wish to a result: look, plan, apply, and again when a race was lost. Shared by deploy and promote."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from gitops_actions import apply as application
from gitops_actions import plugins
from gitops_actions.cli.session import Place, Session
from gitops_actions.cli.settings import Settings
from gitops_actions.core.proposal import OBSOLETE, Situation
from gitops_actions.errors import GitOpsError, LostRace, UsageError
from gitops_actions.model import Action, Commit, Plan, Result, Snapshot
from gitops_actions.protocols import Foresight

# Looks at the remote and decides; also says where the plan is to be carried out.
Decide = Callable[[], tuple[Place, Plan]]

# How many requests that people closed are looked at for the one that turned a release away.
_REFUSALS = 10
# Which of several failures a pipeline should hear of: what will not mend itself goes first.
_WORST = (1, 2, 4, 5, 3, 8, 7, 6)


def situation(
    session: Session, place: Place, branch: str, paths: Collection[str], milestone: str | None = None
) -> Situation:
    """What the remote looks like for a request's branch. ``milestone``: the one that the request is to have."""
    store, forge = place.store, place.forge
    if forge is not None and forge.store is store and isinstance(forge, Foresight):
        forge.expect(place.branch, branch, paths, milestone)
    base = store.snapshot(place.branch, paths, likely=session.likely)
    if forge is None:
        return Situation(base)
    head: Snapshot | None = None
    ahead: tuple[Commit, ...] = ()
    if branch in store.branches(branch):
        head = store.snapshot(branch, paths)
        ahead = store.ahead(place.branch, branch)
    requests = forge.find(state="all", branch=branch, base=place.branch)
    waiting = next((one for one in requests if one.state == "open"), None)
    if waiting is not None:
        return Situation(base, head, ahead, waiting)
    ended = [one for one in requests if head is not None and one.head_sha == head.commit]
    merged = next((one for one in ended if one.state == "merged"), None)
    if merged is not None:
        if merged.merge_commit != base.commit:
            store.refresh()
            if store.snapshot(place.branch, ()).commit != base.commit:
                raise LostRace(f"#{merged.number} was merged meanwhile")
        ahead = ()  # they have arrived, whoever made them, by a squash or a rebase; a forge may let the branch stay
    refused: list[Commit] = []
    closed = [one for one in requests if one.state == "closed"]
    for request in [one for one in closed if OBSOLETE not in one.labels][:_REFUSALS]:
        refused.extend(store.ahead(place.branch, request.head_sha))
    return Situation(base, head, ahead, None, tuple(refused), bool(ended))


def rehearse(decisions: Sequence[Decide]) -> None:
    """With several deliveries, decide all before the first one is done: a UsageError of the last must find nothing
    written by the first. What else goes wrong is the business of its own delivery."""
    for decide in decisions if len(decisions) > 1 else ():
        try:
            decide()
        except UsageError:
            raise
        except GitOpsError:
            continue


def deliver(
    session: Session, decide: Decide, environment: str | None, apps: Sequence[str] = (), *, plan_only: bool
) -> Result:
    """Decide and do, deciding anew after each lost race. Errors of policy, permission and people become the result
    of this delivery, so that others go on; so does a UsageError once it is decided what to do, and before that it is
    raised."""
    base: str | None = None
    decided = False

    def attempt() -> Result:
        nonlocal base, decided
        decided = False
        place, plan = decide()
        base, decided = place.branch, True
        for file in plan.files:
            session.settings.detail(f"{plan.action.value}: {file.path} on {plan.target}, on top of {plan.parent}")
        if plan_only:
            if plan.action is not Action.NOTHING and plan.action is not Action.COMMIT:
                application.needed(place.forge, plan)
            return application.result(plan, planned=True)
        return application.apply(plan, place.store, place.forge)

    title = " in ".join(part for part in (", ".join(apps), environment) if part) or "values"
    try:
        with session.settings.fold(title):
            return session.persevere(attempt)
    except UsageError as error:
        if error.code == application.NO_FORGE and session.which_forge is not None:
            error.hint = f"{session.which_forge}; or use `deliver: push`"
        if error.code == application.NO_FORGE or plan_only or not decided:
            raise
        return application.failed(error, environment, tuple(apps), base)
    except GitOpsError as error:
        return application.failed(error, environment, tuple(apps), base)


def finish(settings: Settings, command: str, results: Sequence[Result], *, exit_code: bool) -> None:
    """Print the results and end with the code that they ask for."""
    for result in results:
        for finding in result.findings:
            settings.finding(finding)
    settings.hand_on(command, results)
    text = plugins.load("reporters", settings.output)().report(command, results)
    settings.print(text)
    codes = {result.exit_code for result in results if result.exit_code}
    code = next((code for code in _WORST if code in codes), 0)
    if not code and exit_code and any(result.changed for result in results):
        code = 10
    if code:
        raise SystemExit(code)
