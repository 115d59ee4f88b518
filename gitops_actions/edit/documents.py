"""Which document of a file is meant: an index, a selector, or the only one that has the place."""

from __future__ import annotations

import re

from yaml.nodes import ScalarNode

from gitops_actions.edit import paths, places
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Step
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import AMBIGUOUS, BAD_SPEC, MISSING, quoted, refusal
from gitops_actions.errors import UsageError

_HINT = "name one with document: an index (0 is the first) or kind=Deployment,metadata.name=web"


def select(parsed: Parsed, document: str | None) -> list[Spot]:
    """The documents that may be meant, as the spots of their roots: all without ``document``, else exactly one.

    Raises EditRefused when no document or several are the one, UsageError for a selector that cannot be read.
    """
    found = places.roots(parsed)
    if document is None:
        return found
    if re.fullmatch(r"[0-9]{1,6}", document):
        if int(document) < len(found):
            return [found[int(document)]]
        raise refusal(MISSING, f"there is no document {document}; the file has {len(found)}", None, _HINT)
    for path, value in _conditions(document):
        found = [spot for spot in found if _has(parsed, spot, path, value)]
    if len(found) == 1:
        return found
    if not found:
        raise refusal(MISSING, f"no document is {quoted(document)}", None, _HINT)
    message = f"{len(found)} documents are {quoted(document)}"
    raise refusal(AMBIGUOUS, message, found[1].node.start_mark, "add a condition, or use the index of the document")


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
    candidates = [places.walk(parsed, spot, steps) for spot in select(parsed, document)]
    if not candidates:
        return None, 0
    furthest = max(taken for _, taken in candidates)
    found = [(spot, taken) for spot, taken in candidates if taken == furthest]
    if furthest < least:
        spot = found[0][0]
        raise (parsed.template and spot.foreign) or places.missing(spot, steps, furthest, parsed=parsed)
    if len(found) > 1:
        message = f"{paths.show(steps)} is in {len(found)} documents"
        raise refusal(AMBIGUOUS, message, found[1][0].node.start_mark, _HINT)
    return found[0]
