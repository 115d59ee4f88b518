"""Requests that are opened, or open already and brought up to a text."""

from __future__ import annotations

from dataclasses import replace

from gitops_actions.errors import UsageError
from gitops_actions.forge.local.data import Request
from gitops_actions.forge.local.plumbing import Plumbing
from gitops_actions.forge.local.requests import Requests
from gitops_actions.model import RequestText
from gitops_actions.names import complaint_about_branch


def new(repository: Plumbing, requests: Requests, branch: str, base: str, text: RequestText) -> Request:
    """A request that is not kept yet. Raises UsageError when a branch does not exist or has nothing that the base
    lacks."""
    head, target = requests.branch(branch), requests.branch(base)
    for name, commit in ((branch, head), (base, target)):
        complaint = complaint_about_branch(name)
        if complaint:  # git allows a little more, and would let us write what `data.decode` refuses to read
            raise UsageError(f"branch {name!r} {complaint}")
        if commit is None:
            raise UsageError(f"there is no branch {name!r} in {repository.url}")
    if head is None or target is None or requests.contained(head, target):
        raise UsageError(f"{branch} has nothing that {base} lacks", hint="commit something to the branch first")
    if repository.merge_base(head, target) is None:
        raise UsageError(f"{branch} and {base} have no commit in common", hint=f"start {branch} from {base}")
    return Request(
        number=requests.free_number(),
        branch=branch,
        base=base,
        head=head,
        title=text.title,
        body=text.body,
        draft=text.draft,
        labels=text.labels,
        assignees=text.assignees,
        reviewers=text.reviewers,
        team_reviewers=text.team_reviewers,
        milestone=text.milestone,
    )


def reworded(request: Request, text: RequestText) -> Request:
    """An open one with another text; it keeps the labels and people that it has."""
    return replace(
        request,
        title=text.title,
        body=text.body,
        labels=(*request.labels, *text.labels),
        assignees=(*request.assignees, *text.assignees),
        reviewers=(*request.reviewers, *text.reviewers),
        team_reviewers=(*request.team_reviewers, *text.team_reviewers),
    )
