"""`environments:`, the graph that releases travel along."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gitops_actions.config.decoding import decode
from gitops_actions.config.problems import Problems, plainly, shown, suggestion
from gitops_actions.config.shapes import EnvironmentShape
from gitops_actions.config.tree import Node
from gitops_actions.model import Environment, Gates
from gitops_actions.names import complaint_about_name
from gitops_actions.times import seconds


def read_environments(section: Node, problems: Problems) -> dict[str, Environment]:
    """The environments in the order of the file. Those with problems are there too, as far as they can be read: others
    may refer to them."""
    found = {name: _environment(name, section, node, problems) for name, node in section.mapping.items()}
    for name, environment in found.items():
        check_names(section.at(name, "after"), environment.after, section.mapping, problems)
    _check_cycles(found, section, problems)
    return found


def check_names(node: Node, names: tuple[str, ...], known: Collection[str], problems: Problems) -> None:
    """Add a problem for each environment that does not exist. ``node`` holds them: one, or a list."""
    for name in dict.fromkeys(names):
        if name not in known:
            place = next((item.place for item in node.items if item.content == name), node.place)
            problems.add(place, f"there is no environment {shown(name)}", suggestion(name, known))


def _environment(name: str, section: Node, node: Node, problems: Problems) -> Environment:
    complaint = complaint_about_name(name)
    if complaint:
        problems.add(section.keys[name], f"the environment name {shown(name)} {complaint}")
    if node.content is None:
        return Environment(name)
    shape = decode(EnvironmentShape, node, f"environment {shown(name)}", problems)
    if shape is None:
        return Environment(name)
    after = (shape.after,) if isinstance(shape.after, str) else tuple(dict.fromkeys(shape.after))
    gates = Gates(seconds(shape.gates.soak) if shape.gates.soak else None, tuple(shape.gates.statuses))
    if gates != Gates() and "after" not in node.mapping:
        problems.add(
            node.keys["gates"],
            f"`gates` are about the environments in `after`, and environment {shown(name)} has none",
            "add `after`, or remove `gates`",
        )
    return Environment(
        name,
        after=after,
        deliver=shape.deliver,
        auto_merge=shape.auto_merge,
        reviewers=tuple(shape.reviewers),
        team_reviewers=tuple(shape.team_reviewers),
        labels=tuple(shape.labels),
        milestone=" ".join(shape.milestone.split()) if shape.milestone else None,
        merge_method=shape.merge_method,
        group=shape.group,
        branch=shape.branch,
        repository=shape.repository,
        gates=gates,
        deployments=shape.deployments,
    )


def _check_cycles(environments: Mapping[str, Environment], section: Node, problems: Problems) -> None:
    """One problem per cycle of `after`. Without recursion: the graph may be long."""
    done: set[str] = set()
    for start in environments:
        trail: list[str] = []
        waiting = [(start, iter(environments[start].after))] if start not in done else []
        while waiting:
            name, after = waiting[-1]
            if len(trail) < len(waiting):
                trail.append(name)
            following = next((other for other in after if other in environments and other not in done), None)
            if following is None:
                done.add(name)
                waiting.pop()
                trail.pop()
            elif following in trail:
                cycle = [*trail[trail.index(following) :], following]
                problems.add(
                    section.at(following, "after").place,
                    f"the environments {' after '.join(map(plainly, cycle))} wait for one another",
                    "remove one `after` of them: releases must enter somewhere",
                )
            else:
                waiting.append((following, iter(environments[following].after)))
