"""The only place that turns a plan into writes. It decides nothing: whatever it finds changed raises LostRace.

Every step may be the last one before a crash; the order is such that the next run sees what is left to do:
a commit without a request, a request without its label, a marked request that is still open.
"""

from __future__ import annotations

from dataclasses import replace

from gitops_actions.core import diffs
from gitops_actions.core.proposal import OBSOLETE
from gitops_actions.errors import GitOpsError, LostRace, UsageError
from gitops_actions.model import Action, Finding, Outcome, Plan, PullRequest, RequestText, Result
from gitops_actions.protocols import Forge, Proposing, Store

NO_FORGE = "GA040"


def apply(plan: Plan, store: Store, forge: Forge | None) -> Result:
    """Carry out a plan.

    Raises LostRace when the remote is not as the plan saw it, NotAllowed when it refuses, Temporary when it gives out,
    UsageError when the plan needs a forge and there is none.
    """
    if plan.action is Action.NOTHING:
        return result(plan)
    if plan.action is Action.COMMIT:
        commit = _publish(plan, store)
        if plan.pull_request is not None:
            _close(plan, plan.pull_request, store, needed(forge, plan))
        return replace(result(plan), commit=commit)
    forge = needed(forge, plan)
    if plan.action is Action.CLOSE:
        assert plan.pull_request is not None  # noqa: S101 (core closes what is open)
        return replace(result(plan), pull_request=_close(plan, plan.pull_request, store, forge))
    return _request(plan, store, forge)


def result(plan: Plan, *, planned: bool = False) -> Result:
    """What a plan comes to; ``planned``: as the answer to `--plan`, nothing was written."""
    changed = plan.action is not Action.NOTHING
    return Result(
        environment=plan.environment,
        apps=plan.apps,
        outcome=Outcome.PLANNED if planned and changed else plan.outcome,
        changed=changed,
        base=plan.base,
        branch=plan.branch,
        pull_request=plan.pull_request,
        changes=plan.changes,
        versions=plan.versions,
        findings=plan.findings,
        diff=diff(plan),
    )


def failed(error: GitOpsError, environment: str | None, apps: tuple[str, ...], base: str | None = None) -> Result:
    """A delivery that ended with an error: one of several, so the others still have their say."""
    outcome = Outcome.CONFLICT if error.exit_code == 5 else Outcome.REFUSED
    return Result(
        environment, apps, outcome, changed=False, base=base, findings=error.findings(), exit_code=error.exit_code
    )


def diff(plan: Plan) -> str:
    """The unified diff of a plan's files."""
    return "".join(
        diffs.unified(file.path, _decoded(plan.previous.get(file.path)), _decoded(file.content)) for file in plan.files
    )


def _decoded(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "replace")


def _publish(plan: Plan, store: Store) -> str:
    assert plan.target is not None and plan.parent is not None and plan.author is not None  # noqa: S101, PT018
    return store.publish(
        plan.target,
        expected=plan.expected,
        parent=plan.parent,
        files=plan.files,
        message=plan.message,
        author=plan.author,
    )


def _request(plan: Plan, store: Store, forge: Forge) -> Result:
    assert plan.request is not None and plan.author is not None and plan.branch is not None  # noqa: S101, PT018
    head, request = _brought(plan, store, forge, plan.request)
    notes: tuple[Finding, ...] = ()
    asked = plan.request.team_reviewers if plan.pull_request is None or plan.files or plan.reword else ()
    if asked and "team-reviewers" not in forge.capabilities:
        notes = (Finding("GA315", "warning", f"{forge.name} has no teams that could review: {', '.join(asked)}"),)
    if OBSOLETE in request.labels:
        request = forge.update(request.number, remove_labels=[OBSOLETE])
    done = _noted(replace(result(plan), commit=head if plan.files else None, pull_request=_at(request, head)), *notes)
    if not plan.auto_merge:
        return done
    if "auto-merge" not in forge.capabilities:
        return _noted(done, Finding("GA313", "warning", f"{forge.name} has no auto-merge here; merge it by hand"))
    try:
        request = forge.request_auto_merge(
            request.number, expected_head=head, method=plan.merge_method, author=plan.author
        )
    except LostRace:
        raise
    except GitOpsError as error:  # the request is there all the same
        done = replace(_noted(done, *error.findings()), exit_code=error.exit_code)
        asked_only = plan.outcome is Outcome.UPDATED and not (plan.files or plan.reword)
        return replace(done, outcome=Outcome.UNCHANGED, changed=False) if asked_only else done
    if request.state != "merged":
        return replace(done, pull_request=_at(request, head))
    store.refresh()
    return replace(done, outcome=Outcome.MERGED, commit=request.merge_commit, pull_request=request)


def _noted(done: Result, *findings: Finding) -> Result:
    return replace(done, findings=(*done.findings, *findings))


def _brought(plan: Plan, store: Store, forge: Forge, text: RequestText) -> tuple[str, PullRequest]:
    """The head of the request's branch and the open request, as the plan wants them."""
    assert plan.branch is not None  # noqa: S101 (core names it)
    new = plan.pull_request is None and plan.expected is None and plan.files
    if new and forge.store is store and isinstance(forge, Proposing):
        assert plan.parent is not None  # noqa: S101 (of a plan with files)
        return forge.propose(
            plan.branch, plan.base, parent=plan.parent, files=plan.files, message=plan.message, text=text
        )
    head = _publish(plan, store) if plan.files else plan.head
    assert head is not None  # noqa: S101 (without files, the branch holds the release already)
    request = plan.pull_request
    if request is not None:
        request = forge.get(request.number)
        if request.state != "open":
            raise LostRace(f"#{request.number} was {request.state} meanwhile")
    if request is None or plan.files or plan.reword:
        request = forge.open(plan.branch, plan.base, text)
    return head, request


def _close(plan: Plan, request: PullRequest, store: Store, forge: Forge) -> PullRequest:
    """Mark, close, delete the branch: in this order a crash leaves an open request that the next run closes, or a
    branch without a request, and never a closed request that looks like a person's refusal."""
    forge.update(request.number, add_labels=[OBSOLETE])
    closed = forge.close(request.number, comment=plan.reason)
    if plan.head is not None:
        store.delete(request.branch, expected=plan.head)
    return closed


def _at(request: PullRequest, head: str) -> PullRequest:
    """A forge may answer with the head it knew before our push."""
    return request if request.state == "merged" else replace(request, head_sha=head)


def needed(forge: Forge | None, plan: Plan) -> Forge:
    """The forge that a plan needs. Raises UsageError when there is none."""
    if forge is None:
        raise UsageError(
            f"{plan.branch} needs a pull request, and this config repo has no forge that opens one",
            code=NO_FORGE,
            hint="use `deliver: push`, or say which forge it is with --forge",
        )
    return forge
