"""What a tree holds, counted in things that a person would miss: Kubernetes objects, else files; and the rule that
stops a cycle which would take too many of them away."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import yaml

from gitops_actions.errors import DeploymentFailed, PolicyRefused

FEW = 3
SHOWN = 20
DEPTH = 100  # Kubernetes' own schemas stay far below; libyaml takes minutes for a hundred thousand brackets

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_IDENTITY = (("apiVersion",), ("kind",), ("metadata", "namespace"), ("metadata", "name"))


@dataclass(slots=True)
class _Container:
    """A mapping or sequence whose end is not read yet; ``key`` is the last key of a mapping."""

    mapping: bool
    key: str | None = None
    at_value: bool = False


def objects_in(path: str, content: bytes) -> tuple[str, ...]:
    """The Kubernetes objects of a YAML file, as ``apiVersion/kind/namespace/name`` (the identity that Kubernetes
    gives them: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).

    Raises DeploymentFailed with the place when the file is no YAML.
    """
    try:
        return tuple(_objects(path, content))
    except yaml.MarkedYAMLError as error:
        raise _invalid(path, error.problem or "", error.problem_mark) from None
    except yaml.YAMLError as error:  # a character that YAML forbids
        raise _invalid(path, str(error).partition("\n")[0], None) from None


def _invalid(path: str, problem: str, mark: Any) -> DeploymentFailed:
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
    return DeploymentFailed(
        f"this is no valid YAML: {problem}",
        code="GA502",
        file=path,
        line=line,
        column=column,
        hint="mend the file in the config repo; the last good tree stays",
    )


def _objects(path: str, content: bytes) -> list[str]:
    # By events, not by `compose`: the composer of the C loader recurses for each level and a file of a million
    # brackets ends the process with a segmentation fault.
    found: list[str] = []
    values: dict[tuple[str | None, ...], str] = {}
    anchors: set[str] = set()
    stack: list[_Container] = []
    for event in yaml.parse(content, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent):
            values, anchors = {}, set()
        elif isinstance(event, yaml.DocumentEndEvent):
            version, kind, namespace, name = (values.get(place, "") for place in _IDENTITY)
            if version and kind and name:
                found.append(f"{version}/{kind}/{namespace}/{name}")
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.NodeEvent):
            _node(event, stack, values)
            if isinstance(event, yaml.AliasEvent):
                if event.anchor not in anchors:
                    raise _invalid(path, f"undefined alias {event.anchor!r}", event.start_mark)
            elif event.anchor is not None:
                anchors.add(event.anchor)
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) == DEPTH:
                    raise _invalid(path, f"it is nested deeper than {DEPTH}", event.start_mark)
                stack.append(_Container(isinstance(event, yaml.MappingStartEvent)))
    return found


def _node(event: yaml.NodeEvent, stack: list[_Container], values: dict[tuple[str | None, ...], str]) -> None:
    """Put a node in its place: a key or a value of the mapping it stands in."""
    if not stack or not stack[-1].mapping:
        return
    top = stack[-1]
    text = event.value if isinstance(event, yaml.ScalarEvent) else None
    if top.at_value:
        if text is not None and len(stack) <= 2 and all(container.mapping for container in stack):
            values[tuple(container.key for container in stack)] = text
    else:
        top.key = text
    top.at_value = not top.at_value


def check_losses(old: Collection[str], new: Collection[str], confirmed: str | None) -> None:
    """Refuse when nothing is left, or more than half and more than three of the old objects would go. Objects of
    several apps that have the same identity count as often as they are there: where no namespace is written, only the
    one that applies them keeps them apart.

    ``confirmed`` is the hash of exactly the set that may go. Raises PolicyRefused, which names the objects and
    the hash.
    """
    gone = sorted((Counter(old) - Counter(new)).elements())
    if new and (len(gone) <= FEW or len(gone) * 2 <= len(old)):
        return
    if not gone:
        if not new:
            raise PolicyRefused(
                "there is nothing to publish: the apps of this environment come to no object and no file",
                code="GA501",
                hint="check -e, `apps:` in gitops.yaml of the config repo, and what the apps render to",
            )
        return
    name = hashlib.sha256("\n".join(gone).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if confirmed == name:
        return
    listed = "".join(f"\n  {text}" for text in gone[:SHOWN])
    more = f"\n  and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
    what = "nothing would be left" if not new else f"{len(gone)} of {len(old)} objects would go"
    raise PolicyRefused(
        f"{what}; the last good tree stays. They are:{listed}{more}",
        code="GA501",
        hint=f"if they shall go, run again with --confirm-prune {name}",
    )
