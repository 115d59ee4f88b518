"""Milestones: looked for by their title, and given to a request. None is made here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_actions.forge.github import queries
from gitops_actions.forge.github.detailed import Detailed
from gitops_actions.forge.github.queries import Reading
from gitops_actions.forge.github.view import View


def want(view: View, reading: Reading, title: str) -> None:
    """Add to a reading whether there is an open milestone of this title, unless that is known."""
    if title in view.milestones:
        return
    alias, wanted = reading.alias(), reading.variable("String!", title)

    def take(repository: Mapping[str, Any]) -> None:
        found = (repository[alias] or {"nodes": ()})["nodes"]  # whose title holds it
        view.milestones[title] = next((one["id"] for one in found if one["title"] == title), None)

    reading.add(f"{alias}: milestones(query: {wanted}, states: [OPEN], first: 100) {{ nodes {{ id title }} }}", take)


def known(view: View, title: str) -> str | None:
    """The node id of the open milestone of this title; None when there is none."""
    reading = Reading()
    want(view, reading, title)
    if reading:
        view.ask(reading)
    return view.milestones[title]


def give(view: View, there: Detailed, id: str) -> None:
    """Give a request its milestone."""
    view.client.mutate(queries.UPDATE, {"input": {"pullRequestId": there.id, "milestoneId": id}})
