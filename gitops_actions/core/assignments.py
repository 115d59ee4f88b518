"""`PATH=VALUE`, as `--set` takes it."""

from __future__ import annotations


def split(text: str) -> tuple[str, str] | None:
    """The path and the value, or None where there are no such two parts. The path ends at the first `=` that is not
    inside quotes or brackets (`a[?name=='x'].b`)."""
    quote, depth = "", 0
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
        elif char == "=" and depth == 0:
            return (text[:index], text[index + 1 :]) if index else None
    return None
