"""Which of two releases is the newer one: by source ancestry, else by sequence, else by SemVer."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from gitops_actions.model import Release
from gitops_actions.protocols import Ancestry

# How the second revision stands to the first one in a source repository; None: not known.
Compare = Callable[[str | None, str, str], Ancestry | None]


class Order(enum.Enum):
    """How a release stands to another one."""

    SAME = "same"
    NEWER = "newer"
    OLDER = "older"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The order, and what it was read off (for people)."""

    order: Order
    by: str = ""


def compare(new: Release, old: Release | None, ancestry: Compare) -> Verdict:
    """How ``new`` stands to ``old`` (None: nothing there yet)."""
    if old is None:
        return Verdict(Order.NEWER)
    if new.same_as(old):
        return Verdict(Order.SAME)
    return _by_ancestry(new, old, ancestry) or _by_sequence(new, old) or _by_version(new, old) or Verdict(Order.UNKNOWN)


def _by_ancestry(new: Release, old: Release, ancestry: Compare) -> Verdict | None:
    here, there = new.source, old.source
    if here.revision is None or there.revision is None or here.repository != there.repository:
        return None
    relation = "same" if here.revision == there.revision else ancestry(here.repository, there.revision, here.revision)
    if relation == "descendant":
        return Verdict(Order.NEWER, f"{here.revision[:7]} comes after {there.revision[:7]} in the source")
    if relation == "ancestor":
        return Verdict(Order.OLDER, f"{here.revision[:7]} comes before {there.revision[:7]} in the source")
    return None


def _by_sequence(new: Release, old: Release) -> Verdict | None:
    here, there = new.source, old.source
    if here.sequence is None or there.sequence is None or here.repository != there.repository:
        return None
    if here.sequence == there.sequence:
        return None
    order = Order.NEWER if here.sequence > there.sequence else Order.OLDER
    return Verdict(order, f"build {here.sequence} and build {there.sequence} of the same source")


def _by_version(new: Release, old: Release) -> Verdict | None:
    """By precedence of https://semver.org/#spec-item-11, with or without a leading `v`; `2.10` is `2.10.0`. A number
    alone is no version: it may be the start of a commit's id."""
    from semver import Version

    texts = [release.version.removeprefix("v") for release in (new, old)]
    try:
        here, there = (Version.parse(text, optional_minor_and_patch="." in text) for text in texts)
    except ValueError:
        return None
    if here == there:
        return None
    return Verdict(Order.NEWER if here > there else Order.OLDER, f"version {new.version} and {old.version}")
