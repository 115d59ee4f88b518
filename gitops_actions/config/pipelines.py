"""`pipeline:`, one pipeline or several that `generate` writes."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_actions.config.decoding import decode
from gitops_actions.config.problems import Problems, shown
from gitops_actions.config.shapes import PipelineShape
from gitops_actions.config.tree import Node, Place
from gitops_actions.model import Pipeline

_Path = tuple[str | int, ...]


def read_pipelines(section: Node, problems: Problems) -> tuple[Pipeline, ...]:
    """The pipelines that can be read; the rest are problems."""
    several = isinstance(section.content, list)
    found: dict[str, Pipeline] = {}
    for node in section.items if several else [section] if section.content is not None else []:
        shape = decode(PipelineShape, node, "a pipeline" if several else "`pipeline` of the file", problems)
        if shape is None:
            continue
        name = shape.name or shape.use
        if name in found:
            problems.add(
                node.place, f"there are two pipelines {shown(name)}", "give one of them a `name`, which is its file's"
            )
        if not shape.platforms and not node.at("platforms").items:
            problems.add(node.at("platforms").place, "`platforms` is empty", "known here: github, gitlab")
        values = node.at("with") if "with" in node.mapping else node
        found[name] = Pipeline(
            name=name,
            use=shape.use,
            platforms=tuple(dict.fromkeys(shape.platforms)),
            values=shape.with_,
            action=shape.action,
            tool_image=shape.tool_image,
            file=problems.file,
            places={
                ("use",): node.at("use").place,
                (): values.place,
                **(dict(_places(values, ())) if "with" in node.mapping else {}),
            },
        )
    return tuple(found.values())


def _places(node: Node, path: _Path) -> Iterator[tuple[_Path, Place]]:
    """Where each value below a node stands."""
    entries: list[tuple[str | int, Node]] = [*node.mapping.items(), *enumerate(node.items)]
    for key, child in entries:
        yield (*path, key), child.place
        yield from _places(child, (*path, key))
