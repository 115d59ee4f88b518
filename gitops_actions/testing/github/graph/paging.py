"""Lists in GraphQL: a page at a time
(https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gitops_actions.testing.github.state import Refusal

Node = dict[str, Any]
_LIMIT = 100  # of a connection (https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#node-limit)


def connection(name: str, items: Sequence[Any], made: Callable[[Any], Node | None], given: Mapping[str, Any]) -> Node:
    """A page of a list. GitHub wants to know how long it may be. Raises Refusal."""
    first, last = given.get("first"), given.get("last")
    if first is None and last is None:
        raise Refusal(
            422,
            f"You must provide a `first` or `last` value to properly paginate the `{name}` connection.",
            kind="MISSING_PAGINATION_BOUNDARIES",
        )
    size = first if first is not None else last
    assert size is not None
    if size > _LIMIT or size < 0:
        word = "first" if first is not None else "last"
        raise Refusal(
            422,
            f"Requesting {size} records on the `{name}` connection exceeds the `{word}` limit of {_LIMIT} records.",
            kind="EXCESSIVE_PAGINATION",
        )
    start, end = 0, len(items)
    if given.get("after"):
        start = min(end, _position(given["after"]) + 1)
    if given.get("before"):
        end = max(start, min(end, _position(given["before"])))
    if first is not None:
        end = min(end, start + first)
    else:
        start = max(start, end - size)
    shown = [made(item) for item in items[start:end]]
    cursors = [cursor_at(position) for position in range(start, end)]
    return {
        "nodes": shown,
        "edges": [{"cursor": cursor, "node": node} for cursor, node in zip(cursors, shown, strict=True)],
        "totalCount": len(items),
        "pageInfo": {
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
        },
    }


def cursor_at(position: int) -> str:
    """What stands for a place in a list."""
    return base64.b64encode(f"cursor:{position}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor).decode()
        return int(text.removeprefix("cursor:"))
    except (ValueError, binascii.Error):
        raise Refusal(
            422, f"`{cursor}` does not appear to be a valid cursor.", kind="INVALID_CURSOR_ARGUMENTS"
        ) from None
