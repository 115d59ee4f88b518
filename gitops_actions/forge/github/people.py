"""Who is asked for a review, who is assigned, the milestone and the labels of a request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from gitops_actions.errors import NotAllowed
from gitops_actions.forge.github import milestones
from gitops_actions.forge.github.detailed import Detailed
from gitops_actions.forge.github.failures import Refusal
from gitops_actions.forge.github.view import View
from gitops_actions.forge.github.words import line
from gitops_actions.forge.lacking import ignored, refused
from gitops_actions.model import Finding, PullRequest, RequestText

# Writes to a request, and looks whether it was done when the answer is lost.
Settle = Callable[[Detailed, Callable[[], Any], Callable[[Detailed], bool]], None]


def brought(view: View, settle: Settle, there: Detailed, text: RequestText, *, new: bool = False) -> PullRequest:
    """Ask the people first and set the labels last: labels tell the next run that all this was done.

    GitHub takes who has given a review off the list of those who are asked, and asks him again as often as it is told
    to: so nobody is who has answered.
    """
    bringing = _Bringing(view, settle, there)
    bringing.reviewers(text.reviewers, text.team_reviewers, new=new)
    bringing.assignees(text.assignees)
    bringing.milestone(text.milestone)
    bringing.labels(text.labels)
    return replace(bringing.request, findings=tuple(bringing.findings))


class _Bringing:
    """What is given to one request: ``request`` is how it is after what was done, ``findings`` what was not."""

    def __init__(self, view: View, settle: Settle, there: Detailed) -> None:
        self._view, self._settle, self._there = view, settle, there
        self._path = f"{view.address.path}/issues/{there.request.number}"
        self.request = there.request
        self.findings: list[Finding] = []

    def reviewers(self, names: Collection[str], team_names: Collection[str], *, new: bool) -> None:
        where = f"{self._view.address.path}/pulls/{self.request.number}/requested_reviewers"
        people = _others(names, (*self.request.reviewers, *self._there.reviewed))
        teams = [name.rpartition("/")[2] for name in team_names]
        if teams and not new:
            # Which team a review is for, only tokens with the scope `read:org` are told.
            teams = _others(teams, _teams(self._view, where)) if not self._there.reviewed else []
        if people or teams:
            self._ask(where, people, teams)

    def _ask(self, where: str, people: Sequence[str], teams: Sequence[str]) -> None:
        """GitHub refuses all when it refuses one; so then each is asked alone."""
        several = len(people) + len(teams) > 1
        done = self._done(
            lambda: self._view.client.send("POST", where, {"reviewers": people, "team_reviewers": teams}),
            lambda now: (
                not _others(people, (*now.request.reviewers, *now.reviewed))
                and (not teams or not _others(teams, _teams(self._view, where)))
            ),
            None if several else f"{[*people, *teams][0]} is not asked for a review",
        )
        if done:
            self.request = replace(self.request, reviewers=(*self.request.reviewers, *people))
        elif several:
            for one in people:
                self._ask(where, [one], [])
            for one in teams:
                self._ask(where, [], [one])

    def assignees(self, names: Collection[str]) -> None:
        """Whom GitHub cannot assign it leaves out, without a word
        (https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue)."""
        lacking = _others(names, self.request.assignees)
        answers: list[Any] = []
        if not lacking or not self._done(
            lambda: answers.append(self._view.client.send("POST", f"{self._path}/assignees", {"assignees": lacking})),
            lambda now: not _others(lacking, now.request.assignees),
            f"{', '.join(lacking)} is not assigned",
        ):
            return
        left_out = _others(lacking, [one["login"] for one in answers[-1]["assignees"]]) if answers else []
        self.findings += [ignored(f"#{self.request.number}", f"{one} is not assigned") for one in left_out]
        assigned = [one for one in lacking if one not in left_out]
        self.request = replace(self.request, assignees=(*self.request.assignees, *assigned))

    def milestone(self, title: str | None) -> None:
        if title is None or self.request.milestone is not None:
            return
        id = milestones.known(self._view, title)
        if id is not None:
            done = self._done(
                lambda: milestones.give(self._view, self._there, id),
                lambda now: now.request.milestone is not None,
                f"has no milestone {title!r}",
            )
            self.request = replace(self.request, milestone=title if done else "")

    def labels(self, names: Collection[str]) -> None:
        try:
            self.request = replace(self.request, labels=add_labels(self._view, self._settle, self._there, names))
        except NotAllowed as error:
            self.findings += error.findings()

    def _done(self, write: Callable[[], Any], reached: Callable[[Detailed], bool], what: str | None) -> bool:
        """Whether it could be written; what could not is a finding, where there is a word for it."""
        try:
            self._settle(self._there, write, reached)
        except Refusal as refusal:
            self._note(what, refusal.words, None)
        except NotAllowed as error:
            self._note(what, error.message, error.hint)
        else:
            return True
        return False

    def _note(self, what: str | None, why: str, hint: str | None) -> None:
        if what is not None:
            self.findings.append(refused(f"#{self.request.number}", what, why, hint))


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
    try:
        settle(
            there,
            lambda: view.client.send("POST", path, {"labels": lacking}),
            lambda now: not _others(lacking, now.request.labels),
        )
    except Refusal as refusal:
        raise NotAllowed(
            f"#{there.request.number} is open, but GitHub does not label it: {refusal.words}",
            code="GA319",
            hint="labels take the permission `issues: write` or `pull_requests: write`",
        ) from None
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
