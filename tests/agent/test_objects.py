"""Kubernetes objects in YAML, and the rule that stops a cycle which would take too many away."""

from __future__ import annotations

import re

import pytest

from gitops_actions.agent.objects import check_losses, objects_in
from gitops_actions.errors import DeploymentFailed, PolicyRefused


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("apiVersion: v1\nkind: A\nmetadata: {name: x}\n", ["v1/A//x"]),
        ("apiVersion: v1\nkind: A\nmetadata: {name: x, namespace: n, labels: {name: y}}\n", ["v1/A/n/x"]),
        ("spec: {metadata: {name: no}}\napiVersion: v1\nkind: A\nmetadata:\n  name: x\n", ["v1/A//x"]),
        ("---\n---\napiVersion: a/v1\nkind: A\nmetadata: {name: x}\n---\n- kind: B\n", ["a/v1/A//x"]),
        ("? {apiVersion: v0}\n: {kind: z}\napiVersion: v1\nkind: A\nmetadata: {name: x}\n", ["v1/A//x"]),
        ("- apiVersion: v1\n  kind: A\n  metadata: {name: x}\n", []),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", []),
        ("secret: !reference [a, b]\nx: &a 1\ny: *a\n", []),
        ("", []),
    ],
)
def test_objects(text: str, objects: list[str]) -> None:
    assert list(objects_in("x.yaml", text.encode())) == objects


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"a: [\n", "x.yaml:2:1", "did not find"),
        (b"a: 1\nb: *a\n", "x.yaml:2:4", "undefined alias"),
        (b"a: \x00", "x.yaml", "control characters"),
        (b"\xff\xff", "x.yaml", "invalid"),
        (b"[" * 200_000, "x.yaml:1:101", "nested deeper"),
        (b"- " * 200_000, "x.yaml:1:201", "nested deeper"),
        (b"{{- if .Values.x }}\na: 1\n", "x.yaml:1", "expected"),
    ],
    ids=["unfinished", "alias", "nul", "utf-8", "brackets", "dashes", "template"],
)
def test_broken_yaml_is_refused_with_its_place(content: bytes, place: str, words: str) -> None:
    with pytest.raises(DeploymentFailed, match=words) as caught:
        objects_in("x.yaml", content)
    assert caught.value.findings()[0].place.startswith(place)


@pytest.mark.parametrize(
    ("old", "new", "fine"),
    [
        ("abcdefgh", "abcd", True),  # half
        ("abcdefgh", "abc", False),
        ("abcde", "de", True),  # three
        ("abcde", "e", False),
        ("ab", "c", True),
        ("ab", "", False),
        ("", "", False),
        ("", "a", True),
        ("abcdefgh", "efghijklmnop", True),
        ("abcdefgh", "ghijklmnopqr", False),  # however much is new
        ("aaaaaaaa", "aaaa", True),  # the same object in several apps
        ("aaaaaaaa", "aaa", False),
    ],
)
def test_more_than_half_and_more_than_three(old: str, new: str, fine: bool) -> None:
    if fine:
        return check_losses(old, new, None)
    with pytest.raises(PolicyRefused) as caught:
        check_losses(old, new, None)
    name = re.search("--confirm-prune ([0-9a-f]{16})", caught.value.hint or "")
    assert bool(name) is bool(old)
    if name:
        check_losses(old, new, name[1])
        with pytest.raises(PolicyRefused):
            check_losses(old + "z", new, name[1])  # not exactly the set that was named
    return None


def test_twenty_objects_are_named() -> None:
    with pytest.raises(PolicyRefused) as caught:
        check_losses([f"object {number:02}" for number in range(30)], ["x"], None)
    assert "object 19" in caught.value.message
    assert "object 20" not in caught.value.message
    assert "and 10 more" in caught.value.message
