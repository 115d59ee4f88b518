"""The only place that turns a plan into writes. It decides nothing: whatever it finds changed raises LostRace.

Every step may be the last one before a crash; the order is such that the next run sees what is left to do:
a commit without a request, a request without its label, a marked request that is still open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gitops_actions.core import diffs
from gitops_actions.core.proposal import OBSOLETE
from gitops_actions.errors import GitOpsError, LostRace, NotAllowed, UsageError
from gitops_actions.model import Action, Deployment, Finding, Outcome, Plan, PullRequest, RequestText, Result
from gitops_actions.protocols import Forge, Proposing, Store

NO_FORGE = "GA040"
# Of these the sources of releases are told.
_TOLD = (Outcome.COMMITTED, Outcome.MERGED, Outcome.OPENED, Outcome.UPDATED, Outcome.UNCHANGED)


def apply(plan: Plan, store: Store, forge: Forge | None) -> Result:
    """Carry out a plan, and tell the sources of its releases about it.

    Raises LostRace when the remote is not as the plan saw it, NotAllowed when it refuses, Temporary when it gives out,
    UsageError when the plan needs a forge and there is none.
    """
    done = _applied(plan, store, forge)
    if done.outcome not in _TOLD or not plan.deployments:
        return done
    # What is on the base is on its way, the agent is about to apply it; what is in a request waits.
    arrived = done.outcome in (Outcome.COMMITTED, Outcome.MERGED) or done.pull_request is None
    request = done.pull_request if done.outcome is not Outcome.COMMITTED else None
    told = (
        replace(
            one,
            state="in_progress" if arrived else "queued",
            url=request.url if request is not None else None,
            commit=done.commit,
        )
        for one in plan.deployments
    )
    return _noted(done, *report(told, forge, once=done.outcome is Outcome.UNCHANGED))


def report(deployments: Iterable[Deployment], forge: Forge | None, *, once: bool = False) -> tuple[Finding, ...]:
    """Tell the sources of releases about them. What fails becomes a finding: the delivery itself is done."""
    findings: list[Finding] = []
    for one in deployments:
        what = f"{one.repository} is not told of {one.app} {one.version} in {one.environment}"
        if forge is None or "deployments" not in forge.capabilities:
            findings.append(Finding("GA317", "warning", f"{what}: nothing here keeps deployments"))
            continue
        try:
            forge.report_deployment(one, once=once)
        except GitOpsError as error:
            findings.append(Finding("GA317", "warning", f"{what}: {error.message}", hint=error.hint))
    return tuple(findings)


def _applied(plan: Plan, store: Store, forge: Forge | None) -> Result:
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
    if plan.request.milestone is not None and request.milestone is None:
        notes = (*notes, _no_milestone(forge, request, plan.request.milestone))
    notes = (*notes, *request.findings)
    if OBSOLETE in request.labels:
        request = forge.update(request.number, remove_labels=[OBSOLETE])
    done = replace(result(plan), commit=head if plan.files else None, pull_request=_at(request, head))
    lacking = any(note.severity == "error" for note in notes)
    done = replace(_noted(done, *notes), exit_code=NotAllowed.exit_code if lacking else 0)
    if not plan.auto_merge:
        return done if plan.files or not _reads_as_before(plan.pull_request, request) else _unchanged(done)
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
        return _unchanged(done) if asked_only else done
    if request.state != "merged":
        return replace(done, pull_request=_at(request, head))
    store.refresh()
    return replace(done, outcome=Outcome.MERGED, commit=request.merge_commit, pull_request=request)


def _no_milestone(forge: Forge, request: PullRequest, title: str) -> Finding:
    what = f"there is no open milestone {title!r}" if "milestone" in forge.capabilities else "there are no milestones"
    return Finding(
        "GA316",
        "warning",
        f"{what} on {forge.name}: #{request.number} has none",
        hint="create it there, or correct `milestone:` of the environment",
    )


def _reads_as_before(before: PullRequest | None, now: PullRequest) -> bool:
    """Whether an open request has come out as it was: what it lacked, the forge could not give it."""
    if before is None or (before.milestone or "") != (now.milestone or ""):
        return False
    return all(
        getattr(before, name) == getattr(now, name) for name in ("title", "body", "labels", "assignees", "reviewers")
    )


def _unchanged(done: Result) -> Result:
    return replace(done, outcome=Outcome.UNCHANGED, changed=False)


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
        request = _opened(plan.branch, plan.base, text, store, forge)
    return head, request


def _opened(branch: str, base: str, text: RequestText, store: Store, forge: Forge) -> PullRequest:
    try:
        return forge.open(branch, base, text)
    except UsageError:
        store.refresh()
        if branch in store.branches(branch) and store.ahead(base, branch):
            raise
        # The base was read before the forge merged the request, as it does by itself as soon as all is green.
        raise LostRace(f"{branch} was merged or deleted meanwhile") from None


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
