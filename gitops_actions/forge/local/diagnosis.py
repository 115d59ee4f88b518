"""What a repository on this machine does with pushes and merges: see `protocols.Diagnosing`."""

from __future__ import annotations

from gitops_actions.forge.local.data import line
from gitops_actions.model.diagnosis import YES, BranchFacts, Fact, Facts, Inquiry, Receiving


def facts(receiving: Receiving, where: str, inquiry: Inquiry) -> Facts:
    """The facts about the repository at ``where``."""
    closed = Fact("no", f"{line(receiving.closed or '')} may not be written to", "run as its owner, or change that")
    old = Fact("no", "git on this machine is too old to merge", "install git 2.38 or newer")
    return Facts(
        push=closed if receiving.closed is not None else YES,
        request=closed if receiving.closed is not None else YES,
        auto_merge=YES if receiving.merges else old,
        signs=Fact("no", hint="do not ask for signatures here"),
        branches={name: _branch(name, receiving, where) for name in (*inquiry.bases, *inquiry.branches)},
        people=dict.fromkeys((*inquiry.reviewers, *inquiry.teams), YES),  # names, which nobody keeps a list of
        labels=frozenset(inquiry.labels),
    )


def _branch(name: str, receiving: Receiving, where: str) -> BranchFacts:
    hooks = ", ".join(receiving.hooks)
    commit = YES if not hooks else Fact("unknown", f"its hook {hooks} may refuse a push", f"read {where}/hooks")
    if name in receiving.taken:
        mend = f"use a bare repository: git clone --bare {where} {where}.git"
        commit = Fact("no", f"{name} is checked out in a work tree, and git refuses pushes to it", mend)
    fixed = Fact(
        "no", f"{name} cannot be put on another commit", f"git -C {where} config receive.denyNonFastForwards false"
    )
    kept = Fact("no", f"{name} cannot be deleted when it is merged", f"git -C {where} config receive.denyDeletes false")
    merge = commit if receiving.deletes or commit.answer == "no" else kept  # both is one push
    return BranchFacts(
        name,
        rules=(f"what its hook {hooks} wants",) if hooks else (),
        commit=commit,
        replace=YES if receiving.forces else fixed,
        delete=YES if receiving.deletes else kept,
        merge=merge,
    )
