"""`freezes:`, the times in which nothing is promoted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from gitops_actions.config.decoding import decode
from gitops_actions.config.environments import check_names
from gitops_actions.config.problems import Problems, shown
from gitops_actions.config.shapes import FreezeShape
from gitops_actions.config.tree import Node
from gitops_actions.model import Freeze


def read_freezes(section: Node, environments: Collection[str], problems: Problems) -> tuple[Freeze, ...]:
    """The freezes that can be read; the rest are problems."""
    found = (_freeze(node, environments, problems) for node in section.items)
    return tuple(freeze for freeze in found if freeze is not None)


def _freeze(node: Node, environments: Collection[str], problems: Problems) -> Freeze | None:
    shape = decode(FreezeShape, node, "the freeze", problems)
    if shape is None:
        return None
    check_names(node.at("environments"), tuple(shape.environments), environments, problems)
    if ("weekly" in node.mapping) == ("dates" in node.mapping):
        problems.add(node.place, f"the freeze {shown(shape.name)} needs either `weekly` or `dates`")
    if "timezone" in node.mapping:
        _check_timezone(shape.timezone, node.at("timezone"), problems)
    dates = _dates(shape.dates.from_, shape.dates.to, node.at("dates"), problems) if shape.dates else None
    weekly = (shape.weekly.from_, shape.weekly.to) if shape.weekly else None
    if weekly and weekly[0] == weekly[1]:
        problems.add(node.at("weekly").place, "this time ends when it begins")
    return Freeze(shape.name, tuple(shape.environments), weekly, dates, shape.timezone)


def _dates(first: str, last: str, node: Node, problems: Problems) -> tuple[date, date] | None:
    days = []
    for key, text in (("from", first), ("to", last)):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            problems.add(node.at(key).place, f"{text} is not a day of the calendar")
    if len(days) < 2:
        return None
    if days[1] < days[0]:
        problems.add(node.at("to").place, f"{last} is before {first}")
    return days[0], days[1]


def _check_timezone(name: str, node: Node, problems: Problems) -> None:
    import difflib
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        near = difflib.get_close_matches(name[:40], known, 1)
        hint = f"did you mean {near[0]}?" if near else "write a name such as Europe/Berlin"
        if not known:
            hint = "this machine has no time zone data: install the package tzdata"
        problems.add(node.place, f"there is no time zone {shown(name)}", hint)
