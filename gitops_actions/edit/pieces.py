"""Pieces of YAML outside of any document: quoted scalars, flow collections, what may stand around an action."""

from __future__ import annotations

import re

from yaml import YAMLError
from yaml.nodes import ScalarNode

from gitops_actions.edit import nodes

_BRACKETS = {"[": "]", "{": "}"}
# In a flow collection: brackets, comments, and quotes where a scalar may start (elsewhere they are letters).
_FLOW = re.compile(
    r"""[\[\]{}]
      | (?<=[ \t\r\n])\#[^\r\n]*
      | (?<=[\[{,:\s\0])(?:"(?:[^"\\\r\n]|\\.)*+"|'(?:[^'\r\n]|'')*+'|(?P<open>["']))""",
    re.VERBOSE,
)


def unquoted(token: str) -> str | None:
    """The value of a quoted scalar on one line; None where it has an escape that YAML does not know."""
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if "\\" not in token:
        return token[1:-1]
    try:
        node = nodes.AnyParser(token).get_single_node()
    except (YAMLError, ValueError, OverflowError):
        return None
    return str(node.value) if isinstance(node, ScalarNode) else None


def end_of_flow(text: str, start: int) -> int | None:
    """Where the flow collection ends that starts here; None where it, or a quote on one of its lines, does not."""
    closing: list[str] = []
    for match in _FLOW.finditer(text, start):
        if match["open"]:
            return None
        if match[0] in _BRACKETS:
            closing.append(_BRACKETS[match[0]])
        elif match[0] in ("]", "}"):
            if match[0] != closing.pop():
                return None
            if not closing:
                return match.end()
    return None


def opens(text: str) -> bool:
    """Whether a text may begin something that goes on behind it: a quote, a bracket, a block, a node property."""
    text = text.strip()
    uneven = any(text.count(quote) % 2 for quote in "\"'")
    uneven = uneven or any(text.count(left) != text.count(right) for left, right in _BRACKETS.items())
    return uneven or text.startswith(("|", ">", "&", "*", "!", "#"))
