"""Who is asked for a review, who is assigned, the milestone and the labels of a request."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from gitops_actions.errors import NotAllowed
from gitops_actions.forge.github import milestones
from gitops_actions.forge.github.detailed import Detailed
from gitops_actions.forge.github.failures import Refusal
from gitops_actions.forge.github.view import View
from gitops_actions.forge.github.words import line
from gitops_actions.model import PullRequest, RequestText

# Writes to a request, and looks whether it was done when the answer is lost.
Settle = Callable[[Detailed, Callable[[], Any], Callable[[Detailed], bool]], None]


def brought(view: View, settle: Settle, there: Detailed, text: RequestText, *, new: bool = False) -> PullRequest:
    """Ask the people first and set the labels last: labels tell the next run that all this was done.

    GitHub takes who has given a review off the list of those who are asked, and asks him again as often as it is told
    to: so nobody is who has answered.
    """
    request, path = there.request, f"{view.address.path}/issues/{there.request.number}"
    reviewers = _others(text.reviewers, (*request.reviewers, *there.reviewed))
    teams = [name.rpartition("/")[2] for name in text.team_reviewers]
    where = f"{view.address.path}/pulls/{request.number}/requested_reviewers"
    if teams and not new:
        # Which team a review is for, only tokens with the scope `read:org` are told.
        teams = _others(teams, _teams(view, where)) if not there.reviewed else []
    if reviewers or teams:
        _people(
            settle,
            there,
            lambda: view.client.send("POST", where, {"reviewers": reviewers, "team_reviewers": teams}),
            lambda now: (
                not _others(reviewers, (*now.request.reviewers, *now.reviewed))
                and (not teams or not _others(teams, _teams(view, where)))
            ),
            "ask for a review",
        )
        request = replace(request, reviewers=(*request.reviewers, *reviewers))
    assignees = _others(text.assignees, request.assignees)
    if assignees:
        _people(
            settle,
            there,
            lambda: view.client.send("POST", f"{path}/assignees", {"assignees": assignees}),
            lambda now: not _others(assignees, now.request.assignees),
            "assign it",
        )
        request = replace(request, assignees=(*request.assignees, *assignees))
    if text.milestone is not None and request.milestone is None:
        title, id = text.milestone, milestones.known(view, text.milestone)
        if id is not None:
            _people(
                settle,
                there,
                lambda: milestones.give(view, there, id),
                lambda now: now.request.milestone is not None,
                "give it a milestone",
            )
            request = replace(request, milestone=title)
    return replace(request, labels=add_labels(view, settle, there, text.labels))


def _teams(view: View, where: str) -> list[str]:
    """The teams that are asked."""
    return [one["slug"] for one in view.client.get(where)["teams"]]


def _others(wanted: Collection[str], there: Collection[str]) -> list[str]:
    """Those that are not there yet; case does not matter in names of people, teams and labels."""
    known = {name.lower() for name in there}
    return [name for name in wanted if name.lower() not in known]


def add_labels(view: View, settle: Settle, there: Detailed, names: Collection[str]) -> tuple[str, ...]:
    """Add labels, which GitHub makes where they are missing; all that are on then."""
    wanted = dict.fromkeys(made for name in names if (made := line(name, 50)))
    lacking = _others(wanted, there.request.labels)
    if not lacking:
        return there.request.labels
    path = f"{view.address.path}/issues/{there.request.number}/labels"
    _people(
        settle,
        there,
        lambda: view.client.send("POST", path, {"labels": lacking}),
        lambda now: not _others(lacking, now.request.labels),
        "label it",
    )
    return (*there.request.labels, *lacking)


def remove_labels(view: View, settle: Settle, there: Detailed, names: Collection[str]) -> None:
    """Take labels off."""
    gone = {line(name).lower() for name in names}
    for name in [one for one in there.request.labels if one.lower() in gone]:
        path = f"{view.address.path}/issues/{there.request.number}/labels/{quote(name, safe='')}"
        try:
            settle(
                there,
                lambda path=path: view.client.send("DELETE", path),  # type: ignore[misc]
                lambda now, name=name: name not in now.request.labels,  # type: ignore[misc]
            )
        except Refusal as refusal:
            if refusal.status != 404:  # somebody else took it off
                raise


def _people(
    settle: Settle, there: Detailed, write: Callable[[], Any], reached: Callable[[Detailed], bool], what: str
) -> None:
    try:
        settle(there, write, reached)
    except Refusal as refusal:
        raise NotAllowed(
            f"#{there.request.number} is open, but GitHub does not {what}: {refusal.words}",
            hint="check the names in gitops.yaml and the options; people and teams need access to the repository",
        ) from None
