"""Which document of a file is meant: an index, a selector, or the only one that has the place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import ScalarNode

from gitops_actions.edit import paths, places
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, BAD_SPEC, MISSING, Mark, quoted, refusal
from gitops_actions.errors import EditRefused, UsageError

_HINT = (
    "name one by its index (document: 0 is the first), or by what it says: document: kind=Deployment,metadata.name=web"
)


def select(parsed: Parsed, document: str | None) -> Iterator[Spot]:
    """The documents that may be meant, as the spots of their roots: all without ``document``, else exactly one. They
    come one after the other (see `places.roots`).

    Raises EditRefused when no document or several are the one, UsageError for a selector that cannot be read.
    """
    if document is None:
        return places.roots(parsed)
    number = re.fullmatch(r"[0-9]{1,6}", document)
    return iter((_numbered(parsed, int(document)) if number else _chosen(parsed, document),))


def _numbered(parsed: Parsed, number: int) -> Spot:
    found = None
    count = 0
    for spot in places.roots(parsed):
        if count == number:
            found = spot
        count += 1
    if found is None:
        raise refusal(MISSING, f"there is no document {number}; the file has {count}", None, _HINT)
    return found


def _chosen(parsed: Parsed, document: str) -> Spot:
    conditions = _conditions(document)
    found = mark = problem = None
    count, furthest = 0, len(conditions)
    for spot in places.roots(parsed):
        at = 0
        try:
            while at < len(conditions) and _has(parsed, spot, *conditions[at]):
                at += 1
        except EditRefused as error:
            if at < furthest:  # told is what the first of the conditions meets
                problem, furthest = error, at
            continue
        if at == len(conditions):
            count += 1
            found = found or spot
            mark = spot.node.start_mark if count == 2 else mark
    if problem is not None:
        raise problem
    if found is None:
        raise refusal(MISSING, f"no document is {quoted(document)}", None, _HINT)
    if mark is None:
        return found
    message = f"{count} documents are {quoted(document)}"
    raise refusal(AMBIGUOUS, message, mark, "add a condition, or use the index of the document")


def _conditions(document: str) -> list[tuple[tuple[Step, ...], str]]:
    conditions = []
    for part in document.split(","):
        path, equals, value = part.partition("=")
        if not equals or not path.strip():
            message = f"document {quoted(document)} cannot be read"
            raise UsageError(message, code=BAD_SPEC, hint=_HINT)
        conditions.append((paths.parse(path.strip()), value.strip()))
    return conditions


def _has(parsed: Parsed, spot: Spot, steps: tuple[Step, ...], value: str) -> bool:
    found, taken = places.walk(parsed, spot, steps)
    return taken == len(steps) and isinstance(found.node, ScalarNode) and found.node.value == value


def start(parsed: Parsed, document: str | None) -> Mark | None:
    """Where the first document that may be meant starts."""
    first = next(select(parsed, document), None)
    return None if first is None else first.node.start_mark


def find(parsed: Parsed, document: str | None, steps: tuple[Step, ...], *, create: bool = False) -> tuple[Spot, int]:
    """The spot at a path, and how many of its steps exist: all of them, or with ``create`` all but the last.

    Raises EditRefused when it is in no document, or in several.
    """
    spot, taken = _furthest(parsed, document, steps, len(steps) - (1 if create else 0))
    if spot is None:
        hint = "write the value once by hand"
        raise refusal(MISSING, f"{paths.show(steps)} is not there: the file is empty", None, hint)
    return spot, taken


def nearest(parsed: Parsed, document: str | None, steps: tuple[Step, ...]) -> tuple[Spot, int]:
    """The spot as far along a path as there is something, and how many of its steps that took: where the rest can be
    created (`Splice.create`), in an empty file too.

    Raises EditRefused when several documents are as near.
    """
    spot, taken = _furthest(parsed, document, steps, 0)
    return spot or places.nothing(), taken


def _furthest(parsed: Parsed, document: str | None, steps: tuple[Step, ...], least: int) -> tuple[Spot | None, int]:
    best: Spot | None = None
    furthest = count = 0
    mark = None
    for root in select(parsed, document):
        spot, taken = places.walk(parsed, root, steps)
        if best is None or taken > furthest:
            best, furthest, count = spot, taken, 1
        elif taken == furthest:
            count += 1
            mark = spot.node.start_mark if count == 2 else mark
    if best is None:
        return None, 0
    if furthest < least:
        raise (parsed.template and best.foreign) or places.missing(best, steps, furthest, parsed=parsed)
    if count > 1:
        message = f"{paths.show(steps)} is in {count} documents"
        raise refusal(AMBIGUOUS, message, mark, _HINT)
    return best, furthest
