"""Which release is the newer one."""

from __future__ import annotations

import pytest

from gitops_actions.core.order import Order, compare
from gitops_actions.model import Image, Release, Source
from gitops_actions.protocols import Ancestry

A, B, C = "a" * 40, "b" * 40, "c" * 40


def unknown(repository: str | None, old: str, new: str) -> Ancestry | None:
    return None


def line(*revisions: str) -> object:
    """A source repository with these commits in a row, oldest first."""

    def relation(repository: str | None, old: str, new: str) -> Ancestry | None:
        if old not in revisions or new not in revisions:
            return None
        return "descendant" if revisions.index(new) > revisions.index(old) else "ancestor"

    return relation


def release(
    version: str, revision: str | None = None, sequence: int | None = None, source: str = "acme/web"
) -> Release:
    return Release(version, (), Source(source, revision, sequence))


def test_nothing_there_yet() -> None:
    assert compare(release("1"), None, unknown).order is Order.NEWER


def test_the_same_build_again_is_the_same_whatever_its_number() -> None:
    assert compare(release("1", A, 8), release("1", A, 7), unknown).order is Order.SAME


def test_another_digest_under_the_same_tag_is_another_release() -> None:
    def built(digest: str) -> Release:
        return Release("1", (Image("x", "x", "1", "sha256:" + digest * 64),))

    assert compare(built("a"), built("b"), unknown).order is Order.UNKNOWN


def test_ancestry_wins_over_sequence_and_version() -> None:
    verdict = compare(release("9.0.0", A, 9), release("1.0.0", B, 1), line(A, B))  # type: ignore[arg-type]
    assert verdict.order is Order.OLDER
    assert verdict.by == "aaaaaaa comes before bbbbbbb in the source"


def test_sequence_where_ancestry_is_not_known() -> None:
    assert compare(release("2.0.0", A, 7), release("1.0.0", C, 8), line(A, B)).order is Order.OLDER  # type: ignore[arg-type]
    assert compare(release("1.0.0", C, 9), release("2.0.0", A, 8), unknown).order is Order.NEWER


def test_sequences_of_two_sources_do_not_compare() -> None:
    verdict = compare(release("1.0.0", None, 7, "acme/web"), release("1.0.1", None, 8, "acme/old"), unknown)
    assert (verdict.order, verdict.by) == (Order.OLDER, "version 1.0.0 and 1.0.1")


@pytest.mark.parametrize(
    ("new", "old", "order"),
    [
        ("1.0.10", "1.0.9", Order.NEWER),
        ("v1.2.3", "1.2.4", Order.OLDER),
        ("1.0.0", "1.0.0-rc.1", Order.NEWER),
        ("1.0.0-rc.2", "1.0.0-rc.10", Order.OLDER),
        ("1.0.0+build.2", "1.0.0+build.1", Order.UNKNOWN),
        ("4f2c1ab", "9e8d7c6", Order.UNKNOWN),
        ("1.2", "1.1.0", Order.NEWER),
        ("v2.9", "2.10.2", Order.OLDER),
        ("2.10", "2.10.0", Order.UNKNOWN),
        ("8", "7", Order.UNKNOWN),
        ("1.2.3.4", "1.2.3.3", Order.UNKNOWN),
    ],
)
def test_semver(new: str, old: str, order: Order) -> None:
    assert compare(release(new), release(old), unknown).order is order
