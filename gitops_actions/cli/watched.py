"""Objects that remember what was looked at: so it is known which options of a command were of use to an editor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gitops_actions.errors import UsageError


class Extras(dict[str, Any]):
    """The options of an edit. A key that is asked for is added to ``seen``, as `options.KEY`."""

    def __init__(self, options: Mapping[str, Any], seen: set[str]) -> None:
        super().__init__(options)
        self._seen = seen

    def __getitem__(self, key: str) -> Any:
        self._seen.add(f"options.{key}")
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._seen.add(f"options.{key}")
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As a dictionary does it."""
        self._seen.add(f"options.{key}")
        return super().get(key, default)


def watched(kind: type[Any], seen: set[str], without: Collection[str] = ()) -> type[Any]:
    """A class like ``kind`` that adds the name of each attribute that is read to ``seen``. Reading one of ``without``
    raises UsageError: it was not given."""

    class Watched(kind):  # type: ignore[misc]
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if name in without:
                raise absent(name)
            seen.add(name)
            return super().__getattribute__(name)

    return Watched


def absent(name: str) -> UsageError:
    """What to raise for a part of a release that is needed and was not given."""
    message = f"a {name} is needed, and the options give none"
    return UsageError(message, code="GA032", hint=f"give --{name}, or --image with a tag")
