"""Branches of which the names are known, and where they are only to who asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping


class Branches(Mapping[str, str]):
    """Branches by name; ``head`` is asked where one is when somebody wants to know."""

    def __init__(self, head: Callable[[str], str], names: Collection[str]) -> None:
        self._head = head
        self._names = sorted(names)

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            raise KeyError(name)
        return self._head(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
