"""From what should be in an environment to a plan: a commit, a request to open, update or close, or nothing.

Level-triggered: only what is there now and what should be there decide, never what an earlier run did.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from gitops_actions.core.cells import Draft
from gitops_actions.core.messages import made_by_us, ours
from gitops_actions.core.proposal import OBSOLETE, Proposal, Situation, Wishes
from gitops_actions.errors import ForeignCommits
from gitops_actions.model import (
    Action,
    Commit,
    FileChange,
    Finding,
    Outcome,
    Plan,
    RequestText,
    Signature,
    Snapshot,
)
from gitops_actions.texts import undrafted


def plan(proposal: Proposal, situation: Situation, wishes: Wishes, author: Signature) -> Plan:
    """Decide what to do. Raises ForeignCommits when a branch would have to be moved that holds other people's work."""
    if proposal.deliver == "push":
        return _commit(proposal, situation, author)
    if not proposal.draft.files:
        return _nothing_due(proposal, situation)
    if situation.open is None and not wishes.recreate_closed:
        refused = next((commit for commit in situation.refused if proposal.turned_away(commit)), None)
        if refused is not None:
            return _plan(proposal, situation, Action.NOTHING, Outcome.SKIPPED_CLOSED)
    return _request(proposal, situation, wishes, author)


def _foreign(commits: tuple[Commit, ...], environment: str | None) -> tuple[Commit, ...]:
    """Those of a request's commits that are not ours."""
    return tuple(commit for commit in commits if not ours(commit, environment))


def _commit(proposal: Proposal, situation: Situation, author: Signature) -> Plan:
    """Straight to the base; a request that is still open for it has lost its purpose."""
    files = proposal.draft.files
    if not files:
        return _nothing_due(proposal, situation)
    others = _foreign(situation.ahead, proposal.environment) if situation.open else ()
    notes: tuple[Finding, ...] = ()
    if situation.open and others:
        text = f"#{situation.open.number} stays open: {_people(others)} pushed onto it"
        notes = (Finding("GA304", "warning", text),)
        situation = replace(situation, open=None)
    return _plan(
        proposal,
        situation,
        Action.COMMIT,
        Outcome.COMMITTED,
        target=proposal.base,
        expected=situation.base.commit,
        parent=situation.base,
        draft=proposal.draft,
        author=author,
        findings=notes,
        reason="The release was committed to the base branch.",
    )


def _nothing_due(proposal: Proposal, situation: Situation) -> Plan:
    nothing = _plan(proposal, situation, Action.NOTHING, Outcome.UNCHANGED)
    if situation.open is None:
        return nothing
    return no_longer_due(nothing, situation.ahead, "What this request would bring is there already, or no longer due.")


def no_longer_due(nothing: Plan, ahead: tuple[Commit, ...], reason: str) -> Plan:
    """The plan to close the open request of a plan that does nothing, unless other people's commits are on it."""
    assert nothing.pull_request is not None  # noqa: S101 (the caller's business)
    others = _foreign(ahead, nothing.environment)
    if not others:
        return replace(nothing, action=Action.CLOSE, outcome=Outcome.CLOSED, reason=reason)
    number = nothing.pull_request.number
    text = f"#{number} has nothing of ours left, but {_people(others)} pushed onto it; it stays open"
    return replace(nothing, findings=(*nothing.findings, Finding("GA304", "warning", text)))


def _request(proposal: Proposal, situation: Situation, wishes: Wishes, author: Signature) -> Plan:
    head, request = situation.head, situation.open
    draft, parent = proposal.draft, situation.base
    others = _foreign(situation.ahead, proposal.environment)
    stuck = request is not None and request.conflicts  # then it is made anew, on the tip of the base
    if head is not None and others:
        draft, parent = proposal.redraft(head), head
        if draft.files and all(made_by_us(commit) for commit in others):
            raise ForeignCommits(
                f"{proposal.branch} is the branch of another request ({others[0].subject})",
                code="GA305",
                hint="give another --branch",
            )
        if draft.files and wishes.on_foreign == "stop":
            raise ForeignCommits(
                f"{_people(others)} pushed onto {proposal.branch}; their work is not overwritten",
                hint="merge or close the request, or run again with --on-foreign append to put ours on top",
            )
    elif head is not None and situation.ahead and _brings(head, situation, proposal) and not stuck:
        draft = Draft({}, draft.changes)
    text = proposal.text()
    obsolete = request is not None and OBSOLETE in request.labels
    reword = request is not None and (
        undrafted(request.title) not in {undrafted(title) for title in proposal.titles()}
        or not _folded(text.labels) <= _folded(request.labels)
        or (text.milestone is not None and request.milestone is None)
        or (wishes.body is not None and request.body.strip() != proposal.body().strip())
    )
    # A new commit asks again: a forge may have dropped the wish with the old one. A draft is not to be merged yet.
    unwanted = request.draft if request is not None else text.draft
    auto_merge = proposal.auto_merge and not unwanted
    auto_merge = auto_merge and (request is None or not request.auto_merge or bool(draft.files))
    if request is not None and not (draft.files or reword or auto_merge or obsolete):
        return _plan(proposal, situation, Action.NOTHING, Outcome.UNCHANGED)
    return _plan(
        proposal,
        situation,
        Action.REQUEST,
        Outcome.OPENED if request is None else Outcome.UPDATED,
        target=proposal.branch,
        expected=head.commit if head is not None else None,
        parent=parent,
        draft=draft,
        author=author,
        text=replace(text, body=proposal.body()) if request is None or draft.files or reword else text,
        auto_merge=auto_merge,
        reword=reword,
    )


def _brings(head: Snapshot, situation: Situation, proposal: Proposal) -> bool:
    """Whether a branch already holds, in every file that matters, what the draft would put there."""
    base, files = situation.base.files, proposal.draft.files
    for path in {*head.files, *base, *files}:
        wanted = files[path].content if path in files else base[path].content if path in base else None
        there = head.files[path].content if path in head.files else None
        if there is None or wanted is None:
            if there is not wanted:
                return False
        elif not proposal.agrees(path, there, wanted):
            return False
    return True


def _folded(labels: Collection[str]) -> set[str]:
    """GitHub has one label for all ways to write it."""
    return {label.casefold() for label in labels}


def _people(commits: tuple[Commit, ...]) -> str:
    return " and ".join(sorted({commit.committer.name for commit in commits}))


def _plan(
    proposal: Proposal,
    situation: Situation,
    action: Action,
    outcome: Outcome,
    *,
    target: str | None = None,
    expected: str | None = None,
    parent: Snapshot | None = None,
    draft: Draft | None = None,
    author: Signature | None = None,
    text: RequestText | None = None,
    auto_merge: bool = False,
    reword: bool = False,
    reason: str = "",
    findings: tuple[Finding, ...] = (),
) -> Plan:
    files: tuple[FileChange, ...] = tuple(draft.files.values()) if draft is not None else ()
    before = parent.files if parent is not None else {}
    return Plan(
        action=action,
        outcome=outcome,
        environment=proposal.environment,
        apps=proposal.apps,
        base=proposal.base,
        branch=None if proposal.deliver == "push" and situation.open is None else proposal.branch,
        target=target,
        expected=expected,
        parent=parent.commit if parent is not None else None,
        files=tuple(sorted(files, key=lambda file: file.path)),
        previous={file.path: before[file.path].content for file in files if file.path in before},
        message=proposal.message() if files else "",
        author=author,
        request=text,
        reword=reword,
        pull_request=situation.open,
        head=situation.head.commit if situation.head is not None else None,
        auto_merge=auto_merge,
        merge_method=proposal.merge_method,
        reason=reason,
        changes=draft.changes if draft is not None and draft.files else (),
        versions=proposal.versions,
        findings=(*proposal.findings, *findings),
    )
